//! Opening a file, making a new one, and refusing what is not ours without touching it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;

use redb::backends::{FileBackend, InMemoryBackend};
use redb::{
    Builder, ConcurrencyMode, Database, ReadTransaction, ReadableDatabase, StorageBackend,
    TableError,
};

use super::backup::{copy_tables, sync_directory};
use super::failure::{OrFail, file_failure};
use super::handle::{Handle, identity};
use super::image::Image;
use super::options::{ClockMode, Options};
use super::overlay::{Locking, Overlay};
use super::page::{Checked, Damage, Role};
use super::tables::{FORMAT, FORMAT_KEY, META};
use super::write::{initialise, put_clock};
use crate::error::{Error, ErrorKind, Result};

/// The cache of pages, unless the options say another size; redb's own default is 1 GiB.
const CACHE_BYTES: usize = 64 << 20;

/// Contents of a database of redb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contents {
    /// No tables at all: new, or its making was cut short.
    Nothing,
    /// A store of a format that this code reads.
    Store,
}

/// One process writes, and others may read beside it: a reader sees each commit whole.
pub(super) fn builder(cache_bytes: Option<usize>) -> Builder {
    let mut builder = Builder::new();
    builder
        .set_cache_size(cache_bytes.unwrap_or(CACHE_BYTES))
        .set_concurrency_mode(ConcurrencyMode::SingleWriter);
    builder
}

/// Handle of an opened file, and the clock in it.
pub(super) type Opened = (Handle, ClockMode);

/// Opens a file, or makes it.
pub(super) fn open(path: &Path, options: &Options, damage: &Damage) -> Result<Opened> {
    match exists(path, options)? {
        true if options.read_only => {
            finish(open_to_read(path, options.cache_bytes, damage)?, options)
        }
        true => finish(open_to_write(path, options, damage)?, options),
        false => made(path, options),
    }
}

/// Makes a file. It is there after a power cut once its directory is on the disk, too.
fn made(path: &Path, options: &Options) -> Result<Opened> {
    let handle = Handle::database(builder(options.cache_bytes).create(path).or_fail()?);
    let opened = finish(handle, options)?;
    sync_directory(path)?;
    Ok(opened)
}

/// Opens a copy of a store, to go on with it.
pub(super) fn open_copy(
    path: &Path,
    cache_bytes: Option<usize>,
    damage: &Damage,
) -> Result<Database> {
    let file = OpenOptions::new().read(true).write(true).open(path).map_err(file_failure)?;
    writable(FileBackend::new(file).or_fail()?, &builder(cache_bytes), damage)
}

/// Opens what stands behind a backend, checking what is read.
pub(super) fn writable(
    backend: impl StorageBackend,
    builder: &Builder,
    damage: &Damage,
) -> Result<Database> {
    builder.create_with_backend(Checked::new(backend, Role::Writes, damage)).or_fail()
}

/// For what takes no part in locking, which the shared modes of redb insist on.
fn unshared(cache_bytes: Option<usize>) -> Builder {
    let mut builder = builder(cache_bytes);
    builder.set_concurrency_mode(ConcurrencyMode::ExclusiveWriter);
    builder
}

/// Opens whatever stands behind a backend, which takes no part in locking.
pub(super) fn with_backend(
    backend: impl StorageBackend,
    options: &Options,
    damage: &Damage,
) -> Result<Opened> {
    let database = writable(backend, &unshared(options.cache_bytes), damage)?;
    finish(Handle::database(database), options)
}

/// Copies an image into a database in memory.
pub(super) fn copy_to_memory(image: &Image, options: &Options) -> Result<Opened> {
    let backend = InMemoryBackend::new();
    let database = unshared(options.cache_bytes).create_with_backend(backend).or_fail()?;
    let transaction = database.begin_write().or_fail()?;
    copy_tables(image, &transaction)?;
    transaction.commit().or_fail()?;
    finish(Handle::database(database), options)
}

/// Whether there is a file to open; `false`: it may be made.
fn exists(path: &Path, options: &Options) -> Result<bool> {
    let may_create = options.create && !options.read_only;
    let not_a_store = |why: &str| Err(no_store(why));
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => not_a_store("it is a directory"),
        Ok(found) if !found.is_file() => not_a_store("it is not a file"),
        Ok(found) if found.len() == 0 && !may_create => not_a_store("it is empty"),
        Ok(found) => Ok(found.len() > 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound && may_create => Ok(false),
        Err(error) => Err(file_failure(error)),
    }
}

