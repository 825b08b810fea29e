//! `table`: rows in a frame, or as records, for people.
//!
//! For a terminal, what says nothing is left out: columns that are `NULL` in all rows, which are named below, and
//! fractions of seconds by which no two times of a column differ.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};

use super::super::layout::{Content, Grid, Head, Line, Shape, Side, lay_out};
use super::super::text::{Cell, Medium, NULL, on_one_line, to_the_second};
use super::{Sheet, matrix, tree};
use pcq::{Column, ColumnKind, Form, Rows, Value};

pub(super) fn write(
    rows: &Rows,
    sheet: &Sheet,
    shape: Shape,
    to: &mut dyn Write,
) -> io::Result<()> {
    lines(rows, sheet, shape).iter().try_for_each(|line| writeln!(to, "{line}"))
}

/// The table for a terminal, with what a terminal takes to make each `NULL` dim.
pub(super) fn dimmed(rows: &Rows, sheet: &Sheet, shape: Shape) -> String {
    lines(rows, sheet, shape).iter().map(|line| line.styled() + "\n").collect()
}

/// Whether something else is drawn in place of the rows.
pub(super) fn is_drawn(rows: &Rows, sheet: &Sheet, shape: Shape) -> bool {
    matrix::place(rows).is_some() || tree::width(rows, sheet, shape).is_some()
}

fn lines(rows: &Rows, sheet: &Sheet, shape: Shape) -> Vec<Line> {
    let drawn = matrix::lines(rows, sheet, shape).or_else(|| tree::lines(rows, sheet, shape));
    drawn.unwrap_or_else(|| lay_out(&grid(rows, sheet), sheet.width.map(usize::from), shape))
}

fn grid(rows: &Rows, sheet: &Sheet) -> Grid {
    Choice::of(rows, sheet).grid(rows, sheet)
}

/// What of a table is shown, and how.
#[derive(Debug)]
pub(super) struct Choice {
    /// The columns that are shown.
    shown: Vec<usize>,
    /// Those that are not, because they say nothing.
    left_out: Vec<usize>,
    /// Those whose times are cut to the second.
    cut: Vec<usize>,
    /// Whether it is for a terminal.
    is_fitted: bool,
}

impl Choice {
    fn of(rows: &Rows, sheet: &Sheet) -> Self {
        let depth = depth(rows);
        let all = (0..rows.columns().len()).filter(|index| Some(*index) != depth);
        if sheet.width.is_none() || !rows.is_empty() && all.clone().all(|i| is_all_null(rows, i)) {
            let (left_out, cut) = (Vec::new(), Vec::new());
            return Self { shown: all.collect(), left_out, cut, is_fitted: false };
        }
        let (left_out, shown): (Vec<_>, Vec<_>) = all.partition(|index| is_all_null(rows, *index));
        let cut = shown.iter().copied().filter(|index| are_apart_by_seconds(rows, *index));
        Self { cut: cut.collect(), shown, left_out, is_fitted: true }
    }

    /// What is shown of a table of which these are the first rows. `known`: the columns that had a value in rows before them.
    pub(super) fn of_first(rows: &Rows, sheet: &Sheet, known: &[usize]) -> Self {
        let mut choice = Self { cut: Vec::new(), ..Self::of(rows, sheet) };
        choice.shown.extend(known);
        choice.shown.sort_unstable();
        choice.shown.dedup();
        choice.left_out.retain(|index| !known.contains(index));
        choice
    }

    /// The columns that are shown.
    pub(super) fn shown(&self) -> &[usize] {
        &self.shown
    }

    /// How many rows at the start have no value in a column that is left out.
    pub(super) fn suits(&self, rows: &Rows) -> usize {
        let has_value = |row: usize| {
            let values = rows.rows().get(row);
            let value = |index: &usize| values.and_then(|values| values.get(*index));
            self.left_out.iter().any(|index| value(index).is_some_and(|v| *v != Value::Null))
        };
        (0..rows.len()).find(|row| has_value(*row)).unwrap_or(rows.len())
    }

    pub(super) fn grid(&self, rows: &Rows, sheet: &Sheet) -> Grid {
        let name = |index: &usize| {
            let column = rows.columns().get(*index).map(Column::name);
            on_one_line(column.unwrap_or_default(), self.medium()).into_owned()
        };
        let head = |index: &usize| {
            let side = if is_numeric(rows, *index) { Side::Right } else { Side::Left };
            Head { name: name(index), side, wraps: false }
        };
        let left_out: Vec<_> = self.left_out.iter().map(name).collect();
        let note =
            (!left_out.is_empty()).then(|| format!("{NULL} in all rows: {}", left_out.join(", ")));
        Grid {
            heads: self.shown.iter().map(head).collect(),
            rows: self.contents(rows, sheet),
            has_foot: false,
            notes: note.into_iter().collect(),
        }
    }

