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
    TIMELINES, TIMES, TRAFFIC, USER_ENTRIES, USER_IDS, USER_NUMBERS, VERSIONS,
};
use super::temporary::{Temporary, directory};
use super::watch::{Desk, Watch};
use crate::error::{Error, ErrorKind, Result};

/// Copies an image. The copy gets its name only when it is whole and on the disk, and owner, group and mode of the
/// file that it is a copy of; it is private if those cannot be had.
pub(super) fn backup(image: &Image, to: &Path, watch: &Watch<'_>) -> Result<()> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(overwrites(to, "a backup"));
    }
    let open = |file| copy_builder().create_with_backend(file).or_fail();
    let (temporary, database) = Temporary::open(to, Keeping::UntilDropped, open)?;
    copy(image, database, watch)?.close().or_fail()?;
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
pub(super) fn copy(image: &Image, mut to: Database, watch: &Watch<'_>) -> Result<Database> {
    let transaction = to.begin_write().or_fail()?;
    copy_tables(image, &transaction, watch)?;
    watch.begin("pages", 0);
    transaction.commit().or_fail()?;
    to.compact().or_fail()?;
    Ok(to)
}

/// Copies every table.
pub(super) fn copy_tables(image: &Image, to: &WriteTransaction, watch: &Watch<'_>) -> Result<()> {
    watch.begin("entries", image.entries()?);
    let copy = Copier { image, to, watch };
    copy.table(META)?;
    copy.table(REVISIONS)?;
    copy.table(TIMES)?;
    copy.table(CHANGES)?;
    copy.table(HISTORY)?;
    copy.table(VERSIONS)?;
    copy.table(PUBLICATIONS)?;
    copy.table(TIMELINES)?;
    copy.table(NAMES)?;
    copy.table(KEY_CONFIGS)?;
    copy.table(HEADS)?;
    copy.table(KEPT)?;
    copy.optional(KEPT_PUBLICATIONS)?;
    copy.optional(RETENTION)?;
    copy.optional(REVISION_HASHES)?;
    copy.deliveries()?;
    copy.users()?;
    copy.optional(TRAFFIC)?;
    copy.optional(LISTS)?;
    copy.optional(LIST_IDS)?;
    copy.optional(LIST_EDITIONS)
}

/// Copies the tables of deliveries, as far as a file has them.
pub(super) fn copy_deliveries(image: &Image, to: &WriteTransaction) -> Result<()> {
    let desk = Desk::default();
    Copier { image, to, watch: &desk.watch() }.deliveries()
}

/// Copier of tables.
struct Copier<'c> {
    image: &'c Image,
    to: &'c WriteTransaction,
    watch: &'c Watch<'c>,
}

impl Copier<'_> {
    /// Copies the tables of deliveries, which a file may lack.
    fn deliveries(&self) -> Result<()> {
        self.optional(SERIES)?;
        self.optional(SERIES_NUMBERS)?;
        self.optional(COUNTS)?;
        self.optional(SKETCHES)?;
        self.optional(KEY_SPANS)
    }

    /// Copies those of users, which a file may lack, too.
    fn users(&self) -> Result<()> {
        self.optional(USER_NUMBERS)?;
        self.optional(USER_IDS)?;
        self.optional(EVENT_NUMBERS)?;
        self.optional(EVENT_NAMES)?;
        self.optional(RUNS)?;
        self.optional(USER_ENTRIES)?;
        self.optional(EVENT_IDS)
    }

    fn table<K: Key + 'static, V: Value + 'static>(
        &self,
        definition: TableDefinition<K, V>,
    ) -> Result<()> {
        self.entries(&self.image.table(definition)?, definition)
    }

    fn optional<K: Key + 'static, V: Value + 'static>(
        &self,
        definition: TableDefinition<K, V>,
    ) -> Result<()> {
        match self.image.optional_table(definition)? {
            Some(from) => self.entries(&from, definition),
            None => Ok(()),
        }
    }

    fn entries<K: Key + 'static, V: Value + 'static>(
        &self,
        from: &ReadOnlyTable<K, V>,
        definition: TableDefinition<K, V>,
    ) -> Result<()> {
        let mut to = self.to.open_table(definition).or_fail()?;
        for entry in from.iter().or_fail()? {
            let (key, value) = entry.or_fail()?;
            to.insert(key.value(), value.value()).or_fail()?;
            self.watch.step(1)?;
        }
        Ok(())
    }
}

/// A name is durable once its directory is; where directories cannot be opened there is no such call.
pub(super) fn sync_directory(of: &Path) -> Result<()> {
    match File::open(directory(of)) {
        Ok(directory) if cfg!(unix) => directory.sync_all().map_err(file_failure),
        _ => Ok(()),
    }
}
