//! Versions as they are written: the bytes of their records, made column by column, so that no cell is copied first
//! and one that the version before it had too is not written out again. And what is written of versions besides
//! [`VersionRecord`]: edits, and that the log is to be asked.

use serde::{Deserialize, Serialize};

use super::v1::{CellRecord, ChangeRecord1, ColumnRecord, RowRecord, VersionRecord1};
use super::v3::{ByRecord, ChangeRecord, VersionRecord};
use crate::error::Result;
use crate::model::{Cell, Column, Value, Version};
use crate::store::codec::{Record, encode_packed, pack};
use crate::store::tables::Position;

/// The number of [`ChangeRecord1::Version`] among the kinds of changes.
const VERSION: u32 = 4;

/// Room for the numbers of a few columns and the checksum.
const MORE: usize = 64;

/// Change that adds a version, as what it has other than the version before it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct EditRecord {
    /// How many columns of edits it is read from, its own too: more than the version before it.
    pub(in crate::store) cost: u32,
    /// Where the version before it is in the log.
    pub(in crate::store) base: Position,
    pub(super) config: u32,
    pub(super) number: u32,
    pub(super) description: Option<String>,
    /// The rows, and by what their rollouts go; `None` if they are the same.
    pub(in crate::store) rows: Option<(Vec<RowRecord>, ByRecord)>,
    /// The keys in order; `None` if they are the same.
    pub(in crate::store) keys: Option<Vec<u32>>,
    /// The columns that are others, or new.
    pub(super) columns: Vec<ColumnRecord>,
}

impl Record for EditRecord {
    const SCHEMA: u8 = 4;
}

/// Version that is kept and that only the log has.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct LoggedVersionRecord;

impl Record for LoggedVersionRecord {
    const SCHEMA: u8 = 3;
}

/// [`CellRecord`] of one value, whose text is borrowed.
#[derive(Serialize)]
enum PlainCell<'t> {
    Value(&'t str),
}

/// Encodes a version, as a [`VersionRecord`] of it is encoded. One whose rollouts all go by users stays as programs read
/// it that know no others.
pub(in crate::store) fn encode_version(version: &Version) -> Result<Vec<u8>> {
    let by = ByRecord::from(version);
    if by.is_empty() {
        return encode_packed::<VersionRecord1>(|bytes| pack_version(version, bytes));
    }
    encode_packed::<VersionRecord>(|bytes| {
        pack_version(version, bytes)?;
        pack(&by, bytes)
    })
}

/// Encodes the change that adds a version.
pub(super) fn encode_new_version(version: &Version) -> Result<Vec<u8>> {
    let by = ByRecord::from(version);
    let change = |bytes: &mut Vec<u8>| {
        pack(&VERSION, bytes)?;
        pack_version(version, bytes)
    };
    if by.is_empty() {
        return encode_packed::<ChangeRecord1>(change);
    }
    encode_packed::<ChangeRecord>(|bytes| {
        change(bytes)?;
        let sensitive = false;
        pack(&(sensitive, by), bytes)
    })
}

/// Encodes the change that adds a version as an [`EditRecord`] of its edited columns, with the place in the log of the
/// version before it, and the cost.
pub(in crate::store) fn encode_edit(
    version: &Version,
    before: &Version,
    (base, cost): (Position, u32),
    edited: &[&Column],
) -> Result<Vec<u8>> {
    let rows = (version.rows != before.rows).then(|| (rows(version), ByRecord::from(version)));
    let keys = |version: &Version| version.columns.iter().map(|column| column.key.0).collect();
    let keys = Some(keys(version)).filter(|own: &Vec<u32>| *own != keys(before));
    encode_packed::<EditRecord>(|bytes| {
        pack(&(cost, base, version.config.0, version.number), bytes)?;
        pack(&(&version.description, rows, keys, edited.len()), bytes)?;
        edited.iter().try_for_each(|column| pack_column(column, bytes))
    })
}

fn rows(version: &Version) -> Vec<RowRecord> {
    version.rows.iter().map(RowRecord::from).collect()
}

fn pack_version(version: &Version, bytes: &mut Vec<u8>) -> Result<()> {
    pack(&(version.config.0, version.number, &version.description, rows(version)), bytes)?;
    pack(&version.columns.len(), bytes)?;
    bytes.reserve(version.columns.iter().map(Column::written_len).sum::<usize>() + MORE);
    version.columns.iter().try_for_each(|column| pack_column(column, bytes))
}

/// Whether the cells of two columns are the same in a record, too.
pub(in crate::store) fn are_written_alike(one: &Column, other: &Column) -> Result<bool> {
    if one.shares(other) || one != other {
        return Ok(one.shares(other));
    }
    let (mut first, mut second) = (Vec::new(), Vec::new());
    one.append_written(&mut first, pack_cells)?;
    other.append_written(&mut second, pack_cells)?;
    Ok(first == second)
}

fn pack_column(column: &Column, bytes: &mut Vec<u8>) -> Result<()> {
    pack(&column.key.0, bytes)?;
    column.append_written(bytes, pack_cells)
}

fn pack_cells(cells: &[Option<Cell>], bytes: &mut Vec<u8>) -> Result<()> {
    pack(&cells.len(), bytes)?;
    cells.iter().try_for_each(|cell| match cell {
        Some(Cell::Value(value)) => pack_value(value, bytes),
        cell => pack(&cell.as_ref().map(CellRecord::from), bytes),
    })
}

fn pack_value(value: &Value, bytes: &mut Vec<u8>) -> Result<()> {
    match value {
        Value::Integer(number) => pack_text(itoa::Buffer::new().format(*number), bytes),
        Value::Boolean(true) => pack_text("true", bytes),
        Value::Boolean(false) => pack_text("false", bytes),
        other => pack_text(&other.to_string(), bytes),
    }
}

fn pack_text(text: &str, bytes: &mut Vec<u8>) -> Result<()> {
    pack(&Some(PlainCell::Value(text)), bytes)
}
