//! `KEYS`: the keys, by name.

use super::{Relation, Scan};
use crate::error::Result;
use crate::model::{Catalog, Key, Reference, Secrets, Timestamp, Value};
use crate::query::rows::ColumnKind::{Boolean, Integer, Text, Value as Any};
use crate::query::rows::{Column, Row, Schema};
use crate::query::value::{is_json, maybe, optional, status, text};
use crate::query::view::View;
use crate::statement::usage;

const SCHEMA: Schema = Schema {
    name: "KEYS",
    columns: &[
        Column::of("key", Text, "its name"),
        Column::of("type", Text, "its type"),
        Column::of("sensitive", Boolean, "whether its values are for apps alone"),
        Column::of("default", Any, "its default"),
        Column::of("check", Text, "the condition that its values meet"),
        Column::of("config", Text, "the config that owns it"),
        Column::of("status", Text, "`active` or `archived`"),
        Column::of("version", Integer, "its newest version"),
        Column::of("description", Text, "what it is for"),
    ],
};

/// Keys, by name.
pub(super) struct Keys;

impl Relation for Keys {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn json_text(&self, view: &View<'_>, row: &Row) -> Option<usize> {
        json_text_of(view, row, 0, 3)
    }

    fn scan(&self, view: &View<'_>, scan: &mut Scan<'_>) -> Result<()> {
        let catalog = view.catalog();
        let secrets = view.secrets();
        scan.take_all(catalog.keys().map(|key| row(catalog, key, secrets, view.now)));
        Ok(())
    }
}

/// The row of one.
pub(in crate::query) fn row(
    catalog: &Catalog,
    key: &Key,
    secrets: Secrets<'_>,
    now: Timestamp,
) -> Row {
    let check = key.check.as_ref().map(|check| secrets.check(key.id, check));
    vec![
        text(key.name.as_str()),
        text(key.kind.keyword()),
        Value::from(key.sensitive),
        secrets.value(key.id, &key.default),
        optional(check.as_deref()),
        owner(catalog, key, now),
        status(key.archived),
        Value::from(key.version),
        maybe(key.description.as_ref()),
    ]
}

/// The column with a value of a key, if that is a text of JSON that is shown. `name`: the column with the key's name.
pub(super) fn json_text_of(view: &View<'_>, row: &Row, name: usize, value: usize) -> Option<usize> {
    row.get(value)?.as_str()?;
    let key = view.catalog().key_named(row.get(name)?.as_str()?)?;
    (is_json(Some(key)) && !view.secrets().hide(key.id)).then_some(value)
}

/// The config that has a key now.
pub(super) fn owner(catalog: &Catalog, key: &Key, now: Timestamp) -> Value {
    let owners = usage::configs_with(catalog, Reference::Key(key.id), now);
    owners.first().map_or(Value::Null, |config| text(config.head.name.as_str()))
}
