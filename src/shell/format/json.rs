//! `json`: the rows of a statement as one array of objects on one line.

use std::io::{self, Write};

use pcq::Rows;

pub(super) fn write(rows: &Rows, to: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *to, rows)?;
    to.write_all(b"\n")
}
