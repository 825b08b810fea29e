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

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, MutexGuard, PoisonError};

use super::commit::{read_state, touches_lists};
use super::database::{Database, Shared};
use super::delivery::Deliveries;
use super::histories::{Histories, nobody};
use super::sight::{Follower, Known, Sight, Source, Told};
use crate::error::Result;
use crate::eval::{NoMeter, Snapshot};
use crate::listing::Lists;
use crate::model::ListId;
use crate::query::list;
use crate::statement::{Get, Parameters};
use crate::store::{Edition, Mark, Reader};

/// How many revisions are applied one by one; if more are new, reading all objects is cheaper.
const REPLAYED: u64 = if cfg!(test) { 16 } else { 4_096 };

impl Known {
    /// Reads all that memory keeps.
    pub(super) fn read(reader: &Reader, deliveries: &Deliveries) -> Result<Self> {
        let state = Arc::new(read_state(reader, deliveries)?);
        let editions = Arc::new(editions(&state, reader)?);
        let histories = Arc::new(histories(reader)?);
        Ok(Self { mark: reader.mark()?, state, editions, histories })
    }

    /// What memory is to have of a later state of the same store.
    fn followed(&self, reader: &Reader, deliveries: &Deliveries) -> Result<Self> {
        let mark = reader.mark()?;
        let newest = mark.newest().map_or(0, |revision| revision.number);
        let state = if newest.saturating_sub(self.state.revision()) > REPLAYED {
            Arc::new(read_state(reader, deliveries)?)
        } else {
            self.replayed(reader, &mark)?
        };
        let editions = if mark.has_lists_of(&self.mark) && Arc::ptr_eq(&state, &self.state) {
            Arc::clone(&self.editions)
        } else {
            Arc::new(editions(&state, reader)?)
        };
        let histories = if mark.has_users_of(&self.mark) {
            Arc::clone(&self.histories)
        } else {
            Arc::new(histories(reader)?)
        };
        Ok(Self { mark, state, editions, histories })
    }

    /// The state after the revisions that a reader has beyond those of this one. What is read only is not counted.
    fn replayed(&self, reader: &Reader, mark: &Mark) -> Result<Arc<Snapshot>> {
        let before = &self.state;
        let mut after = before.catalog().clone();
        let mut all = Vec::new();
        for entry in reader.changes_since(before.revision())? {
            let (revision, changes) = entry?;
            after.apply(&changes, revision.time, reader)?;
            (after.revision, after.time) = (revision.number, Some(revision.time));
            all.extend(changes);
        }
        let changed = self.changed_lists(reader, mark)?;
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

    /// The lists of the state that have other ids in the file: users were forgotten, which makes no revision, or the
    /// file is a copy that went on otherwise.
    pub(super) fn changed_lists(&self, reader: &Reader, mark: &Mark) -> Result<BTreeSet<ListId>> {
        if mark.has_lists_of(&self.mark) {
            return Ok(BTreeSet::new());
        }
        let mut changed = BTreeSet::new();
        for list in self.state.lists().numbers() {
            if self.editions.get(&list) != reader.list_edition(list)?.as_ref() {
                changed.insert(list);
            }
        }
        Ok(changed)
    }
}

/// The editions of the lists of a state.
fn editions(state: &Snapshot, reader: &Reader) -> Result<BTreeMap<ListId, Edition>> {
    let numbers = state.lists().numbers().into_iter();
    let edition = |list| Some((list, reader.list_edition(list).transpose()?));
    numbers.filter_map(edition).map(|(list, edition)| Ok((list, edition?))).collect()
}

/// An empty cache for the histories of users.
fn histories(reader: &Reader) -> Result<Histories> {
    Ok(Histories::new(reader.user_count()? == 0))
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
        if known.mark == reader.mark()? {
            return Ok(Sight { known, source: Source::File(reader) });
        }
        let _moving = follower.moving.lock().unwrap_or_else(PoisonError::into_inner);
        // begun anew, for another thread may have moved on to a later state than that
        let (known, reader) = (follower.known.load_full(), self.store.reader()?);
        let known = if known.mark == reader.mark()? {
            known
        } else {
            self.move_on(follower, &known, &reader)?
        };
        Ok(Sight { known, source: Source::File(reader) })
    }

