//! Lists of users: ids in the order of their bytes, packed in blocks.
//!
//! A list is written in batches that nothing refers to, and then *sealed* by the revision that gives a segment
//! a condition over it: it gets its record in `pcq.lists`, in the same transaction. What has blocks but no such
//! record is the beginning of a list whose loading was cut short, and is taken away before the next one gets
//! the same number. A list that was sealed never changes, but for users who are forgotten, and is never taken
//! away: an earlier version of its segment refers to it.

mod block;
mod check;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzz;
mod query;
mod write;

pub(super) use check::check;
pub(super) use query::{each, each_left, edition, is_listed, newest_edition, sealed_length};
pub(super) use write::{append, forget, next, seal};
