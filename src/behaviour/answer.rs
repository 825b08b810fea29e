//! Answers of series: a result, or the index of the event that has it.

use crate::model::Answer;

/// An answer, or where it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum SeriesAnswer {
    Answer(Answer<'static>),
    /// The value in the event of this index.
    ValueOf(usize),
}

/// A number of events or values, as an answer.
pub(super) fn integer(count: usize) -> Answer<'static> {
    Answer::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

/// A number of events; no history holds more than fit.
pub(super) fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
