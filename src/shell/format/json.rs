//! `json`: the rows of a statement as one array of objects on one line.

use std::io::{self, Write};

use super::super::json;
use pcq::Rows;

pub(super) fn write(rows: &Rows, to: &mut dyn Write) -> io::Result<()> {
    json::write(rows, to)?;
    to.write_all(b"\n")
}
