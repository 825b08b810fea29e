//! Versions in the log. A large one is written as an edit of the version before it, of which it shares most columns; and
//! whole, when there is no such version, or too much of it is another.
//!
//! So a version is read from the last one that was written whole and the edits since then. All of these together have no
//! more columns than it has itself, and are at most so many: it is read in about twice the time that it takes to read it
//! whole, however often the config was edited. Who reads the log from its beginning has just read what each edit is of.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use redb::ReadableTable;

use super::codec::{Record as _, decode, schema, unpack};
use super::failure::{OrFail, corrupt};
use super::record::{
    ChangeRecord, EditRecord, Restore as _, are_written_alike, decode_change, encode_edit,
};
use super::tables::{Bytes, Position};
use crate::error::{Error, Result};
use crate::model::{Catalog, Change, Column, ConditionParser, ConfigId, Version};

/// From how many bytes on the record of a version is large; few in the tests, so that they see edits.
const LARGE: usize = if cfg!(test) { 256 } else { 4 << 10 };
/// How many edits stand on one another at most.
const EDITS: u32 = if cfg!(test) { 3 } else { 64 };

/// Version on which the next one of its config stands, and its place in the log.
pub(super) struct Base<'v> {
    pub(super) version: &'v Version,
    pub(super) at: Position,
    /// How many columns of edits it is read from.
    pub(super) cost: u32,
}

/// Newest versions of configs while a revision is written.
pub(super) struct Newest<'c> {
    before: &'c Catalog,
    written: BTreeMap<ConfigId, &'c Version>,
}

impl<'c> Newest<'c> {
    /// Those of a catalog.
    pub(super) fn new(before: &'c Catalog) -> Self {
        Self { before, written: BTreeMap::new() }
    }

    /// The version before one, which is the newest from here on.
    pub(super) fn replace(&mut self, version: &'c Version) -> Option<&'c Version> {
        let written = self.written.insert(version.config, version);
        let before = || self.before.config(version.config)?.newest().map(|newest| &**newest);
        written.or_else(before).filter(|base| base.number.checked_add(1) == Some(version.number))
    }
}

/// How many columns of edits a version is read from; `None` if its record is no large one.
pub(super) fn cost_of(record: &[u8]) -> Option<u32> {
    match record {
        [_, EditRecord::SCHEMA, payload @ ..] => unpack(&mut &*payload),
        _ => (record.len() >= LARGE).then_some(0),
    }
}

/// Encodes the change that adds a version as an edit of the one before it, if that is worth it.
pub(super) fn encode_as_edit(version: &Version, base: &Base<'_>) -> Result<Option<Vec<u8>>> {
    let edited = edited(version, base.version)?;
    let (columns, count) = (count(&version.columns), count(&edited));
    let cost = base.cost.saturating_add(count.max(1));
    if cost > columns.min(EDITS) || count > columns / 2 {
        return Ok(None);
    }
    encode_edit(version, base.version, (base.at, cost), &edited).map(Some)
}

fn count<T>(columns: &[T]) -> u32 {
    u32::try_from(columns.len()).unwrap_or(u32::MAX)
}

/// The columns that another version does not have just so: equal cells may be written otherwise.
fn edited<'v>(version: &'v Version, base: &Version) -> Result<Vec<&'v Column>> {
    let (theirs, mut edited) = (base.by_key(), Vec::new());
    for column in &version.columns {
        let their = theirs.get(&column.key);
        if !their.map_or(Ok(false), |their| are_written_alike(their, column))? {
            edited.push(column);
        }
    }
    Ok(edited)
}

/// Stored form of a change.
pub(super) enum Stored {
    /// It says all.
    Whole(ChangeRecord),
    /// A version, which stands on another one.
    Edit(EditRecord),
}

/// Edits with their places, each of which stands on the next one.
type Edits = Vec<(Position, EditRecord)>;

/// Decodes the record of a change.
pub(super) fn decode_stored(bytes: &[u8], location: impl Fn() -> String) -> Result<Stored> {
    match schema(bytes) {
        Some(EditRecord::SCHEMA) => decode(bytes, location).map(Stored::Edit),
        _ => decode_change(bytes, location).map(Stored::Whole),
    }
}

