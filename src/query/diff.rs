//! `DIFF`: two versions of an object side by side.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::log::object_history;
use super::rows::ColumnKind::{Text, Value as Any};
use super::rows::{Column, Form, Rows};
use super::value::{is_json, maybe, optional, text, texts};
use super::view::View;
use crate::error::Result;
use crate::model::{
    Attribute, Catalog, Cell, Given, HIDDEN, Key, KeyId, ObjectKind, Row, Secrets, Segment,
    SegmentId, Share, Spanned, Value, Version, Versioned, version_among,
};
use crate::statement::Diff;
use crate::statement::definition::{self, cell_spec, key_name};
use crate::statement::find::{
    find_attribute, find_config, find_key, find_segment, unknown_object_version,
};

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
    let lines = match diff.kind {
        ObjectKind::Config => configs(view, diff)?,
        ObjectKind::Key => keys(view, diff)?,
        ObjectKind::Segment => segments(view, diff)?,
        ObjectKind::Attribute => attributes(view, diff)?,
    };
    let forms = lines.iter().zip(0..).flat_map(|(line, row)| line.forms(row)).collect::<Vec<_>>();
    let rows = lines.into_iter().map(Line::into_row).collect();
    Ok(Rows::new(COLUMNS, rows).with_forms(forms))
}

/// A row of the table.
struct Line {
    item: &'static str,
    segment: Value,
    key: Value,
    from: Side,
    to: Side,
}

/// What one version has.
#[derive(PartialEq)]
struct Side {
    value: Value,
    form: Option<Form>,
}

impl Line {
    /// The forms of its cells, as a row of a number.
    fn forms(&self, row: usize) -> impl Iterator<Item = ((usize, usize), Form)> + use<> {
        let form = move |column, form: Option<Form>| form.map(|form| ((row, column), form));
        form(3, self.from.form).into_iter().chain(form(4, self.to.form))
    }

    fn into_row(self) -> Vec<Value> {
        vec![text(self.item), self.segment, self.key, self.from.value, self.to.value]
    }
}

impl From<Value> for Side {
    fn from(value: Value) -> Self {
        Self { value, form: None }
    }
}

impl Side {
    /// A value of a key as it may be shown.
    fn of_key(key: Option<&Key>, value: &Value, hidden: bool) -> Self {
        if hidden {
            return text(HIDDEN).into();
        }
        let is_text = value.as_str().is_some() && is_json(key);
        Self { value: value.clone(), form: is_text.then_some(Form::JsonText) }
    }
}

