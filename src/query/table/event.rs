//! `events`: what users did.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::person::{each, id, people};
use super::{About, Flow, Reading, Row, Sink, Table, hand_over};
use crate::behaviour::EventRef;
use crate::model::{Datum, Entry, Object, Timestamp, Value, What};
use crate::query::bulk::Bulk;
use crate::query::relation;
use crate::query::sorter::Sorter;
use crate::query::view::context;
use crate::store::EventReads;

pub(super) static EVENTS: Table = Table {
    name: "events",
    columns: relation::EVENTS.columns,
    looked_up: |_| &["user"],
    tested: &["time", "event"],
    about: About::Users,
    sorted_by: &[0, 2],
    in_order: false,
    scan: events,
};

/// Event on its way into a row.
struct Event<'e> {
    at: Timestamp,
    name: &'e Arc<str>,
    user: &'e Arc<str>,
    properties: &'e Arc<Object>,
    id: Option<&'e Arc<str>>,
}

/// Taker of events, each with what is asked of its user.
type Take<'t> = dyn FnMut(&Event<'_>, &Row) -> Flow + 't;

/// Events by time; those of one instant in the order of the users, then as they were received.
fn events(reading: &Reading<'_>, sink: &mut Sink<'_>) -> Flow {
    let is_of_any = reading.lookups.of("user").is_none();
    let is_stored = reading.people.is_empty() && !reading.view.has_pending_users();
    let find = if is_of_any && is_stored { in_store } else { of_users };
    let mut all = Sorter::new(reading.budget, |a: &Placed, b: &Placed| a.0.cmp(&b.0));
    let flow = find(reading, &mut |event, asked| {
        let mut row = row(reading, event);
        row.extend(asked.iter().cloned());
        if !reading.is_sorted {
            return sink(row);
        }
        reading.budget.take_row(&row)?;
        all.take(((event.at, Arc::clone(event.user)), row))?;
        Ok(ControlFlow::Continue(()))
    })?;
    if flow.is_break() {
        return Ok(flow);
    }
    let mut all = Bulk::new(all.finish()?);
    hand_over(all.iter_mut().map(|(_, row)| std::mem::take(row)), sink)
}

/// Row at its place: the instant, and the user.
type Placed = ((Timestamp, Arc<str>), Row);

fn row(reading: &Reading<'_>, event: &Event<'_>) -> Row {
    reading.row([
        &|| event.at.into(),
        &|| id(event.name),
        &|| id(event.user),
        &|| Value::Object(Arc::clone(event.properties)).into(),
        &|| event.id.map_or(Datum::NULL, id),
    ])
}

/// Whether an event is wanted: at an earlier instant none is known that comes later.
fn is_wanted(reading: &Reading<'_>, name: &str, at: Timestamp) -> bool {
    let is_known = !reading.view.is_past() || at <= reading.view.now();
    let lookups = reading.lookups;
    is_known && lookups.wants("event", name) && lookups.wants_time("time", at)
}

/// The events as the store has them, without a look at who the users are.
fn in_store(reading: &Reading<'_>, take: &mut Take<'_>) -> Flow {
    let is_wanted = |name: &str, at| is_wanted(reading, name, at);
    let reads = EventReads::new(reading.wants(3..4), reading.wants(4..5), &is_wanted);
    let (view, nobody) = (reading.view, Row::new());
    view.watch.begin("events", 0);
    let mut from = Some(0);
    while let Some(first) = from {
        let (page, next) = view.reader()?.events_from(first, &reads)?;
        view.watch.step(page.len() as u64)?;
        for Entry { user, at, what } in &page {
            let What::Event { name, properties, id } = what else { continue };
            let event = Event { at: *at, name, user, properties, id: id.as_ref() };
            if take(&event, &nobody)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        from = next;
    }
    Ok(ControlFlow::Continue(()))
}

/// The events of the users who are wanted, by their ids.
fn of_users(reading: &Reading<'_>, take: &mut Take<'_>) -> Flow {
    let now = reading.view.now();
    each(reading, &mut |user, history| {
        let asked = if reading.people.is_empty() {
            Row::new()
        } else {
            people(reading, &context(Some(Arc::clone(user)), Arc::clone(history), now))
        };
        for event in history.events() {
            reading.budget.step()?;
            let EventRef { name, at, properties, id } = event;
            if !is_wanted(reading, name, at) {
                continue;
            }
            if take(&Event { at, name, user, properties, id }, &asked)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}
