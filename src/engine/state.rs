//! State of a store: the objects at its newest revision, the same compiled, and the lists of users.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::Result;
use crate::eval::Snapshot;
use crate::listing::Lists;
use crate::model::{Catalog, Entry, ListId, UserIds, What};
use crate::store::Store;

/// State of a store at its newest revision.
#[derive(Debug)]
pub(super) struct State {
    pub(super) catalog: Catalog,
    pub(super) snapshot: Snapshot,
    /// The lists of users that the segments refer to.
    pub(super) lists: Arc<Lists>,
}

impl State {
    /// A state that goes by lists of users.
    pub(super) fn new(catalog: Catalog, snapshot: Snapshot, lists: Arc<Lists>) -> Self {
        let snapshot = if Arc::ptr_eq(snapshot.lists(), &lists) {
            snapshot
        } else {
            snapshot.with_lists(Arc::clone(&lists))
        };
        Self { catalog, snapshot, lists }
    }

    /// The state with other lists.
    pub(super) fn going_by(&self, lists: &Arc<Lists>) -> Self {
        Self::new(self.snapshot.catalog().clone(), self.snapshot.clone(), Arc::clone(lists))
    }
}

/// The lists that segments of a catalog refer to, archived ones too: what refers to them is still in force.
pub(super) fn wanted(catalog: &Catalog) -> BTreeSet<ListId> {
    catalog.segments().flat_map(|segment| segment.condition.lists()).collect()
}

/// Reads lists from the store.
pub(super) fn read(store: &Store, wanted: &BTreeSet<ListId>) -> Result<Arc<Lists>> {
    read_missing(store, Lists::default(), wanted).map(Arc::new)
}

/// Lists, and those that lack of the ones that are wanted, read from the store.
pub(super) fn read_missing(
    store: &Store,
    mut lists: Lists,
    wanted: &BTreeSet<ListId>,
) -> Result<Lists> {
    for list in wanted.difference(&lists.numbers()) {
        let mut ids = UserIds::default();
        store.each_listed(*list, |id| ids.push(id))?;
        lists = lists.with(*list, &ids)?;
    }
    Ok(lists)
}

/// The lists without the users who are forgotten, if one of them is in any.
pub(super) fn without_forgotten(lists: &Arc<Lists>, entries: &[Entry]) -> Option<Arc<Lists>> {
    let forgotten = entries.iter().filter(|entry| entry.what == What::Forget);
    let mut left: Option<Arc<Lists>> = None;
    for entry in forgotten {
        let without = left.as_ref().unwrap_or(lists).without(&entry.user);
        left = without.map(Arc::new).or(left);
    }
    left
}
