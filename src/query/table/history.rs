//! `history`: who changed what, when and why, as `SHOW HISTORY` lists it.

use std::ops::ControlFlow;

use super::object::data;
use super::{About, Flow, Lookups, Reading, Sink, Table, wanted};
use crate::model::{ObjectKind, Timestamp};
use crate::query::log::{Logged, each_change, logged, newest_first, object_changes};
use crate::query::relation::{self, Teller};

pub(super) static HISTORY: Table = Table {
    name: "history",
    columns: relation::HISTORY.columns,
    looked_up: |lookups| {
        if is_of_objects(lookups) { &["kind", "name"] } else { &["time"] }
    },
    tested: &["time", "kind", "name"],
    about: About::Objects,
    sorted_by: &[],
    in_order: false,
    scan: history,
};

/// What changes that are of no object have in the column `kind`: they have no history of their own.
const OTHER_KINDS: [&str; 3] = ["attributes", "event", "traffic"];

/// Whether only changes of objects are wanted whose names are known.
fn is_of_objects(lookups: &Lookups) -> bool {
    let is_other = OTHER_KINDS.iter().any(|kind| lookups.wants("kind", kind));
    !is_other && lookups.of("name").is_some()
}

fn history(reading: &Reading<'_>, sink: &mut Sink<'_>) -> Flow {
    let (view, lookups) = (reading.view, reading.lookups);
    let (first, last) = revisions(reading)?;
    let mut teller = Teller::new(view, reading.wants(CHANGE..CHANGE + 1))?;
    let mut flow = ControlFlow::Continue(());
    let mut take = |change: &Logged, before: &[Logged]| {
        let (kind, name) = teller.about(change);
        if lookups.wants_time("time", change.revision.time)
            && lookups.wants_value("kind", &kind)
            && lookups.wants_value("name", &name)
            && let Some(row) = teller.row(change, before)?
        {
            flow = sink(data(HISTORY.columns, row))?;
        }
        Ok(flow)
    };
    if !is_of_objects(lookups) {
        each_change(view, (first, last), &mut take)?;
        return Ok(flow);
    }
    let mut changes = Vec::new();
    for kind in ObjectKind::ALL.into_iter().filter(|kind| lookups.wants("kind", &kind.to_string()))
    {
        for (_, id) in wanted::named(reading, kind) {
            changes.extend(object_changes(view, kind, id)?);
        }
    }
    changes.sort_by_key(|(position, _)| *position);
    newest_first(&logged(view, changes)?, &mut take).map(drop)?;
    Ok(flow)
}

/// The place of the column `change`.
const CHANGE: usize = 6;

/// The first and the last revision that may be wanted.
fn revisions(reading: &Reading<'_>) -> crate::error::Result<(u64, u64)> {
    let (view, (since, until)) = (reading.view, reading.lookups.span("time"));
    let at = |at| view.reader()?.revision_at(at);
    let since = since.filter(|since| *since > Timestamp::MIN);
    let before = since.map(|since| Timestamp::clamped(since.as_micros() - 1));
    let first = before.map(at).transpose()?.map_or(1, |before| before + 1);
    let last = until.map(at).transpose()?.map_or(view.newest(), |last| last.min(view.newest()));
    Ok((first, last))
}
