//! Databases: an open store and its current state, for evaluations and writes.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use arc_swap::ArcSwap;

use super::delivery::Deliveries;
use super::flusher::Flusher;
use super::from_value::{FromValue, read, unknown_key};
use super::histories::Histories;
use super::key::{AsKey, KeyHandle};
use super::listener::{Listeners, Subscription};
use super::queue::{Alone, Queue};
use super::sight::{Follower, Sight};
use super::snapshot::Snapshot;
use super::strictness::Slips;
use crate::behaviour::UserHistory;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::eval::{self, Evaluation, Moment};
use crate::model::{
    Change, Context, Name, ObjectKind, Revision, RevisionHash, Role, Timestamp, What,
};
use crate::query::{Lender, PastStates};
use crate::store::{EventReads, InterruptHandle, Log, ProgressHandle, Reader, Store};
use crate::transfer::{Dump, DumpKind};

/// An open store of product configs. Cheap to clone; every clone is the same store.
///
/// Reads ([`Database::evaluate`], [`Database::snapshot`]) take no lock and do no I/O. A write is on disk when it
/// returns. Writes are checked one at a time, and those of other threads that come while one goes to the disk go
/// there together with the next.
///
/// ```
/// let db = pcq::Database::in_memory()?;
/// db.execute(
///     "CREATE KEY Dark_Key BOOLEAN DEFAULT FALSE;
///      CREATE SEGMENT iphones WHERE device = 'iPhone';
///      CREATE CONFIG dark_mode SEGMENTS iphones KEY Dark_Key = TRUE;
///      PUBLISH CONFIG dark_mode;",
/// )?;
/// let user = pcq::Context::new("u1").with("device", "iPhone");
/// assert!(db.get::<bool>("Dark_Key", &user)?);
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Database {
    pub(super) shared: Arc<Shared>,
    pub(super) role: Role,
}

/// State that the clones of a database share.
pub(super) struct Shared {
    pub(super) store: Store,
    /// Agrees on revisions; the store, but for tests.
    pub(super) log: Box<dyn Log>,
    pub(super) clock: Arc<Clock>,
    pub(super) state: ArcSwap<eval::Snapshot>,
    /// The commits that are under way.
    pub(super) queue: Queue,
    /// Keeps the state up to date, if the store is open for reading only.
    pub(super) follower: Option<Follower>,
    /// Lock that is held while a list is loaded, and while the load of a dump begins: a list has its number for good
    /// only from the commit on that refers to it.
    pub(super) lists: Mutex<()>,
    pub(super) listeners: Listeners,
    pub(super) read_only: bool,
    /// What becomes of slips, unless a session says otherwise.
    pub(super) slips: Slips,
    /// How much memory the rows of a query may take.
    pub(super) query_bytes: usize,
    pub(super) deliveries: Arc<Deliveries>,
    pub(super) flusher: Flusher,
    pub(super) histories: Histories,
    pub(super) past: PastStates,
}

/// The last handle is gone: what was counted goes to the store before it is closed.
impl Drop for Shared {
    fn drop(&mut self) {
        self.flusher.stop(&self.deliveries);
        if self.flusher.is_of_parent() {
            return; // what was counted is the parent's to write
        }
        let _ = self.deliveries.flush(); // `Database::close` tells of errors
    }
}

