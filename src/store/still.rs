//! File that holds still: one that is read without a lock, and only as long as nobody writes to it.
//!
//! Who reads a store that was not closed properly, and may not write, repairs it in memory and holds no lock: a
//! process that comes to write must not wait for it. What that one writes first is the header, before it takes any
//! page for something else that was in use. So what was read is right if the header is still the same afterwards.

use std::io;
use std::sync::{Arc, OnceLock};

use redb::StorageBackend;

use super::file::StoreFile;
use crate::error::StoreFailure;

/// How long the header of redb is (its design document, "Super-header").
const HEADER_BYTES: usize = 320;

/// File, and the header with which it was found.
#[derive(Clone, Debug)]
pub(super) struct Still(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: StoreFile,
    header: OnceLock<Vec<u8>>,
}

impl Still {
    pub(super) fn new(file: StoreFile) -> Self {
        Self(Arc::new(Inner { file, header: OnceLock::new() }))
    }

    pub(super) fn file(&self) -> &StoreFile {
        &self.0.file
    }

    /// Fails once the file was written to.
    pub(super) fn check(&self) -> io::Result<()> {
        let now = self.read_header()?;
        if *self.0.header.get_or_init(|| now.clone()) != now {
            return Err(io::Error::other(StoreFailure::Changed));
        }
        Ok(())
    }

    fn read_header(&self) -> io::Result<Vec<u8>> {
        let mut header = vec![0; HEADER_BYTES];
        self.0.file.read(0, &mut header)?;
        Ok(header)
    }

    /// Does something with the file, and finds out whether it was still the same then.
    fn held<T>(&self, work: impl FnOnce(&StoreFile) -> io::Result<T>) -> io::Result<T> {
        if self.0.header.get().is_none() {
            self.check()?;
        }
        let done = work(&self.0.file);
        self.check()?;
        done
    }
}

/// Nothing is written through it, and no lock taken.
impl StorageBackend for Still {
    fn len(&self) -> io::Result<u64> {
        self.held(StoreFile::len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.held(|file| file.read(offset, out))
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn sync_data(&self) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn write(&self, _: u64, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}
