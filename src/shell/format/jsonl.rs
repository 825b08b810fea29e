//! `jsonl`: a row as one object on one line.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use pcq::{Rows, Value};

pub(super) fn write(rows: &Rows, to: &mut dyn Write) -> io::Result<()> {
    for row in rows.rows() {
        serde_json::to_writer(&mut *to, &Row(rows.columns(), row))?;
        to.write_all(b"\n")?;
    }
    Ok(())
}

/// A row as an object with a member for each column, in their order.
pub(super) struct Row<'a>(pub(super) &'a [&'static str], pub(super) &'a [Value]);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().zip(self.1))
    }
}
