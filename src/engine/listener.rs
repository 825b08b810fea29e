//! Listeners: functions that are called for each new revision, or for what a client activates.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::model::{Change, Revision};

/// Listener to new revisions.
type RevisionListener = dyn Fn(&Revision, &[Change]) + Send + Sync;

/// Subscribed listeners; each is called as long as its subscription lives.
pub(crate) struct Listeners<F: ?Sized = RevisionListener>(Mutex<Vec<Weak<F>>>);

/// Keeps a listener subscribed; dropping it ends that.
#[must_use]
pub struct Subscription {
    _listener: Box<dyn Any + Send + Sync>,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}

impl<F: ?Sized> Default for Listeners<F> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<F: ?Sized + Send + Sync + 'static> Listeners<F> {
    pub(crate) fn add(&self, listener: Arc<F>) -> Subscription {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|listener| listener.strong_count() > 0);
        all.push(Arc::downgrade(&listener));
        Subscription { _listener: Box::new(listener) }
    }

    /// Whether there is nobody to call.
    pub(crate) fn is_empty(&self) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().all(|listener| listener.strong_count() == 0)
    }

    /// The listeners that are subscribed now. They are called without the lock: a listener may subscribe another.
    pub(crate) fn all(&self) -> Vec<Arc<F>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter_map(Weak::upgrade).collect()
    }
}

impl Listeners {
    /// Calls all listeners, in the order in which they subscribed.
    pub(crate) fn call(&self, revision: &Revision, changes: &[Change]) {
        for listener in self.all() {
            listener(revision, changes);
        }
    }
}
