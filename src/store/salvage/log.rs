//! Log of a damaged file: the longest beginning of it that is sound becomes the log of a new store.
//!
//! A revision counts as sound if its record and those of all its changes are there, its hash is right, and it keeps
//! to the rules. Records that are in no tree any more, because a page above them is damaged, count if the hash
//! proves them.

use std::collections::{BTreeMap, BTreeSet};

use redb::{ReadableTable, StorageBackend, Table, Value, WriteTransaction};

use crate::error::{ErrorKind, Result};
use crate::model::{Catalog, Change, ListId, Revision, RevisionHash};
use crate::store::chain::{extend_to, hash_in, link};
use crate::store::codec::decode;
use crate::store::failure::{OrFail, corrupt};
use crate::store::image::Image;
use crate::store::list;
use crate::store::load::Loader;
use crate::store::page::Harvest;
use crate::store::reader::Reader;
use crate::store::record::{HashRecord, RevisionRecord};
use crate::store::rules::{broken, unreadable};
use crate::store::tables::{Bytes, CHANGES, Position, REVISION_HASHES, REVISIONS};
use crate::store::version::decode_stored;

/// How many ids of a list are written at once.
const IDS: usize = 65_536;

/// Log of a new store.
#[derive(Default)]
pub(super) struct Kept {
    /// The catalog after its last revision.
    pub(super) catalog: Catalog,
    /// The hash of the last revision.
    pub(super) hash: Option<RevisionHash>,
    /// Why it ends before that of the file.
    pub(super) why: Option<String>,
    /// The lists that are not whole: how many ids are left, and how many there were, if that is known.
    pub(super) lists: BTreeMap<ListId, (u64, Option<u64>)>,
    /// How many ids of lists there are.
    pub(super) listed: u64,
}

/// Records of the log that are in pages of no tree.
#[derive(Default)]
struct Strays {
    revisions: BTreeMap<u64, Vec<u8>>,
    hashes: BTreeMap<u64, Vec<u8>>,
    changes: BTreeMap<Position, Vec<u8>>,
}

impl Strays {
    fn find(harvest: &Harvest<impl StorageBackend>) -> Self {
        let mut strays = Self::default();
        harvest.strays(size_of::<u64>(), |key, value| {
            let number = u64::from_bytes(key);
            if decode::<RevisionRecord>(value, String::new).is_ok() {
                strays.revisions.entry(number).or_insert_with(|| value.to_vec());
            } else if decode::<HashRecord>(value, String::new).is_ok() {
                strays.hashes.entry(number).or_insert_with(|| value.to_vec());
            }
        });
        harvest.strays(size_of::<u64>() + size_of::<u32>(), |key, value| {
            if decode_stored(value, String::new).is_ok() {
                let at = Position::from_bytes(key);
                strays.changes.entry(at).or_insert_with(|| value.to_vec());
            }
        });
        strays
    }
}

/// Puts records that are in no tree into the log, as far as it lacks them, and the hashes prove them. Gives the first
/// revision that has such records, and no right hash.
pub(super) fn complete(
    harvest: &Harvest<impl StorageBackend>,
    to: &WriteTransaction,
) -> Result<Option<u64>> {
    let strays = Strays::find(harvest);
    let mut revisions = to.open_table(REVISIONS).or_fail()?;
    let mut changes = to.open_table(CHANGES).or_fail()?;
    let mut hashes = to.open_table(REVISION_HASHES).or_fail()?;
    let mut before = None;
    for number in 1.. {
        let mut is_stray = put(&mut revisions, number, &strays.revisions)?;
        let Some(count) = count_of(&revisions, number)? else { return Ok(None) };
        for index in 0..count {
            is_stray |= put(&mut changes, (number, index), &strays.changes)?;
        }
        put(&mut hashes, number, &strays.hashes)?;
        let hash = link(before, number, &revisions, &changes)?;
        let is_proved = hash_in(&hashes, number).is_ok_and(|known| known == Some(hash));
        if is_stray && !is_proved {
            return Ok(Some(number));
        }
        before = Some(hash);
    }
    Ok(None)
}

/// How many changes a revision has, if its record can be read.
fn count_of(revisions: &impl ReadableTable<u64, Bytes>, number: u64) -> Result<Option<u32>> {
    let Some(bytes) = revisions.get(number).or_fail()? else { return Ok(None) };
    let record = decode::<RevisionRecord>(bytes.value(), String::new);
    Ok(record.ok().map(|record| record.changes))
}

/// Puts a record there that is missing; `true` if one was found.
fn put<'k, K: redb::Key + Value<SelfType<'k> = K> + Copy + Ord + 'static>(
    table: &mut Table<'_, K, Bytes>,
    key: K,
    strays: &BTreeMap<K, Vec<u8>>,
) -> Result<bool> {
    if table.get(key).or_fail()?.is_some() {
        return Ok(false);
    }
    let Some(stray) = strays.get(&key) else { return Ok(false) };
    table.insert(key, stray.as_slice()).or_fail()?;
    Ok(true)
}

