//! The store: a log of revisions in one file, and what is derived from it. The only module that names
//! redb or bincode.
//!
//! A commit is one durable transaction of redb. It appends a revision and its changes to the log and
//! writes every index and head that follows from them, so a file is always whole. Nothing in the log is
//! ever overwritten; all else can be rebuilt from it, and [`Store::verify`] does so and compares.
//!
//! # The file, format 1
//!
//! A database of redb with these tables. Integers in keys order as numbers, strings as bytes. `record`
//! is the frame of the module `codec` around a type of the module `record`. A `position` is (`u64`
//! revision, `u32` place among its changes from 0). Kinds: key 1, segment 2, config 3. Facets: key 1,
//! segment 2, head of a config 3, salt 4, version 5, publication 6, cancellation 7.
//!
//! | table | key | value | meaning |
//! |---|---|---|---|
//! | `pcq.meta` | `format` | `u32`, little-endian | the number of the format |
//! | | `clock` | record | the system's, or the last instant of a manual one |
//! | | `delivery_batch` | record | the number of the last batch of deliveries |
//! | | `users` | record | what is counted of users: the next numbers, the entries |
//! | `pcq.revisions` | `u64` number | record | the log: time, actor, comment, count of changes |
//! | `pcq.changes` | position | record | the log: what the revision did, in order |
//! | `pcq.revision_times` | (`i64` µs, `u64` revision) | – | revisions by time |
//! | `pcq.object_history` | (`u8` facet, `u32` id, position) | – | the changes of an object |
//! | `pcq.versions` | (`u32` config, `u32` number) | position | the versions of a config |
//! | `pcq.publications` | `u64` sequence | position | all publications |
//! | `pcq.timelines` | (`u32` config, `u64` revision) | record | the publications that matter from there on |
//! | `pcq.names` | (`u8` kind, `str`) | `u32` id | every name that there ever was |
//! | `pcq.key_configs` | (`u32` key, `u32` config) | – | every config that ever had the key |
//! | `pcq.heads` | (`u8` kind, `u32` id) | record | each object as it stands now |
//! | `pcq.kept_versions` | (`u32` config, `u32` number) | record | the versions that matter now |
//! | `pcq.retention` | `str` event | record | how long events are kept; without a name: all others |
//! | `pcq.delivery_series` | `u32` series | record | all that deliveries differ in but time |
//! | `pcq.delivery_series_numbers` | `u128` digest | `u32` series | a series by its record |
//! | `pcq.delivery_counts` | (`u8` size, `i32` chunk, `u32` series) | record | how often, by time |
//! | `pcq.delivery_users` | (`i32` day, `u32` series) | record | a sketch of the users |
//! | `pcq.delivery_keys` | `u32` key | record | the first and last minutes of a key |
//! | `pcq.users` | `str` id | `u32` user | the users by their ids |
//! | `pcq.user_ids` | `u32` user | `str` id | the ids by the users |
//! | `pcq.event_names` | `str` name | `u32` event | the names that events ever had |
//! | `pcq.event_numbers` | `u32` event | `str` name | the same by their numbers |
//! | `pcq.user_runs` | (`u64` run, `u32` user, `u32` part) | record | the tail: pages of runs, by the last user in them |
//! | `pcq.user_entries` | (`u32` user, `u32` block) | record | the base: entries by user, in blocks |
//! | `pcq.event_ids` | (`u64` run, `u128` digest, `u32` part) | record | ids of events in tail and base: pages, by the last |
//! | `pcq.lists` | `u32` list | record | the lists of users that segments refer or referred to |
//! | `pcq.list_ids` | (`u32` list, `str` id) | record | blocks of ids in order, by the first |
//!
//! A file may lack the table of retention: it is made with the next revision, and taken as empty before. So are
//! the tables of deliveries, when the first batch is added. Sizes of buckets: minute 1, hour 2, day 3; the module
//! `delivery` says what their chunks are. What was delivered is in no log, so these tables cannot be rebuilt. Of
//! the tables of users the same is true: they are made when the first entry is added. The module `user` says what
//! the tail and the base are; the ids of the events in the base are those of run 0. The tables of
//! lists are made with the first list; the log has their numbers only. The module `list` says how they are
//! written.
//!
//! Heads and kept versions are all that is read when a store is opened, apart from a few single records and the
//! names: in one sweep each, and without a look at the log, however long that is. So a head holds what its
//! object needs: that of a config its publications that matter, that of a segment the keys and segments that
//! its condition refers to, because conditions are read only when they are first asked for. The versions
//! have a table of their own so that the next commit of their config need not write them once more.
//!
//! Publications are numbered over all configs, so their table needs no config in its key. Whether a
//! dump was loaded to its end need not be said: that is one transaction too.
//!
//! # Processes
//!
//! redb's mode is `SingleWriter`: one process writes, and any number may read beside it, each seeing
//! whole commits. A second writer is refused with `store-locked`. When the writer compacts the store, another
//! file takes its name; who reads finds that before the next read, and goes on with that file.

