//! `DIFF`: two versions of a config side by side.

use std::collections::BTreeSet;

use super::rows::ColumnKind::{Text, Value as Any};
use super::rows::{Column, Rows};
use super::value::{maybe, text, texts};
use super::view::View;
use crate::error::Result;
use crate::model::{Catalog, Cell, HIDDEN, KeyId, Row, Secrets, SegmentId, Share, Value, Version};
use crate::statement::Diff;
use crate::statement::definition::{cell_spec, key_name};
use crate::statement::find::find_config;

/// The columns of `DIFF`.
const COLUMNS: &[Column] = &[
    Column::of("item", Text, "what differs"),
    Column::of("segment", Text, "the segment of the row"),
    Column::of("key", Text, "the key of the column"),
    Column::of("from", Any, "what the first version has"),
    Column::of("to", Any, "what the second version has"),
];

/// Compares two versions of a config.
pub(super) fn diff(view: &View<'_>, diff: &Diff) -> Result<Rows> {
    let config = find_config(view.catalog(), &diff.config)?;
    let old = view.version_of(config, &diff.from)?;
    let new = view.version_of(config, &diff.to)?;
    let (catalog, secrets) = (view.catalog(), view.secrets());
    let comparison = Comparison { catalog, secrets, old: &old, new: &new };
    Ok(Rows::new(COLUMNS, comparison.rows()))
}

/// Two versions of a config side by side.
struct Comparison<'a> {
    catalog: &'a Catalog,
    secrets: Secrets<'a>,
    old: &'a Version,
    new: &'a Version,
}

impl Comparison<'_> {
    fn rows(&self) -> Vec<Vec<Value>> {
        let mut rows = Vec::new();
        let (from, to) = (self.old.description.as_ref(), self.new.description.as_ref());
        if from != to {
            rows.push(vec![text("description"), Value::Null, Value::Null, maybe(from), maybe(to)]);
        }
        rows.extend(self.segments().into_iter().flat_map(|segment| self.segment(segment)));
        rows.extend(self.order());
        rows.extend(self.keys().into_iter().flat_map(|key| self.key(key)));
        rows
    }

    /// The segments of either version: those of the new one in its order, then those that went.
    fn segments(&self) -> Vec<SegmentId> {
        in_order(self.new.rows.iter().map(|r| r.segment), self.old.rows.iter().map(|r| r.segment))
    }

    fn keys(&self) -> Vec<KeyId> {
        in_order(self.new.columns.iter().map(|c| c.key), self.old.columns.iter().map(|c| c.key))
    }

    fn segment(&self, segment: SegmentId) -> Vec<Vec<Value>> {
        let find = |version: &Version| version.rows.iter().find(|r| r.segment == segment).cloned();
        let row = |item, from, to| vec![text(item), self.name(segment), Value::Null, from, to];
        match (find(self.old), find(self.new)) {
            (None, Some(new)) => vec![row("segment", Value::Null, text(&rollout(&new)))],
            (Some(old), None) => vec![row("segment", text(&rollout(&old)), Value::Null)],
            (Some(old), Some(new)) => {
                let mut rows = Vec::new();
                if old.rollout != new.rollout {
                    rows.push(row("rollout", text(&rollout(&old)), text(&rollout(&new))));
                }
                if old.salt != new.salt {
                    rows.push(row("salt", text(&old.salt), text(&new.salt)));
                }
                rows
            }
            (None, None) => Vec::new(),
        }
    }

    /// The order of the segments that are in both, if it changed.
    fn order(&self) -> Option<Vec<Value>> {
        let order = |version: &Version, other: &Version| -> Vec<SegmentId> {
            let both = version.rows.iter().map(|row| row.segment);
            both.filter(|segment| other.row_of(*segment).is_some()).collect()
        };
        let (old, new) = (order(self.old, self.new), order(self.new, self.old));
        let told = |order: &[SegmentId]| {
            texts(order.iter().map(|s| self.catalog.segment_name(*s).to_arc()))
        };
        let row = || vec![text("order"), Value::Null, Value::Null, told(&old), told(&new)];
        (old != new).then(row)
    }

    fn key(&self, key: KeyId) -> Vec<Vec<Value>> {
        let name = || text(key_name(self.catalog, key).as_str());
        let is_there = |version: &Version| Value::from(version.column(key).is_some());
        let (mut rows, hidden) = (Vec::new(), self.secrets.hide(key));
        if self.old.column(key).is_some() != self.new.column(key).is_some() {
            let (from, to) = (is_there(self.old), is_there(self.new));
            rows.push(vec![text("key"), Value::Null, name(), from, to]);
        }
        for segment in self.segments() {
            let (old, new) = (cell(self.old, key, segment), cell(self.new, key, segment));
            if old != new {
                rows.push(vec![
                    text("cell"),
                    self.name(segment),
                    name(),
                    told_cell(old, hidden),
                    told_cell(new, hidden),
                ]);
            }
        }
        rows
    }

    fn name(&self, segment: SegmentId) -> Value {
        text(self.catalog.segment_name(segment).as_str())
    }
}

/// The items of one list in its order, then those that only the other has.
fn in_order<T: Copy + Ord>(
    first: impl Iterator<Item = T>,
    then: impl Iterator<Item = T>,
) -> Vec<T> {
    let mut seen = BTreeSet::new();
    first.chain(then).filter(|item| seen.insert(*item)).collect()
}

fn rollout(row: &Row) -> String {
    row.rollout.unwrap_or(Share::FULL).to_string()
}

fn cell(version: &Version, key: KeyId, segment: SegmentId) -> Option<&Cell> {
    let row = version.row_of(segment)?;
    version.column(key)?.cells().get(row)?.as_ref()
}

/// A cell as a value: a split as it is written, a blank as `NULL`.
fn told_cell(cell: Option<&Cell>, hidden: bool) -> Value {
    match cell {
        None => Value::Null,
        Some(Cell::Value(_)) if hidden => text(HIDDEN),
        Some(split) if hidden => text(&cell_spec(split).hidden().to_string()),
        Some(Cell::Value(value)) => value.clone(),
        Some(split) => text(&cell_spec(split).to_string()),
    }
}
