//! Commits: first the log agrees on a revision, then the revision is applied to the state.
//!
//! 1. The state after the revision is compiled, which nobody sees yet. If that fails, nothing has happened.
//! 2. The log makes the revision durable ([`Log::append`](crate::store::Log::append)), or nothing has happened.
//! 3. The state is shown, which cannot fail, so what is seen never parts from the log. Then the listeners are told.
//!
//! Only the holder of the writer's lock takes these steps, so the state moves in the order of the log. A dump comes
//! into the log as a whole and is applied as a whole: one state, then its revisions to the listeners.

use std::sync::Arc;

use super::database::Database;
use super::delivery::Deliveries;
use crate::error::Result;
use crate::eval::{Replaced, Snapshot};
use crate::listing::Lists;
use crate::model::{Catalog, Change, Entry, ListId, Revision, UserIds};
use crate::query::list;
use crate::store::{Reader, Store};

/// Revision to be agreed on, with what is stored beside it.
pub(super) struct Proposal<'p> {
    pub(super) revision: Revision,
    pub(super) changes: &'p [Change],
    /// The newest catalog with the changes.
    pub(super) after: Catalog,
    /// The facts about users.
    pub(super) entries: &'p [Entry],
    /// The list that a segment gets; its ids are in the store already.
    pub(super) list: Option<(ListId, &'p UserIds)>,
}

/// State that is not shown yet.
struct Next {
    state: Snapshot,
    replaced: Replaced,
}

impl Database {
    /// Commits a revision, and returns its number. The caller holds the writer's lock since before the changes were
    /// checked.
    pub(super) fn commit(&self, mut proposal: Proposal<'_>) -> Result<u64> {
        let number = proposal.revision.number;
        proposal.after.revision = number;
        proposal.after.time = Some(proposal.revision.time);
        let next = self.compile(&proposal)?;
        if let Err(error) = self.agree(&proposal) {
            drop(next.state);
            self.shared.deliveries.retire(next.replaced.made);
            return Err(error);
        }
        self.show(next);
        self.shared.listeners.call(&proposal.revision, proposal.changes);
        Ok(number)
    }

    /// Compiles the state after a revision.
    fn compile(&self, proposal: &Proposal<'_>) -> Result<Next> {
        let (before, deliveries) = (self.state(), &*self.shared.deliveries);
        let lists = lists_after(&before, proposal, &self.shared.store)?;
        let (after, changes) = (&proposal.after, proposal.changes);
        let (state, replaced) = before.update(after, changes, deliveries)?;
        deliveries.register(replaced.made.clone());
        Ok(Next {
            state: if let Some(lists) = lists { state.with_lists(lists) } else { state },
            replaced,
        })
    }

    /// Makes a revision durable.
    fn agree(&self, proposal: &Proposal<'_>) -> Result<()> {
        let Proposal { revision, changes, after, entries, .. } = proposal;
        let append = || self.shared.log.append(revision, changes, after, entries);
        self.shared.histories.write(*entries, append).map(drop)
    }

    /// Puts a state in the place of the one that is seen.
    fn show(&self, next: Next) {
        self.shared.state.store(Arc::new(next.state));
        self.shared.deliveries.retire(next.replaced.gone);
    }

    /// Applies a dump that was loaded into the empty store. The caller holds the writer's lock. After an error only
    /// the listeners have not heard of all of it.
    pub(super) fn apply_dump(&self) -> Result<()> {
        let shared = &self.shared;
        let state = read_state(&shared.store.reader()?, &shared.deliveries)?;
        if let Some(at) = shared.store.clock().manual() {
            shared.deliveries.drain();
            shared.clock.set(at);
        }
        self.show(Next { state, replaced: Replaced::default() });
        if shared.listeners.is_empty() {
            return Ok(());
        }
        for entry in shared.log.since(0)? {
            let (revision, changes) = entry?;
            shared.listeners.call(&revision, &changes);
        }
        Ok(())
    }

    /// Takes the users whom entries forget out of the lists in memory. The caller holds the writer's lock.
    pub(super) fn forget_listed(&self, entries: &[Entry]) {
        let state = self.state();
        if let Some(lists) = list::without_forgotten(state.lists(), entries) {
            self.show(Next { state: state.with_lists(lists), replaced: Replaced::default() });
        }
    }
}

/// Reads a state out of a store, and registers the plans that count its deliveries.
pub(super) fn read_state(reader: &Reader, deliveries: &Deliveries) -> Result<Snapshot> {
    let catalog = reader.catalog()?;
    let lists = list::read(reader, &catalog)?;
    let (state, replaced) = Snapshot::compile(&catalog, deliveries);
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
    if !touches_lists(before.catalog(), proposal.changes) {
        return Ok(list::without_forgotten(before.lists(), proposal.entries));
    }
    let wanted = list::referred(&proposal.after);
    let mut lists = before.lists().only(&wanted)?;
    if let Some((list, ids)) = proposal.list {
        lists = lists.with(list, ids)?;
    }
    let lists = Arc::new(list::with_missing(lists, &wanted, &store.reader()?)?);
    Ok(Some(list::without_forgotten(&lists, proposal.entries).unwrap_or(lists)))
}

/// Whether changes are about segments that refer, or referred, to a list.
pub(super) fn touches_lists(before: &Catalog, changes: &[Change]) -> bool {
    changes.iter().any(|change| {
        let Change::Segment(segment) = change else { return false };
        let old = before.segment(segment.id);
        [Some(segment), old].iter().flatten().any(|s| !s.condition.lists().is_empty())
    })
}
