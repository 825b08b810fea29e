//! Tallies: evaluations that are counted when whoever asked for them has the values.

use std::sync::Arc;

use smallvec::SmallVec;

use super::evaluation::Evaluation;
use super::pin::Pin;

/// Counters of evaluations of one state. The state is kept until they were added to: till then nobody else gets them.
#[derive(Debug)]
pub(crate) struct Tally {
    _state: Arc<Pin>,
    counters: SmallVec<[u32; FEW]>,
}

/// Number of evaluations for which no memory is made.
const FEW: usize = 4;

impl Tally {
    pub(super) fn new(state: Arc<Pin>) -> Self {
        Self { _state: state, counters: SmallVec::new() }
    }

    /// Adds an evaluation of the state.
    pub(crate) fn add(&mut self, evaluation: &Evaluation<'_>) {
        self.counters.push(evaluation.counter());
    }

    pub(crate) fn counters(&self) -> impl Iterator<Item = u32> {
        self.counters.iter().copied()
    }
}