mod backup;
mod codec;
mod compact;
mod delivery;
mod failure;
mod history;
mod image;
mod index;
mod list;
mod load;
mod object;
mod open;
mod overlay;
mod reader;
mod record;
mod rules;
mod tables;
#[cfg(test)]
mod tests;
mod user;
mod verify;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use redb::{Database, WriteTransaction};

pub(crate) use delivery::{DeliveryCount, DeliveryQuery, KeyDeliveries, Window};
pub(crate) use history::Log;
pub(crate) use load::Loader;
pub(crate) use reader::Reader;
pub(crate) use tables::Position;
pub(crate) use user::{Added, Batch, Expired, Place};
pub(crate) use verify::VerifyReport;

use crate::error::{Error, ErrorKind, ObjectKind, Result};
use crate::model::{
    Catalog, Change, ConditionParser, Config, ConfigHead, ConfigId, DeliveryBatch, Entry, Key,
    KeyId, ListId, Name, Publication, Revision, Segment, SegmentId, Timestamp, UserIds, Version,
    Versions,
};
use failure::{OrFail, guarded};
use image::Image;
use object::Object;
use open::Handle;
use write::{Tables, put_clock};

/// How many ids of a list are made durable at once.
const LIST_BATCH: usize = if cfg!(test) { 64 } else { 65_536 };

/// How a store is opened.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Whether nothing may be written.
    pub(crate) read_only: bool,
    /// Whether a file that does not exist is made.
    pub(crate) create: bool,
    /// Where a manual clock begins, or goes on.
    pub(crate) manual_clock: Option<Timestamp>,
    /// The size of the cache of pages; 64 MiB if not said.
    pub(crate) cache_bytes: Option<usize>,
    /// Reads the conditions in the file.
    pub(crate) parser: ConditionParser,
}

/// Which clock the store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClockMode {
    /// The system's.
    System,
    /// A manual one, and the instant at which it stands.
    Manual(Timestamp),
}

impl ClockMode {
    /// The instant of a manual clock.
    pub(crate) fn manual(self) -> Option<Timestamp> {
        match self {
            Self::System => None,
            Self::Manual(at) => Some(at),
        }
    }

    /// The clock moved forward.
    fn moved(self, to: Timestamp) -> Result<Self> {
        match self {
            Self::System => Err(Error::from(ErrorKind::ClockNotManual)
                .hint("it was made without a manual clock: open it without one")),
            Self::Manual(now) if to < now => Err(ErrorKind::ClockBack { now, to }.into()),
            Self::Manual(_) => Ok(Self::Manual(to)),
        }
    }
}

/// A store. Cheap to clone; the file is closed with the last clone, loader or log.
#[derive(Clone)]
pub(crate) struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    handle: RwLock<Handle>,
    /// The path as errors show it.
    path: Arc<str>,
    file: Option<PathBuf>,
    read_only: bool,
    cache_bytes: Option<usize>,
    clock: Mutex<ClockMode>,
    parser: ConditionParser,
    /// Whether a dump is being loaded.
    loading: AtomicBool,
    /// How long the tail of what is known of users may be.
    tail: user::TailBytes,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

impl Shared {
    fn new(
        handle: Handle,
        shown: &str,
        file: Option<&Path>,
        clock: ClockMode,
        options: &Options,
    ) -> Self {
        Self {
            handle: RwLock::new(handle),
            path: shown.into(),
            file: file.map(Path::to_owned),
            read_only: options.read_only,
            cache_bytes: options.cache_bytes,
            clock: Mutex::new(clock),
            parser: options.parser,
            loading: AtomicBool::new(false),
            tail: user::TailBytes::default(),
        }
    }

