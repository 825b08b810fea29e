//! Salvage of a damaged store: what of it can be read becomes a new, sound store, and what cannot is told.
//!
//! Pages whose sums are right are read around those that are damaged (`page::Harvest`), and what they hold is put in a
//! database of its own (`tables`), from which the usual code reads. Of the log the longest beginning is
//! kept that is sound (`log`): what follows a revision that is lost cannot be told from something else. From it, all
//! that is derived is made anew. Users, lists and deliveries are in no log: as much of them is kept as is left.
//!
//! The damaged file is only read.

mod log;
mod report;
mod tables;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use redb::backends::InMemoryBackend;
use redb::{Database, TableHandle as _};

pub(crate) use report::{Salvaged, Saved};

use super::Store;
use super::backup::{overwrites, sync_directory};
use super::database::{finish, no_store, unshared};
use super::delivery;
use super::failure::{OrFail, Place, corrupt, file_failure, guarded};
use super::file::{Keeping, StoreFile};
use super::handle::Handle;
use super::image::Image;
use super::make::make_beside;
use super::open::find;
use super::options::Options;
use super::page::{Damage, Harvest, Source, damaged_pages};
use super::reader::Reader;
use super::report::PROBLEMS;
use super::shared::Shared;
use super::still::Still;
use super::tables::{
    BATCH_KEY, CHANGES, COUNTS, HEADS, KEPT, KEPT_PUBLICATIONS, META, RETENTION, REVISION_HASHES,
    REVISIONS, RUNS, TRAFFIC, USER_NUMBERS,
};
use super::temporary::Temporary;
use super::traffic;
use super::user::{self, Batch};
use crate::error::{ErrorKind, Result};
use tables::{Read, copy_tables};

/// How many entries of users are written at once.
const BATCH: usize = if cfg!(test) { 8 } else { 65_536 };

/// Finds out what of a store can be saved, and writes that into a new file, if one is said. Until that is whole and
/// sound it has not got its name.
pub(crate) fn salvage(path: &Path, to: Option<&Path>, options: &Options) -> Result<Salvaged> {
    held_still(path, options, |still| match to {
        None => in_memory(still, options),
        Some(to) => {
            let place = Place::new(to.display().to_string());
            guarded(&place, || to_file(still, to, options))
        }
    })
}

/// Reads a damaged store into memory, where the usual code reads what is left of it as it stands now. What stands now
/// is there whole, or this is an error; of users and lists what is left is there.
pub(crate) fn read_damaged(path: &Path, options: &Options) -> Result<Store> {
    held_still(path, options, |still| {
        let raw = unshared(options.cache_bytes).create_with_backend(InMemoryBackend::new());
        let salvage = Salvage::read(still, raw.or_fail()?, options)?;
        let objects = [HEADS.name(), KEPT.name(), KEPT_PUBLICATIONS.name(), RETENTION.name()];
        match objects.into_iter().find(|table| salvage.read.missing(table) > 0) {
            Some(table) => Err(corrupt(format!("not all of table `{table}` can be read"))),
            None => Ok(salvage.raw),
        }
    })
}

/// Does something with a file that is only read, and that nobody writes to meanwhile.
fn held_still<T>(
    path: &Path,
    options: &Options,
    work: impl FnOnce(&Still) -> Result<T>,
) -> Result<T> {
    let place = Place::new(path.display().to_string());
    guarded(&place, || {
        find(path, &Options { read_only: true, ..options.clone() })?;
        let still = Still::new(StoreFile::open_to_read(path)?);
        still.check().map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => no_store("it is too short"),
            _ => file_failure(error),
        })?;
        let done = work(&still)?;
        // what was taken for damage may have been a write
        still.check().map_err(file_failure)?;
        Ok(done)
    })
}

fn in_memory(still: &Still, options: &Options) -> Result<Salvaged> {
    let raw = unshared(options.cache_bytes).create_with_backend(InMemoryBackend::new());
    let salvage = Salvage::read(still, raw.or_fail()?, options)?;
    let new = Store::in_memory(options)?;
    salvage.fill(&new)
}

fn to_file(still: &Still, to: &Path, options: &Options) -> Result<Salvaged> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(overwrites(to, "a repair"));
    }
    let open = |file| unshared(options.cache_bytes).create_with_backend(file).or_fail();
    let (_kept, raw) = Temporary::open(to, Keeping::UntilDropped, open)?;
    let salvage = Salvage::read(still, raw, options)?;
    let (temporary, (handle, clock)) = make_beside(to, options, &Damage::default())?;
    let place = Place::new(to.display().to_string());
    let new = Store { shared: Arc::new(Shared::new(handle, place, None, clock, options)) };
    let salvaged = salvage.fill(&new)?;
    temporary.take_access(&still.file().metadata()?)?;
    still.check().map_err(file_failure)?;
    if !temporary.name(to)? {
        return Err(overwrites(to, "a repair"));
    }
    sync_directory(to)?;
    Ok(salvaged)
}

/// What was read of a damaged store.
struct Salvage {
    raw: Store,
    read: Read,
    source: Source,
    /// The first revision that nothing proves.
    unproved: Option<u64>,
    damage: Vec<String>,
}

