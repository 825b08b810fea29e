//! Next state: that after a commit, which nobody sees before the commit is durable.

use std::sync::Arc;

use super::delivery::Deliveries;
use crate::eval::{Replaced, Snapshot};
use crate::model::Catalog;

/// State that nobody sees yet.
pub(super) struct Next {
    /// None once it is seen.
    state: Option<Snapshot>,
    replaced: Replaced,
    deliveries: Arc<Deliveries>,
}

impl Next {
    /// Takes up the plans of a new state.
    pub(super) fn new(state: Snapshot, replaced: Replaced, deliveries: &Arc<Deliveries>) -> Self {
        deliveries.register(replaced.made.clone());
        Self { state: Some(state), replaced, deliveries: Arc::clone(deliveries) }
    }

    /// Hands the state to who shows it, and lets the plans go that it has no more.
    pub(super) fn show(mut self, show: impl FnOnce(Snapshot)) {
        if let Some(state) = self.state.take() {
            self.deliveries.follow(state.catalog());
            show(state);
        }
        self.deliveries.retire(std::mem::take(&mut self.replaced.gone));
    }

    /// The state.
    pub(super) fn state(&self) -> Option<&Snapshot> {
        self.state.as_ref()
    }

    /// The catalog of the state.
    pub(super) fn catalog(&self) -> Option<&Catalog> {
        self.state().map(Snapshot::catalog)
    }
}

/// A state that was never seen lets its plans go.
impl Drop for Next {
    fn drop(&mut self) {
        if self.state.take().is_some() {
            self.deliveries.retire(std::mem::take(&mut self.replaced.made));
        }
    }
}