    /// The database. A poisoned lock is taken all the same: redb guards its own state.
    fn handle(&self) -> RwLockReadGuard<'_, Handle> {
        self.handle.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn handle_mut(&self) -> RwLockWriteGuard<'_, Handle> {
        self.handle.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn image(&self) -> Result<Image> {
        self.follow()?;
        Image::new(&self.handle(), self.parser)
    }

    /// Goes on with the file that now has the name, if the process that writes has compacted the store.
    fn follow(&self) -> Result<()> {
        let Some(path) = &self.file else { return Ok(()) };
        let known = match &*self.handle() {
            Handle::Reader(_, known) => *known,
            Handle::Database(_) => return Ok(()),
        };
        if open::identity(path).is_some_and(|now| known.is_some_and(|known| known != now)) {
            *self.handle_mut() = open::open_to_read(path, self.cache_bytes)?;
        }
        Ok(())
    }

    /// Begins a durable write: redb's `Immediate` is the default.
    fn begin_write(&self) -> Result<WriteTransaction> {
        if self.loading.load(Ordering::Acquire) {
            return Err(ErrorKind::TransactionState("a dump is being loaded").into());
        }
        loop {
            let database = self.database()?;
            let transaction = database.begin_write().or_fail()?;
            if self.is_current(&database) {
                return Ok(transaction);
            }
        }
    }

    /// The database to write to. Who waits for it does not hold the lock: it may become another one meanwhile.
    fn database(&self) -> Result<Arc<Database>> {
        match &*self.handle() {
            Handle::Database(database) if !self.read_only => Ok(Arc::clone(database)),
            _ => Err(ErrorKind::ReadOnly.into()),
        }
    }

    fn is_current(&self, database: &Arc<Database>) -> bool {
        matches!(&*self.handle(), Handle::Database(now) if Arc::ptr_eq(now, database))
    }

    fn clock(&self) -> ClockMode {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_clock(&self, clock: ClockMode) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = clock;
    }
}

impl Store {
    /// Opens a file, or makes it if the options allow.
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Self> {
        open::open(path, options)
    }

    /// Makes a store that is gone when it is dropped.
    pub(crate) fn in_memory(options: &Options) -> Result<Self> {
        open::in_memory(options)
    }

    /// Opens, or makes, what stands behind a backend of redb: for the tests that cut the power.
    #[cfg(test)]
    pub(crate) fn with_backend(
        backend: impl redb::StorageBackend,
        options: &Options,
    ) -> Result<Self> {
        open::with_backend(backend, options)
    }

