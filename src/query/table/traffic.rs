//! `traffic`: contexts that were recorded; and whoever the tables of what people get are about.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::person::{each, id};
use super::{About, Flow, Reading, Sink, Table};
use crate::model::{Context, Datum, Recorded, Value};
use crate::query::recorded::each_context;
use crate::query::rows::Column;
use crate::query::rows::ColumnKind::{Integer, Object, Text, Time};
use crate::query::view::{context, context_with};

pub(super) static TRAFFIC: Table = Table {
    name: "traffic",
    columns: &[
        Column::of("user", Text, "the id of the user, if there is one"),
        Column::of("attributes", Object, "the attributes that were given"),
        Column::of("first", Time, "when it was seen first"),
        Column::of("last", Time, "when it was seen last"),
        Column::of("count", Integer, "how many questions were asked with it"),
    ],
    looked_up: |_| &["user"],
    tested: &[],
    about: About::Objects,
    sorted_by: &[],
    in_order: false,
    scan: traffic,
};

fn traffic(reading: &Reading<'_>, sink: &mut Sink<'_>) -> Flow {
    let (view, secrets) = (reading.view, reading.view.secrets());
    each_recorded(reading, &mut |context| {
        if view.is_past() && context.first > view.now() {
            return Ok(ControlFlow::Continue(()));
        }
        let attributes = || Value::from(secrets.profile((*context.attributes).clone()));
        sink(reading.row([
            &|| context.user.as_ref().map_or(Datum::NULL, id),
            &|| attributes().into(),
            &|| context.first.into(),
            &|| context.last.into(),
            &|| number(context.count).into(),
        ]))
    })
}

/// A count as a value.
pub(super) fn number(count: u64) -> Value {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Taker of those who are asked for: the user, all that is known and given, and for how many it counts.
type TakeAsked<'t> = dyn FnMut(Option<&Arc<str>>, &Context, u64) -> Flow + 't;

/// Those who are asked for and wanted: users, or recorded contexts.
pub(super) fn each_asked(reading: &Reading<'_>, take: &mut TakeAsked<'_>) -> Flow {
    let (view, now) = (reading.view, reading.view.now());
    if !reading.is_traffic {
        return each(reading, &mut |user, history| {
            take(Some(user), &context(Some(Arc::clone(user)), Arc::clone(history), now), 1)
        });
    }
    each_recorded(reading, &mut |recorded| {
        let history = recorded.user.as_deref().map(|user| view.history(user)).transpose()?;
        let (user, history) = (recorded.user.clone(), history.unwrap_or_default());
        let context = context_with(user, history, &recorded.attributes, now);
        take(recorded.user.as_ref(), &context, recorded.count)
    })
}

/// The recorded contexts whose users are wanted.
fn each_recorded(reading: &Reading<'_>, take: &mut dyn FnMut(&Recorded) -> Flow) -> Flow {
    let (view, lookups) = (reading.view, reading.lookups);
    let mut flow = ControlFlow::Continue(());
    let mut take = |context: Recorded| {
        let user = context.user.as_deref();
        let is_wanted =
            user.map_or(lookups.of("user").is_none(), |user| lookups.wants("user", user));
        if is_wanted && flow.is_continue() {
            flow = take(&context)?;
        }
        Ok(flow)
    };
    if let Some(mut users) = lookups.only_texts("user") {
        users.try_for_each(|user| each_context(view, Some((user, Some(user))), &mut take))?;
    } else {
        let ids = lookups.ids("user");
        let users = lookups.of("user").map(|_| (ids.first.unwrap_or_default(), ids.last));
        each_context(view, users, &mut take)?;
    }
    Ok(flow)
}
