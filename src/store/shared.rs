//! State that the clones of a store share: the open file, and the clock.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use redb::{Database, WriteTransaction};

use super::failure::{OrFail, Place, corrupt, failed, file_failure, guarded, in_doubt, release};
use super::file::{StoreFile, absolute};
use super::handle::Handle;
use super::image::Image;
use super::open::open_to_read;
use super::options::{ClockMode, Options};
use super::watch::Desk;
use crate::error::{ErrorKind, Result, StoreFailure, TransactionState};
use crate::model::ConditionParser;

/// State of a store, whichever of its clones uses it.
pub(super) struct Shared {
    handle: RwLock<Handle>,
    pub(super) place: Place,
    pub(super) file: Option<PathBuf>,
    read_only: bool,
    pub(super) cache_bytes: Option<usize>,
    clock: Mutex<ClockMode>,
    pub(super) parser: ConditionParser,
    pub(super) desk: Desk,
    /// Whether a dump is being loaded.
    pub(super) loading: AtomicBool,
    /// Whether a commit failed on its way to the disk.
    is_failed: AtomicBool,
}

/// Doubt whether what is being committed is on the disk; it stays if it is dropped.
struct Doubt<'s>(&'s AtomicBool);

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Shared {
    pub(super) fn new(
        handle: Handle,
        place: Place,
        file: Option<&Path>,
        clock: ClockMode,
        options: &Options,
    ) -> Self {
        Self {
            handle: RwLock::new(handle),
            place,
            file: file.map(absolute),
            read_only: options.read_only,
            cache_bytes: options.cache_bytes,
            clock: Mutex::new(clock),
            parser: options.parser,
            desk: Desk::default(),
            loading: AtomicBool::new(false),
            is_failed: AtomicBool::new(false),
        }
    }

    /// The database. A poisoned lock is taken all the same: redb guards its own state.
    pub(super) fn handle(&self) -> RwLockReadGuard<'_, Handle> {
        self.handle.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn handle_mut(&self) -> RwLockWriteGuard<'_, Handle> {
        self.handle.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// One state of the file: the newest.
    pub(super) fn image(&self) -> Result<Image> {
        self.refuse_failed()?;
        self.follow()?;
        let handle = self.handle();
        handle.check_process()?;
        Image::new(&handle, self.parser)
    }

    /// Goes on with the file that now has the name, if the process that writes has compacted the store. After
    /// damage was found the file is opened anew: redb reads nothing more of it, and the rest may be sound.
    fn follow(&self) -> Result<()> {
        let Some(path) = &self.file else { return Ok(()) };
        let is_outdated = self.handle().is_outdated(&self.place.damage);
        if is_outdated {
            *self.handle_mut() = open_to_read(path, self.cache_bytes, &self.place.damage)?;
        }
        Ok(())
    }

    /// Begins a durable write: redb's `Immediate` is the default. The file must still have its name, and this process
    /// have opened it; before the header is written both are looked at again.
    pub(super) fn begin_write(&self) -> Result<WriteTransaction> {
        self.refuse_failed()?;
        if self.loading.load(Ordering::Acquire) {
            return Err(TransactionState::Loading { what: "dump" }.into());
        }
        if let Some(damage) = self.place.damage.found() {
            return Err(corrupt(damage));
        }
        loop {
            let (database, file) = self.database()?;
            file.as_ref().map_or(Ok(()), StoreFile::check).map_err(file_failure)?;
            let transaction = database.begin_write().or_fail()?;
            if self.is_current(&database) {
                return Ok(transaction);
            }
        }
    }

    /// The database to write to. Who waits for it does not hold the lock: it may become another one meanwhile.
    fn database(&self) -> Result<(Arc<Database>, Option<StoreFile>)> {
        match &*self.handle() {
            Handle::Database(database, file) if !self.read_only => {
                Ok((Arc::clone(database), file.clone()))
            }
            _ => Err(ErrorKind::ReadOnly.into()),
        }
    }

    /// Does something in a transaction, and makes it durable. An error of that leaves the file as it was.
    pub(super) fn transact<T>(
        &self,
        transaction: WriteTransaction,
        work: impl FnOnce(&WriteTransaction) -> Result<T>,
    ) -> Result<T> {
        match guarded(&self.place, || work(&transaction)) {
            Ok(done) => guarded(&self.place, || self.commit(transaction)).map(|()| done),
            Err(error) => {
                release(&self.place, transaction);
                Err(error)
            }
        }
    }

    /// Makes a transaction durable. If that fails nobody can say whether it is on the disk: what is still in memory
    /// may be older, and what the system said of the disk may be wrong. So nothing is read or written after that.
    pub(super) fn commit(&self, transaction: WriteTransaction) -> Result<()> {
        let doubt = Doubt(&self.is_failed);
        transaction.commit().or_fail().map_err(in_doubt)?;
        std::mem::forget(doubt);
        Ok(())
    }

    fn refuse_failed(&self) -> Result<()> {
        if self.is_failed.load(Ordering::Acquire) { Err(failed(StoreFailure::Io)) } else { Ok(()) }
    }

    fn is_current(&self, database: &Arc<Database>) -> bool {
        matches!(&*self.handle(), Handle::Database(now, _) if Arc::ptr_eq(now, database))
    }

    pub(super) fn clock(&self) -> ClockMode {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_clock(&self, clock: ClockMode) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = clock;
    }
}
