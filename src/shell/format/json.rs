//! `json`: the rows of a statement as one array of objects on one line.

use std::io::{self, Write};

use super::super::json;
use super::Part;
use pcq::Rows;

pub(super) fn write(rows: &Rows, part: Part, to: &mut dyn Write) -> io::Result<()> {
    if part.is_first {
        to.write_all(b"[")?;
    }
    for (index, record) in rows.records().enumerate() {
        if !(part.is_first && index == 0) {
            to.write_all(b",")?;
        }
        json::write(&record, to)?;
    }
    if part.is_last { to.write_all(b"]\n") } else { Ok(()) }
}
