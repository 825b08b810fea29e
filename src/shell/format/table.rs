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
    let is_fitted = sheet.width.is_some();
    let medium = if is_fitted { Medium::Screen } else { Medium::File };
    let name = |column: &Column| on_one_line(column.name(), medium).into_owned();
    let depth = depth(rows);
    let all = || rows.columns().iter().enumerate().filter(|(index, _)| Some(*index) != depth);
    let is_empty = |index: usize| is_fitted && is_all_null(rows, index);
    let shown: Vec<_> = all().filter(|(index, _)| !is_empty(*index)).collect();
    if shown.is_empty() && !rows.is_empty() {
        return grid(rows, &Sheet { width: None, ..sheet.clone() });
    }
    let heads = shown.iter().map(|(index, column)| {
        let side = if is_numeric(rows, *index) { Side::Right } else { Side::Left };
        Head { name: name(column), side, wraps: false }
    });
    let columns = shown.iter().map(|(index, _)| {
        let mut cells = cells(rows, *index, sheet, medium);
        if depth.is_some_and(|depth| depth + 1 == *index) {
            let indents = (0..rows.len()).map(|row| indent(rows, row, "  "));
            cells.iter_mut().zip(indents).for_each(|(cell, by)| cell.text.insert_str(0, &by));
        }
        cells
    });
    let mut columns: Vec<_> = columns.map(Vec::into_iter).collect();
    let row = |_| columns.iter_mut().filter_map(Iterator::next).collect();
    let left_out: Vec<_> =
        all().filter(|(index, _)| is_empty(*index)).map(|(_, c)| name(c)).collect();
    let note =
        (!left_out.is_empty()).then(|| format!("{NULL} in all rows: {}", left_out.join(", ")));
    Grid {
        heads: heads.collect(),
        rows: (0..rows.len()).map(row).collect(),
        has_foot: false,
        notes: note.into_iter().collect(),
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

/// The cells of a column.
fn cells(rows: &Rows, column: usize, sheet: &Sheet, medium: Medium) -> Vec<Content> {
    let cut: fn(&str) -> Cow<'_, str> =
        if sheet.width.is_some() && are_apart_by_seconds(rows, column) {
            to_the_second
        } else {
            whole
        };
    let cells = (0..rows.len()).filter_map(|row| Cell::row(rows, row).nth(column));
    let content = |cell: Cell<'_>| {
        if cell.value == &Value::Null && cell.form.is_none() {
            return Content::faint(on_one_line(&sheet.null, medium));
        }
        let text = names(cell).filter(|_| sheet.width.is_some());
        let text = text.unwrap_or_else(|| lines_of(cell, medium));
        let text = cut(&text);
        Content::of(if cell.kind == ColumnKind::Time { sheet.local(text) } else { text })
    };
    cells.map(content).collect()
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