impl Salvage {
    fn read(still: &Still, raw: Database, options: &Options) -> Result<Self> {
        let harvest = Harvest::new(still.clone()).map_err(file_failure)?;
        let harvest = harvest.ok_or_else(|| no_store("no list of its tables is left"))?;
        let transaction = raw.begin_write().or_fail()?;
        let read = copy_tables(&harvest, &transaction)?;
        let source = harvest.source();
        let is_torn = |table: &str| read.of(table).is_some_and(|table| !table.gaps.is_empty());
        let log = [REVISIONS.name(), CHANGES.name(), REVISION_HASHES.name()];
        let has_strays = source == Source::Older || log.into_iter().any(is_torn);
        let unproved = if has_strays { log::complete(&harvest, &transaction)? } else { None };
        user::complete(&transaction)?;
        transaction.commit().or_fail()?;
        let options = Options { manual_clock: None, ..options.clone() };
        let (handle, clock) = finish(Handle::Database(Arc::new(raw), None), &options)?;
        let place = Place::new("what was read");
        let raw = Store { shared: Arc::new(Shared::new(handle, place, None, clock, &options)) };
        Ok(Self { raw, read, source, unproved, damage: damage(still)? })
    }

    /// Fills an empty store, and verifies it.
    fn fill(&self, new: &Store) -> Result<Salvaged> {
        let (from, mut salvaged) = (self.raw.reader()?, Salvaged::default());
        salvaged.damage.clone_from(&self.damage);
        salvaged.tell_file(self.source, &self.read);
        let clock = self.raw.clock().manual();
        let mut loader = new.begin_load(clock)?;
        let kept = log::copy(&from, &mut loader, self.unproved)?;
        loader.finish(clock)?;
        if new.reader()?.hash(kept.last())? != kept.hash {
            from.ask(|image| new.write(|to| log::keep_bytes(image, to, kept.last())))?;
        }
        salvaged.tell_log(&from, &kept, self.newest(&from)?)?;
        self.users(&from, new, &mut salvaged)?;
        self.deliveries(&from, new, &kept, &mut salvaged)?;
        let problems = new.verify(None)?.problems;
        match problems.into_iter().next() {
            Some(what) => Err(corrupt(format!("what was saved is not sound: {what}"))),
            None => Ok(salvaged),
        }
    }

    /// The newest revision of which anything is known.
    fn newest(&self, from: &Reader) -> Result<u64> {
        Ok(from.ask(Image::newest)?.max(self.read.listed(REVISIONS.name())))
    }

    fn users(&self, from: &Reader, new: &Store, salvaged: &mut Salvaged) -> Result<()> {
        let (mut batch, mut left) = (Batch::default(), (0, 0));
        from.ask(|image| {
            user::each_left(image, |id, entries| {
                let entries = match entries {
                    Ok(entries) => entries,
                    Err(error) => {
                        let ErrorKind::Corrupt { what } = error.kind() else { return Err(error) };
                        salvaged.lose(format!("user `{id}`: {what}"));
                        return Ok(());
                    }
                };
                left.0 += u64::from(!entries.is_empty());
                left.1 += entries.len() as u64;
                entries.iter().try_for_each(|entry| batch.push(entry))?;
                if batch.len() >= BATCH { add(new, &mut batch) } else { Ok(()) }
            })
        })?;
        if !batch.is_empty() {
            add(new, &mut batch)?;
        }
        salvaged.users = Saved::of(left.0, self.read.listed(USER_NUMBERS.name()));
        salvaged.facts = Saved::of(left.1, from.ask(user::counted)?);
        let gaps = self.read.of(RUNS.name()).map_or(&[][..], |table| &table.gaps);
        salvaged.tell_users(&from.ask(|image| user::in_gaps(image, gaps))?);
        Ok(())
    }

    fn deliveries(
        &self,
        from: &Reader,
        new: &Store,
        kept: &log::Kept,
        salvaged: &mut Salvaged,
    ) -> Result<()> {
        let left = new.write(|to| {
            let batch = from.ask(|image| {
                let meta = image.table(META)?;
                Ok(meta.get(BATCH_KEY).or_fail()?.map(|number| number.value().to_vec()))
            })?;
            if let Some(batch) = batch {
                to.open_table(META).or_fail()?.insert(BATCH_KEY, batch.as_slice()).or_fail()?;
            }
            let left = from.ask(|image| delivery::copy_left(image, &kept.catalog, to))?;
            Ok((left, from.ask(|image| traffic::copy_left(image, to))?))
        })?;
        let (left, contexts) = left;
        salvaged.contexts = Saved::of(contexts, self.read.listed(TRAFFIC.name()));
        salvaged.deliveries = Saved::of(left, self.read.listed(COUNTS.name()));
        salvaged.tell_deliveries(&self.read);
        Ok(())
    }
}

/// What is wrong with the pages of a file.
fn damage(still: &Still) -> Result<Vec<String>> {
    let mut damage = Vec::new();
    damaged_pages(still, &|_| true, |problem| {
        damage.push(problem);
        damage.len() < PROBLEMS
    })
    .map_err(file_failure)?;
    Ok(damage)
}

fn add(new: &Store, batch: &mut Batch) -> Result<()> {
    new.add_batch(batch)?;
    batch.clear();
    Ok(())
}
