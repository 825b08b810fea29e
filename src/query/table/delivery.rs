//! `deliveries`: what was delivered, and how often, by the buckets of time that are kept.

use std::ops::ControlFlow;

use super::{About, Flow, Reading, Row, Sink, Table, hand_over, wanted};
use crate::model::{Granularity, Timestamp, Value};
use crate::query::bulk::Bulk;
use crate::query::relation::segment_name;
use crate::query::rows::Column;
use crate::query::rows::ColumnKind::{Integer, Text, Time, Value as Any};
use crate::query::sorter::Sorter;
use crate::query::value::{count, minute, optional, rounded, text};
use crate::store::{DeliveryCount, DeliveryQuery, Period};

pub(super) static DELIVERIES: Table = Table {
    name: "deliveries",
    columns: &[
        Column::of("time", Time, "when the bucket begins"),
        Column::of("per", Text, "its size: `minute`, `hour` or `day`"),
        Column::of("config", Text, "the config that had the key"),
        Column::of("version", Integer, "the version of it that was live"),
        Column::of("key", Text, "the key"),
        Column::of("segment", Text, "the segment of the row that gave the value"),
        Column::of("variant", Text, "the arm of the split that gave the value"),
        Column::of("value", Any, "the value"),
        Column::of("reason", Text, "the reason of the value"),
        Column::of("deliveries", Integer, "how often it was delivered so"),
        Column::of("users", Integer, "about how many users it was delivered to; of days only"),
    ],
    looked_up: |_| &["time"],
    tested: &["config", "version", "key", "segment"],
    about: About::Objects,
    sorted_by: &[],
    in_order: false,
    scan: deliveries,
};

fn deliveries(reading: &Reading<'_>, sink: &mut Sink<'_>) -> Flow {
    let Some(query) = query(reading) else { return Ok(ControlFlow::Continue(())) };
    let counts = reading.view.reader()?.deliveries(&query, &reading.view.watch)?;
    let mut rows = Sorter::new(reading.budget, Row::cmp);
    for row in counts.into_iter().filter_map(|counted| row(reading, &counted)) {
        reading.budget.take_row(&row)?;
        rows.take(row)?;
    }
    hand_over(Bulk::new(rows.finish()?).taken(), sink)
}

/// What is asked of the store; `None` if what is wanted is not there.
fn query(reading: &Reading<'_>) -> Option<DeliveryQuery> {
    let only = |column| reading.lookups.only(column).is_some();
    let (keys, configs) = (wanted::keys(reading), wanted::configs(reading));
    let key = match &*keys {
        [key] => Some(key.id),
        [] => return None,
        _ => None,
    };
    let config = match &*configs {
        [config] if only("config") => Some(config.head.id),
        [] if only("config") => return None,
        _ => None,
    };
    let (since, until) = reading.lookups.span("time");
    // a bucket that begins at the last instant is wanted, too
    let until = until.map(|until| Timestamp::clamped(until.as_micros().saturating_add(1)));
    let period = Period { since, until };
    let (segment, version, per) = (None, None, Granularity::Minute);
    Some(DeliveryQuery { config, key, segment, version, per, period })
}

/// The row of a bucket; `None` if it is not wanted, or about what was made after the state that is seen.
fn row(reading: &Reading<'_>, counted: &DeliveryCount) -> Option<Row> {
    let (catalog, secrets) = (reading.view.catalog(), reading.view.secrets());
    let (delivery, at) = (&counted.delivery, minute(counted.minute));
    if reading.view.is_past() && at > reading.view.now() {
        return None;
    }
    let key = text(catalog.key(delivery.key)?.name.as_str());
    let config = match delivery.owner {
        Some((config, _)) => text(catalog.config(config)?.head.name.as_str()),
        None => Value::Null,
    };
    let version = delivery.owner.map_or(Value::Null, |(_, version)| Value::from(version));
    let segment = delivery.segment.map(|segment| segment_name(catalog, segment));
    let segment = segment.map_or(Some(Value::Null), |name| name)?;
    let tested = [("config", &config), ("version", &version), ("key", &key), ("segment", &segment)];
    if tested.iter().any(|(column, value)| !reading.lookups.wants_value(column, value)) {
        return None;
    }
    // all of it is made: they are sorted by it
    Some(vec![
        at.into(),
        text(counted.per.as_str()).into(),
        config.into(),
        version.into(),
        key.into(),
        segment.into(),
        optional(delivery.variant.as_deref()).into(),
        secrets.value(delivery.key, &delivery.value).into(),
        text(delivery.reason.as_str()).into(),
        count(counted.count).into(),
        counted.users.map_or(Value::Null, rounded).into(),
    ])
}
