//! Backup: a consistent copy of the store as a new, compact file.

use std::fs::{self, File};
use std::path::Path;

use redb::{
    Builder, Database, Key, ReadOnlyTable, ReadableTable, TableDefinition, Value, WriteTransaction,
};

use super::failure::{OrFail, file_failure};
use super::file::Keeping;
use super::image::Image;
use super::tables::{
    CHANGES, COUNTS, EVENT_IDS, EVENT_NAMES, EVENT_NUMBERS, HEADS, HISTORY, KEPT,
    KEPT_PUBLICATIONS, KEY_CONFIGS, KEY_SPANS, LIST_EDITIONS, LIST_IDS, LISTS, META, NAMES,
    PUBLICATIONS, RETENTION, REVISION_HASHES, REVISIONS, RUNS, SERIES, SERIES_NUMBERS, SKETCHES,
    TIMELINES, TIMES, USER_ENTRIES, USER_IDS, USER_NUMBERS, VERSIONS,
};
use super::temporary::{Temporary, directory};
use crate::error::{Error, ErrorKind, Result};

/// Copies an image. The copy gets its name only when it is whole and on the disk, and owner, group and mode of the
/// file that it is a copy of; it is private if those cannot be had.
pub(super) fn backup(image: &Image, to: &Path) -> Result<()> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(overwrites(to, "a backup"));
    }
    let open = |file| copy_builder().create_with_backend(file).or_fail();
    let (temporary, database) = Temporary::open(to, Keeping::UntilDropped, open)?;
    copy(image, database)?.close().or_fail()?;
    if let Some(file) = image.handle().file() {
        temporary.take_access(&file.metadata()?)?;
    }
    temporary.file().file().sync_all().map_err(file_failure)?;
    if !temporary.name(to)? {
        return Err(overwrites(to, "a backup"));
    }
    sync_directory(to)
}

/// Makes the error of something that would overwrite a file.
pub(super) fn overwrites(path: &Path, what: &str) -> Error {
    let message = format!("a file of that name exists, and {what} overwrites none");
    ErrorKind::Io { path: path.display().to_string(), message }.into()
}

pub(super) fn copy_builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(32 << 20);
    builder
}

/// Copies an image into an empty database, and puts it in few pages.
pub(super) fn copy(image: &Image, mut to: Database) -> Result<Database> {
    let transaction = to.begin_write().or_fail()?;
    copy_tables(image, &transaction)?;
    transaction.commit().or_fail()?;
    to.compact().or_fail()?;
    Ok(to)
}

/// Copies every table.
pub(super) fn copy_tables(image: &Image, to: &WriteTransaction) -> Result<()> {
    copy_table(image, to, META)?;
    copy_table(image, to, REVISIONS)?;
    copy_table(image, to, TIMES)?;
    copy_table(image, to, CHANGES)?;
    copy_table(image, to, HISTORY)?;
    copy_table(image, to, VERSIONS)?;
    copy_table(image, to, PUBLICATIONS)?;
    copy_table(image, to, TIMELINES)?;
    copy_table(image, to, NAMES)?;
    copy_table(image, to, KEY_CONFIGS)?;
    copy_table(image, to, HEADS)?;
    copy_table(image, to, KEPT)?;
    copy_optional(image, to, KEPT_PUBLICATIONS)?;
    copy_optional(image, to, RETENTION)?;
    copy_optional(image, to, REVISION_HASHES)?;
    copy_deliveries(image, to)?;
    copy_users(image, to)?;
    copy_optional(image, to, LISTS)?;
    copy_optional(image, to, LIST_IDS)?;
    copy_optional(image, to, LIST_EDITIONS)
}

/// Copies the tables that a file may lack, as far as it has them.
pub(super) fn copy_deliveries(image: &Image, to: &WriteTransaction) -> Result<()> {
    copy_optional(image, to, SERIES)?;
    copy_optional(image, to, SERIES_NUMBERS)?;
    copy_optional(image, to, COUNTS)?;
    copy_optional(image, to, SKETCHES)?;
    copy_optional(image, to, KEY_SPANS)
}

/// Copies those of users, which a file may lack, too.
fn copy_users(image: &Image, to: &WriteTransaction) -> Result<()> {
    copy_optional(image, to, USER_NUMBERS)?;
    copy_optional(image, to, USER_IDS)?;
    copy_optional(image, to, EVENT_NUMBERS)?;
    copy_optional(image, to, EVENT_NAMES)?;
    copy_optional(image, to, RUNS)?;
    copy_optional(image, to, USER_ENTRIES)?;
    copy_optional(image, to, EVENT_IDS)
}

fn copy_table<K: Key + 'static, V: Value + 'static>(
    image: &Image,
    to: &WriteTransaction,
    definition: TableDefinition<K, V>,
) -> Result<()> {
    copy_entries(&image.table(definition)?, to, definition)
}

fn copy_optional<K: Key + 'static, V: Value + 'static>(
    image: &Image,
    to: &WriteTransaction,
    definition: TableDefinition<K, V>,
) -> Result<()> {
    match image.optional_table(definition)? {
        Some(from) => copy_entries(&from, to, definition),
        None => Ok(()),
    }
}

fn copy_entries<K: Key + 'static, V: Value + 'static>(
    from: &ReadOnlyTable<K, V>,
    to: &WriteTransaction,
    definition: TableDefinition<K, V>,
) -> Result<()> {
    let mut to = to.open_table(definition).or_fail()?;
    for entry in from.iter().or_fail()? {
        let (key, value) = entry.or_fail()?;
        to.insert(key.value(), value.value()).or_fail()?;
    }
    Ok(())
}

/// A name is durable once its directory is; where directories cannot be opened there is no such call.
pub(super) fn sync_directory(of: &Path) -> Result<()> {
    match File::open(directory(of)) {
        Ok(directory) if cfg!(unix) => directory.sync_all().map_err(file_failure),
        _ => Ok(()),
    }
}
