//! `keys`, `segments`, `configs`: the objects, by name.

use std::sync::Arc;

use super::{About, Flow, Reading, Row, Sink, Table, wanted};
use crate::error::Result;
use crate::model::{Config, Datum, KeyId, ObjectKind, Revision, Timestamp, Value};
use crate::query::relation::{config_row, key_row, segment_row};
use crate::query::rows::ColumnKind::{Integer, List, Text, Time, Value as Any};
use crate::query::rows::{self, Column};
use crate::query::value::count;

const DESCRIPTION: Column = Column::of("description", Text, "what it is for");
const REVISION: Column =
    Column::of("revision", Integer, "the revision that made its newest version");
const CHANGED: Column = Column::of("changed", Time, "when that was committed");

pub(super) static KEYS: Table = Table {
    name: "keys",
    columns: &[
        Column::of("key", Text, "its name"),
        Column::of("type", Text, "its type"),
        Column::of("default", Any, "its default"),
        Column::of("check", Text, "the condition that its values meet"),
        Column::of("config", Text, "the config that owns it"),
        Column::of("status", Text, "`active` or `archived`"),
        Column::of("version", Integer, "its newest version"),
        DESCRIPTION,
        REVISION,
        CHANGED,
    ],
    looked_up: |_| &["key", "config"],
    tested: &["version"],
    about: About::Objects,
    sorted_by: &[],
    in_order: true,
    scan: keys,
};

pub(super) static SEGMENTS: Table = Table {
    name: "segments",
    columns: &[
        Column::of("segment", Text, "its name"),
        Column::of("condition", Text, "who is in it"),
        Column::of("status", Text, "`active` or `archived`"),
        Column::of("version", Integer, "its newest version"),
        Column::of("configs", List, "the configs that use it"),
        Column::of("segments", List, "the segments that use it"),
        DESCRIPTION,
        REVISION,
        CHANGED,
    ],
    looked_up: |_| &["segment"],
    tested: &["version"],
    about: About::Objects,
    sorted_by: &[],
    in_order: true,
    scan: segments,
};

pub(super) static CONFIGS: Table = Table {
    name: "configs",
    columns: &[
        Column::of("config", Text, "its name"),
        Column::of("status", Text, "whether it is live, and why not"),
        Column::of("live", Integer, "the version that is live"),
        Column::of("newest", Integer, "the newest version"),
        Column::of("next", Time, "when the live version may change"),
        Column::of("segments", List, "the segments of the newest version"),
        Column::of("keys", List, "the keys of the newest version"),
        Column::of("description", Text, "the description of the newest version"),
        REVISION,
        CHANGED,
    ],
    looked_up: |_| &["config"],
    tested: &[],
    about: About::Objects,
    sorted_by: &[],
    in_order: true,
    scan: configs,
};

fn keys(reading: &Reading<'_>, sink: &mut Sink<'_>) -> Flow {
    let (view, catalog) = (reading.view, reading.view.catalog());
    let of_config = |config: &Config| -> Vec<KeyId> {
        let versions = config.used(view.now());
        versions.flat_map(|version| version.columns.iter().map(|column| column.key)).collect()
    };
    for key in wanted::keys_of(reading, of_config) {
        if !reading.lookups.wants_number("version", key.version) {
            continue;
        }
        let mut row = key_row(catalog, key, view.secrets(), view.now());
        row.remove(2); // whether it is sensitive
        if sink(whole(reading, &KEYS, row, ObjectKind::Key, key.id.0)?)?.is_break() {
            return Ok(std::ops::ControlFlow::Break(()));
        }
    }
    Ok(std::ops::ControlFlow::Continue(()))
}

fn segments(reading: &Reading<'_>, sink: &mut Sink<'_>) -> Flow {
    let (view, catalog) = (reading.view, reading.view.catalog());
    for segment in wanted::segments(reading) {
        if !reading.lookups.wants_number("version", segment.version) {
            continue;
        }
        let row = segment_row(catalog, segment, view.secrets(), view.now());
        if sink(whole(reading, &SEGMENTS, row, ObjectKind::Segment, segment.id.0)?)?.is_break() {
            return Ok(std::ops::ControlFlow::Break(()));
        }
    }
    Ok(std::ops::ControlFlow::Continue(()))
}

fn configs(reading: &Reading<'_>, sink: &mut Sink<'_>) -> Flow {
    for config in wanted::configs(reading) {
        let row = config_row(reading.view.catalog(), config, reading.view.now());
        let id = config.head.id.0;
        if sink(whole(reading, &CONFIGS, row, ObjectKind::Config, id)?)?.is_break() {
            return Ok(std::ops::ControlFlow::Break(()));
        }
    }
    Ok(std::ops::ControlFlow::Continue(()))
}

/// The row of `SHOW`, and the revision that made the newest version, if that is read.
fn whole(
    reading: &Reading<'_>,
    table: &Table,
    row: rows::Row,
    kind: ObjectKind,
    id: u32,
) -> Result<Row> {
    let mut row = data(table.columns, row);
    let width = row.len();
    let made = reading.wants(width..width + 2).then(|| super::made::newest(reading.view, kind, id));
    let made: Option<Arc<Revision>> = made.transpose()?.flatten();
    row.push(made.as_ref().map_or(Datum::NULL, |made| count(made.number).into()));
    row.push(made.as_ref().map_or(Datum::NULL, |made| made.time.into()));
    Ok(row)
}

/// A row of `SHOW`, whose instants are texts, as a row of a query.
pub(super) fn data(columns: &[Column], row: rows::Row) -> Row {
    let datum = |(value, column): (Value, &Column)| {
        let at = value.as_str().filter(|_| column.kind() == Time);
        match at.and_then(|text| Timestamp::parse(text).ok()) {
            Some(at) => at.into(),
            None => value.into(),
        }
    };
    row.into_iter().zip(columns).map(datum).collect()
}
