//! Versions of configs: rows of segments in priority order × columns of keys.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

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
        let places: Vec<_> = self.rows.iter().map(|row| other.row_of(row.segment)).collect();
        let same_rows = places.iter().enumerate().all(|(index, place)| *place == Some(index));
        let theirs = other.by_key();
        self.columns.iter().all(|column| match theirs.get(&column.key) {
            Some(their) => {
                (same_rows && column.shares(their)) || column.gives_within(&places, their)
            }
            None => false,
        })
    }

    /// The columns by their keys.
    pub(crate) fn by_key(&self) -> BTreeMap<KeyId, &Column> {
        self.columns.iter().map(|column| (column.key, column)).collect()
    }

    /// Whether another version says the same, numbers and the order of the keys aside.
    #[must_use]
    pub fn same_content(&self, other: &Self) -> bool {
        self.description == other.description
            && self.rows == other.rows
            && (self.columns == other.columns || self.by_key() == other.by_key())
    }
}

/// A segment's place in a config.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The segment.
    pub segment: SegmentId,
    /// The share of the segment's users who get the row; `None` is all of them.
    pub rollout: Option<Share>,
    /// The attribute of whose values the rollout is a share, instead of users; kept while all get the row.
    pub by: Option<Path>,
    /// What shares and arms of the row are hashed with.
    pub salt: Arc<str>,
}

/// A key's cells in a config. Versions share those that they have in common.
#[derive(Clone)]
pub struct Column {
    /// The key.
    pub key: KeyId,
    cells: Arc<[Option<Cell>]>,
    /// The bytes that a store wrote for the cells, if they are many: the next version that shares them has the same.
    written: Option<Arc<OnceLock<Box<[u8]>>>>,
}

/// From how many cells on a column keeps what was written for them.
const MANY_CELLS: usize = 16;

impl Column {
    /// Makes a column of one cell for each row; `None` is blank.
    #[must_use]
    pub fn new(key: KeyId, cells: Arc<[Option<Cell>]>) -> Self {
        let written = (cells.len() >= MANY_CELLS).then(Arc::default);
        Self { key, cells, written }
    }

    /// One cell for each row; `None` is blank.
    #[must_use]
    pub fn cells(&self) -> &[Option<Cell>] {
        &self.cells
    }

    /// How many bytes were written for it, as far as that is known.
    pub(crate) fn written_len(&self) -> usize {
        let written = self.written.as_ref().and_then(|written| written.get());
        // and its number
        written.map_or(0, |written| written.len() + size_of::<KeyId>() + 1)
    }

    /// Appends to a record the bytes that a store writes for the cells, which are made once.
    pub(crate) fn append_written<E>(
        &self,
        record: &mut Vec<u8>,
        write: impl Fn(&[Option<Cell>], &mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let known = self.written.as_ref().and_then(|written| written.get());
        if let Some(known) = known {
            record.extend_from_slice(known);
            return Ok(());
        }
        let start = record.len();
        write(&self.cells, record)?;
        if let (Some(written), Some(bytes)) = (&self.written, record.get(start..)) {
            written.get_or_init(|| bytes.into());
        }
        Ok(())
    }

    /// Whether no row gives the key a value.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(Option::is_none)
    }

    /// Whether its cells are those of another column, in memory too: then nobody need look at them to tell that they
    /// are the same.
    pub(crate) fn shares(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cells, &other.cells)
    }

    /// Whether each of its rows that gives a value gives one in another column too, in which it has some place.
    fn gives_within(&self, places: &[Option<usize>], other: &Self) -> bool {
        let given = |place: usize| other.cells.get(place).is_some_and(Option::is_some);
        let mut cells = self.cells.iter().zip(places);
        cells.all(|(cell, place)| cell.is_none() || place.is_some_and(given))
    }
}

impl fmt::Debug for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Column")
            .field("key", &self.key)
            .field("cells", &self.cells)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && (self.shares(other) || self.cells == other.cells)
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
    /// The arms, in the order of their buckets; those of one name are pieces of one, and have its value.
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
