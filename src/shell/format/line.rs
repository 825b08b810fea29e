//! `line`: a column on each line, and a blank line between rows.

use std::io::{self, Write};

use super::super::text::{Cell, Medium, on_one_line};
use super::Part;
use pcq::{Rows, Value};

pub(super) fn write(rows: &Rows, part: Part, null: &str, to: &mut dyn Write) -> io::Result<()> {
    for (i, row) in Cell::all(rows).enumerate() {
        if i > 0 || !part.is_first {
            writeln!(to)?;
        }
        for (column, cell) in rows.columns().iter().zip(row) {
            let name = on_one_line(column.name(), Medium::File);
            let is_null = *cell.value == Value::Null && cell.form.is_none();
            let text = if is_null { null.to_owned() } else { cell.line(Medium::File) };
            writeln!(to, "{name} = {text}")?;
        }
    }
    Ok(())
}