    /// The cells of rows.
    pub(super) fn contents(&self, rows: &Rows, sheet: &Sheet) -> Vec<Vec<Content>> {
        let depth = depth(rows);
        let columns = self.shown.iter().map(|index| {
            let mut cells = self.cells(rows, *index, sheet);
            if depth.is_some_and(|depth| depth + 1 == *index) {
                let indents = (0..rows.len()).map(|row| indent(rows, row, "  "));
                cells.iter_mut().zip(indents).for_each(|(cell, by)| cell.text.insert_str(0, &by));
            }
            cells
        });
        let mut columns: Vec<_> = columns.map(Vec::into_iter).collect();
        let row = |_| columns.iter_mut().filter_map(Iterator::next).collect();
        (0..rows.len()).map(row).collect()
    }

    /// The cells of a column.
    fn cells(&self, rows: &Rows, column: usize, sheet: &Sheet) -> Vec<Content> {
        let medium = self.medium();
        let cut: fn(&str) -> Cow<'_, str> =
            if self.cut.contains(&column) { to_the_second } else { whole };
        let cells = (0..rows.len()).filter_map(|row| Cell::row(rows, row).nth(column));
        let content = |cell: Cell<'_>| {
            if cell.value == &Value::Null && cell.form.is_none() {
                return Content::faint(on_one_line(&sheet.null, medium));
            }
            let text = names(cell).filter(|_| self.is_fitted);
            let text = text.unwrap_or_else(|| lines_of(cell, medium));
            let text = cut(&text);
            Content::of(if cell.kind == ColumnKind::Time { sheet.local(text) } else { text })
        };
        cells.map(content).collect()
    }

    fn medium(&self) -> Medium {
        if self.is_fitted { Medium::Screen } else { Medium::File }
    }
}

/// The column of how deep each row is in the tree that the table is, if it is one. It is shown by the place of what stands
/// in the column behind it.
pub(super) fn depth(rows: &Rows) -> Option<usize> {
    rows.columns().iter().position(|column| column.kind() == ColumnKind::Depth)
}

/// What stands before the column behind the depth of a row; `step` for each level.
pub(super) fn indent(rows: &Rows, row: usize, step: &str) -> String {
    let levels = depth(rows).and_then(|depth| rows.rows().get(row)?.get(depth)?.as_integer());
    step.repeat(levels.and_then(|levels| usize::try_from(levels).ok()).unwrap_or_default())
}

/// Whether a column is `NULL` in all rows, of which there are some.
fn is_all_null(rows: &Rows, column: usize) -> bool {
    let is_null = |row| rows.form(row, column).is_none();
    let mut cells = rows.rows().iter().enumerate();
    !rows.is_empty()
        && cells.all(|(row, cells)| cells.get(column) == Some(&Value::Null) && is_null(row))
}

/// Whether a column has times that are different even to the second, if they are different at all.
fn are_apart_by_seconds(rows: &Rows, column: usize) -> bool {
    let is_time =
        rows.columns().get(column).is_some_and(|column| column.kind() == ColumnKind::Time);
    let times = || rows.rows().iter().filter_map(|row| row.get(column)?.as_str());
    let count = |cut: fn(&str) -> Cow<'_, str>| times().map(cut).collect::<BTreeSet<_>>().len();
    is_time && count(whole) == count(to_the_second)
}

fn whole(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

/// Whether a column has numbers and nothing else, so that their digits should stand below each other.
pub(super) fn is_numeric(rows: &Rows, column: usize) -> bool {
    let mut values =
        rows.rows().iter().filter_map(|row| row.get(column)).filter(|v| **v != Value::Null);
    let is_number = |value: &Value| matches!(value, Value::Integer(_) | Value::Double(_));
    values.next().is_some_and(is_number) && values.all(is_number)
}

/// The names of a list, without brackets and quotes.
fn names(cell: Cell<'_>) -> Option<String> {
    let Value::List(list) = cell.value else { return None };
    if cell.kind != ColumnKind::List && cell.form != Some(Form::Names) {
        return None;
    }
    let name =
        |item: &Value| item.as_str().map(|name| on_one_line(name, Medium::Screen).into_owned());
    Some(list.iter().map(name).collect::<Option<Vec<_>>>()?.join(", "))
}

/// The lines of a text stay lines.
fn lines_of(cell: Cell<'_>, medium: Medium) -> String {
    let text = cell.text();
    let lines: Vec<_> = text.lines().map(|line| on_one_line(line, medium)).collect();
    lines.join("\n")
}
