//! Definitions: the statements that make objects as they are, without what is not shown.

use crate::model::{Catalog, ExprKind, Key, Name, Secrets, Segment, Version};
use crate::statement::definition::{create_config, create_key, create_segment};
use crate::statement::{ColumnSpec, CreateConfig, CreateKey};

/// The statement that makes a config with a version's content; a draft that lost all its segments or keys is nothing
/// that `CREATE CONFIG` can say.
pub(super) fn config_definition(
    catalog: &Catalog,
    name: &Name,
    version: &Version,
    secrets: Secrets<'_>,
) -> Option<String> {
    let whole = !version.rows.is_empty() && !version.columns.is_empty();
    whole.then(|| shown(create_config(catalog, name, version), secrets).to_string())
}

fn shown(mut config: CreateConfig, secrets: Secrets<'_>) -> CreateConfig {
    let hide = |column: ColumnSpec| {
        if secrets.hide_named(column.key.node.as_str()) { column.hidden() } else { column }
    };
    config.columns = config.columns.into_iter().map(hide).collect();
    config
}

/// The statement that makes a key.
pub(super) fn key_statement(key: &Key, secrets: Secrets<'_>) -> CreateKey {
    let mut shown = create_key(key);
    shown.default.node = secrets.literal(key.id, &key.default);
    shown.check = key.check.as_ref().map(|check| secrets.check_expr(key.id, check));
    shown
}

/// The statement that makes a segment, under the names of a catalog; no statement makes a list.
pub(super) fn segment_definition(
    catalog: &Catalog,
    segment: &Segment,
    secrets: Secrets<'_>,
) -> Option<String> {
    let mut shown = create_segment(segment);
    if let ExprKind::InList(_) = shown.condition.node {
        return None;
    }
    let condition = catalog.named_today(&segment.condition);
    shown.condition = secrets.expr(condition.expr()).into_owned();
    shown.name.node = catalog.segment_name(segment.id);
    Some(shown.to_string())
}
