//! Configs and their versions: rows of segments in priority order × columns of keys.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ConfigId, KeyId, Name, Path, SegmentId, Timeline, Timestamp, Value, VecMap};

/// A share of users, in thousandths of a percent: 0 to 100,000.
///
/// `Display` writes it as a percentage: `12.5%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Share(u32);

impl Share {
    /// Everybody.
    pub const FULL: Self = Self(100_000);

    /// Makes a share of thousandths of a percent; `None` beyond 100 %.
    #[must_use]
    pub fn from_thousandths(thousandths: u32) -> Option<Self> {
        (thousandths <= Self::FULL.0).then_some(Self(thousandths))
    }

    /// Thousandths of a percent: the number of buckets that it covers.
    #[must_use]
    pub fn thousandths(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 1000, self.0 % 1000);
        if part == 0 {
            return write!(f, "{whole}%");
        }
        write!(f, "{whole}.{}%", format!("{part:03}").trim_end_matches('0'))
    }
}

/// Head of a config at one revision: all but its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigHead {
    /// Its number, which survives renames.
    pub id: ConfigId,
    /// Its name now.
    pub name: Name,
    /// Whether the kill switch is on: every key has its default.
    pub disabled: bool,
    /// Whether it is archived.
    pub archived: bool,
}

/// A config as it stands at one revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Name and switches.
    pub head: ConfigHead,
    /// The number of its newest version.
    pub newest: u32,
    /// The salt of every segment that ever had a row in it.
    pub salts: VecMap<SegmentId, Arc<str>>,
    /// The publications that still matter.
    pub timeline: Timeline,
    /// The versions that still matter: the newest, and those of the publications in the timeline.
    pub versions: VecMap<u32, Arc<Version>>,
}

impl Config {
    /// A config that has no version yet.
    pub(crate) fn new(head: ConfigHead) -> Self {
        let (salts, versions) = (VecMap::default(), VecMap::default());
        Self { head, newest: 0, salts, timeline: Timeline::default(), versions }
    }

    /// The newest version: there always is one, as a config is made together with its first.
    #[must_use]
    pub fn newest(&self) -> Option<&Arc<Version>> {
        self.versions.get(&self.newest)
    }

    /// The version that is live at an instant, whatever the switches say.
    #[must_use]
    pub fn live(&self, at: Timestamp) -> Option<&Arc<Version>> {
        self.timeline.live(at).and_then(|number| self.versions.get(&number))
    }

    /// The numbers of the newest, the live and the scheduled versions.
    #[must_use]
    pub fn used_numbers(&self, now: Timestamp) -> BTreeSet<u32> {
        let mut numbers = self.timeline.used_versions(now);
        numbers.insert(self.newest);
        numbers
    }

    /// The newest, the live and the scheduled versions, by number.
    pub fn used(&self, now: Timestamp) -> impl Iterator<Item = &Arc<Version>> {
        self.used_numbers(now).into_iter().filter_map(|number| self.versions.get(&number))
    }

    /// Forgets the versions that neither are the newest nor have a publication that still matters (if
    /// only because taking back another one would bring them back).
    pub(crate) fn forget_versions(&mut self) {
        let needed = self.needed_numbers();
        self.versions.retain(|number, _| needed.contains(number));
    }

    /// The numbers of the newest version, if there is one, and of those of the timeline.
    pub(crate) fn needed_numbers(&self) -> BTreeSet<u32> {
        let mut needed: BTreeSet<_> =
            self.timeline.publications().iter().map(|p| p.version).collect();
        needed.extend(Some(self.newest).filter(|newest| *newest > 0));
        needed
    }

    /// The state of the config in one word, as `SHOW CONFIGS` says it.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> &'static str {
        if self.head.archived {
            "archived"
        } else if self.head.disabled {
            "disabled"
        } else if self.timeline.live(now).is_some() {
            "live"
        } else if self.timeline.to_come(now).next().is_some() {
            "scheduled"
        } else {
            "draft"
        }
    }
}

/// A version of a config. Never changed once it is committed.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Whose version it is.
    pub config: ConfigId,
    /// Its number: 1, 2, …
    pub number: u32,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// The segments, highest priority first.
    pub rows: Vec<Row>,
    /// The keys, in the order in which they were added.
    pub columns: Vec<Column>,
}

impl Version {
    /// The column of a key.
    #[must_use]
    pub fn column(&self, key: KeyId) -> Option<&Column> {
        self.columns.iter().find(|column| column.key == key)
    }

    /// The place of a segment in the rows.
    #[must_use]
    pub fn row_of(&self, segment: SegmentId) -> Option<usize> {
        self.rows.iter().position(|row| row.segment == segment)
    }

    /// Whether another version says the same, numbers aside.
    #[must_use]
    pub fn same_content(&self, other: &Self) -> bool {
        let columns = |v: &Self| {
            let mut columns: Vec<_> = v.columns.clone();
            columns.sort_by_key(|c| c.key);
            columns
        };
        self.description == other.description
            && self.rows == other.rows
            && columns(self) == columns(other)
    }
}

/// A segment's place in a config.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The segment.
    pub segment: SegmentId,
    /// The share of the segment's users who get the row; `None` is all of them.
    pub rollout: Option<Share>,
    /// What shares and arms of the row are hashed with.
    pub salt: Arc<str>,
}

/// A key's cells in a config.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The key.
    pub key: KeyId,
    /// One cell for each row; `None` is blank.
    pub cells: Vec<Option<Cell>>,
}

impl Column {
    /// Whether no row gives the key a value.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(Option::is_none)
    }
}

/// Cell of a row and a key: what the row gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// One value.
    Value(Value),
    /// A value by share.
    Split(Split),
}

impl Cell {
    /// Every value that the cell may give.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        let (one, arms) = match self {
            Self::Value(value) => (Some(value), &[][..]),
            Self::Split(split) => (None, &split.arms[..]),
        };
        one.into_iter().chain(arms.iter().map(|arm| &arm.value))
    }
}

/// Values by share of the users; the shares sum to 100 %.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The arms, in the order of their buckets.
    pub arms: Vec<Arm>,
    /// What is hashed instead of the user's id.
    pub by: Option<Path>,
}

/// One of the values of a split.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Its name, if it was given one; else it goes by its place, from 1.
    pub name: Option<Arc<str>>,
    /// The share of the users who get it.
    pub share: Share,
    /// What they get.
    pub value: Value,
}

impl Arm {
    /// The name, or the place in the split if it has none.
    #[must_use]
    pub fn label(&self, index: usize) -> Arc<str> {
        self.name.clone().unwrap_or_else(|| (index + 1).to_string().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_written_as_percentages() {
        let written = |n| Share::from_thousandths(n).unwrap().to_string();
        assert_eq!(written(12_500), "12.5%");
        assert_eq!(written(1), "0.001%");
        assert_eq!(written(100_000), "100%");
        assert_eq!(Share::from_thousandths(100_001), None);
    }
}