impl Database {
    /// Evaluates a key for a user, now, and counts a delivery. Never fails: a key that does not exist gives
    /// `NULL` with [`Reason::UnknownKey`](crate::Reason::UnknownKey).
    ///
    /// If the store is open for reading only, it goes by the state that was seen last: see [`Database::refresh`].
    #[must_use]
    pub fn evaluate(&self, key: &(impl AsKey + ?Sized), context: &Context) -> Evaluation<'static> {
        let (key, state) = (key.as_key(), self.shared.state.load());
        let Some(found) = key.find(&state) else { return Evaluation::unknown(key.name()) };
        let moment = Moment::of_clock(&self.shared.clock, state.time());
        let evaluation = state.evaluate_kept(found, context, moment);
        self.shared.deliveries.count(&evaluation, context);
        evaluation
    }

    /// Returns the value of a key for a user, now, as a type of Rust, and counts a delivery.
    ///
    /// # Errors
    ///
    /// `unknown-key` if there is no such key, `type-mismatch` if its value is no `T`.
    pub fn get<T: FromValue>(&self, key: &(impl AsKey + ?Sized), context: &Context) -> Result<T> {
        let (key, state) = (key.as_key(), self.shared.state.load());
        let found = key.find(&state).ok_or_else(|| unknown_key(key.name()))?;
        let moment = Moment::of_clock(&self.shared.clock, state.time());
        let evaluation = state.evaluate(found, context, moment);
        let value = read(key.name(), evaluation.value())?;
        self.shared.deliveries.count(&evaluation, context);
        Ok(value)
    }

    /// Looks up a key, to be evaluated any number of times.
    ///
    /// # Errors
    ///
    /// `unknown-key` if there is no such key.
    pub fn key(&self, name: &str) -> Result<KeyHandle> {
        KeyHandle::find(name, &self.newest())
    }

    /// Which store it is, for [`Evaluation`]s and handles of keys.
    pub(super) fn lineage(&self) -> u64 {
        self.shared.state.load().lineage()
    }

    /// Takes a snapshot of the newest state at this instant, for any number of reads of one state.
    ///
    /// If the store is open for reading only, this looks at its file, as [`Database::refresh`] does; if that cannot be
    /// read, the snapshot is of the state before.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        // `Database::refresh` tells of errors
        let sight = self.sight().ok().flatten();
        let state = sight.as_ref().map_or_else(|| self.state(), |sight| Arc::clone(sight.state()));
        Snapshot::new((*state).clone(), self.now_by(sight.as_ref(), state.catalog().time))
    }

    /// The instant that the store's clock shows, but never before its newest revision.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now_at_least(self.shared.state.load().catalog().time)
    }

    pub(super) fn now_at_least(&self, earliest: Option<Timestamp>) -> Timestamp {
        self.now_by(None, earliest)
    }

    /// The instant of a sight: that of its manual clock, which another process may have moved since.
    pub(super) fn now_by(&self, sight: Option<&Sight>, earliest: Option<Timestamp>) -> Timestamp {
        let manual = sight.and_then(Sight::manual_clock);
        let now = manual.unwrap_or_else(|| self.shared.clock.now());
        earliest.map_or(now, |earliest| now.max(earliest))
    }

    /// Whether the clock moves only when it is told to.
    #[must_use]
    pub fn is_clock_manual(&self) -> bool {
        self.shared.clock.is_manual()
    }

    /// Sees what the process that writes has committed meanwhile, if the store is open for reading only, and returns
    /// the number of the newest revision.
    ///
    /// Such a database follows who writes. Every statement, [`Database::snapshot`], [`Database::context_for`] and
    /// fetching clients do this by themselves, so each of them sees one state, the newest. [`Database::evaluate`],
    /// [`Database::get`] and a prepared `GET` of what is in memory look at no file: they go by the state that was seen
    /// last. So an app that only evaluates calls this now and then, as often as it wants to be up to date; it costs
    /// the reading of a few records if nothing is new. Listeners are called by whoever sees a new revision first.
    ///
    /// A file that took the place of the one that was opened, by [`Database::compact`] or a backup that was put back, is followed,
    /// too. Where a database may be written to this does nothing.
    ///
    /// ```
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("app.pcdb");
    /// let writer = pcq::Database::open(&path)?; // in another process, as a rule
    /// let reader = pcq::Database::builder().read_only(true).open(&path)?;
    /// writer.execute("CREATE KEY limit_rate INTEGER DEFAULT 10;")?;
    ///
    /// let user = pcq::Context::new("u1");
    /// assert!(reader.get::<i64>("limit_rate", &user).is_err());
    /// assert_eq!(reader.refresh()?, 1);
    /// assert_eq!(reader.get::<i64>("limit_rate", &user)?, 10);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `io` or `store-corrupt` if the file cannot be read: what was seen last stays.
    pub fn refresh(&self) -> Result<u64> {
        let state = self.sight()?.map_or_else(|| self.state(), |sight| Arc::clone(sight.state()));
        Ok(state.revision())
    }

    /// The number of the newest revision; 0 in an empty store. It is looked for as by [`Database::snapshot`].
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.newest().revision()
    }

    /// Whether every write is refused.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.shared.read_only
    }

    /// The names of all keys, segments, configs or declared attributes, in byte order; archived ones too.
    #[must_use]
    pub fn names(&self, kind: ObjectKind) -> Vec<Name> {
        let state = self.newest();
        let catalog = state.catalog();
        let mut names: Vec<_> = match kind {
            ObjectKind::Key => catalog.keys().map(|key| key.name.clone()).collect(),
            ObjectKind::Segment => catalog.segments().map(|s| s.name.clone()).collect(),
            ObjectKind::Config => catalog.configs().map(|c| c.head.name.clone()).collect(),
            ObjectKind::Attribute => catalog.attributes().map(|a| a.name.clone()).collect(),
        };
        names.sort();
        names
    }

    /// Calls a function after each commit with the revision and what it did, in order, until the
    /// subscription is dropped. It is called on the thread of a writer: of those whose commits become durable together
    /// one calls for all, and they all wait for it, so it should be quick.
    /// It may read; what it writes to this store fails with `not-allowed`. It must not wait for another thread
    /// that writes. A handle that may only read values is told of revisions without what they did. If the store is open
    /// for reading only, it is called by whoever sees the revision first, as [`Database::refresh`] says.
    #[must_use = "the listener is gone when the subscription is dropped"]
    pub fn subscribe(
        &self,
        listener: impl Fn(&Revision, &[Change]) + Send + Sync + 'static,
    ) -> Subscription {
        if self.role >= Role::Read {
            return self.shared.listeners.add(Arc::new(listener));
        }
        let listener = move |revision: &Revision, _: &[Change]| listener(revision, &[]);
        self.shared.listeners.add(Arc::new(listener))
    }

    /// Checks every page of the store, every rule that ties its tables together, and the chain of hashes over its
    /// history.
    ///
    /// # Errors
    ///
    /// `io`, `store-corrupt` if it cannot be read at all, `not-allowed`.
    pub fn verify(&self) -> Result<Verification> {
        self.verified(None)
    }

    /// [`Database::verify`], and proves that the history goes on from a hash that somebody kept: from the first 12 of
    /// its digits at least ([`Verification::newest_hash`], or the column `hash` of `SHOW HISTORY`). That no revision
    /// has it is a problem.
    ///
    /// # Errors
    ///
    /// `bad-literal` if that is no part of a hash; otherwise those of [`Database::verify`].
    pub fn verify_from(&self, hash: &str) -> Result<Verification> {
        if RevisionHash::is_named_by(hash) {
            return self.verified(Some(hash));
        }
        let (what, why) = ("a hash", "12 to 64 digits of base 16 are one");
        Err(ErrorKind::BadLiteral { what, text: hash.to_owned(), why: why.to_owned() }.into())
    }

    fn verified(&self, from: Option<&str>) -> Result<Verification> {
        self.require(Role::Read)?;
        let report = self.shared.store.verify(from)?;
        let checked = vec![
            ("revisions", report.revisions),
            ("changes", report.changes),
            ("keys", report.keys),
            ("segments", report.segments),
            ("configs", report.configs),
            ("attributes", report.attributes),
            ("versions", report.versions),
            ("publications", report.publications),
            ("lists", report.lists),
            ("users", report.users),
            ("events", report.events),
            ("recorded contexts", report.contexts),
        ];
        let (pages_checked, is_cut_short) = (report.pages_checked, report.is_full());
        let (newest_hash, found) = (report.newest_hash, report.from);
        let mut problems = report.problems;
        if let (Some(from), None, true) = (from, found, problems.is_empty()) {
            problems.push(format!(
                "no revision has a hash that begins with {from}: the history is another one"
            ));
        }
        if problems.is_empty() {
            let catalog = self.shared.store.reader()?.catalog()?;
            let flaws = eval::Snapshot::compile(&catalog, &eval::NoMeter)?.0.flaws();
            problems.extend(flaws.iter().map(ToString::to_string));
        }
        let from = found;
        Ok(Verification { pages_checked, checked, newest_hash, from, problems, is_cut_short })
    }

    /// Returns what ends the scans that run in this database.
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.shared.store.desk().interrupt_handle()
    }

    /// Returns what tells how far long work of this database has come: scans over users, dumps, backups, checks,
    /// compactions.
    ///
    /// ```
    /// let db = pcq::Database::in_memory()?;
    /// assert_eq!(db.progress_handle().progress(), None);
    /// # Ok::<(), pcq::Error>(())
    /// ```
    #[must_use]
    pub fn progress_handle(&self) -> ProgressHandle {
        self.shared.store.desk().progress_handle()
    }

    /// Writes a consistent copy of the store to a new file, also while the store is in use.
    ///
    /// # Errors
    ///
    /// `io` if the file exists or cannot be written, `not-allowed`.
    pub fn backup(&self, to: impl AsRef<Path>) -> Result<()> {
        self.require(Role::Admin)?;
        self.shared.store.backup(to.as_ref())
    }

    /// Makes the file anew, without what was dropped or forgotten: until then that may be found in it. Others may
    /// read meanwhile; a store in memory stays as it is.
    ///
    /// # Errors
    ///
    /// `read-only`, `not-allowed`, `io`.
    pub fn compact(&self) -> Result<()> {
        self.require(Role::Admin)?;
        self.refuse_write()?;
        self.shared.store.compact()
    }

    /// Goes through all events, and reads no more of each than its instant and its name: what queries are measured
    /// against.
    #[doc(hidden)]
    pub fn scan_events(&self, mut take: impl FnMut(Timestamp, &str)) -> Result<()> {
        self.require(Role::Read)?;
        let (reader, reads) = (self.reader()?, EventReads::new(false, false, &|_, _| true));
        let mut from = Some(0);
        while let Some(first) = from {
            let (page, next) = reader.events_from(first, &reads)?;
            for entry in &page {
                if let What::Event { name, .. } = &entry.what {
                    take(entry.at, name);
                }
            }
            from = next;
        }
        Ok(())
    }

    /// Writes a script that rebuilds the store.
    ///
    /// Memory does not grow with the history.
    ///
    /// # Errors
    ///
    /// `io` if it cannot be written, `store-corrupt` if the store is damaged, `not-allowed`.
    pub fn dump(&self, to: &mut dyn Write, kind: DumpKind) -> Result<()> {
        self.dump_with(|dump| dump.write(to, kind))
    }

    /// Writes a state file of one config and of what it needs: its keys and segments, and what those refer to.
    ///
    /// # Errors
    ///
    /// `unknown-config`, and those of [`Database::dump`].
    pub fn dump_config(&self, to: &mut dyn Write, config: &Name) -> Result<()> {
        self.dump_with(|dump| dump.write_config(to, config))
    }

    fn dump_with(&self, write: impl FnOnce(&Dump<'_>) -> Result<()>) -> Result<()> {
        self.require(Role::Admin)?;
        let watch = self.shared.store.desk().watch();
        let sight = self.sight()?;
        let (state, reader, clock) = match &sight {
            Some(sight) => (Arc::clone(sight.state()), sight.reader()?, sight.manual_clock()),
            None => (self.state(), self.shared.store.reader()?, self.shared.store.clock().manual()),
        };
        let catalog = state.catalog();
        let now = self.now_by(sight.as_ref(), catalog.time);
        write(&Dump { reader: &reader, clock, catalog, now, watch: &watch })
    }

    /// Writes the deliveries that were counted so far to the store.
    ///
    /// They are written every few seconds anyway ([`Builder::flush_interval`](super::Builder::flush_interval)),
    /// and when the store is closed. A crash loses those since the last time.
    ///
    /// # Errors
    ///
    /// `io` if the file cannot be written: what was counted is kept, and written the next time.
    pub fn flush(&self) -> Result<()> {
        self.shared.deliveries.flush()
    }

    /// Counts a delivery of what was evaluated on a snapshot, as [`Database::evaluate`] does of its own.
    ///
    /// It is counted now, whenever it was evaluated, and under the version that gave the value. Evaluations of
    /// another database and of unknown keys are not counted.
    pub fn count(&self, evaluation: &Evaluation<'_>, context: &Context) {
        if evaluation.lineage() == Some(self.lineage()) {
            self.shared.deliveries.count(evaluation, context);
        }
    }

    /// Closes this handle; the file is closed with the last one. So does drop, but for the errors.
    ///
    /// # Errors
    ///
    /// Those of [`Database::flush`].
    pub fn close(self) -> Result<()> {
        self.flush()
    }

    /// The current state.
    pub(super) fn state(&self) -> Arc<eval::Snapshot> {
        self.shared.state.load_full()
    }

    /// Waits until no other list is loaded; before the lock of the writer, which is held for short times only.
    pub(super) fn lock_lists(&self) -> MutexGuard<'_, ()> {
        self.shared.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, unless a list is being loaded.
    pub(super) fn try_lock_lists(&self) -> Option<MutexGuard<'_, ()>> {
        match self.shared.lists.try_lock() {
            Ok(lists) => Some(lists),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Waits until no commit is under way, and keeps others from it as long as what it returns lives.
    pub(super) fn lock_writer(&self) -> Result<Alone<'_>> {
        self.refuse_in_listener()?;
        Ok(self.shared.queue.alone())
    }

    /// Moves the manual clock, and keeps that in the store.
    pub(super) fn move_clock(&self, to: Timestamp) -> Result<()> {
        let _writer = self.lock_writer()?;
        self.shared.store.save_clock(to)?;
        self.shared.deliveries.drain();
        self.shared.clock.set(to);
        Ok(())
    }

    /// Refuses to write to what is open for reading only, and in a listener.
    pub(super) fn refuse_write(&self) -> Result<()> {
        if self.shared.read_only {
            Err(Error::new(ErrorKind::ReadOnly))
        } else {
            self.refuse_in_listener()
        }
    }

    /// Refuses what would wait for the writer on a thread for which the writer waits.
    pub(super) fn refuse_in_listener(&self) -> Result<()> {
        if !self.shared.listeners.is_calling() {
            return Ok(());
        }
        let hint =
            "send it to another thread, and let the listener return without waiting for that";
        Err(Error::from(ErrorKind::WriteInListener).hint(hint))
    }
}

impl Lender for Database {
    fn reader(&self) -> Result<Reader> {
        self.shared.store.reader()
    }

    fn history(&self, user: &str) -> Result<Arc<UserHistory>> {
        Self::history(self, user)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("revision", &self.state.load().revision())
            .finish_non_exhaustive()
    }
}

/// Result of [`Database::verify`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// Whether the checksum of every page was compared; it is not while a statement of this process is under way.
    pub pages_checked: bool,
    /// How many of what were checked.
    pub checked: Vec<(&'static str, u64)>,
    /// The hash of the newest revision: kept elsewhere, it proves later that nobody edited the history up to there
    /// ([`Database::verify_from`]). `None` if there is no revision.
    pub newest_hash: Option<RevisionHash>,
    /// The revision from whose hash the history was proven to go on.
    pub from: Option<u64>,
    /// What is wrong, one sentence each; empty if the store is sound.
    pub problems: Vec<String>,
    /// Whether the check ended early, because it had found a hundred problems.
    pub is_cut_short: bool,
}

impl Verification {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}
