//! What is known of users: entries, each of one user, in the order in which they were received.
//!
//! Entries come in the order of time, and are asked for by user. Put where they belong at once, each of a
//! batch would rewrite a page of its own. So a batch comes into the *tail* first, as a *run*: its entries in the
//! order of the users, in pages that are written one after the other. Runs are merged as they become many, in
//! the manner of a log-structured merge tree (O'Neil and others, 1996), so there are at most seven of each of
//! seven lengths, and a user is found in each by one look. When the tail is as long as it may be it is *folded*:
//! in one sweep in the order of the users, its entries are appended to the *base*, blocks by user, and the tail
//! is empty again. The digests of the ids of events do the same: a run of its own goes with each run of entries,
//! those of the base are one long run, and a batch of them is looked for in the order of both.
//!
//! All of that is in the file, and changes with the commit of a batch alone: a reader needs nothing but its
//! snapshot, and waits for nobody.
//!
//! # Forgetting
//!
//! Nothing of a user stays in any table; only the number is never given to another. The pages of runs
//! that have something of the user are written once more without it. The bytes are gone from the file when it is next
//! compacted, because redb leaves them in pages that are free.
//!
//! Events that are not kept longer go once the tail is folded, block by block in the order of the base, so many
//! in a transaction. What stays of the blocks of a user is put together under numbers that they had, so there are
//! gaps between the numbers of blocks; a user of whom nothing stays is taken away.

mod add;
mod batch;
mod block;
mod check;
mod event_id;
mod expire;
mod fold;
mod forget;
mod intern;
mod query;
mod run;
mod tail;

pub(crate) use add::Added;
pub(super) use add::{add, add_batch};
pub(crate) use batch::Batch;
pub(super) use check::check;
pub(super) use event_id::event_user;
pub(super) use expire::expire;
pub(crate) use expire::{Expired, Place};
pub(super) use intern::is_empty;
pub(super) use query::{user_count, user_entries, users_after};
pub(super) use tail::TailBytes;
