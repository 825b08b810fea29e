//! `CHANGES`: when the values of a user changed, and why.

use super::key::json_text_of;
use super::{Relation, Scan};
use crate::error::Result;
use crate::model::Value;
use crate::query::course::{Asked, Sample, Step};
use crate::query::rows::ColumnKind::{Integer, Text, Time, Value as Any};
use crate::query::rows::{Column, Row, Schema};
use crate::query::value::{count, instant, maybe, optional, text};
use crate::query::view::View;
use crate::statement::ShowChanges;

pub(super) const SCHEMA: Schema = Schema {
    name: "CHANGES",
    columns: &[
        Column::of("time", Time, "since when it is so"),
        Column::of("key", Text, "the key"),
        Column::of("from", Any, "its value before; `NULL` in the first row of a key"),
        Column::of("to", Any, "its value from then on"),
        Column::of("from_reason", Text, "why it had the value before"),
        Column::of("to_reason", Text, "why it has the value from then on"),
        Column::of("config", Text, "the config that decides from then on"),
        Column::of("version", Integer, "the version that decides"),
        Column::of("segment", Text, "the segment of the row that decides"),
        Column::of("variant", Text, "the arm of the split that decides"),
        Column::of("cause", Text, "what could have made the difference"),
        Column::of("revision", Integer, "the revision that did, if one did"),
        Column::of("actor", Text, "who committed it"),
        Column::of("comment", Text, "why"),
    ],
};

/// The places of the columns with values.
const VALUES: [usize; 2] = [2, 3];

/// Changes of the values of a user, oldest first.
pub(in crate::query) struct Changes<'s>(pub(in crate::query) &'s ShowChanges);

impl Relation for Changes<'_> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn json_texts(&self, view: &View<'_>, row: &Row) -> Vec<usize> {
        VALUES.into_iter().filter_map(|value| json_text_of(view, row, 1, value)).collect()
    }

    fn scan(&self, view: &View<'_>, scan: &mut Scan<'_>) -> Result<()> {
        let asked = Asked::new(view, self.0)?;
        let notes = asked.each(&mut |step| scan.take(row(view, step)))?;
        scan.note(notes);
        Ok(())
    }
}

fn row(view: &View<'_>, step: &Step<'_>) -> Row {
    let Step { at, key, name, from, to, cause } = step;
    let value = |sample: &Sample| view.secrets().value(*key, &sample.value);
    let reason = |sample: &Sample| text(sample.reason.as_str());
    vec![
        instant(*at),
        Value::String(name.to_arc()),
        from.map_or(Value::Null, value),
        value(to),
        from.map_or(Value::Null, reason),
        reason(to),
        to.config.as_ref().map_or(Value::Null, |name| Value::String(name.to_arc())),
        to.version.map_or(Value::Null, Value::from),
        to.segment.as_ref().map_or(Value::Null, |name| Value::String(name.to_arc())),
        optional(to.variant.as_deref()),
        text(&cause.text),
        cause.revision.map_or(Value::Null, count),
        maybe(cause.actor.as_ref()),
        maybe(cause.comment.as_ref()),
    ]
}
