//! Budget of a query: how much memory its rows may take while it is answered, and whether it goes on at all.

use std::cell::Cell;

use crate::error::{ErrorKind, Result};
use crate::model::Datum;
use crate::store::Watch;

/// Every how many rows a query looks whether it is to end.
const STEP: u32 = 256;

/// Budget of a query.
pub(in crate::query) struct Budget<'v> {
    limit: usize,
    used: Cell<usize>,
    watch: &'v Watch<'v>,
    steps: Cell<u32>,
}

impl<'v> Budget<'v> {
    pub(in crate::query) fn new(limit: usize, watch: &'v Watch<'v>) -> Self {
        Self { limit, used: Cell::new(0), watch, steps: Cell::new(0) }
    }

    /// Takes bytes of memory that are kept until the query is answered.
    pub(in crate::query) fn take(&self, bytes: usize) -> Result<()> {
        self.used.set(self.used.get().saturating_add(bytes));
        if self.used.get() <= self.limit {
            return Ok(());
        }
        Err(ErrorKind::QueryTooLarge { limit: self.limit }.into())
    }

    /// Takes the memory of a row.
    pub(in crate::query) fn take_row(&self, row: &[Datum]) -> Result<()> {
        self.take(size_of::<Vec<Datum>>() + row.iter().map(Datum::weight).sum::<usize>())
    }

    /// Gives memory back.
    pub(in crate::query) fn give_back(&self, row: &[Datum]) {
        let bytes = size_of::<Vec<Datum>>() + row.iter().map(Datum::weight).sum::<usize>();
        self.used.set(self.used.get().saturating_sub(bytes));
    }

    /// Fails if the query is to end.
    pub(in crate::query) fn check(&self) -> Result<()> {
        self.watch.check()
    }

    /// Goes on to the next row, unless the query is to end.
    pub(in crate::query) fn step(&self) -> Result<()> {
        self.steps.set(self.steps.get().wrapping_add(1));
        if self.steps.get().is_multiple_of(STEP) { self.check() } else { Ok(()) }
    }
}