/// The large version that was read last: the next one may stand on it.
#[derive(Default)]
pub(super) struct LastRead(Mutex<Option<Read>>);

/// Version that was read, from where, and its cost.
#[derive(Clone)]
struct Read {
    version: Arc<Version>,
    at: Position,
    cost: u32,
}

impl LastRead {
    fn get(&self, at: Position) -> Option<Read> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|read| read.at == at).cloned()
    }

    fn set(&self, version: &Arc<Version>, at: Position, cost: u32) {
        let last = Read { version: Arc::clone(version), at, cost };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
    }
}

/// Changes of the log, in a table that is open for reading or for writing.
pub(super) struct Changes<'t, T> {
    pub(super) table: &'t T,
    pub(super) parser: ConditionParser,
    pub(super) last_read: &'t LastRead,
}

impl<T: ReadableTable<Position, Bytes>> Changes<'_, T> {
    /// A change, which must be there.
    pub(super) fn get(&self, at: Position) -> Result<Change> {
        let bytes = self.table.get(at).or_fail()?;
        let bytes =
            bytes.ok_or_else(|| corrupt(format!("table `pcq.changes` has no record {at:?}")))?;
        self.read(bytes.value(), at)
    }

    /// Reads the record of a change.
    pub(super) fn read(&self, bytes: &[u8], at: Position) -> Result<Change> {
        let record = match decode_stored(bytes, || location(at))? {
            Stored::Edit(edit) => return self.edited(edit, at).map(Change::Version),
            Stored::Whole(record) => record,
        };
        let change = record.restore(self.parser).map_err(|why| damaged(at, &why))?;
        if let (Change::Version(version), Some(cost)) = (&change, cost_of(bytes)) {
            self.last_read.set(version, at, cost);
        }
        Ok(change)
    }

    /// Reads a version that stands on others: back to one that is known or whole, and from there on.
    fn edited(&self, edit: EditRecord, at: Position) -> Result<Arc<Version>> {
        let cost = edit.cost;
        if cost > EDITS {
            return Err(damaged(at, "it stands on too many others"));
        }
        let mut edits = vec![(at, edit)];
        let mut version = self.ground(&mut edits)?;
        while let Some((at, edit)) = edits.pop() {
            let edited = edit.restore(&version, self.parser);
            version = edited.map_err(|why| damaged(at, &why))?.into();
        }
        self.last_read.set(&version, at, cost);
        Ok(version)
    }

    /// The version on which an edit stands in the end; those between are put behind it.
    fn ground(&self, edits: &mut Edits) -> Result<Arc<Version>> {
        while let Some((at, edit)) = edits.last() {
            let (at, base, cost) = (*at, edit.base, edit.cost);
            let stands = |on: u32| if on < cost { Ok(()) } else { Err(damaged(at, COSTS)) };
            if let Some(known) = self.last_read.get(base) {
                return stands(known.cost).map(|()| known.version);
            }
            let bytes = self.table.get(base).or_fail()?;
            let bytes = bytes.ok_or_else(|| damaged(at, "it stands on none"))?;
            match decode_stored(bytes.value(), || location(base))? {
                Stored::Edit(before) => {
                    stands(before.cost)?;
                    edits.push((base, before));
                }
                Stored::Whole(record) => {
                    stands(0)?;
                    return match record.restore(self.parser) {
                        Ok(Change::Version(version)) => Ok(version),
                        Ok(_) => Err(damaged(at, "it stands on what is no version")),
                        Err(why) => Err(damaged(base, &why)),
                    };
                }
            }
        }
        Err(Error::bug("a version stands on no other, and is none"))
    }
}

/// What is wrong with an edit that would be read for ever.
const COSTS: &str = "it costs no more than the version before it";

fn location(at: Position) -> String {
    format!("table `pcq.changes`, record {at:?}")
}

fn damaged(at: Position, why: &str) -> Error {
    corrupt(format!("{}: {why}", location(at)))
}
