//! `CONFIGS`: the configs, by name.

use super::{Relation, Scan};
use crate::error::Result;
use crate::model::{Catalog, Config, Timestamp, Value};
use crate::query::rows::ColumnKind::{Integer, List, Text, Time};
use crate::query::rows::{Column, Row, Schema};
use crate::query::value::{instant, maybe, text, texts};
use crate::query::view::View;

const SCHEMA: Schema = Schema {
    name: "CONFIGS",
    columns: &[
        Column::of("config", Text, "its name"),
        Column::of("status", Text, "whether it is live, and why not"),
        Column::of("live", Integer, "the version that is live"),
        Column::of("newest", Integer, "the newest version"),
        Column::of("next", Time, "when the live version may change"),
        Column::of("segments", List, "the segments of the newest version"),
        Column::of("keys", List, "the keys of the newest version"),
        Column::of("description", Text, "the description of the newest version"),
    ],
};

/// Configs, by name.
pub(super) struct Configs;

impl Relation for Configs {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn scan(&self, view: &View<'_>, scan: &mut Scan<'_>) -> Result<()> {
        let mut configs: Vec<_> = view.catalog().configs().collect();
        configs.sort_by(|a, b| a.head.name.cmp(&b.head.name));
        scan.take_all(configs.into_iter().map(|config| row(view.catalog(), config, view.now)));
        Ok(())
    }
}

/// The row of one.
pub(in crate::query) fn row(catalog: &Catalog, config: &Config, now: Timestamp) -> Row {
    let newest = config.newest();
    let rows = newest.into_iter().flat_map(|v| &v.rows);
    let columns = newest.into_iter().flat_map(|v| &v.columns);
    let keys = columns.filter_map(|column| catalog.key(column.key)).map(|key| key.name.to_arc());
    let live = config.timeline.live(now).filter(|_| !config.head.archived);
    let next = config.timeline.next_change(now);
    vec![
        text(config.head.name.as_str()),
        text(config.status(now)),
        live.map_or(Value::Null, Value::from),
        Value::from(config.newest),
        next.map_or(Value::Null, instant),
        texts(rows.map(|row| catalog.segment_name(row.segment).to_arc())),
        texts(keys),
        maybe(newest.and_then(|v| v.description.as_ref())),
    ]
}
