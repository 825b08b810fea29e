//! The matrix of a config, as `DESCRIBE CONFIG` shows it to people: what is live above it, salts below it.
//!
//! Segments stand down and keys across. Where that is too wide, or takes more lines than the other way round, keys stand
//! down and segments across; where that is too wide, too, each segment is a record.

#[cfg(test)]
mod tests;

use super::super::layout::{Content, Grid, Head, Line, Shape, Side, framed, recorded, written};
use super::super::text::{Cell, Medium, on_one_line, to_the_second};
use super::Sheet;
use pcq::{Column, ColumnKind, Form, Rows, Value};

/// What stands for a blank cell.
const BLANK: &str = "·";

/// The matrix of what `DESCRIBE CONFIG` gives; `None` of any other rows.
pub(super) fn lines(rows: &Rows, sheet: &Sheet, shape: Shape) -> Option<Vec<Line>> {
    let config = Described { rows, matrix: rows.rows().get(place(rows)?)?.get(1)?, sheet };
    let mut lines = config.above();
    lines.extend(config.matrix(shape));
    Some(lines)
}

/// The row that the matrix of a config is in, if there is one.
pub(super) fn place(rows: &Rows) -> Option<usize> {
    (0..rows.len()).find(|row| rows.form(*row, 1) == Some(Form::Matrix))
}

/// A config that is described.
struct Described<'r> {
    rows: &'r Rows,
    matrix: &'r Value,
    sheet: &'r Sheet,
}

/// A segment of the matrix.
struct Row<'r> {
    name: &'r str,
    /// The share of its users who get the row, if not all do.
    rollout: Option<String>,
    salt: &'r str,
}

/// A key of the matrix.
struct Key<'r> {
    name: &'r str,
    kind: &'r str,
    default: &'r Value,
    cells: &'r [Value],
}

impl Described<'_> {
    fn property(&self, name: &str) -> &Value {
        let found =
            self.rows.rows().iter().find(|row| row.first().and_then(Value::as_str) == Some(name));
        found.and_then(|row| row.get(1)).unwrap_or(&Value::Null)
    }

    fn text(&self, name: &str) -> &str {
        self.property(name).as_str().unwrap_or_default()
    }

    fn width(&self) -> Option<usize> {
        self.sheet.width.map(usize::from)
    }

    fn medium(&self) -> Medium {
        if self.sheet.width.is_some() { Medium::Screen } else { Medium::File }
    }

    /// Which version it is, what is live, and what will be.
    fn above(&self) -> Vec<Line> {
        let description = self.text("description");
        let mut said = vec![self.title()];
        said.extend((!description.is_empty()).then(|| description.to_owned()));
        said.push(match self.property("publication") {
            Value::Null => "live: no version".to_owned(),
            publication => format!("live: {}", self.told(publication, "since")),
        });
        let scheduled = items(self.property("scheduled")).iter();
        said.extend(scheduled.map(|later| format!("scheduled: {}", self.told(later, "at"))));
        let said = said.iter().map(|text| on_one_line(text, self.medium()));
        said.flat_map(|text| written(&text, self.width())).collect()
    }

    fn title(&self) -> String {
        let [version, newest, live] = ["version", "newest", "live"].map(|name| self.property(name));
        let mut of_it = Vec::new();
        of_it.extend((version == live).then(|| "live".to_owned()));
        of_it.push(if version == newest {
            "the newest".to_owned()
        } else {
            format!("the newest is {newest}")
        });
        let status = self.text("status");
        let status = if matches!(status, "disabled" | "archived") {
            format!("; the config is {status}")
        } else {
            String::new()
        };
        format!("{}, version {version} ({}){status}", self.text("config"), of_it.join(", "))
    }

    /// A publication in words.
    fn told(&self, publication: &Value, at: &str) -> String {
        let text = |name| member(publication, name).as_str();
        let time = |name| {
            text(name).map(|time| {
                let is_fitted = self.sheet.width.is_some();
                let time = if is_fitted { to_the_second(time) } else { time.into() };
                self.sheet.local(time)
            })
        };
        let version = member(publication, "version");
        let mut told = format!("version {version} {at} {}", time("at").unwrap_or_default());
        let parts = [
            (" until ", time("until")),
            (" by ", text("actor").map(Into::into)),
            (": ", text("comment").map(Into::into)),
        ];
        for (before, text) in parts {
            told.extend(text.map(|text| format!("{before}{text}")));
        }
        told
    }

    fn matrix(&self, shape: Shape) -> Vec<Line> {
        let rows: Vec<_> = items(member(self.matrix, "segments")).iter().map(Row::of).collect();
        let keys: Vec<_> = items(member(self.matrix, "keys")).iter().map(Key::of).collect();
        let notes = self.salts(&rows);
        let tables = Tables { rows: &rows, keys: &keys, notes, medium: self.medium() };
        let width = self.width();
        let is_framed = shape == Shape::Fitting;
        let upright = is_framed.then(|| framed(&tables.upright(), width)).flatten();
        let is_fitted = is_framed && width.is_some();
        let turned = is_fitted.then(|| framed(&tables.turned(), width)).flatten();
        let frames = upright.into_iter().chain(turned);
        // of equals the first
        frames.min_by_key(Vec::len).unwrap_or_else(|| recorded(&tables.records(), width))
    }

    /// The salts that do not go without saying.
    fn salts(&self, rows: &[Row<'_>]) -> Vec<String> {
        let config = self.text("config");
        let others = rows.iter().filter(|row| row.salt != format!("{config}/{}", row.name));
        others.map(|row| self.one_line(&format!("salt of {}: {}", row.name, row.salt))).collect()
    }

    fn one_line(&self, text: &str) -> String {
        on_one_line(text, self.medium()).into_owned()
    }
}

