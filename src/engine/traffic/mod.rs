//! Traffic on its way to the store: the contexts that the app asks with.
//!
//! An evaluation that is counted asks whether its context is wanted ([`Traffic::wants`]): while nothing is recorded that is one
//! look at a number, and a context that was once found not to belong to the share of users keeps that. Only one that is
//! recorded takes a lock, and memory.
//!
//! What of it is kept is found when it goes to the store: the paths that the store reads, as it was when the context was
//! seen. So what is seen is kept apart by the states that were shown ([`Shown`]). Once it is known for a state which paths
//! it reads, no more than that is taken into memory.

mod kept;
mod shown;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;

use crate::model::{Catalog, Context, Contexts, SampleStamp, Timestamp, is_recordable};
use shown::Shown;

/// Contexts that are not in the store yet.
#[derive(Default)]
pub(super) struct Traffic {
    /// The share of users that is recorded; 0 if nothing is.
    share: AtomicU32,
    /// What is recorded by, in the state that is shown; none if nothing is.
    shown: ArcSwapOption<Shown>,
    /// The states before it in which something was recorded.
    before: Mutex<Vec<Arc<Shown>>>,
}

impl Traffic {
    /// Whether a context may have to be recorded.
    #[inline]
    pub(super) fn wants(&self, context: &Context) -> bool {
        let share = self.share.load(Ordering::Relaxed);
        share != 0 && !context.is_passed_over(share)
    }

    /// Records that a context was seen, if it belongs to the users who are recorded. Returns whether it is time to hand
    /// over what was recorded.
    #[cold]
    pub(super) fn record(&self, context: &Context, at: Timestamp) -> bool {
        let Some(shown) = self.shown.load_full() else { return false };
        if !shown.has(context.user_id()) || !is_recordable(context.user_id()) {
            context.pass_over(shown.share.number());
            return false;
        }
        shown.see(context, at)
    }

    /// Records by a state from now on.
    pub(super) fn follow(&self, catalog: &Catalog) {
        let Some(recording) = catalog.recording else {
            self.share.store(0, Ordering::Relaxed);
            return self.retire(self.shown.swap(None));
        };
        let before = self.shown.load_full();
        let same = before.as_ref().filter(|before| before.recording.share == recording.share);
        let share = same.map_or_else(SampleStamp::new, |before| before.share);
        let shown = Shown::new(recording, share, catalog.clone());
        drop(before);
        self.retire(self.shown.swap(Some(Arc::new(shown))));
        self.share.store(share.number(), Ordering::Relaxed);
    }

    /// Keeps what was seen in a state that is shown no more. Whoever found it there counts as an owner.
    fn retire(&self, before: Option<Arc<Shown>>) {
        let is_needed = |before: &Arc<Shown>| !before.is_empty() || Arc::strong_count(before) > 1;
        self.before().extend(before.filter(is_needed));
    }

    /// Takes out what was recorded so far.
    pub(super) fn take(&self, now: Timestamp) -> Contexts {
        let shown = self.shown.load_full();
        let mut before = self.before();
        let all = before.iter().chain(&shown);
        let mut seen = kept::Sum::default();
        all.for_each(|shown| shown.take(now, &mut seen));
        // who found one before another was shown may be about to add to it
        before.retain(|shown| Arc::strong_count(shown) > 1 || !shown.is_empty());
        let oldest = shown.map(|shown| shown.recording.oldest(now));
        Contexts { seen: seen.into_contexts(), oldest }
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        let shown = self.shown.load_full();
        self.before().iter().chain(&shown).all(|shown| shown.is_empty())
    }

    /// Whether a context of a user waits.
    pub(super) fn has(&self, user: &str) -> bool {
        let shown = self.shown.load_full();
        self.before().iter().chain(&shown).any(|shown| shown.has_seen(user))
    }

    /// Forgets the contexts of a user that wait.
    pub(super) fn forget(&self, user: &str) {
        let shown = self.shown.load_full();
        self.before().iter().chain(&shown).for_each(|shown| shown.forget(user));
    }

    fn before(&self) -> MutexGuard<'_, Vec<Arc<Shown>>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
