//! `RETENTION`: how long events are kept, and how long segments need them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Relation, Scan};
use crate::error::Result;
use crate::eval::Needs;
use crate::model::{Duration, Value};
use crate::query::rows::ColumnKind::{List, Text};
use crate::query::rows::{Column, Row, Schema};
use crate::query::value::{optional, texts};
use crate::query::view::View;

pub(in crate::query) const SCHEMA: Schema = Schema {
    name: "RETENTION",
    columns: &[
        Column::of("event", Text, "the name of the events; none for all others"),
        Column::of("keep", Text, "how long they are kept; none for ever"),
        Column::of("needed", Text, "how far back segments look at them"),
        Column::of("segments", List, "the segments that look at them"),
    ],
};

/// Events that have a rule or are looked at, by name, then the rule of all others if there is one.
pub(super) struct Retention;

impl Relation for Retention {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn scan(&self, view: &View<'_>, scan: &mut Scan<'_>) -> Result<()> {
        let (rules, needs) = (&view.catalog().retention, Needs::of(view.catalog()));
        let events = rules.own().map(|(event, _)| event).chain(needs.events());
        let row = |event: &Arc<str>| -> Row {
            let needed = needs.reach(event).map(|reach| reach.at(view.now).to_string());
            vec![
                Value::String(Arc::clone(event)),
                duration(rules.of(event)),
                optional(needed.as_deref()),
                texts(needs.segments(event).map(|(segment, _)| segment.to_arc())),
            ]
        };
        let others = rules.others().map(|keep| {
            vec![Value::Null, duration(Some(keep)), Value::Null, Value::from(Vec::<Value>::new())]
        });
        scan.take_all(events.collect::<BTreeSet<_>>().into_iter().map(row).chain(others));
        Ok(())
    }
}

/// A duration; `NULL` is for ever.
fn duration(duration: Option<Duration>) -> Value {
    optional(duration.map(|duration| duration.to_string()).as_deref())
}
