//! Commits: first the log agrees on a group of them, then they are applied to the state.
//!
//! 1. A write is checked against the state after all commits that are under way, and the state after it is compiled,
//!    which nobody sees yet. If that fails, nothing has happened.
//! 2. It is queued ([`Queue`](super::queue::Queue)) and goes to the log with all that is queued
//!    ([`Log::append`](crate::store::Log::append)): they are durable together, or nothing has happened.
//! 3. The states are shown one after the other, which cannot fail, so what is seen never parts from the log. The
//!    listeners are told of each while it is what is seen.
//!
//! Each writer takes the first step by itself, and one writer at a time the others for a group, so the state moves in
//! the order of the log. A dump comes
//! into the log as a whole and is applied as a whole: one state, then its revisions to the listeners.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use super::database::Database;
use super::delivery::Deliveries;
use super::next::Next;
use super::queue::{Queued, Underway, Verdict, Versions};
use crate::error::Result;
use crate::eval::{Replaced, Snapshot};
use crate::listing::Lists;
use crate::model::{Catalog, Change, Entry, ListId, Revision, UserIds, What};
use crate::query::list;
use crate::store::{Added, Reader, Refusal, Store};

/// Commit that a writer proposes: a revision, facts about users, or both.
pub(super) struct Proposal<'p> {
    pub(super) revision: Option<Proposed>,
    /// The facts about users.
    pub(super) entries: Vec<Entry>,
    /// The list that a segment gets; its ids are in the store already.
    pub(super) list: Option<(ListId, &'p UserIds)>,
}

/// Revision to be agreed on.
pub(super) struct Proposed {
    pub(super) revision: Revision,
    pub(super) changes: Vec<Change>,
    /// The newest catalog with the changes.
    pub(super) after: Catalog,
}

/// State that a write is checked against: that after all commits that are under way.
pub(super) struct Ground<'q> {
    pub(super) state: Snapshot,
    /// Versions that the store does not have yet.
    pub(super) versions: &'q Versions,
    /// Changes that it may not have yet.
    pub(super) changes: &'q Underway,
}

/// What was committed.
pub(super) struct Committed {
    /// The number of the revision, if it is one.
    pub(super) revision: Option<u64>,
    /// What became of the facts about users.
    pub(super) added: Added,
}

impl Database {
    /// Commits what a function proposes, durable when this returns; `None` if it proposes nothing.
    ///
    /// The function is called while nobody else queues a commit. It may be called again: when a commit that was on
    /// its way failed, what was checked against the state after it is checked anew.
    pub(super) fn commit<'p>(
        &self,
        mut propose: impl FnMut(&Ground<'_>) -> Result<Option<Proposal<'p>>>,
    ) -> Result<Option<Committed>> {
        self.refuse_in_listener()?;
        loop {
            let mut line = self.shared.queue.join();
            let state = line.tail().cloned().unwrap_or_else(|| (*self.state()).clone());
            let ground = Ground { state, versions: line.versions(), changes: line.changes() };
            let proposal = match propose(&ground) {
                Ok(Some(proposal)) => proposal,
                // that nothing is to be done, or cannot be, may follow from a commit that fails yet
                answer if self.shared.queue.stands(line) => return answer.map(|_| None),
                _ => continue,
            };
            let queued = self.compile(&ground.state, proposal)?;
            let revision = queued.revision.as_ref().map(|(revision, _)| revision.number);
            let ticket = line.push(queued);
            match self.shared.queue.settle(line, ticket, |group| self.agree(group)) {
                Verdict::Done(added) => return Ok(Some(Committed { revision, added })),
                Verdict::Failed(error) => return Err(error),
                Verdict::Panicked(panic) => resume_unwind(panic),
                Verdict::Again => {}
            }
        }
    }

    /// Compiles the state after a commit.
    fn compile(&self, before: &Snapshot, mut proposal: Proposal<'_>) -> Result<Queued> {
        let deliveries = &self.shared.deliveries;
        for entry in proposal.entries.iter().filter(|entry| entry.what == What::Forget) {
            deliveries.forget(&entry.user);
        }
        if let Some(proposed) = &mut proposal.revision {
            proposed.after.revision = proposed.revision.number;
            proposed.after.time = Some(proposed.revision.time);
        }
        let lists = lists_after(before, &proposal, &self.shared.store)?;
        let (state, replaced) = match &proposal.revision {
            Some(Proposed { changes, after, .. }) => {
                let (state, replaced) = before.update(after, changes, &**deliveries)?;
                (Some(state), replaced)
            }
            None => (None, Replaced::default()),
        };
        let state = match lists {
            Some(lists) => Some(state.as_ref().unwrap_or(before).with_lists(lists)),
            None => state,
        };
        let next = state.map(|state| Next::new(state, replaced, deliveries));
        let revision = proposal.revision.map(|proposed| (proposed.revision, proposed.changes));
        Ok(Queued::new(revision, proposal.entries, next))
    }

