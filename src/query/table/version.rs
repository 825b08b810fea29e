//! `versions`, `rows`, `cells`: every version of the objects, and what is in those of configs.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::{About, Flow, Reading, Sink, Table, made};
use crate::model::{
    Catalog, Cell, Change, Config, Datum, ObjectKind, Share, Spanned, Value, Version,
};
use crate::query::definition::{config_definition, key_statement, segment_definition};
use crate::query::log::Logged;
use crate::query::rows::Column;
use crate::query::rows::ColumnKind::{Integer, Number, Text, Time, Value as Any};
use crate::query::value::{count, maybe, optional, text};

const CONFIG: Column = Column::of("config", Text, "the config");
const VERSION: Column = Column::of("version", Integer, "the version of it");
const POSITION: Column = Column::of("position", Integer, "which row of it, from 1");
const SEGMENT: Column = Column::of("segment", Text, "the segment of the row");

pub(super) static VERSIONS: Table = Table {
    name: "versions",
    columns: &[
        Column::of("kind", Text, "`config`, `key` or `segment`"),
        Column::of("name", Text, "the name of the object"),
        Column::of("version", Integer, "the number of the version"),
        Column::of("revision", Integer, "the revision that made it"),
        Column::of("time", Time, "when that was committed"),
        Column::of("actor", Text, "who committed it"),
        Column::of("comment", Text, "why"),
        Column::of("definition", Text, "the statement that makes it; none if there is no such"),
    ],
    looked_up: &["kind", "name"],
    about: About::Objects,
    scan: versions,
};

pub(super) static ROWS: Table = Table {
    name: "rows",
    columns: &[
        CONFIG,
        VERSION,
        POSITION,
        SEGMENT,
        Column::of("rollout", Number, "the percentage of its users"),
        Column::of("salt", Text, "what their buckets go by"),
    ],
    looked_up: &["config", "segment"],
    about: About::Objects,
    scan: rows,
};

pub(super) static CELLS: Table = Table {
    name: "cells",
    columns: &[
        CONFIG,
        VERSION,
        POSITION,
        SEGMENT,
        Column::of("key", Text, "the key"),
        Column::of("variant", Text, "the arm, if it is one of a split"),
        Column::of("share", Number, "the percentage of the arm; 100 of a cell without arms"),
        Column::of("value", Any, "the value"),
    ],
    looked_up: &["config", "segment", "key"],
    about: About::Objects,
    scan: cells,
};

/// The configs that are wanted, by name.
pub(super) fn configs<'r>(reading: &Reading<'r>) -> Vec<&'r Arc<Config>> {
    let wanted = |config: &&Arc<Config>| reading.lookups.wants("config", config.head.name.as_str());
    let mut configs: Vec<_> = reading.view.catalog().configs().filter(wanted).collect();
    configs.sort_by(|a, b| a.head.name.cmp(&b.head.name));
    configs
}

