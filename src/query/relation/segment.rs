//! `SEGMENTS`: the segments, by name.

use super::{Relation, Scan};
use crate::error::Result;
use crate::model::{Catalog, Reference, Secrets, Segment, Timestamp, Value};
use crate::query::rows::ColumnKind::{Integer, List, Text};
use crate::query::rows::{Column, Row, Schema};
use crate::query::value::{maybe, status, text, texts};
use crate::query::view::View;
use crate::statement::usage;

const SCHEMA: Schema = Schema {
    name: "SEGMENTS",
    columns: &[
        Column::of("segment", Text, "its name"),
        Column::of("condition", Text, "who is in it"),
        Column::of("status", Text, "`active` or `archived`"),
        Column::of("version", Integer, "its newest version"),
        Column::of("configs", List, "the configs that use it"),
        Column::of("segments", List, "the segments that use it"),
        Column::of("description", Text, "what it is for"),
    ],
};

/// Segments, by name.
pub(super) struct Segments;

impl Relation for Segments {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn scan(&self, view: &View<'_>, scan: &mut Scan<'_>) -> Result<()> {
        let catalog = view.catalog();
        let secrets = view.secrets();
        scan.take_all(catalog.segments().map(|segment| row(catalog, segment, secrets, view.now)));
        Ok(())
    }
}

/// The row of one.
pub(in crate::query) fn row(
    catalog: &Catalog,
    segment: &Segment,
    secrets: Secrets<'_>,
    now: Timestamp,
) -> Row {
    let reference = Reference::Segment(segment.id);
    let configs = usage::configs_with(catalog, reference, now);
    vec![
        text(segment.name.as_str()),
        text(&secrets.condition(&segment.condition)),
        status(segment.archived),
        Value::from(segment.version),
        texts(configs.iter().map(|config| config.head.name.to_arc())),
        texts(usage::segments_with(catalog, reference)),
        maybe(segment.description.as_ref()),
    ]
}
