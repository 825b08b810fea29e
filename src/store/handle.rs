//! The open database of redb, to write to or only to read.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use redb::{Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase};

use super::failure::OrFail;
use crate::error::Result;

/// Database of redb: one that may be written, or one that only reads. It is closed with the last clone, and
/// what reads of it then fails.
#[derive(Clone)]
pub(super) enum Handle {
    Database(Arc<Database>),
    ReadOnly(Arc<ReadOnlyDatabase>, Option<Identity>),
}

/// Identity of a file, which tells it from another one that takes its name.
pub(super) type Identity = (u64, u64);

/// Which file has a name; `None` if there is none, or the system does not say.
pub(super) fn identity(path: &Path) -> Option<Identity> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
    }
    #[cfg(not(unix))]
    {
        // there no file can take the name of one that is open
        let _ = path;
        None
    }
}

impl Handle {
    pub(super) fn database(database: Database) -> Self {
        Self::Database(Arc::new(database))
    }

    pub(super) fn begin_read(&self) -> Result<ReadTransaction> {
        match self {
            Self::Database(database) => database.begin_read().or_fail(),
            Self::ReadOnly(database, _) => database.begin_read().or_fail(),
        }
    }
}
