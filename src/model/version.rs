//! Versions of configs: rows of segments in priority order × columns of keys.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ConfigId, KeyId, Path, SegmentId, Value};

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

    /// Whether it has no key that another version lacks, and no row of a segment that gives a key a value and gives it
    /// none there: then what decides over keys, and whose they are, is no more with it than with the other alone.
    #[must_use]
    pub fn adds_nothing_to(&self, other: &Self) -> bool {
        if self.number == other.number {
            return true;
        }
        let theirs: HashSet<_> = other.giving().collect();
        let keys: HashSet<_> = other.columns.iter().map(|column| column.key).collect();
        self.columns.iter().all(|column| keys.contains(&column.key))
            && self.giving().all(|giving| theirs.contains(&giving))
    }

    /// The keys and the segments whose rows give them a value.
    fn giving(&self) -> impl Iterator<Item = (KeyId, SegmentId)> {
        self.columns.iter().flat_map(|column| {
            let cells = self.rows.iter().zip(&column.cells);
            cells.filter(|(_, cell)| cell.is_some()).map(|(row, _)| (column.key, row.segment))
        })
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
