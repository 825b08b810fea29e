//! Those who are told of each new revision.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::model::{Change, Revision};

type Listener = dyn Fn(&Revision, &[Change]) + Send + Sync;

/// The functions to call, as long as their subscriptions live.
#[derive(Default)]
pub(super) struct Listeners(Mutex<Vec<Weak<Listener>>>);

/// Keeps a listener subscribed; dropping it ends that.
#[must_use]
pub struct Subscription {
    _listener: Arc<Listener>,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}

impl Listeners {
    pub(super) fn add(&self, listener: Arc<Listener>) -> Subscription {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|listener| listener.strong_count() > 0);
        all.push(Arc::downgrade(&listener));
        Subscription { _listener: listener }
    }

    /// Whether there is nobody to call.
    pub(super) fn is_empty(&self) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().all(|listener| listener.strong_count() == 0)
    }

    /// Calls everyone, outside the lock: a listener may subscribe another.
    pub(super) fn call(&self, revision: &Revision, changes: &[Change]) {
        let all: Vec<_> = {
            let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.iter().filter_map(Weak::upgrade).collect()
        };
        for listener in all {
            listener(revision, changes);
        }
    }
}