/// Loads the longest beginning of a log that is sound, and ends before a revision, if one is said.
pub(super) fn copy(from: &Reader, to: &mut Loader, end: Option<u64>) -> Result<Kept> {
    let mut kept = Kept::default();
    for entry in from.changes_since(0)? {
        let sound = entry.and_then(|(revision, changes)| {
            if end.is_some_and(|end| revision.number >= end) {
                return Err(corrupt("it is in pages for which nothing speaks"));
            }
            let after = from.ask(|image| kept.after(image, &revision, &changes, to))?;
            Ok((revision, changes, after))
        });
        let (revision, changes, (catalog, hash)) = match sound {
            Ok(sound) => sound,
            Err(error) => {
                let ErrorKind::Corrupt { what } = error.kind() else { return Err(error) };
                kept.why = Some(what.clone());
                return Ok(kept);
            }
        };
        kept.lists(from, to, &changes)?;
        to.revision(&revision, &changes, &catalog)?;
        (kept.catalog, kept.hash) = (catalog, Some(hash));
    }
    Ok(kept)
}

impl Kept {
    /// The number of the last revision.
    pub(super) fn last(&self) -> u64 {
        self.catalog.revision
    }

    /// The catalog and the hash after a revision; an error says what is wrong with that.
    fn after(
        &self,
        image: &Image,
        revision: &Revision,
        changes: &[Change],
        versions: &Loader,
    ) -> Result<(Catalog, RevisionHash)> {
        let number = revision.number;
        let (revisions, records) = (image.table(REVISIONS)?, image.table(CHANGES)?);
        let hash = link(self.hash, number, &revisions, &records)?;
        let known = hash_in(&image.table(REVISION_HASHES)?, number)?;
        if known.is_some_and(|known| known != hash) {
            return Err(corrupt(format!("revision {number}: its hash is not that of what it did")));
        }
        if self.catalog.time.is_some_and(|last| last > revision.time) {
            return Err(corrupt(format!("revision {number} is older than the one before it")));
        }
        let mut catalog = self.catalog.clone();
        for change in changes {
            let problems = broken(change, &catalog).into_iter();
            if let Some(problem) = problems.chain(unreadable(change, image.parser())).next() {
                return Err(corrupt(format!("revision {number}: {problem}")));
            }
            catalog.apply(std::slice::from_ref(change), revision.time, versions)?;
        }
        (catalog.revision, catalog.time) = (number, Some(revision.time));
        Ok((catalog, hash))
    }

    /// Loads what is left of the lists that changes are the first to refer to.
    fn lists(&mut self, from: &Reader, to: &mut Loader, changes: &[Change]) -> Result<()> {
        let segments = changes.iter().filter_map(|change| match change {
            Change::Segment(segment) => Some(segment.condition.lists()),
            _ => None,
        });
        let lists: BTreeSet<_> = segments.flatten().collect();
        for list in
            lists.into_iter().filter(|list| !self.lists.contains_key(list)).collect::<Vec<_>>()
        {
            let left = copy_list(from, to, list)?;
            let whole = from.ask(|image| list::sealed_length(image, list)).ok();
            self.lists.insert(list, (left, whole));
            self.listed += left;
        }
        Ok(())
    }
}

/// Copies the ids of a list that are left; gives how many.
fn copy_list(from: &Reader, to: &mut Loader, list: ListId) -> Result<u64> {
    let (mut ids, mut left): (Vec<String>, u64) = (Vec::new(), 0);
    from.ask(|image| {
        list::each_left(image, list, |id| {
            ids.push(id.to_owned());
            left += 1;
            if ids.len() < IDS {
                return Ok(());
            }
            let full = std::mem::take(&mut ids);
            to.ids(list, full.iter().map(String::as_str))
        })
    })?;
    to.ids(list, ids.iter().map(String::as_str))?;
    Ok(left)
}

/// Gives a log the bytes of the records from which it was made, where an earlier program wrote them: so the hashes stay.
pub(super) fn keep_bytes(from: &Image, to: &WriteTransaction, last: u64) -> Result<()> {
    let mut revisions = to.open_table(REVISIONS).or_fail()?;
    for entry in from.table(REVISIONS)?.range(..=last).or_fail()? {
        let (number, bytes) = entry.or_fail()?;
        revisions.insert(number.value(), bytes.value()).or_fail()?;
    }
    let mut changes = to.open_table(CHANGES).or_fail()?;
    for entry in from.table(CHANGES)?.range(..=(last, u32::MAX)).or_fail()? {
        let (at, bytes) = entry.or_fail()?;
        changes.insert(at.value(), bytes.value()).or_fail()?;
    }
    let mut hashes = to.open_table(REVISION_HASHES).or_fail()?;
    hashes.retain(|_, _| false).or_fail()?;
    extend_to(last, &mut hashes, &revisions, &changes)
}