    /// Shows the state of a reader. The caller holds the lock of who moves on.
    fn move_on(&self, follower: &Follower, known: &Known, reader: &Reader) -> Result<Arc<Known>> {
        let goes_on = has_history_of(reader, known)?;
        let next = if goes_on {
            known.followed(reader, &self.deliveries)?
        } else {
            Known::read(reader, &self.deliveries)?
        };
        let manual = next.mark.clock().manual();
        let next = Arc::new(next);
        // who tells goes by what is shown, so both become those of another store at once
        let mut told = follower.told();
        match manual {
            Some(at) if goes_on => self.clock.advance(at),
            Some(at) => self.clock.set(at),
            None => self.clock.follow_system(),
        }
        if !goes_on {
            (told.revision, told.stores) = (next.state.revision(), told.stores + 1);
        }
        // in this order: whoever evaluated by the new state finds it here, too, or waits for it
        self.state.store(Arc::clone(&next.state));
        follower.known.store(Arc::clone(&next));
        Ok(next)
    }

    /// Tells the listeners of the revisions that are shown and that they were not told of. Who tells goes on until all
    /// is told; it may be this thread, in one of the listeners, which looks.
    fn tell(&self, follower: &Follower) -> Result<()> {
        let Some(telling) = Telling::begin(follower) else { return Ok(()) };
        loop {
            let (mut told, shown) = (follower.told(), self.state.load().revision());
            if self.listeners.is_empty() {
                told.revision = told.revision.max(shown);
            }
            if told.revision >= shown {
                // in one step with the look: who shows more from now on tells of it
                telling.end(&mut told);
                return Ok(());
            }
            let (revision, stores) = (told.revision, told.stores);
            drop(told);
            self.tell_since(follower, revision, stores)?;
        }
    }

    /// Tells of the revisions after one, as far as they are shown, and as long as they are those of the same store.
    fn tell_since(&self, follower: &Follower, revision: u64, stores: u64) -> Result<()> {
        let (known, reader) = (follower.known.load_full(), self.store.reader()?);
        let shown = known.state.revision();
        // if the file is another store's already, nobody can be told of what is missing
        let entries = has_history_of(&reader, &known)?.then(|| reader.changes_since(revision));
        for entry in entries.transpose()?.into_iter().flatten() {
            let (revision, changes) = entry?;
            if revision.number > shown {
                break;
            }
            if !follower.tells(revision.number, stores) {
                return Ok(());
            }
            self.listeners.call(&revision, &changes);
        }
        follower.tells(shown, stores);
        Ok(())
    }
}

impl Follower {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the listeners are told of a revision; `false` if another store took the place of its store.
    fn tells(&self, revision: u64, stores: u64) -> bool {
        let mut told = self.told();
        if told.stores != stores {
            return false;
        }
        told.revision = told.revision.max(revision);
        true
    }
}

/// Note that a thread tells the listeners; it goes, too, at an error, or when one of them panics.
struct Telling<'f>(Option<&'f Follower>);

impl<'f> Telling<'f> {
    /// `None` if another thread tells them, or this one.
    fn begin(follower: &'f Follower) -> Option<Self> {
        let mut told = follower.told();
        let begins = !std::mem::replace(&mut told.telling, true);
        begins.then(|| Self(Some(follower)))
    }

    fn end(mut self, told: &mut Told) {
        self.0 = None;
        told.telling = false;
    }
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        if let Some(follower) = self.0 {
            follower.told().telling = false;
        }
    }
}

/// Whether a reader reads the store that something is known of, at that state or a later one. Another one may have been
/// put in the place of its file.
fn has_history_of(reader: &Reader, known: &Known) -> Result<bool> {
    let Some(newest) = known.mark.newest() else { return Ok(true) };
    let has_revision = reader.revision(newest.number)?.as_ref() == Some(newest);
    // revisions of an earlier program get their hashes with the next one
    let Some(hash) = known.mark.hash() else { return Ok(has_revision) };
    Ok(has_revision && reader.hash(newest.number)? == Some(hash))
}

impl Database {
    /// Sees the newest state of the file; `None` in a database that writes, for that has the newest in memory.
    pub(super) fn sight(&self) -> Result<Option<Sight>> {
        let Some(follower) = &self.shared.follower else { return Ok(None) };
        let sight = self.shared.look(follower)?;
        self.shared.tell(follower)?;
        Ok(Some(sight))
    }

    /// Whether it goes by what another process writes.
    pub(super) fn follows(&self) -> bool {
        self.shared.follower.is_some()
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
        // else an evaluation may have gone by a later state or instant already
        let is_shown = Arc::ptr_eq(&known.state, &self.shared.state.load());
        let stands = known.mark.clock().manual().is_none_or(|at| self.shared.clock.now() == at);
        (is_shown && stands).then_some(Sight { known, source: Source::Memory(history) })
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
