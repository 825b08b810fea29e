//! `csv`: RFC 4180. `NULL` is nothing at all, and a text without characters is `""`.

use std::io::{self, Write};

use pcq::{Rows, Value};

pub(super) fn write(rows: &Rows, to: &mut dyn Write) -> io::Result<()> {
    record(rows.columns().iter().map(|column| quoted(column.name())), to)?;
    rows.rows().iter().try_for_each(|row| record(row.iter().map(field), to))
}

fn record(fields: impl Iterator<Item = String>, to: &mut dyn Write) -> io::Result<()> {
    let fields: Vec<_> = fields.collect();
    write!(to, "{}\r\n", fields.join(","))
}

fn field(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => quoted(text),
        other => quoted(&other.to_string()),
    }
}

fn quoted(text: &str) -> String {
    if !text.is_empty() && !text.contains([',', '"', '\r', '\n']) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('"', "\"\""))
}
