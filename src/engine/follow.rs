//! Following: a database that is open for reading only keeps up with the process that writes to its file.
//!
//! 1. Whoever is to see the newest state looks at the file ([`Database::sight`]): a reader is begun, and its mark is
//!    compared with that of what is in memory. If they are the same, that is the state, and nobody waits.
//! 2. Else the revisions since are read from the log and applied in order, and the state after them is shown once. One
//!    thread at a time does that. If the file is not that of the same store any more, all of it is read.
//! 3. Then the listeners are told of each revision, in order.
//!
//! A [`Sight`] is a state and a reader of the very same state, for one statement or one transaction. What is evaluated
//! without one goes by the state that was shown last: it takes no lock, and looks at no file.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, TryLockError};

use super::commit::{read_state, touches_lists};
use super::database::{Database, Shared};
use super::delivery::Deliveries;
use super::histories::{Histories, nobody};
use super::sight::{Follower, Known, Sight, Source};
use crate::error::Result;
use crate::eval::{NoMeter, Snapshot};
use crate::listing::Lists;
use crate::model::ListId;
use crate::query::list;
use crate::statement::{Get, Parameters};
use crate::store::Reader;

/// How many revisions are applied one by one; if more are new, reading all objects is cheaper.
const REPLAYED: u64 = if cfg!(test) { 16 } else { 4_096 };

impl Known {
    /// Reads all that memory keeps.
    pub(super) fn read(reader: &Reader, deliveries: &Deliveries) -> Result<Self> {
        let (mark, state) = (reader.mark()?, Arc::new(read_state(reader, deliveries)?));
        Ok(Self { mark, state, histories: Arc::new(histories(reader)?) })
    }

    /// Whether it is what a reader reads.
    fn is_of(&self, reader: &Reader) -> Result<bool> {
        Ok(self.mark == reader.mark()? && changed_lists(&self.state, reader)?.is_empty())
    }

    /// What memory is to have of a later state of the same store.
    fn followed(&self, reader: &Reader, deliveries: &Deliveries) -> Result<Self> {
        let mark = reader.mark()?;
        let newest = mark.newest().map_or(0, |revision| revision.number);
        let state = if newest.saturating_sub(self.state.revision()) > REPLAYED {
            Arc::new(read_state(reader, deliveries)?)
        } else {
            replayed(&self.state, reader)?
        };
        let histories = if mark.has_users_of(&self.mark) {
            Arc::clone(&self.histories)
        } else {
            Arc::new(histories(reader)?)
        };
        Ok(Self { mark, state, histories })
    }
}

/// An empty cache for the histories of users.
fn histories(reader: &Reader) -> Result<Histories> {
    Ok(Histories::new(reader.user_count()? == 0))
}

/// The state after the revisions that a reader has beyond those of a state. What is read only is not counted.
fn replayed(before: &Arc<Snapshot>, reader: &Reader) -> Result<Arc<Snapshot>> {
    let mut after = before.catalog().clone();
    let mut all = Vec::new();
    for entry in reader.changes_since(before.revision())? {
        let (revision, changes) = entry?;
        after.apply(&changes, revision.time, reader)?;
        (after.revision, after.time) = (revision.number, Some(revision.time));
        all.extend(changes);
    }
    let changed = changed_lists(before, reader)?;
    let touches = touches_lists(before.catalog(), &all);
    if all.is_empty() && changed.is_empty() {
        return Ok(Arc::clone(before));
    }
    let (state, _) = before.update(&after, &all, &NoMeter)?;
    if touches || !changed.is_empty() {
        let lists = lists(&state, &changed, reader)?;
        return Ok(Arc::new(state.with_lists(lists)));
    }
    Ok(Arc::new(state))
}

/// The lists of a state that have other ids in the file: users were forgotten. That makes no revision, and a list only
/// ever becomes shorter.
fn changed_lists(state: &Snapshot, reader: &Reader) -> Result<BTreeSet<ListId>> {
    let lists = state.lists();
    let mut changed = BTreeSet::new();
    for list in lists.numbers() {
        if lists.length(list) != Some(reader.list_length(list)?) {
            changed.insert(list);
        }
    }
    Ok(changed)
}

/// The lists that segments of a state refer to; those that changed are read again.
fn lists(state: &Snapshot, changed: &BTreeSet<ListId>, reader: &Reader) -> Result<Arc<Lists>> {
    let wanted = list::referred(state.catalog());
    let kept = state.lists().only(&wanted.difference(changed).copied().collect())?;
    list::with_missing(kept, &wanted, reader).map(Arc::new)
}

