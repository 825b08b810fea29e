//! `line`: a column on each line, and a blank line between rows.

use std::io::{self, Write};

use super::super::text::{Medium, on_one_line, plain};
use pcq::Rows;

pub(super) fn write(rows: &Rows, to: &mut dyn Write) -> io::Result<()> {
    for (i, row) in rows.rows().iter().enumerate() {
        if i > 0 {
            writeln!(to)?;
        }
        for (column, value) in rows.columns().iter().zip(row) {
            let name = on_one_line(column.name(), Medium::File);
            writeln!(to, "{name} = {}", plain(value, Medium::File))?;
        }
    }
    Ok(())
}
