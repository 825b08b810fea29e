//! `versions`, `rows`, `cells`: every version of the objects, and what is in those of configs.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::{About, Flow, Reading, Sink, Table, made, wanted};
use crate::error::Result;
use crate::model::{
    Catalog, Cell, Change, Config, Datum, ObjectKind, Share, Spanned, Value, Version,
};
use crate::query::definition::{config_definition, key_statement, segment_definition};
use crate::query::log::Logged;
use crate::query::rows::Column;
use crate::query::rows::ColumnKind::{Integer, Number, Text, Time, Value as Any};
use crate::query::value::{count, maybe, optional, path_text, text};

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
    looked_up: |_| &["kind", "name"],
    tested: &["version", "time"],
    about: About::Objects,
    sorted_by: &[],
    in_order: false,
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
        Column::of("by", Text, "the attribute of whose values it is a share"),
        Column::of("salt", Text, "what their buckets go by"),
    ],
    looked_up: |_| &["config", "version"],
    tested: &["segment"],
    about: About::Objects,
    sorted_by: &[],
    in_order: true,
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
    looked_up: |_| &["config", "version", "key"],
    tested: &["segment"],
    about: About::Objects,
    sorted_by: &[],
    in_order: true,
    scan: cells,
};

/// Every version that is wanted of some configs.
fn each_version(
    reading: &Reading<'_>,
    configs: Vec<&Arc<Config>>,
    mut take: impl FnMut(&Config, &Version) -> Flow,
) -> Flow {
    for config in configs {
        let numbers = 1..=config.newest;
        for number in numbers.filter(|number| reading.lookups.wants_number("version", *number)) {
            let number = Spanned::unplaced(u64::from(number));
            let version = reading.view.version_of(config, &number)?;
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
    each_version(reading, wanted::configs(reading), |config, version| {
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
                &|| row.by.as_ref().map_or(Value::Null, |by| text(&path_text(by))).into(),
                &|| Value::String(Arc::clone(&row.salt)).into(),
            ]);
            if sink(row)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// The configs that are wanted, by name; if only some keys are, those that ever had one of them, or may have one by now.
fn configs_with_keys<'r>(reading: &Reading<'r>) -> Result<Vec<&'r Arc<Config>>> {
    if reading.lookups.of("key").is_none() {
        return Ok(wanted::configs(reading));
    }
    let (view, mut having) = (reading.view, BTreeSet::new());
    for key in wanted::keys(reading) {
        having.extend(view.reader()?.configs_of_key(key.id)?);
    }
    let pending = view.pending_changes().into_iter().flat_map(|pending| pending.changes);
    having.extend(pending.filter_map(|change| match change {
        Change::Version(version) => Some(version.config),
        _ => None,
    }));
    let configs = having.into_iter().filter_map(|id| view.catalog().config(id));
    let name = |config: &&Arc<Config>| config.head.name.clone();
    let is_wanted = |config: &&Arc<Config>| reading.lookups.wants("config", name(config).as_str());
    let mut configs: Vec<_> = configs.filter(is_wanted).collect();
    configs.sort_by_key(name);
    Ok(configs)
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
    each_version(reading, configs_with_keys(reading)?, |config, version| {
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
    for kind in [ObjectKind::Config, ObjectKind::Key, ObjectKind::Segment] {
        let word = kind.to_string();
        if !reading.lookups.wants("kind", &word) {
            continue;
        }
        for (name, id) in wanted::named(reading, kind) {
            for (number, logged) in made::versions(reading.view, kind, id)? {
                let revision = &logged.revision;
                let is_wanted = reading.lookups.wants_time("time", revision.time);
                if !is_wanted || !reading.lookups.wants_number("version", number) {
                    continue;
                }
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
