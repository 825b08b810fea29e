//! `line`: a column on each line, and a blank line between rows.

use std::io::{self, Write};

use super::super::text::{Cell, Medium, on_one_line};
use pcq::Rows;

pub(super) fn write(rows: &Rows, to: &mut dyn Write) -> io::Result<()> {
    for (i, row) in Cell::all(rows).enumerate() {
        if i > 0 {
            writeln!(to)?;
        }
        for (column, cell) in rows.columns().iter().zip(row) {
            let name = on_one_line(column.name(), Medium::File);
            writeln!(to, "{name} = {}", cell.line(Medium::File))?;
        }
    }
    Ok(())
}
