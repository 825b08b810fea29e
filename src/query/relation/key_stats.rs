//! `STATS FOR KEYS`: how often each key was delivered.

use super::key::owner;
use super::{Relation, Scan};
use crate::error::Result;
use crate::model::{Catalog, Key, Timestamp, Value};
use crate::query::rows::ColumnKind::{Integer, Number, Text, Time};
use crate::query::rows::{Column, Row, Schema};
use crate::query::value::{count, instant, minute, share, status, text};
use crate::query::view::View;
use crate::store::{KeyDeliveries, Period};

pub(in crate::query) const SCHEMA: Schema = Schema {
    name: "STATS FOR KEYS",
    columns: &[
        Column::of("key", Text, "its name"),
        Column::of("status", Text, "`active` or `archived`"),
        Column::of("config", Text, "the config that owns it now"),
        Column::of("deliveries", Integer, "how often a value of it was delivered"),
        Column::of("targeted", Integer, "how often that was by a row of a config"),
        Column::of("share", Number, "the same, in percent"),
        Column::of("first", Time, "the minute of the first delivery"),
        Column::of("last", Time, "the minute of the last delivery"),
    ],
};

/// Keys with what was delivered of them in a period of time; those that were never delivered, too.
pub(in crate::query) struct KeyStats {
    pub(in crate::query) period: Period,
}

impl Relation for KeyStats {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn scan(&self, view: &View<'_>, scan: &mut Scan<'_>) -> Result<()> {
        let counts = view.reader()?.key_deliveries(self.period, &view.watch)?;
        let catalog = view.catalog();
        scan.take_all(catalog.keys().map(|key| row(catalog, key, counts.get(&key.id), view.now)));
        Ok(())
    }
}

fn row(catalog: &Catalog, key: &Key, counts: Option<&KeyDeliveries>, now: Timestamp) -> Row {
    let sums = counts.copied().unwrap_or_default();
    let at = |of: fn(&KeyDeliveries) -> i64| counts.map_or(Value::Null, |c| instant(minute(of(c))));
    vec![
        text(key.name.as_str()),
        status(key.archived),
        owner(catalog, key, now),
        count(sums.deliveries),
        count(sums.targeted),
        share(sums.targeted, sums.deliveries),
        at(|counts| counts.first),
        at(|counts| counts.last),
    ]
}
