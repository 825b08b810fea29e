//! Pending writes: those of the open transaction, which nobody else sees.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::behaviour::UserHistory;
use crate::eval::Snapshot;
use crate::model::{Change, ConfigId, Entry, Revision, Version};

/// Writes of the open transaction, laid over what the store has.
#[derive(Clone, Debug)]
pub(crate) struct Pending<'t> {
    /// The state at `BEGIN`: what others commit later is not seen.
    pub(crate) base: &'t Snapshot,
    pub(crate) changes: &'t [Change],
    /// The versions among the changes.
    pub(crate) versions: &'t HashMap<(ConfigId, u32), Arc<Version>>,
    /// The facts about users.
    pub(crate) entries: &'t [Entry],
    /// The revision that it may become.
    pub(crate) revision: Arc<Revision>,
}

impl Pending<'_> {
    /// A history with the entries of its user.
    pub(super) fn over(&self, user: &str, history: Arc<UserHistory>) -> Arc<UserHistory> {
        let own: Vec<_> = self.entries.iter().filter(|e| *e.user == *user).cloned().collect();
        if own.is_empty() { history } else { Arc::new(history.with(&own)) }
    }

    /// The users of its entries, in byte order.
    pub(super) fn users(&self) -> BTreeSet<Arc<str>> {
        self.entries.iter().map(|entry| Arc::clone(&entry.user)).collect()
    }
}