impl Shared {
    /// Sees the newest state of the file.
    fn look(&self, follower: &Follower) -> Result<Sight> {
        let known = follower.known.load_full();
        let reader = self.store.reader()?;
        if known.is_of(&reader)? {
            return Ok(Sight { known, source: Source::File(reader) });
        }
        let _moving = follower.moving.lock().unwrap_or_else(PoisonError::into_inner);
        // begun anew, for another thread may have moved on to a later state than that
        let (known, reader) = (follower.known.load_full(), self.store.reader()?);
        let known =
            if known.is_of(&reader)? { known } else { self.move_on(follower, &known, &reader)? };
        Ok(Sight { known, source: Source::File(reader) })
    }

    /// Shows the state of a reader. The caller holds the lock of who moves on.
    fn move_on(&self, follower: &Follower, known: &Known, reader: &Reader) -> Result<Arc<Known>> {
        let next = if has_history_of(reader, known)? {
            known.followed(reader, &self.deliveries)?
        } else {
            let next = Known::read(reader, &self.deliveries)?;
            follower.told.store(next.state.revision(), Ordering::Release);
            next
        };
        if let Some(at) = next.mark.clock().manual() {
            self.clock.advance(at);
        }
        let next = Arc::new(next);
        // in this order: whoever evaluated by the new state finds it here, too, or waits for it
        self.state.store(Arc::clone(&next.state));
        follower.known.store(Arc::clone(&next));
        Ok(next)
    }

    /// Tells the listeners of the revisions that are shown and that they were not told of.
    fn tell(&self, follower: &Follower) -> Result<()> {
        loop {
            let (told, shown) =
                (follower.told.load(Ordering::Acquire), self.state.load().revision());
            if told >= shown {
                return Ok(());
            }
            if self.listeners.is_empty() {
                follower.told.fetch_max(shown, Ordering::AcqRel);
                return Ok(());
            }
            // who tells goes on until all is told; it may be this thread, and one of the listeners that looks
            let _telling = match follower.telling.try_lock() {
                Err(TryLockError::WouldBlock) => return Ok(()),
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Ok(telling) => telling,
            };
            self.tell_since(follower, shown)?;
        }
    }

    fn tell_since(&self, follower: &Follower, shown: u64) -> Result<()> {
        for entry in self.log.since(follower.told.load(Ordering::Acquire))? {
            let (revision, changes) = entry?;
            if revision.number > shown {
                break;
            }
            follower.told.store(revision.number, Ordering::Release);
            self.listeners.call(&revision, &changes);
        }
        follower.told.fetch_max(shown, Ordering::AcqRel);
        Ok(())
    }
}

/// Whether a reader reads the store that something is known of, at that state or a later one. Another one may have been
/// put in the place of its file.
fn has_history_of(reader: &Reader, known: &Known) -> Result<bool> {
    let Some(newest) = known.mark.newest() else { return Ok(true) };
    Ok(reader.revision(newest.number)?.as_ref() == Some(newest))
}

impl Database {
    /// Sees the newest state of the file; `None` in a database that writes, for that has the newest in memory.
    pub(super) fn sight(&self) -> Result<Option<Sight>> {
        let Some(follower) = &self.shared.follower else { return Ok(None) };
        let sight = self.shared.look(follower)?;
        self.shared.tell(follower)?;
        Ok(Some(sight))
    }

    /// Sees the state that was shown last, if a `GET` can be answered by what is in memory.
    pub(super) fn remembered(&self, get: &Get, parameters: &Parameters) -> Option<Sight> {
        let follower = self.shared.follower.as_ref()?;
        if get.as_of.is_some() || get.under.is_some() {
            return None;
        }
        let known = follower.known.load_full();
        let user = parameters.optional(get.user.as_ref()).ok()?;
        let history = match user {
            Some(user) => known.histories.cached(&user)?,
            None => nobody(),
        };
        // else an evaluation may have gone by a later state already
        let is_shown = Arc::ptr_eq(&known.state, &self.shared.state.load());
        is_shown.then_some(Sight { known, source: Source::Memory(history) })
    }

    /// The newest state, or the last that could be read.
    pub(super) fn newest(&self) -> Arc<Snapshot> {
        match self.sight() {
            Ok(Some(sight)) => Arc::clone(sight.state()),
            // `Database::refresh` tells of errors
            Ok(None) | Err(_) => self.state(),
        }
    }
}