impl<'r> Row<'r> {
    fn of(segment: &'r Value) -> Self {
        let text = |name| member(segment, name).as_str();
        let (share, by) = (member(segment, "rollout"), text("by"));
        let rollout = (by.is_some() || *share != Value::Integer(100)).then(|| {
            let by = by.map_or_else(String::new, |by| format!(" by {by}"));
            format!("{share}%{by}")
        });
        let (name, salt) = (text("segment").unwrap_or_default(), text("salt").unwrap_or_default());
        Self { name, rollout, salt }
    }
}

impl<'r> Key<'r> {
    fn of(key: &'r Value) -> Self {
        let text = |name| member(key, name).as_str().unwrap_or_default();
        let (default, cells) = (member(key, "default"), items(member(key, "cells")));
        Self { name: text("key"), kind: text("type"), default, cells }
    }

    /// A value of it, as it stands in a cell.
    fn value(&self, value: &Value, medium: Medium) -> String {
        let is_text = self.kind == "JSON" && value.as_str().is_some();
        let form = is_text.then_some(Form::JsonText);
        let column = Column::new("value", ColumnKind::Value);
        let text = Cell::of(&column, value, form).line(medium);
        if text == BLANK { format!("'{text}'") } else { text }
    }

    fn cell(&self, cell: &Value, medium: Medium) -> Content {
        if *cell == Value::Null {
            return Content::blank(BLANK);
        }
        let arms = items(member(cell, "split"));
        if arms.is_empty() {
            return Content::of(self.value(member(cell, "value"), medium));
        }
        Content::of(self.split(arms, member(cell, "by").as_str(), medium))
    }

    /// `50 list / 50 grid`, with the names of all arms if one of them is not its value; arms in pieces are one.
    fn split(&self, arms: &[Value], by: Option<&str>, medium: Medium) -> String {
        let mut shares: Vec<(&Value, &Value, f64)> = Vec::new();
        for arm in arms {
            let [name, share, value] = ["variant", "share", "value"].map(|name| member(arm, name));
            let share = number(share);
            match shares.iter_mut().find(|(known, ..)| *known == name && *name != Value::Null) {
                Some((_, _, sum)) => *sum += share,
                None => shares.push((name, value, share)),
            }
        }
        let named = |name: &Value| name.as_str().map(|name| on_one_line(name, medium).into_owned());
        let arms = shares
            .iter()
            .map(|(name, value, share)| (named(name), self.value(value, medium), rounded(*share)));
        let arms: Vec<_> = arms.collect();
        let has_names =
            arms.iter().any(|(name, value, _)| name.as_ref().is_some_and(|name| name != value));
        let told = arms.iter().map(|(name, value, share)| {
            let name = name.as_ref().filter(|_| has_names).map(|name| format!("{name}: "));
            format!("{}{share} {value}", name.unwrap_or_default())
        });
        let by = by.map_or_else(String::new, |by| format!(" by {by}"));
        told.collect::<Vec<_>>().join(" / ") + &by
    }
}

