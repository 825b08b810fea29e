//! `DIFF`: two versions of an object side by side.

mod cell;
mod config;
mod json;
mod line;

use std::sync::Arc;

use super::log::object_history;
use super::rows::ColumnKind::{Text, Value as Any};
use super::rows::{Column, Rows};
use super::value::{maybe, optional, text};
use super::view::View;
use crate::error::Result;
use crate::model::{
    Attribute, Given, Key, ObjectKind, Segment, Spanned, Value, Version, Versioned, version_among,
};
use crate::statement::Diff;
use crate::statement::find::{
    find_attribute, find_config, find_key, find_segment, unknown_object_version,
};

use cell::Part;
pub(super) use config::Comparison;
use line::Line;

/// The columns of `DIFF`.
const COLUMNS: &[Column] = &[
    Column::of("item", Text, "what differs"),
    Column::of("segment", Text, "the segment of the row"),
    Column::of("key", Text, "the key of the column"),
    Column::of("path", Text, "the part that differs: a path into JSON, or the arm of a split"),
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
    let comparison = Comparison { catalog, secrets, old: &old, new: &new };
    Ok(comparison.things().into_iter().flatten().collect())
}

fn keys(view: &View<'_>, diff: &Diff) -> Result<Vec<Line>> {
    let key = find_key(view.catalog(), &diff.name)?;
    let (old, new) = both(view, diff, &**key)?;
    let secrets = view.secrets();
    let check = |key: &Key| key.check.as_ref().map(|check| secrets.check(key.id, check));
    let mut lines = Vec::new();
    if old.default != new.default {
        let hidden = secrets.hide(key.id);
        let parts = cell::values("default", Some(key), hidden, &old.default, &new.default);
        lines.extend(parts.into_iter().map(|Part { item, path, from, to }| {
            let (segment, key) = (Value::Null, Value::Null);
            Line { item, segment, key, path, from, to }
        }));
    }
    let of = |key: &Key| optional(check(key).as_deref());
    let rows = [
        Line::of_hidden("check", old.check != new.check, of(&old), of(&new)),
        Line::of("sensitive", Value::from(old.sensitive), Value::from(new.sensitive)),
        Line::of("description", maybe(old.description.as_ref()), maybe(new.description.as_ref())),
    ];
    lines.extend(rows.into_iter().flatten());
    Ok(lines)
}

fn segments(view: &View<'_>, diff: &Diff) -> Result<Vec<Line>> {
    let segment = find_segment(view.catalog(), &diff.name)?;
    let (old, new) = both(view, diff, &**segment)?;
    let secrets = view.secrets();
    let today = |segment: &Segment| view.catalog().named_today(&segment.condition);
    let (was, is) = (today(&old), today(&new));
    let (from, to) = (text(&secrets.condition(&was)), text(&secrets.condition(&is)));
    let rows = [
        Line::of_hidden("condition", was.text() != is.text(), from, to),
        Line::of("description", maybe(old.description.as_ref()), maybe(new.description.as_ref())),
    ];
    Ok(rows.into_iter().flatten().collect())
}

fn attributes(view: &View<'_>, diff: &Diff) -> Result<Vec<Line>> {
    let attribute = find_attribute(view.catalog(), &diff.name)?;
    if attribute.is_built_in() && diff.from.is_none() && diff.to.is_none() {
        return Ok(Vec::new());
    }
    let (old, new) = both(view, diff, &**attribute)?;
    let check = |attribute: &Attribute| {
        let check = attribute.check.as_ref()?;
        Some(view.secrets().attribute_check(attribute, check).to_string())
    };
    let of = |attribute: &Attribute| optional(check(attribute).as_deref());
    let rows = [
        Line::of_hidden("check", old.check != new.check, of(&old), of(&new)),
        Line::of("sensitive", Value::from(old.sensitive), Value::from(new.sensitive)),
        Line::of("description", maybe(old.description.as_ref()), maybe(new.description.as_ref())),
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