    /// Says how many bytes of entries the tail may have: for tests that are to see folds often.
    #[cfg(test)]
    fn with_tail(mut self, bytes: u64) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.tail = user::TailBytes(bytes);
        }
        self
    }

    fn new(shared: Shared) -> Self {
        Self { shared: Arc::new(shared) }
    }

    /// A reader of the newest state of the file.
    pub(crate) fn reader(&self) -> Result<Reader> {
        guarded(&self.shared.path, || {
            Ok(Reader::new(self.shared.image()?, Arc::clone(&self.shared.path)))
        })
    }

    /// The clock, as it was kept last.
    pub(crate) fn clock(&self) -> ClockMode {
        self.shared.clock()
    }

    /// Keeps the instant of a manual clock.
    pub(crate) fn save_clock(&self, at: Timestamp) -> Result<()> {
        let clock = self.clock().moved(at)?;
        self.write(|transaction| put_clock(transaction, clock))?;
        self.shared.set_clock(clock);
        Ok(())
    }

    /// The current catalog.
    pub(crate) fn load(&self) -> Result<Catalog> {
        self.reader()?.catalog()
    }

    /// Appends a revision, and adds entries of users with it, durable when this returns; `after` is the
    /// catalog after it.
    pub(crate) fn commit(
        &self,
        revision: &Revision,
        changes: &[Change],
        after: &Catalog,
        entries: &[Entry],
    ) -> Result<Added> {
        self.write(|transaction| {
            list::seal(transaction, changes)?;
            Tables::open(transaction)?.append(revision, changes, after)?;
            user::add(transaction, entries, self.shared.tail)
        })
    }

    /// Begins to load a dump into an empty store. `manual_clock`: the store gets such a clock.
    pub(crate) fn begin_load(&self, manual_clock: Option<Timestamp>) -> Result<Loader> {
        guarded(&self.shared.path, || Loader::begin(&self.shared, manual_clock))
    }

    /// A revision by its number.
    pub(crate) fn revision(&self, number: u64) -> Result<Option<Revision>> {
        self.reader()?.revision(number)
    }

    /// The number of the last revision committed at or before an instant; 0 if there is none.
    pub(crate) fn revision_at(&self, at: Timestamp) -> Result<u64> {
        self.reader()?.revision_at(at)
    }

    /// The revisions after one, oldest first.
    pub(crate) fn changes_since(&self, revision: u64) -> Result<Log> {
        self.reader()?.changes_since(revision)
    }

    /// The revisions up to one, itself too, newest first.
    pub(crate) fn changes_until(&self, revision: u64) -> Result<Log> {
        self.reader()?.changes_until(revision)
    }

    /// Every change of an object with its revision, oldest first; of a config also those of its salts,
    /// versions and publications.
    pub(crate) fn object_history(
        &self,
        kind: ObjectKind,
        id: u32,
    ) -> Result<Vec<(Position, Change)>> {
        self.reader()?.object_history(kind, id)
    }

    /// A key as of a revision.
    pub(crate) fn key_at(&self, id: KeyId, revision: u64) -> Result<Option<Arc<Key>>> {
        self.reader()?.key_at(id, revision)
    }

    /// A segment as of a revision.
    pub(crate) fn segment_at(&self, id: SegmentId, revision: u64) -> Result<Option<Arc<Segment>>> {
        self.reader()?.segment_at(id, revision)
    }

    /// A publication, cancelled or not.
    pub(crate) fn publication(&self, config: ConfigId, sequence: u64) -> Result<Publication> {
        self.reader()?.publication(config, sequence)
    }

    /// The name and the switches of a config as of a revision.
    pub(crate) fn head_at(&self, id: ConfigId, revision: u64) -> Result<Option<ConfigHead>> {
        self.reader()?.head_at(id, revision)
    }

    /// A config as of a revision, with the publications and versions that matter at or after `at`, an
    /// instant not before the revision.
    pub(crate) fn config_at(
        &self,
        id: ConfigId,
        revision: u64,
        at: Timestamp,
    ) -> Result<Option<Arc<Config>>> {
        self.reader()?.config_at(id, revision, at)
    }

    /// The number of the object that has, or ever had, a name.
    pub(crate) fn named(&self, kind: ObjectKind, name: &str) -> Result<Option<u32>> {
        self.reader()?.named(kind, name)
    }

    /// Every name that an object of a kind has or had, in byte order.
    pub(crate) fn names(&self, kind: ObjectKind) -> Result<Vec<(Name, u32)>> {
        self.reader()?.names(kind)
    }

    /// Every config of which any version has a key.
    pub(crate) fn configs_of_key(&self, key: KeyId) -> Result<Vec<ConfigId>> {
        self.reader()?.configs_of_key(key)
    }

    /// Adds a batch of deliveries, durable when this returns, unless one of its number or a higher was
    /// added before: so after an error it can be added again.
    pub(crate) fn add_deliveries(&self, batch: &DeliveryBatch) -> Result<()> {
        self.write(|transaction| delivery::add(transaction, batch))
    }

    /// The number of the batch of deliveries that was added last; 0 if there is none.
    pub(crate) fn last_delivery_batch(&self) -> Result<u64> {
        self.reader()?.last_delivery_batch()
    }

    /// What was delivered of a config, in the order of time.
    pub(crate) fn deliveries(&self, query: &DeliveryQuery) -> Result<Vec<DeliveryCount>> {
        self.reader()?.deliveries(query)
    }

    /// Every key that was ever delivered, with what was in a window.
    pub(crate) fn key_deliveries(&self, window: Window) -> Result<BTreeMap<KeyId, KeyDeliveries>> {
        self.reader()?.key_deliveries(window)
    }

    /// Adds entries of users in their order, durable when this returns. An event with an id that the store
    /// has seen is ignored.
    pub(crate) fn add_entries(&self, entries: &[Entry]) -> Result<Added> {
        self.write(|transaction| user::add(transaction, entries, self.shared.tail))
    }

    /// [`Self::add_entries`] of a batch.
    pub(crate) fn add_batch(&self, batch: &Batch) -> Result<Added> {
        self.write(|transaction| user::add_batch(transaction, batch, self.shared.tail))
    }

    /// The user of the event with an id, if there is one who was not forgotten.
    pub(crate) fn event_user(&self, id: &str) -> Result<Option<Arc<str>>> {
        self.reader()?.event_user(id)
    }

    /// All that is known of a user, in order of receipt.
    pub(crate) fn user_entries(&self, user: &str) -> Result<Vec<Entry>> {
        self.reader()?.user_entries(user)
    }

    /// At most so many users after one, in the byte order of their ids, with all that is known of them.
    pub(crate) fn users_after(
        &self,
        after: Option<&str>,
        count: usize,
    ) -> Result<Vec<(Arc<str>, Vec<Entry>)>> {
        self.reader()?.users_after(after, count)
    }

    /// How many users there are of whom something is known.
    pub(crate) fn user_count(&self) -> Result<u64> {
        self.reader()?.user_count()
    }

    /// Drops events, and their ids, that are older than `oldest` says of their name; of a name of which it says
    /// nothing none. Looks at so many blocks after a place as one transaction may write, and is durable when it
    /// returns; the next call goes on from there.
    pub(crate) fn expire(
        &self,
        oldest: &dyn Fn(&str) -> Option<Timestamp>,
        after: Option<Place>,
    ) -> Result<Expired> {
        self.write(|transaction| user::expire(transaction, oldest, after))
    }

    /// Writes a list of ids, which are sorted, in batches that are durable one by one. It is there for good with
    /// the commit that first refers to it; until then the next list takes its place.
    pub(crate) fn add_list(&self, ids: &UserIds) -> Result<ListId> {
        let list = self.write(list::next)?;
        for first in (0..ids.len()).step_by(LIST_BATCH) {
            let places = first..ids.len().min(first + LIST_BATCH);
            let batch = places.filter_map(|place| ids.get(place));
            self.write(|transaction| list::append(transaction, list, batch))?;
        }
        Ok(list)
    }

    /// Calls a function with each id of a list, in order.
    pub(crate) fn each_listed(
        &self,
        list: ListId,
        take: impl FnMut(&str) -> Result<()>,
    ) -> Result<()> {
        self.reader()?.each_listed(list, take)
    }

    /// Whether any list has a user.
    pub(crate) fn is_listed(&self, user: &str) -> Result<bool> {
        self.reader()?.is_listed(user)
    }

    /// Checks everything that must hold of the file.
    pub(crate) fn verify(&self) -> Result<VerifyReport> {
        verify::verify(&self.shared)
    }

    /// Makes a copy in memory, to be written to without an effect on this store.
    pub(crate) fn copy_to_memory(&self, options: &Options) -> Result<Self> {
        open::copy_to_memory(&self.shared.image()?, options)
    }

    /// Makes a consistent, compact copy, also while the store is in use. No file is overwritten.
    pub(crate) fn backup(&self, to: &Path) -> Result<()> {
        let shown = to.display().to_string();
        guarded(&shown, || backup::backup(&self.shared.image()?, to))
    }

    /// Makes the file anew, without what was deleted: until then that may be found in it. Who reads meanwhile
    /// goes on; a store in memory stays as it is.
    pub(crate) fn compact(&self) -> Result<()> {
        guarded(&self.shared.path, || compact::compact(&self.shared))
    }

    /// One durable transaction; an error leaves the file as it was.
    fn write<T>(&self, work: impl FnOnce(&WriteTransaction) -> Result<T>) -> Result<T> {
        guarded(&self.shared.path, || {
            let transaction = self.shared.begin_write()?;
            let done = work(&transaction)?;
            transaction.commit().or_fail()?;
            Ok(done)
        })
    }
}

impl Versions for Store {
    fn version(&self, config: ConfigId, number: u32) -> Result<Option<Arc<Version>>> {
        self.reader()?.version(config, number)
    }
}
