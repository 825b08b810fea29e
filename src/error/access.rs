//! Reasons why an open store, or one that was to be opened, cannot be used.

use std::fmt;

/// Holder of the lock of a store: who has it open for writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LockHolder {
    /// Another process, or nobody knows who.
    AnotherProcess,
    /// This process: a clone of its `Database` is the same store.
    ThisProcess,
}

impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AnotherProcess => "another process",
            Self::ThisProcess => "this process, which has it open for writing",
        })
    }
}

/// Failure of an open store, which has to be opened again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum StoreFailure {
    /// Its name leads to another file, or to none.
    #[error("its file was replaced or removed after it was opened")]
    Replaced,
    /// The locks are those of the process that opened it.
    #[error("this process is a fork of the one that opened it")]
    Forked,
    /// Nobody knows what of the file is on the disk.
    #[error("a read or write of its file failed before")]
    Io,
    /// It was being read without a lock, as nobody had closed it properly.
    #[error("it was opened for writing while it was read")]
    Changed,
}
