//! Backend of redb that is a disk in memory.

use std::fmt;
use std::io;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{BackendError, StorageBackend};

use super::trace::{Operation, Trace};

/// Disk in memory. Its clones are the same disk.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    trace: Trace,
    syncs: usize,
    lies: Option<fn(usize) -> bool>,
}

impl Disk {
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        let trace = Trace { before: bytes.clone(), ..Trace::default() };
        let state = State { bytes, trace, ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// A disk that says of some syncs, by their numbers, that they are done, and does not do them.
    pub(crate) fn lying(bytes: Vec<u8>, lies: fn(usize) -> bool) -> Self {
        let disk = Self::of(bytes);
        disk.state().lies = Some(lies);
        disk
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What can be read from it now.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    /// What was done to it so far.
    pub(crate) fn trace(&self) -> Trace {
        self.state().trace.clone()
    }

    /// How many operations changed it, or made that durable.
    pub(crate) fn operations(&self) -> usize {
        self.state().trace.operations.len()
    }
}

impl State {
    fn apply(&mut self, operation: Operation) {
        operation.apply(&mut self.bytes);
        self.trace.operations.push(operation);
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        let from = usize::try_from(offset).unwrap();
        let bytes = state.bytes.get(from..from + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.state().apply(Operation::Length(usize::try_from(length).unwrap()));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        let number = state.syncs;
        state.syncs += 1;
        if !state.lies.is_some_and(|lies| lies(number)) {
            state.apply(Operation::Sync);
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        self.state().apply(Operation::Write(offset, data.into()));
        Ok(())
    }

    fn try_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn try_lock_shared_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }

    fn lock_shared_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }

    fn unlock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }

    fn query_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(false)
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("bytes", &self.state().bytes.len()).finish_non_exhaustive()
    }
}
