//! Traffic: recorded contexts, each of a user or of none, with attributes, and when and how often it was seen.
//!
//! They are in one table, by user, those without a user first. What tells contexts of a user apart is a digest of
//! their attributes, so the key is short however long these are, and what is known of a user is one range.
//!
//! A context that was not seen for long is kept no longer. Whoever reads passes over it from that instant on. It is erased
//! by the batches that come after it: each looks at some contexts, where the one before it ended, around the table.

mod add;
mod check;
mod place;
mod query;
mod salvage;

pub(super) use add::{add, forget, sweep_all};
pub(super) use check::check;
pub(crate) use query::{ContextRange, ContextTaker};
pub(super) use query::{each, has_any, has_user};
pub(super) use salvage::{copy_left, copy_until};
