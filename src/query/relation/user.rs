//! `USERS`: the users with facts in the store, and those in lists, by their ids.

use std::sync::Arc;

use super::walk::each_user;
use super::{Relation, Scan};
use crate::behaviour::UserHistory;
use crate::error::Result;
use crate::model::{Secrets, Timestamp, Value};
use crate::query::rows::ColumnKind::{Integer, Object, Text, Time};
use crate::query::rows::{Column, Row, Schema};
use crate::query::value::{count, instant};
use crate::query::view::{View, context};

const SCHEMA: Schema = Schema {
    name: "USERS",
    columns: &[
        Column::of("user", Text, "the id"),
        Column::of("attributes", Object, "the profile as it is now"),
        Column::of("events", Integer, "how many events there are up to now"),
        Column::of("first", Time, "when the first of them was"),
        Column::of("last", Time, "when the last of them was"),
    ],
};

/// Users with facts in the store or in lists, by their ids.
pub(super) struct Users;

impl Relation for Users {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn is_about_users(&self) -> bool {
        true
    }

    fn scan(&self, view: &View<'_>, scan: &mut Scan<'_>) -> Result<()> {
        let secrets = view.secrets();
        let only = scan.only("user").and_then(Value::as_str).map(Arc::from);
        each_user(view, only, |user, history| {
            let context = context(Some(Arc::clone(user)), Arc::clone(history), view.now);
            scan.take_of(&context, row(user, history, view.now, secrets))
        })
    }
}

fn row(user: &Arc<str>, history: &UserHistory, now: Timestamp, secrets: Secrets<'_>) -> Row {
    let times: Vec<_> = history.events().map(|event| event.at).filter(|at| *at <= now).collect();
    vec![
        Value::String(Arc::clone(user)),
        Value::Object(Arc::new(secrets.profile(history.profile(now)))),
        count(times.len()),
        times.first().map_or(Value::Null, |at| instant(*at)),
        times.last().map_or(Value::Null, |at| instant(*at)),
    ]
}
