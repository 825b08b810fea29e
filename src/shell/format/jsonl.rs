//! `jsonl`: a row as one object on one line.

use std::io::{self, Write};

use pcq::Rows;

pub(super) fn write(rows: &Rows, to: &mut dyn Write) -> io::Result<()> {
    for record in rows.records() {
        serde_json::to_writer(&mut *to, &record)?;
        to.write_all(b"\n")?;
    }
    Ok(())
}
