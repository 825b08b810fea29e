//! `users`: what is known of users.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::{About, Flow, Reading, Row, Sink, Table};
use crate::behaviour::UserHistory;
use crate::error::Result;
use crate::model::{Context, Datum, Timestamp, Value};
use crate::query::relation::{each_user, each_user_of};
use crate::query::rows::Column;
use crate::query::rows::ColumnKind::{Integer, Object, Text, Time};
use crate::query::value::count;
use crate::query::view::context;

pub(super) static USERS: Table = Table {
    name: "users",
    columns: &[
        Column::of("user", Text, "the id"),
        Column::of("attributes", Object, "the profile"),
        Column::of("events", Integer, "how many events there are"),
        Column::of("first", Time, "when the first of them was"),
        Column::of("last", Time, "when the last of them was"),
    ],
    looked_up: |_| &["user"],
    tested: &[],
    about: About::Users,
    sorted_by: &[],
    in_order: true,
    scan: users,
};

/// Taker of users and their histories.
pub(super) type Take<'t> = dyn FnMut(&Arc<str>, &Arc<UserHistory>) -> Flow + 't;

/// The users that are wanted, by their ids; of an earlier instant those who were known then.
pub(super) fn each(reading: &Reading<'_>, take: &mut Take<'_>) -> Flow {
    let view = reading.view;
    let is_wanted = |user: &str, history: &UserHistory| {
        reading.lookups.wants("user", user) && (!view.is_past() || history.is_known_at(view.now()))
    };
    let mut offer = |user: &Arc<str>, history: &Arc<UserHistory>| {
        if is_wanted(user, history) { take(user, history) } else { Ok(ControlFlow::Continue(())) }
    };
    if let Some(users) = reading.lookups.only_texts("user") {
        for user in users {
            let walk = |visit: &mut Visit<'_>| each_user(view, Some(user.into()), visit);
            if walked(walk, &mut offer)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        return Ok(ControlFlow::Continue(()));
    }
    let walk = |visit: &mut Visit<'_>| each_user_of(view, reading.lookups.ids("user"), visit);
    walked(walk, &mut offer)
}

/// Visitor of users, which cannot fail.
type Visit<'t> = dyn FnMut(&Arc<str>, &Arc<UserHistory>) -> ControlFlow<()> + 't;

/// Hands on whom a walk comes to, and ends it where the taker fails or has enough.
fn walked(walk: impl FnOnce(&mut Visit<'_>) -> Result<()>, take: &mut Take<'_>) -> Flow {
    let mut flow = Ok(ControlFlow::Continue(()));
    walk(&mut |user, history| {
        flow = take(user, history);
        if matches!(flow, Ok(ControlFlow::Continue(()))) {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    flow
}

/// What is asked of the user of a row.
pub(super) fn people(reading: &Reading<'_>, user: &Context) -> Row {
    let ask = |program| reading.snapshot.ask(program, user, reading.view.now());
    reading.people.iter().map(ask).collect()
}

pub(super) fn id(user: &Arc<str>) -> Datum {
    Value::String(Arc::clone(user)).into()
}

fn users(reading: &Reading<'_>, sink: &mut Sink<'_>) -> Flow {
    let (now, secrets) = (reading.view.now(), reading.view.secrets());
    each(reading, &mut |user, history| {
        let times: Vec<Timestamp> = if reading.wants(2..5) {
            history.events().map(|event| event.at).filter(|at| *at <= now).collect()
        } else {
            Vec::new()
        };
        let time = |at: Option<&Timestamp>| at.map_or(Datum::NULL, |at| (*at).into());
        let mut row = reading.row([
            &|| id(user),
            &|| Value::Object(Arc::new(secrets.profile(history.profile(now)))).into(),
            &|| count(times.len()).into(),
            &|| time(times.first()),
            &|| time(times.last()),
        ]);
        if !reading.people.is_empty() {
            row.extend(people(reading, &context(Some(Arc::clone(user)), Arc::clone(history), now)));
        }
        sink(row)
    })
}
