//! Cells of two versions side by side: values by the parts that differ, splits by their arms.

use super::json::{Changed, changes};
use super::line::Side;
use crate::model::{Cell, HIDDEN, Key, Literal, Path, Share, Split, USER_ID, Value};
use crate::query::value::{path_text, step_text, text};
use crate::statement::definition::cell_spec;

/// A part of a cell that differs.
pub(super) struct Part {
    pub(super) item: &'static str,
    /// Which part; `None` is the whole cell.
    pub(super) path: Option<String>,
    pub(super) from: Side,
    pub(super) to: Side,
}

/// The parts in which two cells of a key differ that are not the same. `hidden`: whether its values are not shown.
pub(super) fn parts(
    key: Option<&Key>,
    hidden: bool,
    old: Option<&Cell>,
    new: Option<&Cell>,
) -> Vec<Part> {
    let parts = match (old, new) {
        (Some(Cell::Value(old)), Some(Cell::Value(new))) => values("cell", key, hidden, old, new),
        (Some(Cell::Split(old)), Some(Cell::Split(new))) => arms(hidden, old, new),
        _ => Vec::new(),
    };
    if !parts.is_empty() {
        return parts;
    }
    // also of splits that only lay the same shares out in another way
    let [from, to] = [old, new].map(|cell| told(key, cell, hidden));
    vec![Part { item: "cell", path: None, from, to }]
}

/// The parts in which two values of a key differ.
pub(super) fn values(
    item: &'static str,
    key: Option<&Key>,
    hidden: bool,
    old: &Value,
    new: &Value,
) -> Vec<Part> {
    let parts = if hidden { None } else { changes(old, new) };
    let Some(parts) = parts else {
        let [from, to] = [old, new].map(|value| Side::of_key(key, value, hidden));
        return vec![Part { item, path: None, from, to }];
    };
    let part = |Changed { path, from, to }: Changed<'_>| {
        let [from, to] = [from, to].map(Side::of_part);
        Part { item, path: Some(path), from, to }
    };
    parts.into_iter().map(part).collect()
}

/// A cell of a key: a split as it is written.
fn told(key: Option<&Key>, cell: Option<&Cell>, hidden: bool) -> Side {
    match cell {
        None => Side::blank(),
        Some(Cell::Value(value)) => Side::of_key(key, value, hidden),
        Some(split) if hidden => text(&cell_spec(split).hidden().to_string()).into(),
        Some(split) => text(&cell_spec(split).to_string()).into(),
    }
}

/// Arm of a split, all its pieces together.
struct Arm<'s> {
    /// Its name, or its value if it has none.
    label: String,
    is_named: bool,
    share: u32,
    value: &'s Value,
}

/// The arms in which two splits differ, those of the new one in its order, then those that went.
fn arms(hidden: bool, old: &Split, new: &Split) -> Vec<Part> {
    let mut parts = Vec::new();
    if old.by != new.by {
        let [from, to] = [old, new].map(|split| text(&by(split.by.as_ref())).into());
        parts.push(Part { item: "split", path: Some("BY".to_owned()), from, to });
    }
    let [old, new] = [old, new].map(|split| merged(split, hidden));
    let of = |arms: &[Arm<'_>], label: &str| arms.iter().position(|arm| arm.label == label);
    let gone = old.iter().filter(|arm| of(&new, &arm.label).is_none()).map(|arm| (Some(arm), None));
    let there = new.iter().map(|arm| (of(&old, &arm.label).and_then(|at| old.get(at)), Some(arm)));
    let pairs = there.chain(gone);
    parts.extend(pairs.filter_map(|(old, new)| arm(hidden, old, new)));
    parts
}

/// What differs of an arm.
fn arm(hidden: bool, old: Option<&Arm<'_>>, new: Option<&Arm<'_>>) -> Option<Part> {
    let same_value = old.zip(new).is_some_and(|(old, new)| old.value == new.value);
    if same_value && old.zip(new).is_some_and(|(old, new)| old.share == new.share) {
        return None;
    }
    let label = new.or(old).map(|arm| arm.label.clone());
    let side = |arm: Option<&Arm<'_>>| {
        let Some(arm) = arm else { return Side::of_part(None) };
        let share = Share::from_thousandths(arm.share).unwrap_or(Share::FULL);
        let says_value = arm.is_named && !same_value;
        let value = says_value.then(|| literal(arm.value, hidden));
        let value = value.map_or_else(String::new, |value| format!(" {value}"));
        text(&format!("{share}{value}")).into()
    };
    Some(Part { item: "split", path: label, from: side(old), to: side(new) })
}

fn literal(value: &Value, hidden: bool) -> String {
    if hidden { HIDDEN.to_owned() } else { Literal::Value(value.clone()).to_string() }
}

/// What is hashed for a split.
fn by(path: Option<&Path>) -> String {
    path.map_or_else(|| USER_ID.to_owned(), path_text)
}

/// The arms of a split, each once. One without a name goes by its value, or by its place if that is hidden.
fn merged(split: &Split, hidden: bool) -> Vec<Arm<'_>> {
    let mut arms: Vec<Arm<'_>> = Vec::new();
    for (index, arm) in split.arms.iter().enumerate() {
        let (is_named, share, value) = (arm.name.is_some(), arm.share.thousandths(), &arm.value);
        let label = match &arm.name {
            Some(name) => step_text(name),
            None if hidden => arm.label(index).to_string(),
            None => literal(value, hidden),
        };
        match arms.iter_mut().find(|known| known.label == label && known.is_named == is_named) {
            Some(known) => known.share += share,
            None => arms.push(Arm { label, is_named, share, value }),
        }
    }
    arms
}
