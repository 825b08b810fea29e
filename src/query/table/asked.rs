//! `memberships`, `evaluations`: what users get, or recorded contexts.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::person::id;
use super::traffic::{each_asked, number};
use super::{About, Flow, Reading, Row, Sink, Table, wanted};
use crate::eval::{Decider, Evaluation, Source};
use crate::model::{Datum, KeyId, Name, SegmentId, Value};
use crate::query::rows::Column;
use crate::query::rows::ColumnKind::{Integer, Text, Value as Any};
use crate::query::value::optional;

pub(super) static MEMBERSHIPS: Table = Table {
    name: "memberships",
    columns: &[
        Column::of("user", Text, "the id of the user"),
        Column::of("segment", Text, "a segment that the user is in"),
    ],
    looked_up: |_| &["user", "segment"],
    tested: &[],
    about: About::Evaluations,
    sorted_by: &[],
    in_order: true,
    scan: memberships,
};

pub(super) static EVALUATIONS: Table = Table {
    name: "evaluations",
    columns: &[
        Column::of("user", Text, "the id of the user"),
        Column::of("key", Text, "the key"),
        Column::of("value", Any, "its value for the user"),
        Column::of("reason", Text, "why it has that value"),
        Column::of("config", Text, "the config that decided"),
        Column::of("version", Integer, "the version that decided"),
        Column::of("segment", Text, "the segment of the row that decided"),
        Column::of("variant", Text, "the arm of the split that decided"),
        Column::of("weight", Integer, "how many it stands for: of a recorded context its count"),
    ],
    looked_up: |_| &["user", "key", "config", "version", "segment"],
    tested: &[],
    about: About::Evaluations,
    sorted_by: &[],
    in_order: true,
    scan: evaluations,
};

fn memberships(reading: &Reading<'_>, sink: &mut Sink<'_>) -> Flow {
    let segments = wanted::segments(reading).into_iter().filter(|segment| !segment.archived);
    let segments: Vec<(Name, SegmentId)> = segments.map(|s| (s.name.clone(), s.id)).collect();
    let now = reading.view.now();
    each_asked(reading, &mut |user, context, _| {
        let ids = segments.iter().map(|(_, id)| *id);
        let of: BTreeSet<_> = reading.snapshot.memberships(ids, context, now);
        for (name, segment) in &segments {
            if !of.contains(segment) {
                continue;
            }
            let user = || user.map_or(Datum::NULL, id);
            let row = reading.row([&user, &|| Value::from(name.as_str()).into()]);
            if sink(row)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

fn evaluations(reading: &Reading<'_>, sink: &mut Sink<'_>) -> Flow {
    let keys = wanted_keys(reading);
    let now = reading.view.now();
    each_asked(reading, &mut |user, context, weight| {
        for evaluation in reading.snapshot.evaluate_many(keys.iter().copied(), context, now) {
            if sink(evaluated(reading, (user, weight), &evaluation))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// The keys whose values are wanted, by name: those over which what is wanted may decide.
fn wanted_keys(reading: &Reading<'_>) -> Vec<KeyId> {
    let (snapshot, lookups) = (reading.snapshot, reading.lookups);
    let keys = wanted::keys_of(reading, |config| snapshot.keys_of(config.head.id)).into_iter();
    let keys = keys.filter(|key| !key.archived).map(|key| key.id);
    if ["config", "version", "segment"].iter().all(|column| lookups.of(column).is_none()) {
        return keys.collect();
    }
    let wants_segment = |name: &&Name| lookups.wants("segment", name.as_str());
    let decides = |key: &KeyId| {
        let decider = snapshot.decider(*key, reading.view.now());
        decider.is_some_and(|Decider { config, version, segments }| {
            lookups.wants("config", config.as_str())
                && lookups.wants_number("version", version)
                && (lookups.of("segment").is_none() || segments.iter().any(wants_segment))
        })
    };
    keys.filter(decides).collect()
}

fn evaluated(
    reading: &Reading<'_>,
    (user, weight): (Option<&Arc<str>>, u64),
    evaluation: &Evaluation<'_>,
) -> Row {
    let Source { key, config, version, segment, variant } = evaluation.source();
    let name =
        |name: Option<&Name>| name.map_or(Datum::NULL, |name| Value::String(name.to_arc()).into());
    let hidden = reading.view.secrets().hide_named(key.as_str());
    let value = || {
        let value = evaluation.value();
        if hidden { Value::from(crate::model::HIDDEN) } else { value.clone() }
    };
    reading.row([
        &|| user.map_or(Datum::NULL, id),
        &|| name(Some(key)),
        &|| value().into(),
        &|| Value::String(evaluation.reason().to_arc()).into(),
        &|| name(config),
        &|| version.map_or(Datum::NULL, |version| Value::from(version).into()),
        &|| name(segment),
        &|| optional(variant).into(),
        &|| number(weight).into(),
    ])
}
