//! The store: a log of revisions in one file, and what is derived from it. The only module that names
//! redb or bincode.
//!
//! A commit is one durable transaction of redb. It appends a revision and its changes to the log and
//! writes every index and head that follows from them, so a file is always whole. Nothing in the log is
//! ever overwritten; all else can be rebuilt from it, and [`Store::verify`] does so and compares.
//!
//! The module `tables` describes the file.
//!
//! # Processes
//!
//! redb's mode is `SingleWriter`: one process writes, and any number may read beside it, each seeing
//! whole commits. A second writer is refused with `store-locked`. When the writer compacts the store, another
//! file takes its name; who reads finds that before the next read, and goes on with that file.
//!
//! # Files
//!
//! What is acknowledged is found under the name by which the store was opened: `file` compares both before each
//! commit. Whatever is new, a store, a backup, a compact copy, is made beside its place by `temporary`, and gets its
//! name when it is whole; `make` and `compact` say how.

mod attempts;
mod backup;
mod chain;
mod checkpoint;
mod codec;
mod compact;
mod database;
mod delivery;
#[cfg(any(test, fuzzing))]
#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "tests need more of it"))]
pub(crate) mod disk;
mod failure;
mod file;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod handle;
mod head;
mod image;
mod index;
mod keep;
mod lazy;
mod list;
mod load;
mod log;
mod lookup;
mod make;
mod mark;
mod object;
mod open;
mod options;
mod overlay;
mod page;
mod reader;
mod rebuild;
mod record;
mod report;
mod rules;
mod salvage;
#[cfg(test)]
mod seam;
mod shared;
mod still;
mod tables;
mod temporary;
#[cfg(test)]
pub(crate) mod tests;
mod traffic;
mod upgrade;
mod user;
mod verify;
mod version;
mod walk;
mod watch;
mod write;

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use redb::WriteTransaction;
use redb::backends::InMemoryBackend;

pub(crate) use delivery::{DeliveryCount, DeliveryQuery, KeyDeliveries, Period};
pub(crate) use load::Loader;
pub(crate) use log::{Append, Log, Refusal, Revisions, Step};
pub(crate) use mark::Mark;
pub(crate) use options::{ClockMode, Options};
pub(crate) use reader::Reader;
pub(crate) use rebuild::Later;
pub(crate) use record::{Edition, EventReads};
pub(crate) use report::VerifyReport;
pub(crate) use salvage::{Salvaged, Saved, read_damaged, salvage};
pub(crate) use tables::Position;
pub(crate) use traffic::{ContextRange, ContextTaker};
pub(crate) use user::{Added, Batch, Expired};
pub(crate) use watch::{Desk, Watch};
pub use watch::{InterruptHandle, Progress, ProgressHandle};

use crate::error::Result;
use crate::model::{Contexts, DeliveryBatch, ListId, Timestamp, UserIds};
use database::Opened;
use failure::{Place, guarded, release};
use page::Damage;
use shared::Shared;
use upgrade::upgrade;
use write::{Tables, put_clock};

/// How many ids of a list are made durable at once.
const LIST_BATCH: usize = if cfg!(test) { 64 } else { 65_536 };

