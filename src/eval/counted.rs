//! Counting of evaluations: who gives the counters, and what each of them stands for.

use std::fmt;
use std::sync::Arc;

use crate::error::Result;
use crate::model::Delivery;

/// What a state is compiled for: it gives the counters of its evaluations.
pub(crate) trait Meter {
    /// Reserves counters in a row, and returns the first of them.
    fn reserve(&self, counters: u32) -> u32;

    /// Fails once nobody waits for the state any more: that of 10,000 configs takes a while.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// The counter of what is not counted.
pub(crate) const UNCOUNTED: u32 = u32::MAX;

/// Counts nothing: for states of the past, or that are not committed.
pub(crate) struct NoMeter;

impl Meter for NoMeter {
    fn reserve(&self, _: u32) -> u32 {
        UNCOUNTED
    }
}

/// What evaluations are counted by: it knows what each of its counters stands for.
pub(crate) trait Counted: fmt::Debug + Send + Sync {
    /// The first of its counters, or [`UNCOUNTED`].
    fn first_counter(&self) -> u32;

    /// Number of counters.
    fn counters(&self) -> u32;

    /// Delivery that a counter, from the first, stands for.
    fn delivery(&self, counter: u32) -> Delivery;
}

/// What evaluations are counted by from a change on, and what that replaces.
#[derive(Debug, Default)]
pub(crate) struct Replaced {
    pub(crate) made: Vec<Arc<dyn Counted>>,
    pub(crate) gone: Vec<Arc<dyn Counted>>,
}
