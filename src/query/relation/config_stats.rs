//! `STATS FOR CONFIG`: what was delivered of a config, by time.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::key::json_text_of;
use super::{Relation, Scan};
use crate::error::Result;
use crate::model::{Catalog, Secrets, SegmentId, Value};
use crate::query::filter::compare_column;
use crate::query::rows::ColumnKind::{Integer, Number, Text, Time, Value as Any};
use crate::query::rows::{Column, Row, Schema};
use crate::query::value::{count, instant, minute, optional, rounded, share, text};
use crate::query::view::View;
use crate::statement::StatsGroup;
use crate::store::{DeliveryCount, DeliveryQuery};

pub(super) const SCHEMA: Schema = Schema {
    name: "STATS FOR CONFIG",
    columns: &[
        Column::of("time", Time, "when the bucket begins"),
        Column::of("per", Text, "its size: `minute`, `hour`, `day`, `week` or `month`"),
        Column::of("key", Text, "the key"),
        Column::of("version", Integer, "the version of the config that gave the value"),
        Column::of("segment", Text, "the segment of the row that gave the value"),
        Column::of("variant", Text, "the arm of the split that gave the value"),
        Column::of("value", Any, "the value"),
        Column::of("reason", Text, "the reason of the value"),
        Column::of("deliveries", Integer, "how often it was delivered so"),
        Column::of("share", Number, "that in percent of all deliveries of the key in the bucket"),
        Column::of("users", Integer, "about how many users it was delivered to; of days only"),
    ],
};

/// The columns by which the rows of one time are sorted; the size of the bucket comes last, as it differs only
/// where the past is being added up.
const ORDER: [usize; 7] = [2, 3, 4, 5, 6, 7, 1];

/// Buckets of time, with what was delivered of a config in them. Behind its columns a row has the whole of its
/// share.
pub(in crate::query) struct ConfigStats<'s> {
    pub(in crate::query) query: DeliveryQuery,
    /// What deliveries are summed up by, if that is said.
    pub(in crate::query) by: &'s [StatsGroup],
}

impl Relation for ConfigStats<'_> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn json_text(&self, view: &View<'_>, row: &Row) -> Option<usize> {
        json_text_of(view, row, 2, 6)
    }

    fn scan(&self, view: &View<'_>, scan: &mut Scan<'_>) -> Result<()> {
        let counts = view.reader()?.deliveries(&self.query, &view.watch)?;
        let (catalog, secrets) = (view.catalog(), view.secrets());
        let rows = counts.iter().filter_map(|count| row(catalog, count, secrets));
        let mut rows = if self.by.is_empty() { rows.collect() } else { summed(rows, self.by) };
        rows.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| compare(&a.1, &b.1)));
        scan.take_all(rows.into_iter().map(|(_, row)| row));
        Ok(())
    }
}

/// The columns of what rows are never summed up over: the time, its size, and the key.
const ALWAYS: [usize; 3] = [0, 1, 2];

const VERSION: usize = 3;
const SEGMENT: usize = 4;
const VALUE: usize = 6;
const DELIVERIES: usize = 8;
const SHARE: usize = 9;
const WHOLE: usize = 11;

/// Rows that are alike in what they are summed up by, in one. What else differs is `NULL`, and so are the users: one may be in several rows.
fn summed(rows: impl Iterator<Item = (i64, Row)>, by: &[StatsGroup]) -> Vec<(i64, Row)> {
    let column = |group: &StatsGroup| match group {
        StatsGroup::Segment => SEGMENT,
        StatsGroup::Value => VALUE,
        StatsGroup::Version => VERSION,
    };
    let kept: BTreeSet<_> = ALWAYS.into_iter().chain(by.iter().map(column)).collect();
    let mut sums: IndexMap<Vec<String>, (i64, Row)> = IndexMap::new();
    for (at, mut row) in rows {
        let counted = row.get(DELIVERIES).and_then(Value::as_integer).unwrap_or_default();
        for (index, value) in row.iter_mut().enumerate() {
            if !kept.contains(&index) && !matches!(index, DELIVERIES | WHOLE) {
                *value = Value::Null;
            }
        }
        let alike = kept.iter().filter_map(|index| row.get(*index)).map(Value::to_string);
        let (_, sum) = sums.entry(alike.collect()).or_insert_with(|| {
            set(&mut row, DELIVERIES, Value::Integer(0));
            (at, row)
        });
        let before = sum.get(DELIVERIES).and_then(Value::as_integer).unwrap_or_default();
        set(sum, DELIVERIES, Value::Integer(before.saturating_add(counted)));
    }
    sums.into_values().map(|(at, row)| (at, with_share(row))).collect()
}

fn set(row: &mut Row, column: usize, value: Value) {
    if let Some(cell) = row.get_mut(column) {
        *cell = value;
    }
}

/// A row whose share is made of its numbers.
fn with_share(mut row: Row) -> Row {
    let number =
        |column| row.get(column).and_then(Value::as_integer).and_then(|n| u64::try_from(n).ok());
    let part_of_whole =
        share(number(DELIVERIES).unwrap_or_default(), number(WHOLE).unwrap_or_default());
    set(&mut row, SHARE, part_of_whole);
    row
}

/// The row of a bucket, after its time; `None` if it is about what was made after the state that is seen.
fn row(catalog: &Catalog, counted: &DeliveryCount, secrets: Secrets<'_>) -> Option<(i64, Row)> {
    let delivery = &counted.delivery;
    let segment = match delivery.segment {
        Some(segment) => segment_name(catalog, segment)?,
        None => Value::Null,
    };
    let row = vec![
        instant(minute(counted.minute)),
        text(counted.per.as_str()),
        text(catalog.key(delivery.key)?.name.as_str()),
        delivery.owner.map_or(Value::Null, |(_, version)| Value::from(version)),
        segment,
        optional(delivery.variant.as_deref()),
        secrets.value(delivery.key, &delivery.value),
        text(delivery.reason.as_str()),
        count(counted.count),
        share(counted.count, counted.of),
        counted.users.map_or(Value::Null, rounded),
        count(counted.of),
    ];
    Some((counted.minute, row))
}

pub(in crate::query) fn segment_name(catalog: &Catalog, id: SegmentId) -> Option<Value> {
    let known = id.is_everyone() || catalog.segment(id).is_some();
    known.then(|| text(catalog.segment_name(id).as_str()))
}

fn compare(a: &Row, b: &Row) -> Ordering {
    let mut orders = ORDER.into_iter().map(|at| compare_column(SCHEMA.columns(), at, a, b));
    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}
