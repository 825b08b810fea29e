//! `uses`: what configs and segments use directly.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{About, Flow, Reading, Sink, Table, hand_over, wanted};
use crate::model::{
    ConfigId, Expr, ExprKind, Literal, ObjectKind, Path, SegmentId, Value, Version,
};
use crate::query::rows::Column;
use crate::query::rows::ColumnKind::{Integer, Text};
use crate::statement::definition::key_name;

pub(super) static USES: Table = Table {
    name: "uses",
    columns: &[
        Column::of("kind", Text, "`config` or `segment`"),
        Column::of("name", Text, "the name of what uses it"),
        Column::of("version", Integer, "the version of that"),
        Column::of("used_kind", Text, "`key`, `segment`, `attribute` or `event`"),
        Column::of("used", Text, "the name of what is used"),
    ],
    looked_up: |_| &["kind", "name"],
    tested: &["version"],
    about: About::Objects,
    sorted_by: &[],
    in_order: false,
    scan: uses,
};

/// A thing that is used: its kind and its name.
type Used = (&'static str, Arc<str>);

fn uses(reading: &Reading<'_>, sink: &mut Sink<'_>) -> Flow {
    let catalog = reading.view.catalog();
    let mut found = BTreeSet::new();
    let named = |kind: ObjectKind| {
        let is_wanted = reading.lookups.wants("kind", &kind.to_string());
        if is_wanted { wanted::named(reading, kind) } else { Vec::new() }
    };
    let configs = named(ObjectKind::Config);
    let configs = configs.iter().filter_map(|(_, id)| catalog.config(ConfigId(*id)));
    for config in configs.filter(|config| !config.head.archived) {
        for version in config.used(reading.view.now()) {
            if !reading.lookups.wants_number("version", version.number) {
                continue;
            }
            let used = of_version(reading, version);
            let name = config.head.name.to_arc();
            found
                .extend(used.into_iter().map(|u| ("config", Arc::clone(&name), version.number, u)));
        }
    }
    let segments = named(ObjectKind::Segment);
    let segments = segments.iter().filter_map(|(_, id)| catalog.segment(SegmentId(*id)));
    for segment in segments.filter(|segment| !segment.archived) {
        if !reading.lookups.wants_number("version", segment.version) {
            continue;
        }
        let used = of_condition(catalog.named_today(&segment.condition).expr());
        let name = segment.name.to_arc();
        found.extend(used.into_iter().map(|u| ("segment", Arc::clone(&name), segment.version, u)));
    }
    let row = |(kind, name, version, (used_kind, used)): (&str, Arc<str>, u32, Used)| {
        reading.row([
            &|| Value::from(kind).into(),
            &|| Value::String(Arc::clone(&name)).into(),
            &|| Value::from(version).into(),
            &|| Value::from(used_kind).into(),
            &|| Value::String(Arc::clone(&used)).into(),
        ])
    };
    hand_over(found.into_iter().map(row), sink)
}

/// What a version of a config uses.
fn of_version(reading: &Reading<'_>, version: &Version) -> Vec<Used> {
    let catalog = reading.view.catalog();
    let keys = version.columns.iter().map(|c| ("key", key_name(catalog, c.key).to_arc()));
    let rows = version.rows.iter().filter(|row| !row.segment.is_everyone());
    let segments = rows.map(|row| ("segment", catalog.segment_name(row.segment).to_arc()));
    let paths = version.rows.iter().filter_map(|row| row.by.as_ref());
    let cells = version.columns.iter().flat_map(|column| column.cells().iter().flatten());
    let splits = cells.filter_map(|cell| match cell {
        crate::model::Cell::Split(split) => split.by.as_ref(),
        crate::model::Cell::Value(_) => None,
    });
    let attributes = paths.chain(splits).map(|path| ("attribute", written(path)));
    keys.chain(segments).chain(attributes).collect()
}

/// What a condition uses.
fn of_condition(condition: &Expr) -> Vec<Used> {
    let (mut found, mut todo) = (Vec::new(), vec![condition]);
    while let Some(expr) = todo.pop() {
        match &expr.node {
            ExprKind::Attribute(path) => found.push(("attribute", written(path))),
            ExprKind::Key(name) => found.push(("key", name.node.to_arc())),
            ExprKind::InSegment(Some(name)) => found.push(("segment", name.node.to_arc())),
            ExprKind::Behaviour(behaviour) => {
                if let Literal::Value(Value::String(event)) = &behaviour.event.node {
                    found.push(("event", Arc::clone(event)));
                }
            }
            _ => {}
        }
        todo.extend(expr.node.operands());
    }
    found
}

fn written(path: &Path) -> Arc<str> {
    ExprKind::Attribute(Arc::clone(path)).to_string().into()
}
