//! File of a store under its name: a layer over redb's backend for files, which knows no names and no processes.
//!
//! What is acknowledged must be found by the name under which the store was opened, so that is compared before the
//! header is written, which is what makes a commit of redb: if another file has the name by now, or none, nothing is
//! committed. And the locks of a file belong to whoever has it open, to a fork as to its parent, so all is refused
//! to any process but the one that opened it.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::ops::Bound;
use std::path::{self, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};

use super::failure::{OrFail, file_failure};
use crate::error::{LockHolder, Result, StoreFailure};

/// Where redb has its header.
const HEADER: u64 = 0;

/// What this process has locked for writing, to tell whether a lock is its own.
static LOCKED: Mutex<BTreeSet<(u32, Identity)>> = Mutex::new(BTreeSet::new());

/// Identity of a file, which tells it from another one that takes its name.
pub(super) type Identity = (u64, u64);

/// File of a store, or one that becomes it. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct StoreFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    backend: FileBackend,
    /// The same open file, for what the backend cannot be asked.
    file: File,
    identity: Option<Identity>,
    path: RwLock<PathBuf>,
    process: u32,
    keeping: Keeping,
    is_locked: AtomicBool,
}

/// Span for which locks are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeping {
    /// Until redb closes the file.
    UntilClosed,
    /// Until the last clone is gone.
    UntilDropped,
}

/// Which file it is; `None` if the system does not say. There no file can take the name of one that is open.
fn identity(found: io::Result<Metadata>) -> Option<Identity> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let found = found.ok()?;
        Some((found.dev(), found.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = found;
        None
    }
}

/// The number of this process.
fn process() -> u32 {
    #[cfg(test)]
    if super::seam::is_forked() {
        return 0;
    }
    std::process::id()
}

/// The same file, also once the working directory is another.
pub(super) fn absolute(path: &Path) -> PathBuf {
    path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl StoreFile {
    pub(super) fn new(file: File, path: &Path, keeping: Keeping) -> Result<Self> {
        let identity = identity(file.metadata());
        Ok(Self(Arc::new(Inner {
            backend: FileBackend::new(file.try_clone().map_err(file_failure)?).or_fail()?,
            file,
            identity,
            path: RwLock::new(absolute(path)),
            process: process(),
            keeping,
            is_locked: AtomicBool::new(false),
        })))
    }

    pub(super) fn open_to_read(path: &Path) -> Result<Self> {
        Self::new(File::open(path).map_err(file_failure)?, path, Keeping::UntilClosed)
    }

    pub(super) fn open_to_write(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(file_failure)?;
        Self::new(file, path, Keeping::UntilClosed)
    }

    pub(super) fn file(&self) -> &File {
        &self.0.file
    }

    pub(super) fn metadata(&self) -> Result<Metadata> {
        self.0.file.metadata().map_err(file_failure)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.0.path.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes note of the name that the file has now.
    pub(super) fn is_called(&self, path: &Path) {
        *self.0.path.write().unwrap_or_else(PoisonError::into_inner) = absolute(path);
    }

    /// Refuses what would be lost: the name leads to another file, or the process is a fork.
    pub(super) fn check(&self) -> io::Result<()> {
        self.check_process()?;
        match self.named() {
            named if named == self.0.identity => Ok(()),
            _ => Err(io::Error::other(StoreFailure::Replaced)),
        }
    }

    /// Refuses a process that has not opened the file.
    pub(super) fn check_process(&self) -> io::Result<()> {
        if self.is_of_parent() {
            return Err(io::Error::other(StoreFailure::Forked));
        }
        Ok(())
    }

    fn is_of_parent(&self) -> bool {
        self.0.process != process()
    }

    /// Whether another file has the name by now.
    pub(super) fn is_succeeded(&self) -> bool {
        self.named().is_some_and(|named| self.0.identity.is_some_and(|own| own != named))
    }

    /// The file that has the name.
    fn named(&self) -> Option<Identity> {
        let path = self.0.path.read().unwrap_or_else(PoisonError::into_inner);
        identity(fs::metadata(&*path))
    }

    /// Locks all of the file, if nobody has locked anything of it.
    pub(super) fn try_lock(&self) -> Result<bool> {
        self.try_lock_range(Bound::Unbounded, Bound::Unbounded).or_fail()
    }

    /// Who has the file locked, if this is not it.
    pub(super) fn holder(&self) -> LockHolder {
        let locked = LOCKED.lock().unwrap_or_else(PoisonError::into_inner);
        let is_own = self.0.identity.is_some_and(|own| locked.contains(&(process(), own)));
        if is_own { LockHolder::ThisProcess } else { LockHolder::AnotherProcess }
    }
}

impl Inner {
    /// Locks, and keeps that; together, so that a lock of this process is always known to be that.
    fn try_lock(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        let mut locked = LOCKED.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = self.backend.try_lock_range(start, end)?;
        if let (true, Some(identity)) = (taken, self.identity) {
            locked.insert((self.process, identity));
            self.is_locked.store(true, Ordering::Release);
        }
        Ok(taken)
    }

    fn unlocked(&self) {
        if let (true, Some(identity)) =
            (self.is_locked.swap(false, Ordering::AcqRel), self.identity)
        {
            let mut locked = LOCKED.lock().unwrap_or_else(PoisonError::into_inner);
            locked.remove(&(self.process, identity));
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.unlocked();
    }
}

impl StorageBackend for StoreFile {
    fn len(&self) -> io::Result<u64> {
        self.check_process()?;
        self.0.backend.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.check_process()?;
        self.0.backend.read(offset, out)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.check_process()?;
        self.0.backend.set_len(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.check_process()?;
        self.0.backend.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if offset == HEADER {
            self.check()?;
        } else {
            self.check_process()?;
        }
        self.0.backend.write(offset, data)
    }

    /// A fork must not release what is its parent's, too.
    fn close(&self) -> io::Result<()> {
        if self.0.keeping == Keeping::UntilDropped || self.is_of_parent() {
            return Ok(());
        }
        self.0.unlocked();
        self.0.backend.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.check_process()?;
        self.0.try_lock(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.check_process()?;
        self.0.backend.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.check_process()?;
        self.0.backend.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.check_process()?;
        self.0.backend.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        if self.is_of_parent() { Ok(()) } else { self.0.backend.unlock_range(start, end) }
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.backend.query_lock_range(start, end)
    }
}
