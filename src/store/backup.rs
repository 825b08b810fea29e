//! A consistent copy of the store as a fresh, compact file.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use redb::{Database, Key, ReadOnlyTable, ReadableTable, TableDefinition, Value, WriteTransaction};

use super::failure::{OrFail, file_failure};
use super::read::Reader;
use super::tables::{
    CHANGES, COUNTS, EVENT_IDS, EVENT_NAMES, EVENT_NUMBERS, HEADS, HISTORY, KEPT, KEY_CONFIGS,
    KEY_SPANS, LIST_IDS, LISTS, META, NAMES, PUBLICATIONS, RETENTION, REVISIONS, RUNS, SERIES,
    SERIES_NUMBERS, TIMELINES, TIMES, USER_ENTRIES, USER_IDS, USER_NUMBERS, USERS, VERSIONS,
};
use crate::error::{Error, ErrorKind, Result};

/// Copies what a reader sees. The copy gets its name only when it is whole and on the disk.
pub(super) fn backup(reader: &Reader, to: &Path) -> Result<()> {
    refuse_existing(to)?;
    let beside = beside(to, &std::process::id().to_string())?;
    File::create_new(&beside).map_err(|e| failure(to, &e.to_string()))?;
    let unfinished = Unfinished(beside);
    copy(reader, &unfinished.0)?;
    File::open(&unfinished.0).and_then(|file| file.sync_all()).map_err(file_failure)?;
    refuse_existing(to)?;
    fs::rename(&unfinished.0, to).map_err(file_failure)?;
    sync_directory(to)
}

fn refuse_existing(to: &Path) -> Result<()> {
    match fs::symlink_metadata(to) {
        Ok(_) => Err(failure(to, "a file of that name exists, and a backup overwrites none")),
        Err(_) => Ok(()),
    }
}

fn failure(path: &Path, message: &str) -> Error {
    ErrorKind::Io { path: path.display().to_string(), message: message.to_owned() }.into()
}

/// A name for the unfinished copy, in the same directory so that it can be renamed.
pub(super) fn beside(to: &Path, mark: &str) -> Result<PathBuf> {
    let name = to.file_name().ok_or_else(|| failure(to, "that is no name for a file"))?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{mark}.tmp"));
    Ok(to.with_file_name(hidden))
}

/// An unfinished copy, removed unless it was renamed.
pub(super) struct Unfinished(pub(super) PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // after the rename there is nothing left to remove
        let _ = fs::remove_file(&self.0);
    }
}

/// Copies what a reader sees into an empty file.
pub(super) fn copy(reader: &Reader, to: &Path) -> Result<()> {
    let mut database = Database::builder().set_cache_size(32 << 20).create(to).or_fail()?;
    let transaction = database.begin_write().or_fail()?;
    copy_tables(reader, &transaction)?;
    transaction.commit().or_fail()?;
    database.compact().or_fail()?;
    database.close().or_fail()
}

/// Copies every table.
pub(super) fn copy_tables(reader: &Reader, to: &WriteTransaction) -> Result<()> {
    copy_table(reader, to, META)?;
    copy_table(reader, to, REVISIONS)?;
    copy_table(reader, to, TIMES)?;
    copy_table(reader, to, CHANGES)?;
    copy_table(reader, to, HISTORY)?;
    copy_table(reader, to, VERSIONS)?;
    copy_table(reader, to, PUBLICATIONS)?;
    copy_table(reader, to, TIMELINES)?;
    copy_table(reader, to, NAMES)?;
    copy_table(reader, to, KEY_CONFIGS)?;
    copy_table(reader, to, HEADS)?;
    copy_table(reader, to, KEPT)?;
    copy_optional(reader, to, RETENTION)?;
    copy_deliveries(reader, to)?;
    copy_users(reader, to)?;
    copy_optional(reader, to, LISTS)?;
    copy_optional(reader, to, LIST_IDS)
}

/// Copies the tables that a file may lack, as far as it has them.
fn copy_deliveries(reader: &Reader, to: &WriteTransaction) -> Result<()> {
    copy_optional(reader, to, SERIES)?;
    copy_optional(reader, to, SERIES_NUMBERS)?;
    copy_optional(reader, to, COUNTS)?;
    copy_optional(reader, to, USERS)?;
    copy_optional(reader, to, KEY_SPANS)
}

/// Copies those of users, which a file may lack, too.
fn copy_users(reader: &Reader, to: &WriteTransaction) -> Result<()> {
    copy_optional(reader, to, USER_NUMBERS)?;
    copy_optional(reader, to, USER_IDS)?;
    copy_optional(reader, to, EVENT_NUMBERS)?;
    copy_optional(reader, to, EVENT_NAMES)?;
    copy_optional(reader, to, RUNS)?;
    copy_optional(reader, to, USER_ENTRIES)?;
    copy_optional(reader, to, EVENT_IDS)
}

fn copy_table<K: Key + 'static, V: Value + 'static>(
    reader: &Reader,
    to: &WriteTransaction,
    definition: TableDefinition<K, V>,
) -> Result<()> {
    copy_entries(&reader.table(definition)?, to, definition)
}

fn copy_optional<K: Key + 'static, V: Value + 'static>(
    reader: &Reader,
    to: &WriteTransaction,
    definition: TableDefinition<K, V>,
) -> Result<()> {
    match reader.optional_table(definition)? {
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

/// A rename is durable once its directory is; where directories cannot be opened there is no such call.
pub(super) fn sync_directory(of: &Path) -> Result<()> {
    let parent = of.parent().filter(|parent| !parent.as_os_str().is_empty());
    match File::open(parent.unwrap_or(Path::new("."))) {
        Ok(directory) if cfg!(unix) => directory.sync_all().map_err(file_failure),
        _ => Ok(()),
    }
}
