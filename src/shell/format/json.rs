//! `json`: the rows of a statement as one array of objects on one line.

use std::io::{self, Write};

use super::jsonl::Row;
use pcq::Rows;

pub(super) fn write(rows: &Rows, to: &mut dyn Write) -> io::Result<()> {
    let mut before = "[";
    for row in rows.rows() {
        to.write_all(before.as_bytes())?;
        serde_json::to_writer(&mut *to, &Row(rows.columns(), row))?;
        before = ",";
    }
    to.write_all(if rows.is_empty() { b"[]\n" } else { b"]\n" })
}
