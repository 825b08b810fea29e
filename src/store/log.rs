//! Log of revisions: the seam between agreeing on a revision and applying it.

use super::user::Added;
use crate::error::{Error, Result};
use crate::model::{Catalog, Change, Entry, Revision};

/// Revisions with what each did, oldest first.
pub(crate) type Revisions = Box<dyn Iterator<Item = Result<(Revision, Vec<Change>)>> + Send>;

/// Part of a group: a revision, entries of users, or both.
pub(crate) struct Append<'a> {
    pub(crate) revision: Option<Step<'a>>,
    pub(crate) entries: &'a [Entry],
}

/// Step of the log: a revision and what it changes.
#[derive(Clone, Copy)]
pub(crate) struct Step<'a> {
    pub(crate) revision: &'a Revision,
    pub(crate) changes: &'a [Change],
    /// The catalog as it stands without it, and with it. They follow from the log: one that derives nothing needs no look
    /// at them.
    pub(crate) before: &'a Catalog,
    pub(crate) after: &'a Catalog,
}

/// Error of a group, of which nothing happened.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The index of the part that is to blame; none if it is the whole.
    pub(crate) at: Option<usize>,
    pub(crate) error: Error,
}

impl Refusal {
    /// A refusal of the whole group.
    pub(crate) fn of_all(error: Error) -> Self {
        Self { at: None, error }
    }
}

/// Log of revisions: the one place that makes what was written durable, and gives it in order.
///
/// The file is the first log; a group of replicas, or a log that fails where a test wants it to, is another.
/// Whoever implements it keeps five promises.
///
/// * Numbers are dense. A revision is appended only with the number after the last one, and no earlier time
///   than that; any other is refused with [`crate::ErrorKind::RevisionConflict`], and nothing has happened.
/// * A group comes into the log in its order, and as a whole or not at all.
/// * What [`append`](Self::append) returned `Ok` for is there for good: after a crash, and for whoever asks
///   [`since`](Self::since) next. An error means that it is not in the log, and never will be; but where a disk
///   fails nobody can say so, and such a log takes and gives nothing more until it is opened again.
/// * A revision and the entries of users with it come into the log together or not at all.
/// * All who ask get the same revisions in the same order. What they make of them follows from that alone, so
///   they apply a revision once it is in the log, one after the other.
///
/// Batches of facts about users (`Store::add_batch`), the ids of lists (`Store::add_list`) and the end of what is kept
/// no longer (`Store::expire`) go past it, straight into the store: they make no revision, so they have no place in the
/// order that the log agrees on. A replica needs them beside the log, and the ids of a list before the revision that
/// gives it to a segment. Deliveries and a clock that is moved by hand go past it, too; they are each store's own.
pub(crate) trait Log: Send + Sync {
    /// Appends a group, durable when this returns; gives what became of the entries of each.
    ///
    /// # Errors
    ///
    /// `conflict` if a revision is not the next one, `read-only`, `io`, `store-corrupt`.
    fn append(&self, group: &[Append<'_>]) -> Result<Vec<Added>, Refusal>;

    /// Gives the revisions after one, oldest first, as far as there are any now.
    ///
    /// # Errors
    ///
    /// `io`, `store-corrupt`; also of single revisions.
    fn since(&self, revision: u64) -> Result<Revisions>;
}