    /// Makes a group durable, and shows it.
    fn agree(&self, group: &mut [Queued]) -> Vec<Verdict> {
        let appended = self.append(group);
        match appended {
            Ok(added) => group
                .iter_mut()
                .zip(added)
                .map(|(queued, added)| self.apply(queued, added))
                .collect(),
            Err(Refusal { at, error }) => (0..group.len())
                .map(|index| match at {
                    Some(at) if at != index => Verdict::Again,
                    _ => Verdict::Failed(error.clone()),
                })
                .collect(),
        }
    }

    /// Makes a group durable.
    fn append(&self, group: &[Queued]) -> Result<Vec<Added>, Refusal> {
        let (mut outcome, state) = (None, self.state());
        let mut before = state.catalog();
        let append = |queued| {
            let append = Queued::append(queued, before);
            before = queued.after().unwrap_or(before);
            append
        };
        let appends: Vec<_> = group.iter().map(append).collect();
        let store = || {
            let appended = self.shared.log.append(&appends);
            let sum = appended.as_ref().map(|all| all.iter().copied().sum());
            let sum = sum.map_err(|refusal| refusal.error.clone());
            outcome = Some(appended);
            sum
        };
        let histories = &self.shared.histories;
        let whole = catch_unwind(AssertUnwindSafe(|| histories.write(group, store)));
        match (outcome, whole) {
            // what is in the log happened, whatever went wrong after it
            (Some(appended), _) => appended,
            (None, Ok(whole)) => whole.map(|_| Vec::new()).map_err(Refusal::of_all),
            (None, Err(panic)) => resume_unwind(panic),
        }
    }

    /// Shows the state after a commit that is durable, and tells the listeners.
    fn apply(&self, queued: &mut Queued, added: Added) -> Verdict {
        if let Some(next) = queued.next.take() {
            self.show(next);
        }
        let Some((revision, changes)) = &queued.revision else { return Verdict::Done(added) };
        let tell = || self.shared.listeners.call(revision, changes);
        match catch_unwind(AssertUnwindSafe(tell)) {
            Ok(()) => Verdict::Done(added),
            Err(panic) => Verdict::Panicked(panic),
        }
    }

    /// Puts a state in the place of the one that is seen.
    fn show(&self, next: Next) {
        next.show(|state| self.shared.state.store(Arc::new(state)));
    }

    /// Applies a dump that was loaded into the empty store. The caller is alone with the queue. After an error only
    /// the listeners have not heard of all of it.
    pub(super) fn apply_dump(&self) -> Result<()> {
        let shared = &self.shared;
        let state = read_state(&shared.store.reader()?, &shared.deliveries)?;
        if let Some(at) = shared.store.clock().manual() {
            shared.deliveries.drain();
            shared.clock.set(at);
        }
        self.show(Next::new(state, Replaced::default(), &shared.deliveries));
        if shared.listeners.is_empty() {
            return Ok(());
        }
        for entry in shared.log.since(0)? {
            let (revision, changes) = entry?;
            shared.listeners.call(&revision, &changes);
        }
        Ok(())
    }
}

/// Reads a state out of a store, and registers the plans that count its deliveries.
pub(super) fn read_state(reader: &Reader, deliveries: &Deliveries) -> Result<Snapshot> {
    let catalog = reader.catalog()?;
    let lists = list::read(reader, &catalog)?;
    let (state, replaced) = Snapshot::compile(&catalog, deliveries)?;
    deliveries.register(replaced.made);
    Ok(state.with_lists(lists))
}

/// The lists of users after a revision, if they are others: those that segments refer to, without the users who are
/// forgotten.
fn lists_after(
    before: &Snapshot,
    proposal: &Proposal<'_>,
    store: &Store,
) -> Result<Option<Arc<Lists>>> {
    let entries = &proposal.entries;
    let touching = proposal.revision.as_ref();
    let touching = touching.filter(|p| touches_lists(before.catalog(), &p.changes));
    let Some(Proposed { after, .. }) = touching else {
        return Ok(list::without_forgotten(before.lists(), entries));
    };
    let wanted = list::referred(after);
    let mut lists = before.lists().only(&wanted)?;
    if let Some((list, ids)) = proposal.list {
        lists = lists.with(list, ids)?;
    }
    let lists = Arc::new(list::with_missing(lists, &wanted, &store.reader()?)?);
    Ok(Some(list::without_forgotten(&lists, entries).unwrap_or(lists)))
}

/// Whether changes are about segments that refer, or referred, to a list.
pub(super) fn touches_lists(before: &Catalog, changes: &[Change]) -> bool {
    changes.iter().any(|change| {
        let Change::Segment(segment) = change else { return false };
        let old = before.segment(segment.id);
        [Some(segment), old].iter().flatten().any(|s| !s.condition.lists().is_empty())
    })
}
