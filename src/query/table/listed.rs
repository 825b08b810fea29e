//! `attributes`, `history`, `retention`: as `SHOW` lists them.

use super::object::data;
use super::{About, Flow, Reading, Sink, Table, hand_over};
use crate::query::relation::{self, History, Relation};
use crate::query::rows::Column;
use crate::query::rows::ColumnKind::{Integer, List, Text, Time};
use crate::statement::{Filter, ShowHistory, Table as Shown};

pub(super) static ATTRIBUTES: Table = Table {
    name: "attributes",
    columns: &[
        Column::of("attribute", Text, "its name"),
        Column::of("type", Text, "its type; none if it is not declared"),
        Column::of("check", Text, "the condition that its values meet"),
        Column::of("status", Text, "`active` or `archived`; none if it is not declared"),
        Column::of("segments", List, "the segments that read it"),
        Column::of("configs", List, "the configs that roll out or split by it"),
        Column::of("users", Integer, "how many stored profiles have it"),
        Column::of("description", Text, "what it says of a user"),
    ],
    looked_up: &[],
    about: About::Objects,
    scan: |reading, sink| list(relation::of(Shown::Attributes), &ATTRIBUTES, reading, sink),
};

pub(super) static HISTORY: Table = Table {
    name: "history",
    columns: &[
        Column::of("revision", Integer, "the number of the revision"),
        Column::of("time", Time, "when it was committed"),
        Column::of("actor", Text, "who committed it"),
        Column::of("comment", Text, "why"),
        Column::of("kind", Text, "what kind of object changed"),
        Column::of("name", Text, "its name"),
        Column::of("change", Text, "what changed, in words"),
        Column::of("hash", Text, "the first digits of the hash of the history up to there"),
    ],
    looked_up: &[],
    about: About::Objects,
    scan: |reading, sink| list(&History(&ShowHistory::all()), &HISTORY, reading, sink),
};

pub(super) static RETENTION: Table = Table {
    name: "retention",
    columns: &[
        Column::of("event", Text, "the name of the events; none for all others"),
        Column::of("keep", Text, "how long they are kept; none for ever"),
        Column::of("needed", Text, "how far back segments look at them"),
        Column::of("segments", List, "the segments that look at them"),
    ],
    looked_up: &[],
    about: About::Objects,
    scan: |reading, sink| list(relation::of(Shown::Retention), &RETENTION, reading, sink),
};

fn list(
    relation: &dyn Relation,
    table: &Table,
    reading: &Reading<'_>,
    sink: &mut Sink<'_>,
) -> Flow {
    let rows = relation::select(relation, reading.view, &Filter::default())?;
    hand_over(rows.rows().iter().map(|row| data(table.columns, row.clone())), sink)
}
