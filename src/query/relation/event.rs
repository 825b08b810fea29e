//! `EVENTS`: the events of all users, by time.

use std::sync::Arc;

use super::walk::each_with_facts;
use super::{Relation, Scan};
use crate::behaviour::EventRef;
use crate::error::Result;
use crate::model::Value;
use crate::query::rows::ColumnKind::{Object, Text, Time};
use crate::query::rows::{Column, Row, Schema};
use crate::query::value::{instant, optional};
use crate::query::view::{View, context};

pub(in crate::query) const SCHEMA: Schema = Schema {
    name: "EVENTS",
    columns: &[
        Column::of("time", Time, "when it was"),
        Column::of("event", Text, "its name"),
        Column::of("user", Text, "the id of the user"),
        Column::of("properties", Object, "its properties"),
        Column::of("id", Text, "its own id, if it has one"),
    ],
};

/// Events of all users, by time.
pub(super) struct Events;

impl Relation for Events {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn is_about_users(&self) -> bool {
        true
    }

    /// They are scanned by user.
    fn listed_by(&self, _view: &View<'_>) -> Option<usize> {
        Some(0)
    }

    fn scan(&self, view: &View<'_>, scan: &mut Scan<'_>) -> Result<()> {
        let only = scan.only("user").and_then(Value::as_str).map(Arc::from);
        each_with_facts(view, only, |user, history| {
            let context = context(Some(Arc::clone(user)), Arc::clone(history), view.now);
            history.events().try_for_each(|event| scan.take_of(&context, row(user, &event)))
        })
    }
}

fn row(user: &Arc<str>, event: &EventRef<'_>) -> Row {
    vec![
        instant(event.at),
        Value::String(Arc::clone(event.name)),
        Value::String(Arc::clone(user)),
        Value::Object(Arc::clone(event.properties)),
        optional(event.id.map(|id| &**id)),
    ]
}
