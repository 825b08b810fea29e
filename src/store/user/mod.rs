//! Facts about users: profiles and events as *entries*, each of one user, in the order in which they were received.
//!
//! Entries arrive by time, and are read by user. Were each written beside the others of its user, every entry of a
//! batch would rewrite another page. So a batch becomes a *run*: its entries in the order of the users, in pages that
//! are written one after the other. Runs are merged as they become many, in the manner of a log-structured
//! merge tree (O'Neil and others, 1996): each length is eight times the one before, and there are at most seven runs
//! of a length, so a user is found by a few look-ups, however many entries there are. The digests of the ids of
//! events are kept in the same way: a run of them goes with each run of entries, and those of a batch are sorted, so
//! that they are looked up in one pass.
//!
//! Runs are merged to a long one in steps, one with each commit, so that no commit waits for all of it; the module
//! `merge` says how it is read meanwhile.
//!
//! All of this is in the file, and changes only with the commit of a batch: a reader needs no more than its read
//! transaction, and waits for nobody.
//!
//! # Forgetting
//!
//! Nothing of a user stays in any table; only the number is never given to another. The pages of runs
//! that have something of the user are written once more without it. The bytes are gone from the file when it is next
//! compacted, because redb leaves them in pages that are free.
//!
//! Events that are not kept longer go in the same way, in the order of the users, so many users in a transaction; a
//! user of whom nothing stays is taken away.
//!
//! # Files of format 1
//!
//! They have entries in a table by user, too, the *base*. It is read as it is, and becomes the first run when the file
//! gets the present format.

mod add;
mod base;
mod batch;
mod block;
mod check;
mod cursor;
mod digest;
mod edit;
mod erase;
mod event_id;
mod expire;
mod forget;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzz;
mod intern;
mod merge;
mod query;
mod run;
mod salvage;
mod totals;

pub(crate) use add::Added;
pub(super) use add::{add, add_batch};
pub(super) use base::base_to_run;
pub(crate) use batch::Batch;
pub(super) use check::check;
pub(super) use event_id::event_user;
pub(crate) use expire::Expired;
pub(super) use expire::expire;
pub(super) use intern::is_empty;
pub(super) use query::{events_from, user_count, user_entries, users_after, users_from};
pub(super) use salvage::{complete, counted, each_left, in_gaps};
