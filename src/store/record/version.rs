//! Versions as they are written: the bytes of their records, made column by column, so that no cell is copied first
//! and one that the version before it had too is not written out again.

use serde::Serialize;

use super::v1::{CellRecord, ChangeRecord1, RowRecord, VersionRecord1};
use super::v3::{ByRecord, ChangeRecord, VersionRecord};
use crate::error::Result;
use crate::model::{Cell, Column, Value, Version};
use crate::store::codec::{encode_packed, pack};

/// The number of [`ChangeRecord1::Version`] among the kinds of changes.
const VERSION: u32 = 4;

/// Room for the numbers of a few columns and the checksum.
const MORE: usize = 64;

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

fn pack_version(version: &Version, bytes: &mut Vec<u8>) -> Result<()> {
    let rows: Vec<_> = version.rows.iter().map(RowRecord::from).collect();
    pack(&(version.config.0, version.number, &version.description, rows), bytes)?;
    pack(&version.columns.len(), bytes)?;
    bytes.reserve(version.columns.iter().map(Column::written_len).sum::<usize>() + MORE);
    version.columns.iter().try_for_each(|column| {
        pack(&column.key.0, bytes)?;
        column.append_written(bytes, pack_cells)
    })
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
