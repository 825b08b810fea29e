//! Histories of users, and the answers to questions about them.
//!
//! A [`UserHistory`] holds events and attributes in order of time. The first question about some events goes
//! through them and keeps a [`Series`](series::Series) of those that pass; later ones find their window in it
//! by bisection and are told from summaries of runs of events, so that their cost grows with the logarithm
//! of the number of events.

mod answer;
mod exact;
mod history;
mod interval;
mod number;
mod profile;
mod runs;
mod series;
mod sliding;
mod track;
mod values;

#[cfg(test)]
mod tests;

pub(crate) use exact::ExactSum;
pub(crate) use history::{EventRef, UserHistory};
