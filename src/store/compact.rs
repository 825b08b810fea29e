//! Compaction: the file made anew without what was deleted, which redb leaves in pages that are free.
//!
//! The newest image is copied to a fresh file beside the store, which then takes its name. Nobody writes
//! meanwhile: a write transaction is held, though nothing is written in it. Who reads the old file goes on
//! until done, and who waits to write finds that the file is another one, and begins anew.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use super::backup::{Unfinished, beside, copy, sync_directory};
use super::failure::file_failure;
use super::handle::Handle;
use super::open::open_copy;
use super::shared::Shared;
use crate::error::Result;

/// Puts a compact copy in the place of the file. A store in memory has none.
pub(super) fn compact(shared: &Shared) -> Result<()> {
    let held = shared.begin_write()?;
    let Some(path) = &shared.file else { return Ok(()) };
    // what a link leads to is replaced, not the link
    let path = fs::canonicalize(path).map_err(file_failure)?;
    let handle = replace(shared, &path)?;
    // before anything is written to it, or what is acknowledged then could be lost with the name
    let durable = sync_directory(&path);
    *shared.handle_mut() = handle;
    drop(held);
    durable
}

/// Makes the copy and gives it the name; it is open, and so locked, before it has that.
fn replace(shared: &Shared, path: &Path) -> Result<Handle> {
    let unfinished = Unfinished(beside(path, "compact")?);
    // one that a power cut left: only who writes makes it, and that is this process
    let _ = fs::remove_file(&unfinished.0);
    let file = File::create_new(&unfinished.0).map_err(file_failure)?;
    let permissions = fs::metadata(path).map_err(file_failure)?.permissions();
    file.set_permissions(permissions).map_err(file_failure)?;
    copy(&shared.image()?, &unfinished.0)?;
    file.sync_all().map_err(file_failure)?;
    drop(file);
    let database = open_copy(&unfinished.0, shared.cache_bytes, &shared.place.damage)?;
    fs::rename(&unfinished.0, path).map_err(file_failure)?;
    Ok(Handle::Database(Arc::new(database)))
}
