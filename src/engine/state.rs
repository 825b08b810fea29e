//! State of a store: the objects at its newest revision, the same compiled, and the lists of users.

use std::sync::Arc;

use crate::eval::Snapshot;
use crate::listing::Lists;
use crate::model::Catalog;

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
