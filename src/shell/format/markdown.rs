//! `markdown`: a table as GitHub and others show it.
//!
//! A text is shown as it is, whatever marks of Markdown or of HTML are in it.

use std::io::{self, Write};

use super::super::text::{Cell, Medium, on_one_line};
use super::Part;
use super::table::{depth, indent, is_numeric};
use pcq::Rows;

pub(super) fn write(rows: &Rows, part: Part, to: &mut dyn Write) -> io::Result<()> {
    let depth = depth(rows);
    let shown = || (0..rows.columns().len()).filter(|column| Some(*column) != depth);
    if part.is_first {
        let columns = shown().filter_map(|column| rows.columns().get(column));
        line(columns.map(|column| cell(column.name())), to)?;
        let rule = |i| if is_numeric(rows, i) { "---:" } else { "---" };
        line(shown().map(|column| rule(column).to_owned()), to)?;
    }
    Cell::all(rows).enumerate().try_for_each(|(number, row)| {
        let text = |column: usize| {
            let indented = depth.is_some_and(|depth| depth + 1 == column);
            let indent = if indented { indent(rows, number, "&emsp;") } else { String::new() };
            Some(indent + &cell(&row.get(column)?.text()))
        };
        line(shown().filter_map(text), to)
    })
}

fn line(cells: impl Iterator<Item = String>, to: &mut dyn Write) -> io::Result<()> {
    let cells: Vec<_> = cells.collect();
    writeln!(to, "| {} |", cells.join(" | "))
}

/// A cell cannot hold a line break.
fn cell(text: &str) -> String {
    text.lines().map(escaped).collect::<Vec<_>>().join("<br>")
}

/// Escapes what would begin a tag, an entity, a link, a picture, code, emphasis or another cell.
fn escaped(line: &str) -> String {
    let text = on_one_line(line, Medium::File);
    let mut escaped = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '_' if is_inside(before, rest.clone().next()) => escaped.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '|' | '$' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
        before = Some(c);
    }
    escaped
}

/// Whether what stands between two characters is in a word, where `_` means nothing.
fn is_inside(before: Option<char>, after: Option<char>) -> bool {
    [before, after].iter().all(|c| c.is_some_and(char::is_alphanumeric))
}
