//! `markdown`: a table as GitHub and others show it.

use std::io::{self, Write};

use super::super::text::plain;
use super::table::is_numeric;
use pcq::{Column, Rows, Value};

pub(super) fn write(rows: &Rows, to: &mut dyn Write) -> io::Result<()> {
    let names: Vec<_> = rows.columns().iter().map(Column::name).collect();
    writeln!(to, "| {} |", names.join(" | "))?;
    let rule = |i| if is_numeric(rows, i) { "---:" } else { "---" };
    let rules: Vec<_> = (0..rows.columns().len()).map(rule).collect();
    writeln!(to, "| {} |", rules.join(" | "))?;
    for row in rows.rows() {
        let cells: Vec<_> = row.iter().map(cell).collect();
        writeln!(to, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}

/// A cell cannot hold a line break, and would end at a pipe.
fn cell(value: &Value) -> String {
    let lines = match value {
        Value::String(text) => text.lines().map(|line| escaped(&Value::from(line))).collect(),
        other => vec![escaped(other)],
    };
    lines.join("<br>")
}

fn escaped(value: &Value) -> String {
    plain(value).replace('\\', "\\\\").replace('|', "\\|")
}
