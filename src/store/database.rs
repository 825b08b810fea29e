//! Databases of redb: how they are opened, and what they turn out to be.

use redb::{Builder, ConcurrencyMode, Database, ReadTransaction, StorageBackend, TableError};

use super::failure::OrFail;
use super::handle::Handle;
use super::image::Image;
use super::options::{ClockMode, Options};
use super::page::{Checked, Damage, Role};
use super::tables::{FORMAT, FORMAT_KEY, META};
use super::write::{initialise, put_clock};
use crate::error::{Error, ErrorKind, Result};

/// The cache of pages, unless the options say another size; redb's own default is 1 GiB.
const CACHE_BYTES: usize = 64 << 20;

/// Contents of a database of redb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contents {
    /// No tables at all: a new one that becomes a store, or another program's.
    Nothing,
    /// A store of a format that this code reads.
    Store,
}

/// Handle of an opened file, and the clock in it.
pub(super) type Opened = (Handle, ClockMode);

/// One process writes, and others may read beside it: a reader sees each commit whole.
pub(super) fn builder(cache_bytes: Option<usize>) -> Builder {
    let mut builder = Builder::new();
    builder
        .set_cache_size(cache_bytes.unwrap_or(CACHE_BYTES))
        .set_concurrency_mode(ConcurrencyMode::SingleWriter);
    builder
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
pub(super) fn unshared(cache_bytes: Option<usize>) -> Builder {
    let mut builder = builder(cache_bytes);
    builder.set_concurrency_mode(ConcurrencyMode::ExclusiveWriter);
    builder
}

pub(super) fn no_store(why: &str) -> Error {
    ErrorKind::NotAStore { path: String::new(), why: why.to_owned() }.into()
}

/// Refuses a database that is no store yet: in a file, one has its tables before it has its name.
pub(super) fn refuse_empty(transaction: &ReadTransaction) -> Result<()> {
    match contents(transaction)? {
        Contents::Store => Ok(()),
        Contents::Nothing => Err(no_store("it has no tables")),
    }
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
    if let Handle::Database(database, _) = handle {
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
    if let (Handle::Database(database, _), false) = (handle, options.read_only || next == kept) {
        let transaction = database.begin_write().or_fail()?;
        put_clock(&transaction, next)?;
        transaction.commit().or_fail()?;
    }
    Ok(next)
}
