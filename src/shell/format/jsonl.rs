//! `jsonl`: a row as one object on one line.

use std::io::{self, Write};

use super::super::json;
use pcq::Rows;

pub(super) fn write(rows: &Rows, to: &mut dyn Write) -> io::Result<()> {
    for record in rows.records() {
        json::write(&record, to)?;
        to.write_all(b"\n")?;
    }
    Ok(())
}
