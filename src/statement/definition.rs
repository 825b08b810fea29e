//! Objects written back as the statements that make them.

use std::sync::Arc;

use super::{
    ArmSpec, CellSpec, CellsSpec, ColumnSpec, CreateAttribute, CreateConfig, CreateKey, CreateMode,
    CreateSegment, RolloutSpec, RowSpec, SegmentRef, SplitSpec, Text, given,
};
use crate::model::{
    Attribute, Catalog, Cell, Column, Key, KeyId, Literal, Name, Publication, Row, Segment,
    SegmentId, Share, Spanned, Split, Timestamp, Value, Version,
};

/// The statement that makes a key.
pub(crate) fn create_key(key: &Key) -> CreateKey {
    CreateKey {
        mode: CreateMode::New,
        name: key.name.clone().into(),
        kind: key.kind,
        sensitive: key.sensitive,
        default: literal(&key.default),
        check: key.check.as_ref().map(|check| check.expr().clone()),
        description: optional_text(key.description.as_ref()),
    }
}

/// The statement that declares an attribute.
pub(crate) fn create_attribute(attribute: &Attribute) -> CreateAttribute {
    CreateAttribute {
        mode: CreateMode::New,
        name: attribute.name.clone().into(),
        kind: attribute.kind,
        sensitive: attribute.sensitive,
        check: attribute.check.as_ref().map(|check| check.expr().clone()),
        description: optional_text(attribute.description.as_ref()),
    }
}

/// The statement that makes a segment.
pub(crate) fn create_segment(segment: &Segment) -> CreateSegment {
    CreateSegment {
        mode: CreateMode::New,
        name: segment.name.clone().into(),
        description: optional_text(segment.description.as_ref()),
        condition: segment.condition.expr().clone(),
    }
}

/// The statement that makes a config with a version's content, salts and all.
pub(crate) fn create_config(catalog: &Catalog, name: &Name, version: &Version) -> CreateConfig {
    CreateConfig {
        mode: CreateMode::New,
        name: name.clone().into(),
        description: optional_text(version.description.as_ref()),
        rows: rows(catalog, version),
        columns: columns(catalog, version),
    }
}

/// The rows of a version, salts and all.
pub(crate) fn rows(catalog: &Catalog, version: &Version) -> Vec<RowSpec> {
    let spec = |row: &Row| RowSpec {
        segment: segment_ref(catalog, row.segment),
        rollout: rollout(row),
        salt: Some(text(&row.salt)),
    };
    version.rows.iter().map(spec).collect()
}

/// The rollout of a row as it is written; one of all is said for the attribute that it keeps.
pub(crate) fn rollout(row: &Row) -> Option<RolloutSpec> {
    let by = row.by.clone().map(Spanned::from);
    let share = row.rollout.or_else(|| by.as_ref().map(|_| Share::FULL))?;
    Some(RolloutSpec { share: given(share), by })
}

/// The columns of a version.
pub(crate) fn columns(catalog: &Catalog, version: &Version) -> Vec<ColumnSpec> {
    version.columns.iter().map(|column| column_spec(catalog, version, column)).collect()
}

fn column_spec(catalog: &Catalog, version: &Version, column: &Column) -> ColumnSpec {
    let filled = version.rows.iter().zip(column.cells());
    let filled: Vec<_> =
        filled.filter_map(|(row, cell)| Some((row.segment, cell.as_ref()?))).collect();
    let cells = match filled.as_slice() {
        [] => CellsSpec::Blank,
        [(_, first), rest @ ..]
            if filled.len() == version.rows.len() && rest.iter().all(|(_, cell)| cell == first) =>
        {
            CellsSpec::All(cell_spec(first))
        }
        _ => CellsSpec::Some(
            filled
                .iter()
                .map(|(segment, cell)| (segment_ref(catalog, *segment), Some(cell_spec(cell))))
                .collect(),
        ),
    };
    ColumnSpec { key: key_name(catalog, column.key).into(), cells }
}

/// The name of a key, which every catalog that has a version with it has too.
pub(crate) fn key_name(catalog: &Catalog, key: KeyId) -> Name {
    catalog.key(key).map_or_else(Name::everyone, |key| key.name.clone())
}

/// A segment as a statement refers to it.
pub(crate) fn segment_ref(catalog: &Catalog, segment: SegmentId) -> SegmentRef {
    let name = (!segment.is_everyone()).then(|| catalog.segment_name(segment));
    Spanned::unplaced(name)
}

/// A cell as it is written.
pub(crate) fn cell_spec(cell: &Cell) -> CellSpec {
    match cell {
        Cell::Value(value) => CellSpec::Value(literal(value)),
        Cell::Split(split) => CellSpec::Split(split_spec(split).into()),
    }
}

fn split_spec(split: &Split) -> SplitSpec {
    let arm = |arm: &crate::model::Arm| ArmSpec {
        name: arm.name.clone().map(Spanned::from),
        share: given(arm.share),
        value: literal(&arm.value),
    };
    SplitSpec {
        arms: split.arms.iter().map(arm).collect(),
        by: split.by.clone().map(Spanned::from),
        keeping_users: false,
    }
}

/// A value as it is written.
pub(crate) fn literal(value: &Value) -> Spanned<Literal> {
    Spanned::unplaced(Literal::Value(value.clone()))
}

/// A text as it is written.
pub(crate) fn text(text: &Arc<str>) -> Text {
    literal(&Value::String(Arc::clone(text)))
}

/// A text that may be missing as it is written.
pub(crate) fn optional_text(of: Option<&Arc<str>>) -> Option<Text> {
    of.map(text)
}

/// An instant as it is written.
pub(crate) fn instant(at: Timestamp) -> Text {
    literal(&Value::from(at.to_string()))
}

/// The `UNTIL` of a publication as it is written.
pub(crate) fn until(publication: &Publication) -> Option<Text> {
    publication.until.map(instant)
}