fn configs(view: &View<'_>, diff: &Diff) -> Result<Vec<Line>> {
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
fn item(item: &'static str, from: impl Into<Side>, to: impl Into<Side>) -> Option<Line> {
    let (from, to) = (from.into(), to.into());
    let (segment, key) = (Value::Null, Value::Null);
    (from != to).then_some(Line { item, segment, key, from, to })
}

fn keys(view: &View<'_>, diff: &Diff) -> Result<Vec<Line>> {
    let key = find_key(view.catalog(), &diff.name)?;
    let (old, new) = both(view, diff, &**key)?;
    let secrets = view.secrets();
    let check = |key: &Key| key.check.as_ref().map(|check| secrets.check(key.id, check));
    let told = |key: &Key| Side::of_key(Some(key), &key.default, secrets.hide(key.id));
    let mut default = item("default", old.default.clone(), new.default.clone());
    if let Some(line) = &mut default {
        (line.from, line.to) = (told(&old), told(&new));
    }
    let rows = [
        default,
        item("check", optional(check(&old).as_deref()), optional(check(&new).as_deref())),
        item("sensitive", Value::from(old.sensitive), Value::from(new.sensitive)),
        item("description", maybe(old.description.as_ref()), maybe(new.description.as_ref())),
    ];
    Ok(rows.into_iter().flatten().collect())
}

fn segments(view: &View<'_>, diff: &Diff) -> Result<Vec<Line>> {
    let segment = find_segment(view.catalog(), &diff.name)?;
    let (old, new) = both(view, diff, &**segment)?;
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

fn attributes(view: &View<'_>, diff: &Diff) -> Result<Vec<Line>> {
    let attribute = find_attribute(view.catalog(), &diff.name)?;
    let (old, new) = both(view, diff, &**attribute)?;
    let check = |attribute: &Attribute| {
        let check = attribute.check.as_ref()?;
        Some(view.secrets().attribute_check(attribute, check).to_string())
    };
    let mut checks =
        item("check", optional(check(&old).as_deref()), optional(check(&new).as_deref()));
    if old.check == new.check {
        checks = None;
    }
    let rows = [
        checks,
        item("sensitive", Value::from(old.sensitive), Value::from(new.sensitive)),
        item("description", maybe(old.description.as_ref()), maybe(new.description.as_ref())),
    ];
    Ok(rows.into_iter().flatten().collect())
}

/// The two versions of an object that is no config that are compared: the newest with the one before it, if none is named.
fn both<T: Versioned>(view: &View<'_>, diff: &Diff, today: &T) -> Result<(Arc<T>, Arc<T>)> {
    let history = object_history(view, T::KIND, today.number())?;
    let newest = today.version();
    let number = |said: &Option<Spanned<Given<u64>>>, default: u32| match said {
        Some(said) => view.parameters.whole(said),
        None => Ok(Spanned::unplaced(default.into())),
    };
    let find = |number: &Spanned<u64>| {
        let found = version_among(history.iter().rev().map(|logged| &logged.change), number.node);
        let unknown = || unknown_object_version(T::KIND, &diff.name, number, newest);
        found.cloned().ok_or_else(unknown)
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
    fn rows(&self) -> Vec<Line> {
        let mut rows = Vec::new();
        let (from, to) = (self.old.description.as_ref(), self.new.description.as_ref());
        if from != to {
            rows.extend(item("description", maybe(from), maybe(to)));
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

    fn segment(&self, segment: SegmentId) -> Vec<Line> {
        let find = |version: &Version| version.rows.iter().find(|r| r.segment == segment).cloned();
        let row = |item, from: Value, to: Value| {
            let (from, to) = (from.into(), to.into());
            Line { item, segment: self.name(segment), key: Value::Null, from, to }
        };
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
    fn order(&self) -> Option<Line> {
        let order = |version: &Version, other: &Version| -> Vec<SegmentId> {
            let both = version.rows.iter().map(|row| row.segment);
            both.filter(|segment| other.row_of(*segment).is_some()).collect()
        };
        let (old, new) = (order(self.old, self.new), order(self.new, self.old));
        let told = |order: &[SegmentId]| {
            texts(order.iter().map(|s| self.catalog.segment_name(*s).to_arc()))
        };
        (old != new).then(|| item("order", told(&old), told(&new))).flatten()
    }

    fn key(&self, key: KeyId) -> Vec<Line> {
        let name = text(key_name(self.catalog, key).as_str());
        let line = |item, segment, from, to| Line { item, segment, key: name.clone(), from, to };
        let is_there = |version: &Version| Value::from(version.column(key).is_some());
        let (mut lines, known) = (Vec::new(), self.catalog.key(key));
        let told = |cell| told_cell(known.map(|key| &**key), cell, self.secrets.hide(key));
        if self.old.column(key).is_some() != self.new.column(key).is_some() {
            let (from, to) = (is_there(self.old), is_there(self.new));
            lines.push(line("key", Value::Null, from.into(), to.into()));
        }
        for segment in self.segments() {
            let (old, new) = (cell(self.old, key, segment), cell(self.new, key, segment));
            if old != new {
                lines.push(line("cell", self.name(segment), told(old), told(new)));
            }
        }
        lines
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

/// A cell of a key: a split as it is written.
fn told_cell(key: Option<&Key>, cell: Option<&Cell>, hidden: bool) -> Side {
    match cell {
        None => Side { value: Value::Null, form: Some(Form::Blank) },
        Some(Cell::Value(value)) => Side::of_key(key, value, hidden),
        Some(split) if hidden => text(&cell_spec(split).hidden().to_string()).into(),
        Some(split) => text(&cell_spec(split).to_string()).into(),
    }
}