fn no_store(why: &str) -> Error {
    ErrorKind::NotAStore { path: String::new(), why: why.to_owned() }.into()
}

/// Looks at the file before anything is written to it: redb writes as it opens.
fn open_to_write(path: &Path, options: &Options, damage: &Damage) -> Result<Handle> {
    let file = OpenOptions::new().read(true).write(true).open(path).map_err(file_failure)?;
    let look = overlaid(file, Locking::Take, &builder(options.cache_bytes), damage)?;
    let contents = contents(&look.begin_read().or_fail()?)?;
    drop(look);
    if contents == Contents::Nothing && !options.create {
        return Err(no_store("it has no tables"));
    }
    open_copy(path, options.cache_bytes, damage).map(Handle::database)
}

/// A store that was not closed properly needs a repair, which is done in memory.
pub(super) fn open_to_read(
    path: &Path,
    cache_bytes: Option<usize>,
    damage: &Damage,
) -> Result<Handle> {
    let identity = identity(path);
    let file = || File::open(path).map_err(file_failure);
    let backend = Checked::new(FileBackend::new(file()?).or_fail()?, Role::Reads, damage);
    let handle = match builder(cache_bytes).open_read_only_with_backend(backend) {
        Err(redb::DatabaseError::RepairAborted) => {
            let builder = unshared(cache_bytes);
            Handle::database(overlaid(file()?, Locking::Leave, &builder, damage)?)
        }
        opened => Handle::ReadOnly(Arc::new(opened.or_fail()?), identity),
    };
    match contents(&handle.begin_read()?)? {
        Contents::Store => Ok(handle),
        Contents::Nothing => Err(no_store("it has no tables")),
    }
}

/// Opens a file through a layer that keeps all writes in memory.
fn overlaid(file: File, locking: Locking, builder: &Builder, damage: &Damage) -> Result<Database> {
    let backend = FileBackend::new(file).or_fail()?;
    let overlay = Overlay::new(backend, locking).map_err(file_failure)?;
    writable(overlay, builder, damage)
}

/// Says what a database is; one that is no store of ours, or of a newer format, is an error.
fn contents(transaction: &ReadTransaction) -> Result<Contents> {
    let tables = transaction.list_tables().or_fail()?.count();
    let multimaps = transaction.list_multimap_tables().or_fail()?.count();
    if tables + multimaps == 0 {
        return Ok(Contents::Nothing);
    }
    let foreign = || no_store("it is a database of another program");
    let meta = match transaction.open_table(META) {
        Err(TableError::Storage(error)) => return Err(error).or_fail(),
        opened => opened.map_err(|error| foreign().because(error))?,
    };
    let format = meta.get(FORMAT_KEY).or_fail()?.ok_or_else(foreign)?;
    let format = <[u8; 4]>::try_from(format.value()).map_err(|_| foreign())?;
    match u32::from_le_bytes(format) {
        0 => Err(foreign()),
        1..=FORMAT => Ok(Contents::Store),
        found => Err(ErrorKind::NewerFormat { path: String::new(), found, known: FORMAT }.into()),
    }
}

/// Makes the tables if there are none, and settles the clock.
pub(super) fn finish(handle: Handle, options: &Options) -> Result<Opened> {
    let clock = match contents(&handle.begin_read()?)? {
        Contents::Nothing => first_clock(&handle, options)?,
        Contents::Store => next_clock(&handle, options)?,
    };
    Ok((handle, clock))
}

fn first_clock(handle: &Handle, options: &Options) -> Result<ClockMode> {
    let clock = options.manual_clock.map_or(ClockMode::System, ClockMode::Manual);
    if let Handle::Database(database) = handle {
        let transaction = database.begin_write().or_fail()?;
        initialise(&transaction, clock)?;
        transaction.commit().or_fail()?;
    }
    Ok(clock)
}

/// A manual clock goes on from its last instant, or from a later one that the options say.
fn next_clock(handle: &Handle, options: &Options) -> Result<ClockMode> {
    let image = Image::new(handle, options.parser)?;
    let kept = image.clock()?;
    let Some(to) = options.manual_clock else {
        return Ok(kept);
    };
    let next = kept.moved(to)?;
    if let (Handle::Database(database), false) = (handle, options.read_only || next == kept) {
        let transaction = database.begin_write().or_fail()?;
        put_clock(&transaction, next)?;
        transaction.commit().or_fail()?;
    }
    Ok(next)
}
