//! Listeners: functions that are called for each new revision, or for what a client activates.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, ThreadId};

use crate::model::{Change, Revision};

/// Listener to new revisions.
type RevisionListener = dyn Fn(&Revision, &[Change]) + Send + Sync;

/// Subscribed listeners; each is called as long as its subscription lives.
pub(crate) struct Listeners<F: ?Sized = RevisionListener> {
    functions: Mutex<Vec<Weak<F>>>,
    /// The thread that calls them at the moment.
    caller: Mutex<Option<ThreadId>>,
}

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
        Self { functions: Mutex::default(), caller: Mutex::default() }
    }
}

impl<F: ?Sized + Send + Sync + 'static> Listeners<F> {
    pub(crate) fn add(&self, listener: Arc<F>) -> Subscription {
        let mut all = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|listener| listener.strong_count() > 0);
        all.push(Arc::downgrade(&listener));
        Subscription { _listener: Box::new(listener) }
    }

    /// Whether there is nobody to call.
    pub(crate) fn is_empty(&self) -> bool {
        let all = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().all(|listener| listener.strong_count() == 0)
    }

    /// The listeners that are subscribed now. They are called without the lock: a listener may subscribe another.
    pub(crate) fn all(&self) -> Vec<Arc<F>> {
        let all = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter_map(Weak::upgrade).collect()
    }
}

impl Listeners {
    /// Calls all listeners, in the order in which they subscribed. One thread at a time does so.
    pub(crate) fn call(&self, revision: &Revision, changes: &[Change]) {
        let _calling = Calling::begin(&self.caller);
        for listener in self.all() {
            listener(revision, changes);
        }
    }

    /// Whether this thread is in a listener: the writer waits for it, so it must not wait for the writer.
    pub(crate) fn is_calling(&self) -> bool {
        let caller = self.caller.lock().unwrap_or_else(PoisonError::into_inner);
        *caller == Some(thread::current().id())
    }
}

/// Note of which thread calls the listeners; it goes when they have returned, or one of them panics.
struct Calling<'l>(&'l Mutex<Option<ThreadId>>);

impl<'l> Calling<'l> {
    fn begin(caller: &'l Mutex<Option<ThreadId>>) -> Self {
        *caller.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current().id());
        Self(caller)
    }
}

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
