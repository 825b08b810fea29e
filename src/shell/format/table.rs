//! `table`: rows in a frame, for people.

use std::io::{self, Write};

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, Table,
    TableStyle,
};

use super::super::text::{Cell, Medium, NULL, on_one_line};
use pcq::{Column, Rows, Value};

/// Lines that are drawn through, none between rows.
const STYLE: TableStyle = TableStyle::new()
    .top_border(LineStyle::new('┌', '─', '┬', '┐'))
    .header_lines(ContentLineStyle::new('│', '│', '│'))
    .header_separator(LineStyle::new('├', '─', '┼', '┤'))
    .content_lines(ContentLineStyle::new('│', '│', '│'))
    .bottom_border(LineStyle::new('└', '─', '┴', '┘'));

/// Letters of a dim `NULL`, as wide as it is: no text has these characters on a screen.
const DIM: [char; 4] = ['\u{1}', '\u{2}', '\u{3}', '\u{4}'];

pub(super) fn write(rows: &Rows, width: Option<u16>, to: &mut dyn Write) -> io::Result<()> {
    let medium = if width.is_some() { Medium::Screen } else { Medium::File };
    let table = table(rows, width, medium, |cell| lines(cell, medium));
    table.lines().try_for_each(|line| writeln!(to, "{line}"))
}

/// The table for a terminal, with what a terminal takes to make each `NULL` dim.
pub(super) fn dimmed(rows: &Rows, width: u16) -> String {
    let medium = Medium::Screen;
    let table = table(rows, Some(width), medium, |cell| match cell.value {
        Value::Null if cell.form.is_none() => DIM.iter().collect(),
        _ => lines(cell, medium),
    });
    table.lines().map(|line| with_dim(&line) + "\n").collect()
}

/// The line with its dim letters. A narrow column may break `NULL` over lines.
fn with_dim(line: &str) -> String {
    let whole: String = DIM.iter().collect();
    let mut line = line.replace(&whole, &dim(NULL));
    for (mark, letter) in DIM.iter().zip(NULL.chars()) {
        line = line.replace(*mark, &dim(&letter.to_string()));
    }
    line
}

fn dim(text: &str) -> String {
    format!("\u{1b}[2m{text}\u{1b}[22m")
}

fn table(
    rows: &Rows,
    width: Option<u16>,
    medium: Medium,
    written: impl Fn(Cell<'_>) -> String,
) -> Table {
    let mut table = Table::new();
    let name = |column: &Column| on_one_line(column.name(), medium).into_owned();
    table.load_style(STYLE).set_header(rows.columns().iter().map(name));
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.add_rows(Cell::all(rows).map(|row| row.into_iter().map(&written).collect::<Vec<_>>()));
    for (i, column) in table.column_iter_mut().enumerate() {
        if is_numeric(rows, i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        if is_narrow(rows, i, medium) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
}

/// Whether a column is better not broken over lines: numbers, times, words.
fn is_narrow(rows: &Rows, column: usize, medium: Medium) -> bool {
    const WIDEST: usize = 27; // a time with microseconds
    let mut cells = (0..rows.len()).filter_map(|row| Cell::row(rows, row).nth(column));
    cells.all(|cell| {
        let text = lines(cell, medium);
        text.chars().count() <= WIDEST && !text.contains(' ')
    })
}

/// Whether a column has numbers and nothing else, so that their digits should stand below each other.
pub(super) fn is_numeric(rows: &Rows, column: usize) -> bool {
    let mut values =
        rows.rows().iter().filter_map(|row| row.get(column)).filter(|v| **v != Value::Null);
    let is_number = |value: &Value| matches!(value, Value::Integer(_) | Value::Double(_));
    values.next().is_some_and(is_number) && values.all(is_number)
}

/// The lines of a text stay lines.
fn lines(cell: Cell<'_>, medium: Medium) -> String {
    let text = cell.text();
    let lines: Vec<_> = text.lines().map(|line| on_one_line(line, medium)).collect();
    lines.join("\n")
}