/// The tables that the matrix may be.
struct Tables<'r> {
    rows: &'r [Row<'r>],
    keys: &'r [Key<'r>],
    notes: Vec<String>,
    medium: Medium,
}

impl Tables<'_> {
    /// Segments down, keys across.
    fn upright(&self) -> Grid {
        let mut grid = self.by_segment(false);
        grid.heads.insert(0, head("#", Side::Right));
        let last = grid.rows.len().saturating_sub(1);
        for (index, row) in grid.rows.iter_mut().enumerate() {
            let number = if index == last { String::new() } else { (index + 1).to_string() };
            row.insert(0, Content::of(number));
        }
        grid
    }

    /// Each segment a record, and the defaults.
    fn records(&self) -> Grid {
        let mut grid = self.by_segment(true);
        let is_blank =
            |cells: &Vec<Content>| cells.iter().any(|cell| cell.text == BLANK && cell.is_blank);
        if grid.rows.iter().any(is_blank) {
            grid.notes.insert(0, "blank cells are left out".to_owned());
        }
        grid
    }

    /// A row for each segment and one for the defaults. `drops`: whether a rollout of all is left out of its row.
    fn by_segment(&self, drops: bool) -> Grid {
        let has_rollouts = self.rows.iter().any(|row| row.rollout.is_some());
        let mut heads = vec![head("segment", Side::Left)];
        heads.extend(has_rollouts.then(|| head("rollout", Side::Left)));
        heads.extend(self.keys.iter().map(|key| self.name(key.name)));
        let nothing = || if drops { Content::blank("") } else { Content::of("") };
        let row = |(index, row): (usize, &Row<'_>)| {
            let mut cells = vec![Content::of(on_one_line(row.name, self.medium))];
            let rollout = row.rollout.as_ref().map_or_else(nothing, Content::of);
            cells.extend(has_rollouts.then_some(rollout));
            cells.extend(self.keys.iter().map(|key| self.cell(key, index)));
            cells
        };
        let mut rows: Vec<_> = self.rows.iter().enumerate().map(row).collect();
        let mut defaults = vec![Content::of("default")];
        defaults.extend(has_rollouts.then(nothing));
        defaults
            .extend(self.keys.iter().map(|key| Content::of(key.value(key.default, self.medium))));
        rows.push(defaults);
        Grid { heads, rows, has_foot: true, notes: self.notes.clone() }
    }

    /// Keys down, segments across.
    fn turned(&self) -> Grid {
        let mut heads = vec![self.name("key")];
        heads.extend(self.rows.iter().zip(1..).map(|(row, number): (_, u64)| {
            let rollout = row.rollout.as_ref().map(|rollout| format!(" {rollout}"));
            self.name(&format!("{number} {}{}", row.name, rollout.unwrap_or_default()))
        }));
        heads.push(head("default", Side::Left));
        let row = |key: &Key<'_>| {
            let mut cells = vec![Content::of(on_one_line(key.name, self.medium))];
            cells.extend((0..self.rows.len()).map(|index| self.cell(key, index)));
            cells.push(Content::of(key.value(key.default, self.medium)));
            cells
        };
        Grid {
            heads,
            rows: self.keys.iter().map(row).collect(),
            has_foot: false,
            notes: self.notes.clone(),
        }
    }

    fn cell(&self, key: &Key<'_>, index: usize) -> Content {
        key.cell(key.cells.get(index).unwrap_or(&Value::Null), self.medium)
    }

    /// A head with a name of the store.
    fn name(&self, name: &str) -> Head {
        Head { name: on_one_line(name, self.medium).into_owned(), side: Side::Left, wraps: true }
    }
}

fn head(name: &str, side: Side) -> Head {
    Head { name: name.to_owned(), side, wraps: false }
}

/// A member of an object; `NULL` if it has none of the name.
fn member<'v>(object: &'v Value, name: &str) -> &'v Value {
    let members = if let Value::Object(members) = object { Some(members) } else { None };
    members.and_then(|members| members.get(name)).unwrap_or(&Value::Null)
}

fn items(list: &Value) -> &[Value] {
    if let Value::List(items) = list { items } else { &[] }
}

fn number(share: &Value) -> f64 {
    match share {
        Value::Double(share) => *share,
        other => {
            other.as_integer().and_then(|share| u8::try_from(share).ok()).map_or(0.0, f64::from)
        }
    }
}

/// A share of three decimals.
fn rounded(share: f64) -> String {
    let text = format!("{share:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
