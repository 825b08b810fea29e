//! Budget of a query: how much memory its rows may take while it is answered, and whether it goes on at all.

use std::cell::Cell;

use crate::error::{ErrorKind, Result};
use crate::model::{Datum, Value, weight};
use crate::store::Watch;

/// Every how many rows a query looks whether it is to end.
const STEP: u32 = 256;

/// About how many bytes a place in a hash table takes: there are up to 2.3 for each value, and while the table grows the
/// places before are there, too.
pub(in crate::query) const PLACE: usize = 64;

/// Budget of a query.
pub(in crate::query) struct Budget<'v> {
    limit: usize,
    used: Cell<usize>,
    watch: Watch<'v>,
    steps: Cell<u32>,
}

impl<'v> Budget<'v> {
    pub(in crate::query) fn new(limit: usize, watch: &Watch<'v>) -> Self {
        Self { limit, used: Cell::new(0), watch: watch.again(), steps: Cell::new(0) }
    }

    /// The budget of another query: the rows of the one before it are no longer kept.
    pub(in crate::query) fn anew(&self) -> &Self {
        self.used.set(0);
        self
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
    pub(in crate::query) fn take_row(&self, row: &[impl Weigh]) -> Result<()> {
        self.take(row_weight(row))
    }

    /// Gives memory back.
    pub(in crate::query) fn give_back(&self, row: &[impl Weigh]) {
        self.used.set(self.used.get().saturating_sub(row_weight(row)));
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

/// What a cell of a row is.
pub(in crate::query) trait Weigh {
    /// About how many bytes of memory it takes.
    fn weight(&self) -> usize;
}

impl Weigh for Datum {
    fn weight(&self) -> usize {
        Datum::weight(self)
    }
}

impl Weigh for Value {
    fn weight(&self) -> usize {
        size_of::<Self>() + weight(self)
    }
}

fn row_weight<C: Weigh>(row: &[C]) -> usize {
    size_of::<Vec<C>>() + row.iter().map(C::weight).sum::<usize>()
}
