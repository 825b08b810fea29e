//! `attributes`, `retention`: as `SHOW` lists them.

use super::object::data;
use super::{About, Flow, Reading, Sink, Table, hand_over};
use crate::query::bulk::Bulk;
use crate::query::relation::{self, Relation};
use crate::statement::{Filter, Table as Shown};

pub(super) static ATTRIBUTES: Table = Table {
    name: "attributes",
    columns: relation::ATTRIBUTES.columns,
    looked_up: |_| &[],
    tested: &[],
    about: About::Objects,
    sorted_by: &[],
    in_order: true,
    scan: |reading, sink| list(relation::of(Shown::Attributes), &ATTRIBUTES, reading, sink),
};

pub(super) static RETENTION: Table = Table {
    name: "retention",
    columns: relation::RETENTION.columns,
    looked_up: |_| &[],
    tested: &[],
    about: About::Objects,
    sorted_by: &[],
    in_order: false,
    scan: |reading, sink| list(relation::of(Shown::Retention), &RETENTION, reading, sink),
};

fn list(
    relation: &dyn Relation,
    table: &Table,
    reading: &Reading<'_>,
    sink: &mut Sink<'_>,
) -> Flow {
    let rows = relation::select(relation, reading.view, &Filter::default())?;
    let mut rows = Bulk::new(rows.into_values());
    hand_over(rows.taken().map(|row| data(table.columns, row)), sink)
}