/// A store. Cheap to clone; the file is closed with the last clone, loader or log.
#[derive(Clone)]
pub(crate) struct Store {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.shared.place.path).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens a file, or makes it if the options allow.
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Self> {
        let place = Place::new(path.display().to_string());
        Self::opened(place, Some(path), options, |damage| open::open(path, options, damage))
    }

    /// Whether opening a file would make it.
    pub(crate) fn would_make(path: &Path, options: &Options) -> Result<bool> {
        let place = Place::new(path.display().to_string());
        guarded(&place, || open::would_make(path, options))
    }

    /// Makes a store that is gone when it is dropped.
    pub(crate) fn in_memory(options: &Options) -> Result<Self> {
        Self::with_backend(InMemoryBackend::new(), options)
    }

    /// Opens, or makes, what stands behind a backend of redb.
    pub(crate) fn with_backend(
        backend: impl redb::StorageBackend,
        options: &Options,
    ) -> Result<Self> {
        Self::opened(Place::new("the store"), None, options, |damage| {
            open::with_backend(backend, options, damage)
        })
    }

    fn opened(
        place: Place,
        file: Option<&Path>,
        options: &Options,
        open: impl FnOnce(&Damage) -> Result<Opened>,
    ) -> Result<Self> {
        let (handle, clock) = guarded(&place, || open(&place.damage))?;
        Ok(Self { shared: Arc::new(Shared::new(handle, place, file, clock, options)) })
    }

    /// A reader of the newest state of the file.
    pub(crate) fn reader(&self) -> Result<Reader> {
        guarded(&self.shared.place, || {
            Ok(Reader::new(self.shared.image()?, self.shared.place.clone()))
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

    /// Begins to load a dump into an empty store. `manual_clock`: the store gets such a clock.
    pub(crate) fn begin_load(&self, manual_clock: Option<Timestamp>) -> Result<Loader> {
        guarded(&self.shared.place, || Loader::begin(&self.shared, manual_clock))
    }

    /// Adds a batch of deliveries, durable when this returns, unless one of its number or a higher was
    /// added before: so after an error it can be added again.
    pub(crate) fn add_deliveries(&self, batch: &DeliveryBatch) -> Result<()> {
        self.write(|transaction| delivery::add(transaction, batch))
    }

    /// Adds contexts to those that are recorded, durable when this returns.
    pub(crate) fn add_contexts(&self, contexts: &Contexts) -> Result<()> {
        self.write_facts(|transaction| traffic::add(transaction, contexts))
    }

    /// Erases the contexts that were seen last before an instant; gives how many.
    pub(crate) fn sweep_contexts(&self, oldest: Timestamp) -> Result<u64> {
        if !self.reader()?.has_contexts()? {
            return Ok(0);
        }
        let watch = self.desk().watch();
        self.write_facts(|transaction| traffic::sweep_all(transaction, oldest, &watch))
    }

    /// Adds entries of users in their order, durable when this returns. An event with an id that the store
    /// has seen is ignored.
    pub(crate) fn add_batch(&self, batch: &Batch) -> Result<Added> {
        self.write_facts(|transaction| user::add_batch(transaction, batch))
    }

    /// Drops events, and their ids, that are older than `oldest` says of their name; of a name of which it says
    /// nothing none. Looks at so many users after one, by their numbers, as one transaction may, and is durable when
    /// it returns; the next call goes on from there. Nothing is written where nothing is dropped.
    pub(crate) fn expire(
        &self,
        oldest: &dyn Fn(&str) -> Option<Timestamp>,
        after: Option<u32>,
    ) -> Result<Expired> {
        let place = &self.shared.place;
        // nobody else writes from here on, so what is seen is what is changed
        let transaction = guarded(place, || self.shared.begin_write())?;
        let expired = guarded(place, || {
            upgrade(&transaction)?;
            user::expire(&transaction, self.shared.image()?, oldest, after)
        });
        if expired.as_ref().is_ok_and(|expired| expired.dropped > 0) {
            guarded(place, || self.shared.commit(transaction))?;
        } else {
            release(place, transaction);
        }
        expired
    }

    /// Writes a list of ids, which are sorted, in batches that are durable one by one. It is there for good with
    /// the commit that first refers to it; until then the next list takes its place.
    pub(crate) fn add_list(&self, ids: &UserIds) -> Result<ListId> {
        let list = self.write(list::next)?;
        for first in (0..ids.len()).step_by(LIST_BATCH) {
            let batch = first..ids.len().min(first + LIST_BATCH);
            let batch = batch.filter_map(|index| ids.get(index));
            self.write(|transaction| list::append(transaction, list, batch))?;
        }
        Ok(list)
    }

    /// The desk from which long work in the store is watched.
    pub(crate) fn desk(&self) -> &Desk {
        &self.shared.desk
    }

    /// Checks everything that must hold of the file, and looks for a revision whose hash begins with some digits.
    pub(crate) fn verify(&self, from: Option<&str>) -> Result<VerifyReport> {
        verify::verify(&self.shared, from, &self.shared.desk.watch())
    }

    /// Makes a copy in memory, to be written to without an effect on this store.
    pub(crate) fn copy_to_memory(&self, options: &Options) -> Result<Self> {
        guarded(&self.shared.place, || {
            let (handle, clock) = open::copy_to_memory(&self.shared.image()?, options)?;
            let place = Place::new("the copy");
            Ok(Self { shared: Arc::new(Shared::new(handle, place, None, clock, options)) })
        })
    }

    /// Makes a consistent, compact copy, also while the store is in use. No file is overwritten.
    pub(crate) fn backup(&self, to: &Path) -> Result<()> {
        let damage = self.shared.place.damage.clone();
        let place = Place { path: to.display().to_string().into(), damage };
        guarded(&place, || backup::backup(&self.shared.image()?, to, &self.shared.desk.watch()))
    }

    /// Makes the file anew, without what was deleted: until then that may be found in it. Who reads meanwhile
    /// goes on; a store in memory stays as it is, and so does one that would get no smaller and never had users.
    pub(crate) fn compact(&self) -> Result<()> {
        guarded(&self.shared.place, || compact::compact(&self.shared, &self.shared.desk.watch()))
    }

    /// Puts the contents of another store in the place of the file. This one is written no more until it is opened again.
    pub(crate) fn replace_by(&self, other: &Self) -> Result<()> {
        guarded(&self.shared.place, || compact::replace_by(&self.shared, &other.shared.image()?))
    }

    /// One durable transaction that writes revisions or facts about users: it upgrades the file.
    fn write_facts<T>(&self, work: impl FnOnce(&WriteTransaction) -> Result<T>) -> Result<T> {
        self.write(|transaction| {
            upgrade(transaction)?;
            work(transaction)
        })
    }

    /// One durable transaction; an error leaves the file as it was.
    fn write<T>(&self, work: impl FnOnce(&WriteTransaction) -> Result<T>) -> Result<T> {
        let transaction = guarded(&self.shared.place, || self.shared.begin_write())?;
        self.shared.transact(transaction, work)
    }
}

impl Log for Store {
    fn append(&self, group: &[Append<'_>]) -> Result<Vec<Added>, Refusal> {
        let blamed = Cell::new(None);
        let written = self.write_facts(|transaction| {
            let mut tables = None;
            let parts = group.iter().enumerate().map(|(index, part)| {
                let added = append_part(transaction, &mut tables, part);
                added.inspect_err(|_| blamed.set(Some(index)))
            });
            parts.collect()
        });
        written.map_err(|error| Refusal { at: blamed.get(), error })
    }

    fn since(&self, revision: u64) -> Result<Revisions> {
        Ok(Box::new(self.reader()?.changes_since(revision)?))
    }
}

/// Writes a part of a group.
fn append_part<'t>(
    transaction: &'t WriteTransaction,
    tables: &mut Option<Tables<'t>>,
    part: &Append<'_>,
) -> Result<Added> {
    if let Some(step) = &part.revision {
        list::seal(transaction, step.changes)?;
        let tables = match tables {
            Some(tables) => tables,
            None => tables.insert(Tables::open(transaction)?),
        };
        tables.append(step)?;
    }
    user::add(transaction, part.entries)
}
