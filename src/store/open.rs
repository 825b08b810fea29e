//! Opening a file, making a new one, and refusing what is not ours without touching it.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use redb::backends::InMemoryBackend;
use redb::{DatabaseError, ReadableDatabase, StorageBackend};

use super::attempts::Attempts;
use super::backup::copy_tables;
use super::database::{Opened, builder, finish, no_store, refuse_empty, unshared, writable};
use super::failure::{OrFail, file_failure, locked};
use super::file::StoreFile;
use super::handle::Handle;
use super::image::Image;
use super::make::{end_of_links, make, make_over};
use super::options::Options;
use super::overlay::Overlay;
use super::page::{Checked, Damage, Role};
use super::still::Still;
use super::temporary::{clean, directory};
use super::watch::Desk;
use crate::error::{Error, ErrorKind, Result};

/// Opens a file, or makes it.
pub(super) fn open(path: &Path, options: &Options, damage: &Damage) -> Result<Opened> {
    if options.read_only {
        find(path, options)?;
        return finish(open_to_read(path, options.cache_bytes, damage)?, options);
    }
    let mut attempts = Attempts::new(options.wait);
    loop {
        damage.forget();
        match attempt(path, options, damage) {
            Ok(Some(opened)) => return Ok(opened),
            Ok(None) => {}
            Err(error) if attempts.again(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

/// `None`: somebody made the file meanwhile.
fn attempt(path: &Path, options: &Options, damage: &Damage) -> Result<Option<Opened>> {
    match find(path, options)? {
        Found::Nothing => make(path, options, damage),
        Found::Empty => make_over(path, options, damage),
        Found::File => finish(open_to_write(path, options.cache_bytes, damage)?, options).map(Some),
    }
}

/// Opens whatever stands behind a backend, which takes no part in locking.
pub(super) fn with_backend(
    backend: impl StorageBackend,
    options: &Options,
    damage: &Damage,
) -> Result<Opened> {
    let database = writable(backend, &unshared(options.cache_bytes), damage)?;
    finish(Handle::Database(Arc::new(database), None), options)
}

/// Copies an image into a database in memory.
pub(super) fn copy_to_memory(image: &Image, options: &Options) -> Result<Opened> {
    let backend = InMemoryBackend::new();
    let database = unshared(options.cache_bytes).create_with_backend(backend).or_fail()?;
    let transaction = database.begin_write().or_fail()?;
    copy_tables(image, &transaction, &Desk::default().watch())?;
    transaction.commit().or_fail()?;
    finish(Handle::Database(Arc::new(database), None), options)
}

/// Contents of the place where a store is, or is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing, and it may be made.
    Nothing,
    /// An empty file, and it may become one.
    Empty,
    /// A file.
    File,
}

/// Says what is in the place of a store.
pub(super) fn find(path: &Path, options: &Options) -> Result<Found> {
    let may_create = options.create && !options.read_only;
    let not_a_store = |why: &str| Err(no_store(why));
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => not_a_store("it is a directory"),
        Ok(found) if !found.is_file() => not_a_store("it is not a file"),
        Ok(found) if found.len() > 0 => Ok(Found::File),
        Ok(_) if may_create => Ok(Found::Empty),
        Ok(_) => not_a_store("it is empty"),
        Err(error) if error.kind() == io::ErrorKind::NotFound && may_create => Ok(Found::Nothing),
        Err(error) => Err(file_failure(error)),
    }
}

/// Whether a store would be made, and could be: its directory is there.
pub(super) fn would_make(path: &Path, options: &Options) -> Result<bool> {
    let is_new = find(path, options)? != Found::File;
    if is_new {
        fs::metadata(directory(&end_of_links(path))).map_err(file_failure)?;
    }
    Ok(is_new)
}

/// Looks at the file before anything is written to it: redb writes as it opens.
fn open_to_write(path: &Path, cache_bytes: Option<usize>, damage: &Damage) -> Result<Handle> {
    let (file, builder) = (StoreFile::open_to_write(path)?, builder(cache_bytes));
    let overlay = Overlay::new(file.clone());
    #[cfg(test)]
    super::seam::locks();
    let whose = |error: Error| match error.kind() {
        ErrorKind::StoreLocked { .. } => locked(file.holder()),
        _ => error,
    };
    let look = writable(overlay, &builder, damage).map_err(whose)?;
    refuse_empty(&look.begin_read().or_fail()?)?;
    drop(look);
    let database = writable(file.clone(), &builder, damage).map_err(whose)?;
    file.check().map_err(file_failure)?;
    clean(&fs::canonicalize(path).map_err(file_failure)?);
    Ok(Handle::Database(Arc::new(database), Some(file)))
}

/// Opens a file that others may write to.
pub(super) fn open_to_read(
    path: &Path,
    cache_bytes: Option<usize>,
    damage: &Damage,
) -> Result<Handle> {
    let mut attempts = Attempts::new(Duration::ZERO);
    loop {
        damage.forget();
        match try_to_read(path, cache_bytes, damage) {
            Err(error) if attempts.again(&error) => {}
            opened => return opened,
        }
    }
}

/// A store that was not closed properly needs a repair, which is done in memory.
fn try_to_read(path: &Path, cache_bytes: Option<usize>, damage: &Damage) -> Result<Handle> {
    let file = StoreFile::open_to_read(path)?;
    let checked = Checked::new(file.clone(), Role::Reads, damage);
    let handle = match builder(cache_bytes).open_read_only_with_backend(checked) {
        Err(DatabaseError::RepairAborted) => {
            let still = Still::new(file);
            let overlay = Overlay::new(still.clone());
            let repaired = writable(overlay, &unshared(cache_bytes), damage)?;
            Handle::Repaired(Arc::new(repaired), still)
        }
        opened => Handle::ReadOnly(Arc::new(opened.or_fail()?), file),
    };
    refuse_empty(&handle.begin_read()?)?;
    Ok(handle)
}
