//! `table`: rows in a frame, for people.

use std::io::{self, Write};

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, Table,
    TableStyle,
};

use super::super::text::{Medium, on_one_line, plain};
use pcq::{Column, Rows, Value};

/// Lines that are drawn through, none between rows.
const STYLE: TableStyle = TableStyle::new()
    .top_border(LineStyle::new('┌', '─', '┬', '┐'))
    .header_lines(ContentLineStyle::new('│', '│', '│'))
    .header_separator(LineStyle::new('├', '─', '┼', '┤'))
    .content_lines(ContentLineStyle::new('│', '│', '│'))
    .bottom_border(LineStyle::new('└', '─', '┴', '┘'));

pub(super) fn write(rows: &Rows, width: Option<u16>, to: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new();
    let medium = if width.is_some() { Medium::Screen } else { Medium::File };
    let name = |column: &Column| on_one_line(column.name(), medium).into_owned();
    table.load_style(STYLE).set_header(rows.columns().iter().map(name));
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.add_rows(rows.rows().iter().map(|row| row.iter().map(|value| cell(value, medium))));
    for (i, column) in table.column_iter_mut().enumerate() {
        if is_numeric(rows, i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        if is_narrow(rows, i, medium) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table.lines().try_for_each(|line| writeln!(to, "{line}"))
}

/// Whether a column is better not broken over lines: numbers, times, words.
fn is_narrow(rows: &Rows, column: usize, medium: Medium) -> bool {
    const WIDEST: usize = 27; // a time with microseconds
    let cells = rows.rows().iter().filter_map(|row| row.get(column));
    cells
        .map(|value| cell(value, medium))
        .all(|text| text.chars().count() <= WIDEST && !text.contains(' '))
}

/// Whether a column has numbers and nothing else, so that their digits should stand below each other.
pub(super) fn is_numeric(rows: &Rows, column: usize) -> bool {
    let mut values =
        rows.rows().iter().filter_map(|row| row.get(column)).filter(|v| **v != Value::Null);
    let is_number = |value: &Value| matches!(value, Value::Integer(_) | Value::Double(_));
    values.next().is_some_and(is_number) && values.all(is_number)
}

/// The lines of a text stay lines; a text without characters is told from `NULL`, which is nothing.
fn cell(value: &Value, medium: Medium) -> String {
    match value {
        Value::String(text) if text.is_empty() => "''".to_owned(),
        Value::String(text) => {
            let lines: Vec<_> = text.lines().map(|line| on_one_line(line, medium)).collect();
            lines.join("\n")
        }
        other => plain(other, medium).into_owned(),
    }
}
