//! What is known of users: entries, each of one user, in the order in which they were received.
//!
//! Entries come in the order of time, and are asked for by user. Put where they belong at once, each of a
//! batch would rewrite a page of its own. So they come into the *tail* first: a log, of which a batch writes
//! the end. Its rows hold the entries of one user in one batch. Once the tail is as long as what is below it,
//! within bounds, the batch that finds it so *folds* it: in one sweep in the order of the users, the rows
//! are appended to the *base*, blocks by user, and the tail is empty again. The digests of the ids of events
//! do the same: those of the tail have a small table of their own.
//!
//! # Reading while others write
//!
//! The tail is not in the order of users, so the rows of one are found by an index in memory. It is made of
//! what a reader sees in the file, when it is first asked for, and continued by what later readers see, so
//! opening a store costs nothing, and a process that only reads does as the writer does. That is right
//! because between two folds rows are only ever appended, and the sequence of a row is never used twice: the
//! first sequence of the tail tells one time between folds from another, and the last one that a reader sees
//! tells what of the index is in its sight. What forgets a user therefore folds first, and then takes away
//! from the base alone. A reader that began before a fold which the index has seen goes by an index of its
//! own.
//!
//! # Forgetting
//!
//! Nothing of a user stays in any table; only the number is never given to another. The bytes are gone from
//! the file when it is next compacted, because redb leaves them in pages that are free.
//!
//! Events that are not kept longer go the same way, block by block in the order of the base, so many in a
//! transaction. What stays of the blocks of a user is put together under numbers that they had, so there are
//! gaps between the numbers of blocks; a user of whom nothing stays is taken away.

mod add;
mod block;
mod check;
mod event_id;
mod expire;
mod fold;
mod forget;
mod intern;
mod query;
mod tail;

pub(crate) use add::Added;
pub(super) use add::add;
pub(super) use check::check;
pub(super) use event_id::event_user;
pub(super) use expire::expire;
pub(crate) use expire::{Expired, Place};
pub(super) use fold::Folding;
pub(super) use intern::is_empty;
pub(super) use query::{user_count, user_entries, users_after};
pub(super) use tail::Tail;
