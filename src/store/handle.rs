//! The open database of redb, to write to or only to read.

use std::sync::Arc;

use redb::{Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase};

use super::failure::{OrFail, file_failure};
use super::file::StoreFile;
use super::page::Damage;
use super::still::Still;
use crate::error::Result;

/// Database of redb: one that may be written, or one that only reads. It is closed with the last clone, and
/// what reads of it then fails.
#[derive(Clone)]
pub(super) enum Handle {
    /// It may be written, and is in a file unless it stands behind another backend.
    Database(Arc<Database>, Option<StoreFile>),
    /// It follows the process that writes.
    ReadOnly(Arc<ReadOnlyDatabase>, StoreFile),
    /// It was not closed properly, and is repaired in memory until somebody writes to the file.
    Repaired(Arc<Database>, Still),
}

impl Handle {
    pub(super) fn begin_read(&self) -> Result<ReadTransaction> {
        match self {
            Self::Database(database, _) | Self::Repaired(database, _) => {
                database.begin_read().or_fail()
            }
            Self::ReadOnly(database, _) => database.begin_read().or_fail(),
        }
    }

    /// The file.
    pub(super) fn file(&self) -> Option<&StoreFile> {
        match self {
            Self::Database(_, file) => file.as_ref(),
            Self::ReadOnly(_, file) => Some(file),
            Self::Repaired(_, still) => Some(still.file()),
        }
    }

    /// Refuses a process that has not opened the file.
    pub(super) fn check_process(&self) -> Result<()> {
        self.file().map_or(Ok(()), StoreFile::check_process).map_err(file_failure)
    }

    /// Whether who only reads has to open the file again: it is another one, or was written to while no lock was
    /// kept, or the locks are those of a parent, or damage was found in it.
    pub(super) fn is_outdated(&self, damage: &Damage) -> bool {
        let is_unfit = match self {
            Self::Database(..) => return false,
            Self::ReadOnly(_, file) => file.check_process().is_err(),
            Self::Repaired(_, still) => still.check().is_err(),
        };
        is_unfit || damage.found().is_some() || self.file().is_some_and(StoreFile::is_succeeded)
    }
}
