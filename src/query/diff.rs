//! `DIFF`: two versions of an object side by side.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::log::object_history;
use super::rows::ColumnKind::{Text, Value as Any};
use super::rows::{Column, Rows};
use super::value::{maybe, optional, text, texts};
use super::view::View;
use crate::error::Result;
use crate::model::{
    Catalog, Cell, Change, Given, HIDDEN, Key, KeyId, ObjectKind, Row, Secrets, Segment, SegmentId,
    Share, Spanned, Value, Version,
};
use crate::statement::Diff;
use crate::statement::definition::{self, cell_spec, key_name};
use crate::statement::find::{find_config, find_key, find_segment, unknown_object_version};

/// The columns of `DIFF`.
const COLUMNS: &[Column] = &[
    Column::of("item", Text, "what differs"),
    Column::of("segment", Text, "the segment of the row"),
    Column::of("key", Text, "the key of the column"),
    Column::of("from", Any, "what the first version has"),
    Column::of("to", Any, "what the second version has"),
];

/// Compares two versions of an object.
pub(super) fn diff(view: &View<'_>, diff: &Diff) -> Result<Rows> {
    let rows = match diff.kind {
        ObjectKind::Config => configs(view, diff)?,
        ObjectKind::Key => keys(view, diff)?,
        ObjectKind::Segment => segments(view, diff)?,
    };
    Ok(Rows::new(COLUMNS, rows))
}

fn configs(view: &View<'_>, diff: &Diff) -> Result<Vec<Vec<Value>>> {
    let config = find_config(view.catalog(), &diff.name)?;
    let wanted =
        |number: &Spanned<Given<u64>>| view.version_of(config, &view.parameters.whole(number)?);
    let newest = || view.version_of(config, &Spanned::unplaced(config.newest.into()));
    let new = diff.to.as_ref().map_or_else(newest, wanted)?;
    let nothing =
        Version { rows: Vec::new(), columns: Vec::new(), description: None, ..(*new).clone() };
    let live = || Ok(config.live(view.now).map_or_else(|| Arc::new(nothing), Arc::clone));
    let old = diff.from.as_ref().map_or_else(live, wanted)?;
    let (catalog, secrets) = (view.catalog(), view.secrets());
    Ok(Comparison { catalog, secrets, old: &old, new: &new }.rows())
}

/// What one thing of two versions is, if it differs.
fn item(name: &'static str, from: Value, to: Value) -> Option<Vec<Value>> {
    (from != to).then(|| vec![text(name), Value::Null, Value::Null, from, to])
}

fn keys(view: &View<'_>, diff: &Diff) -> Result<Vec<Vec<Value>>> {
    let key = find_key(view.catalog(), &diff.name)?;
    let (old, new) = both(view, diff, (key.id.0, key.version), |change| match change {
        Change::Key(key) => Some((key.version, Arc::clone(key))),
        _ => None,
    })?;
    let secrets = view.secrets();
    let check = |key: &Key| key.check.as_ref().map(|check| secrets.check(key.id, check));
    let told = |key: &Key| secrets.value(key.id, &key.default);
    let mut default = item("default", old.default.clone(), new.default.clone());
    if let Some([.., from, to]) = default.as_deref_mut() {
        (*from, *to) = (told(&old), told(&new));
    }
    let rows = [
        default,
        item("check", optional(check(&old).as_deref()), optional(check(&new).as_deref())),
        item("sensitive", old.sensitive.into(), new.sensitive.into()),
        item("description", maybe(old.description.as_ref()), maybe(new.description.as_ref())),
    ];
    Ok(rows.into_iter().flatten().collect())
}

fn segments(view: &View<'_>, diff: &Diff) -> Result<Vec<Vec<Value>>> {
    let segment = find_segment(view.catalog(), &diff.name)?;
    let (old, new) = both(view, diff, (segment.id.0, segment.version), |change| match change {
        Change::Segment(segment) => Some((segment.version, Arc::clone(segment))),
        _ => None,
    })?;
    let secrets = view.secrets();
    let told = |segment: &Segment| {
        text(&secrets.condition(&view.catalog().named_today(&segment.condition)))
    };
    let rows = [
        item("condition", told(&old), told(&new)),
        item("description", maybe(old.description.as_ref()), maybe(new.description.as_ref())),
    ];
    Ok(rows.into_iter().flatten().collect())
}

/// The two versions of a key or a segment that are compared: the newest with the one before it, if none is named.
fn both<T>(
    view: &View<'_>,
    diff: &Diff,
    (id, newest): (u32, u32),
    version: impl Fn(&Change) -> Option<(u32, Arc<T>)>,
) -> Result<(Arc<T>, Arc<T>)> {
    let history = object_history(view, diff.kind, id)?;
    let number = |said: &Option<Spanned<Given<u64>>>, default: u32| match said {
        Some(said) => view.parameters.whole(said),
        None => Ok(Spanned::unplaced(default.into())),
    };
    let find = |number: &Spanned<u64>| {
        let all = history.iter().rev().filter_map(|logged| version(&logged.change));
        let found = all.into_iter().find(|(n, _)| u64::from(*n) == number.node);
        let unknown = || unknown_object_version(diff.kind, &diff.name, number, newest);
        found.map(|(_, object)| object).ok_or_else(unknown)
    };
    let from = number(&diff.from, newest.saturating_sub(1).max(1))?;
    Ok((find(&from)?, find(&number(&diff.to, newest)?)?))
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
                if (old.rollout, &old.by) != (new.rollout, &new.by) {
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
    definition::rollout(row).map_or_else(|| Share::FULL.to_string(), |rollout| rollout.to_string())
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
