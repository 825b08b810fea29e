//! Which rows of the tail are of whom, in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::{ReadOnlyTable, ReadableTable};
use smallvec::SmallVec;

use crate::error::Result;
use crate::store::failure::{OrFail, corrupt};
use crate::store::tables::Bytes;

/// The tail as a reader sees it.
pub(super) type Log = ReadOnlyTable<(u64, u32), Bytes>;

/// The rows of one user, counted from the first of the tail: few, so they are kept in place.
type Offsets = SmallVec<[u32; 4]>;

/// The index of the tail that all readers of a store share.
#[derive(Debug, Default)]
pub(in crate::store) struct Tail(Mutex<Index>);

/// The rows of a tail by user.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The sequence of the first row.
    first: u64,
    /// How many rows are known: as rows are only appended, those from the first on.
    known: u32,
    users: HashMap<u32, Offsets>,
}

/// The first and the last row that a reader sees.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    first: u64,
    last: u64,
}

impl Sight {
    /// What a reader sees of the tail, if that is anything.
    pub(super) fn of(log: &Log) -> Result<Option<Self>> {
        let ends = (log.first().or_fail()?, log.last().or_fail()?);
        let (Some((first, _)), Some((last, _))) = ends else { return Ok(None) };
        Ok(Some(Self { first: first.value().0, last: last.value().0 }))
    }
}

impl Index {
    /// Takes up the rows that a reader sees and the index does not know. Once they are known to be of
    /// another tail, the index starts anew.
    pub(super) fn take_up(&mut self, log: &Log, sight: Sight) -> Result<()> {
        if sight.first != self.first {
            *self = Self { first: sight.first, ..Self::default() };
        }
        let next = self.first.saturating_add(u64::from(self.known));
        if next > sight.last {
            return Ok(());
        }
        for row in log.range((next, 0)..=(sight.last, u32::MAX)).or_fail()? {
            let (row, user) = row.or_fail()?.0.value();
            self.push(row, user)?;
        }
        Ok(())
    }

    fn push(&mut self, row: u64, user: u32) -> Result<()> {
        if row != self.first.saturating_add(u64::from(self.known)) {
            return Err(corrupt(format!("table `pcq.user_log`: there is a gap before row {row}")));
        }
        let full = || corrupt("table `pcq.user_log` is too long");
        let known = self.known.checked_add(1).ok_or_else(full)?;
        self.users.entry(user).or_default().push(self.known);
        self.known = known;
        Ok(())
    }

    /// The rows of a user that a reader sees, in order.
    pub(super) fn rows(&self, user: u32, sight: Sight) -> Vec<u64> {
        let offsets = self.users.get(&user).map_or(&[][..], |offsets| offsets.as_slice());
        let rows = offsets.iter().map(|offset| self.first.saturating_add(u64::from(*offset)));
        rows.take_while(|row| *row <= sight.last).collect()
    }
}

impl Tail {
    /// The rows of a user that a reader sees; `None` if the index is of a later tail.
    pub(super) fn rows(&self, log: &Log, sight: Sight, user: u32) -> Result<Option<Vec<u64>>> {
        let mut index = self.index();
        if sight.first < index.first {
            return Ok(None);
        }
        index.take_up(log, sight)?;
        Ok(Some(index.rows(user, sight)))
    }

    /// A panic of redb cannot leave it half-changed: a row is taken up after all that can fail.
    fn index(&self) -> MutexGuard<'_, Index> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
