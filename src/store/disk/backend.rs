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

/// Function that looks at the world before a write or a sync.
type Watch = Arc<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    trace: Trace,
    done: [usize; 4],
    fault: Option<Fault>,
    lies: Option<fn(usize) -> bool>,
    watch: Option<Watch>,
}

/// Kind of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Read,
    Write,
    Sync,
    Grow,
}

/// Fault of a disk: an operation that fails.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) act: Act,
    /// Which one of its kind, from 0.
    pub(crate) nth: usize,
    /// Whether those after it fail, too.
    pub(crate) for_ever: bool,
    pub(crate) error: io::ErrorKind,
}

impl Act {
    pub(crate) const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Sync, Self::Grow];
}

impl Fault {
    fn hits(&self, act: Act, number: usize) -> bool {
        self.act == act && (number == self.nth || self.for_ever && number > self.nth)
    }
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

    pub(crate) fn failing(bytes: Vec<u8>, fault: Fault) -> Self {
        let disk = Self::of(bytes);
        disk.state().fault = Some(fault);
        disk
    }

    /// Makes an operation fail that is still to come: which one of its kind from now on, the fault says.
    pub(crate) fn fail(&self, fault: Fault) {
        let mut state = self.state();
        let nth = state.done[fault.act as usize] + fault.nth;
        state.fault = Some(Fault { nth, ..fault });
    }

    /// Makes nothing fail any more.
    pub(crate) fn heal(&self) {
        self.state().fault = None;
    }

    /// Calls a function before each write and each sync from now on.
    pub(crate) fn watch(&self, watch: impl Fn() + Send + Sync + 'static) {
        self.state().watch = Some(Arc::new(watch));
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

    /// How many operations of a kind were asked for.
    pub(crate) fn done(&self, act: Act) -> usize {
        self.state().done[act as usize]
    }

    fn look(&self) {
        let watch = self.state().watch.clone();
        if let Some(watch) = watch {
            watch();
        }
    }
}

impl State {
    /// Counts an operation, and fails it if it is to fail.
    fn begin(&mut self, act: Act) -> io::Result<usize> {
        let number = self.done[act as usize];
        self.done[act as usize] += 1;
        match self.fault {
            Some(fault) if fault.hits(act, number) => Err(fault.error.into()),
            _ => Ok(number),
        }
    }

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
        let mut state = self.state();
        state.begin(Act::Read)?;
        let from = usize::try_from(offset).unwrap();
        let end = from.checked_add(out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        let bytes = state.bytes.get(from..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut state = self.state();
        state.begin(Act::Grow)?;
        state.apply(Operation::Length(usize::try_from(length).unwrap()));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.look();
        let mut state = self.state();
        let number = state.begin(Act::Sync)?;
        if !state.lies.is_some_and(|lies| lies(number)) {
            state.apply(Operation::Sync);
        }
        Ok(())
    }

    /// A write that fails has written half of what it should.
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.look();
        let mut state = self.state();
        let begun = state.begin(Act::Write);
        let written = if begun.is_ok() { data.len() } else { data.len() / 2 };
        state.apply(Operation::Write(usize::try_from(offset).unwrap(), data[..written].into()));
        begun.map(drop)
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
