//! Entries of the table of keys: what a key has beside its slot.

use std::sync::{Arc, OnceLock};

use super::plan::Plan;
use super::tape::Tape;

/// A key: its plan, and its tape.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) plan: Arc<Plan>,
    /// The rows whose segments no other key asks.
    own: RowSet,
    /// The tests of those rows, made when they are first needed; `None` if there is no use for them.
    tape: OnceLock<Option<Arc<Tape>>>,
}

/// Rows of a plan, a bit for each of the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RowSet(u32);

impl Entry {
    /// Entry of a key; `own` are the rows whose segments no other key asks.
    pub(super) fn new(plan: Arc<Plan>, own: RowSet) -> Self {
        Self { plan, own, tape: OnceLock::new() }
    }

    /// Whether there may be a tape.
    pub(super) fn may_have_tape(&self) -> bool {
        self.own != RowSet::default()
    }

    /// The tape, if it was made.
    #[inline]
    pub(super) fn tape(&self) -> Option<&Tape> {
        self.tape.get()?.as_deref()
    }

    /// The tape, if there is to be one; it is made of the rows that no other key asks.
    pub(super) fn tape_by(&self, make: impl FnOnce(RowSet) -> Option<Tape>) -> Option<&Tape> {
        let make = || self.may_have_tape().then(|| make(self.own)).flatten().map(Arc::new);
        self.tape.get_or_init(make).as_deref()
    }

    /// The same, but for the tape, which is to be made anew.
    pub(super) fn renewed(&self) -> Self {
        Self::new(Arc::clone(&self.plan), self.own)
    }
}

impl RowSet {
    /// Number of rows that there can be.
    pub(super) const ROWS: usize = 32;

    /// The rows for which something holds.
    pub(super) fn of(rows: impl Iterator<Item = bool>) -> Self {
        let bits = rows.take(Self::ROWS).zip(0..).map(|(is_in, row)| u32::from(is_in) << row);
        Self(bits.fold(0, |all, bit| all | bit))
    }

    pub(super) fn has(self, row: u32) -> bool {
        self.0.checked_shr(row).is_some_and(|bits| bits & 1 > 0)
    }
}
