//! Matrix of a version of a config as a value: its segments, and its keys with their cells.

use std::sync::Arc;

use super::value::{list, maybe, object, path_text, percent, text};
use crate::model::{
    Arm, Catalog, Cell, Column, Key, KeyId, Path, Row, Secrets, Share, Value, Version,
};
use crate::statement::definition::key_name;

/// Finder of the key that has the type and the default of a column.
type Keys<'k> = dyn Fn(KeyId) -> Option<&'k Arc<Key>> + 'k;

/// The matrix of a version. `names`: who knows the names of all that it refers to.
pub(super) fn of(
    names: &Catalog,
    version: &Version,
    keys: &Keys<'_>,
    secrets: Secrets<'_>,
) -> Value {
    let columns = version.columns.iter().map(|column| {
        let name = key_name(names, column.key);
        let found = keys(column.key);
        let default = found.map(|key| secrets.value(key.id, &key.default));
        object([
            ("key", text(name.as_str())),
            ("type", found.map_or(Value::Null, |key| text(key.kind.keyword()))),
            ("default", default.unwrap_or_default()),
            ("cells", cells(column, secrets)),
        ])
    });
    let rows = version.rows.iter().map(|row| segment(names, row));
    object([("segments", list(rows)), ("keys", list(columns))])
}

fn segment(names: &Catalog, row: &Row) -> Value {
    object([
        ("segment", text(names.segment_name(row.segment).as_str())),
        ("rollout", percent(row.rollout.unwrap_or(Share::FULL))),
        ("by", by(row.by.as_ref())),
        ("salt", Value::String(Arc::clone(&row.salt))),
    ])
}

fn cells(column: &Column, secrets: Secrets<'_>) -> Value {
    let told = |value: &Value| secrets.value(column.key, value);
    let arm = |arm: &Arm| {
        object([
            ("variant", maybe(arm.name.as_ref())),
            ("share", percent(arm.share)),
            ("value", told(&arm.value)),
        ])
    };
    list(column.cells().iter().map(|cell| match cell {
        None => Value::Null,
        Some(Cell::Value(value)) => object([("value", told(value))]),
        Some(Cell::Split(split)) => {
            object([("split", list(split.arms.iter().map(arm))), ("by", by(split.by.as_ref()))])
        }
    }))
}

/// The attribute of whose values there are shares, if they are of no users.
fn by(path: Option<&Path>) -> Value {
    path.map_or(Value::Null, |path| text(&path_text(path)))
}