/// Every version of the configs that are wanted.
fn each_version(reading: &Reading<'_>, mut take: impl FnMut(&Config, &Version) -> Flow) -> Flow {
    for config in configs(reading) {
        for number in 1..=u64::from(config.newest) {
            let version = reading.view.version_of(config, &Spanned::unplaced(number))?;
            if take(config, &version)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// A percentage as a number.
fn percent(share: Share) -> Datum {
    Value::Double(f64::from(share.thousandths()) / 1_000.0).into()
}

fn rows(reading: &Reading<'_>, sink: &mut Sink<'_>) -> Flow {
    let catalog = reading.view.catalog();
    each_version(reading, |config, version| {
        for (position, row) in (1..).zip(&version.rows) {
            let segment = catalog.segment_name(row.segment);
            if !reading.lookups.wants("segment", segment.as_str()) {
                continue;
            }
            let row = reading.row([
                &|| text(config.head.name.as_str()).into(),
                &|| Value::from(version.number).into(),
                &|| Value::Integer(position).into(),
                &|| text(segment.as_str()).into(),
                &|| percent(row.rollout.unwrap_or(Share::FULL)),
                &|| Value::String(Arc::clone(&row.salt)).into(),
            ]);
            if sink(row)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// An arm of a cell, or all of one without arms: its name, its share and its value.
type Arm<'c> = (Option<Arc<str>>, Share, &'c Value);

fn arms(cell: &Cell) -> Vec<Arm<'_>> {
    match cell {
        Cell::Value(value) => vec![(None, Share::FULL, value)],
        Cell::Split(split) => {
            let arms = split.arms.iter().enumerate();
            arms.map(|(index, arm)| (Some(arm.label(index)), arm.share, &arm.value)).collect()
        }
    }
}

fn cells(reading: &Reading<'_>, sink: &mut Sink<'_>) -> Flow {
    let (catalog, secrets) = (reading.view.catalog(), reading.view.secrets());
    each_version(reading, |config, version| {
        for (index, row) in version.rows.iter().enumerate() {
            let segment = catalog.segment_name(row.segment);
            if !reading.lookups.wants("segment", segment.as_str()) {
                continue;
            }
            for column in &version.columns {
                let Some(Some(cell)) = column.cells().get(index) else { continue };
                let key = crate::statement::definition::key_name(catalog, column.key);
                if !reading.lookups.wants("key", key.as_str()) {
                    continue;
                }
                for (name, share, value) in arms(cell) {
                    let row = reading.row([
                        &|| text(config.head.name.as_str()).into(),
                        &|| Value::from(version.number).into(),
                        &|| count(index + 1).into(),
                        &|| text(segment.as_str()).into(),
                        &|| text(key.as_str()).into(),
                        &|| maybe(name.as_ref()).into(),
                        &|| percent(share),
                        &|| secrets.value(column.key, value).into(),
                    ]);
                    if sink(row)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

fn versions(reading: &Reading<'_>, sink: &mut Sink<'_>) -> Flow {
    let catalog = reading.view.catalog();
    let mut keys: Vec<_> = catalog.keys().map(|key| (key.name.clone(), key.id.0)).collect();
    let mut segments: Vec<_> = catalog.segments().map(|s| (s.name.clone(), s.id.0)).collect();
    let mut configs: Vec<_> =
        catalog.configs().map(|c| (c.head.name.clone(), c.head.id.0)).collect();
    for (kind, objects) in [
        (ObjectKind::Config, &mut configs),
        (ObjectKind::Key, &mut keys),
        (ObjectKind::Segment, &mut segments),
    ] {
        let word = kind.to_string();
        if !reading.lookups.wants("kind", &word) {
            continue;
        }
        objects.sort();
        for (name, id) in
            objects.iter().filter(|(name, _)| reading.lookups.wants("name", name.as_str()))
        {
            for (number, logged) in made::versions(reading.view, kind, *id)? {
                let revision = &logged.revision;
                let row = reading.row([
                    &|| text(&word).into(),
                    &|| text(name.as_str()).into(),
                    &|| Value::from(number).into(),
                    &|| count(revision.number).into(),
                    &|| revision.time.into(),
                    &|| maybe(revision.actor.as_ref()).into(),
                    &|| maybe(revision.comment.as_ref()).into(),
                    &|| optional(definition(reading, catalog, &logged).as_deref()).into(),
                ]);
                if sink(row)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The statement that makes a version, if one can.
fn definition(reading: &Reading<'_>, catalog: &Catalog, logged: &Logged) -> Option<String> {
    let secrets = reading.view.secrets();
    match &logged.change {
        Change::Key(key) => Some(key_statement(key, secrets).to_string()),
        Change::Segment(segment) => segment_definition(catalog, segment, secrets),
        Change::Version(version) => {
            let config = catalog.config(version.config)?;
            config_definition(catalog, &config.head.name, version, secrets)
        }
        _ => None,
    }
}
