//! Compaction: the file made anew without what was deleted, which redb leaves in pages that are free.
//!
//! The newest image is copied to a fresh file beside the store, which then takes its name. Nobody writes
//! meanwhile: a write transaction is held, though nothing is written in it. Who reads the old file goes on
//! until done, and who waits to write finds that the file is another one, and begins anew.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use redb::StorageBackend;

use super::backup::{copy, copy_builder, sync_directory};
use super::database::{builder, writable};
use super::failure::{OrFail, file_failure};
use super::file::{Keeping, StoreFile};
use super::handle::Handle;
use super::image::Image;
use super::shared::Shared;
use super::tables::{LISTS, TRAFFIC, USER_IDS};
use super::temporary::Temporary;
use super::watch::{Desk, Watch};
use crate::error::Result;

/// Puts a compact copy in the place of the file. A store in memory has none.
pub(super) fn compact(shared: &Shared, watch: &Watch<'_>) -> Result<()> {
    let held = shared.begin_write()?;
    let Some(file) = shared.handle().file().cloned() else { return Ok(()) };
    // what a link leads to is replaced, not the link
    let path = fs::canonicalize(file.path()).map_err(file_failure)?;
    let Some(handle) = replace(shared, &file, &path, watch)? else { return Ok(()) };
    // before anything is written to it, or what is acknowledged then could be lost with the name
    let durable = sync_directory(&path);
    *shared.handle_mut() = handle;
    drop(held);
    durable
}

/// Puts another store in the place of the file, which whoever has it open does not write any more.
pub(super) fn replace_by(shared: &Shared, image: &Image) -> Result<()> {
    let held = shared.begin_write()?;
    let Some(file) = shared.handle().file().cloned() else { return Ok(()) };
    let path = fs::canonicalize(file.path()).map_err(file_failure)?;
    let open = |file| copy_builder().create_with_backend(file).or_fail();
    let (temporary, database) = Temporary::open(&path, Keeping::UntilDropped, open)?;
    copy(image, database, &Desk::default().watch())?.close().or_fail()?;
    temporary.keep_access(&file.metadata()?)?;
    temporary.file().file().sync_all().map_err(file_failure)?;
    temporary.replace(&file, &path)?;
    drop(held);
    sync_directory(&path)
}

/// Makes the copy and gives it the name; it is open, and so locked, before it has that. `None`: it is not worth it.
fn replace(
    shared: &Shared,
    file: &StoreFile,
    path: &Path,
    watch: &Watch<'_>,
) -> Result<Option<Handle>> {
    let builder = builder(shared.cache_bytes);
    let open = |file| writable(file, &builder, &shared.place.damage);
    let (temporary, database) = Temporary::open(path, Keeping::UntilClosed, open)?;
    let image = shared.image()?;
    let (database, new) = (copy(&image, database, watch)?, temporary.file().clone());
    let is_smaller = new.len().map_err(file_failure)? < file.len().map_err(file_failure)?;
    if !is_smaller && !had_users(&image)? {
        return Ok(None);
    }
    temporary.keep_access(&file.metadata()?)?;
    temporary.replace(file, path)?;
    Ok(Some(Handle::Database(Arc::new(database), Some(new))))
}

/// Whether users, lists of them or contexts were ever there: what was forgotten of them may be in pages that are free.
fn had_users(image: &Image) -> Result<bool> {
    let (users, lists) = (image.optional_table(USER_IDS)?, image.optional_table(LISTS)?);
    Ok(users.is_some() || lists.is_some() || image.optional_table(TRAFFIC)?.is_some())
}
