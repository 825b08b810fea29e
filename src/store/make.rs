//! Making a store: a whole one, beside its place, that then gets its name.
//!
//! So a file of that name is a store, whenever the process is killed, the power fails or the disk is full; and of
//! several that make it at once, one has it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::StorageBackend;

use super::backup::sync_directory;
use super::database::{Opened, builder, finish, writable};
use super::failure::{file_failure, locked};
use super::file::{Keeping, StoreFile};
use super::handle::Handle;
use super::options::Options;
use super::page::Damage;
use super::temporary::Temporary;
use crate::error::Result;

/// How many links lead to a file at most, as on Linux.
const LINKS: u32 = 40;

/// Makes a store where there is nothing; `None` if there is something by now.
pub(super) fn make(path: &Path, options: &Options, damage: &Damage) -> Result<Option<Opened>> {
    let path = end_of_links(path);
    let (temporary, opened) = make_beside(&path, options, damage)?;
    if !temporary.name(&path)? {
        return Ok(None);
    }
    sync_directory(&path)?;
    Ok(Some(opened))
}

/// Makes a store in the place of an empty file, with its owner, group and mode; `None` if it is not empty by now.
pub(super) fn make_over(path: &Path, options: &Options, damage: &Damage) -> Result<Option<Opened>> {
    let empty = StoreFile::open_to_write(path)?;
    if !empty.try_lock()? {
        return Err(locked(empty.holder()));
    }
    if empty.len().map_err(file_failure)? > 0 {
        return Ok(None);
    }
    let path = fs::canonicalize(path).map_err(file_failure)?;
    let (temporary, opened) = make_beside(&path, options, damage)?;
    temporary.keep_access(&empty.metadata()?)?;
    temporary.replace(&empty, &path)?;
    sync_directory(&path)?;
    Ok(Some(opened))
}

/// Makes an empty store that has no name yet.
pub(super) fn make_beside(
    path: &Path,
    options: &Options,
    damage: &Damage,
) -> Result<(Temporary, Opened)> {
    let builder = builder(options.cache_bytes);
    let open = |file| writable(file, &builder, damage);
    let (temporary, database) = Temporary::open(path, Keeping::UntilClosed, open)?;
    let handle = Handle::Database(Arc::new(database), Some(temporary.file().clone()));
    Ok((temporary, finish(handle, options)?))
}

/// Where links lead, also if there is nothing yet.
pub(super) fn end_of_links(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let Ok(to) = fs::read_link(&path) else { break };
        path = path.with_file_name("").join(to);
    }
    path
}
