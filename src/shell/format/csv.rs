//! `csv`: RFC 4180. `NULL` is nothing at all, and a text without characters is `""`.

use std::borrow::Cow;
use std::io::{self, Write};

use pcq::{Rows, Value};

/// What spreadsheets take for the start of a formula: the second four are what they make of the first on a
/// keyboard of full width, and white space before one is passed over.
const STARTS: [char; 11] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n'];

/// What becomes of a text that a spreadsheet would take for a formula.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::shell) enum Formulas {
    /// It stays as it is.
    #[default]
    Kept,
    /// It has a `'` before it, by which spreadsheets know a text. Numbers are none, whatever their sign.
    Guarded,
}

pub(super) fn write(rows: &Rows, formulas: Formulas, to: &mut dyn Write) -> io::Result<()> {
    let name = |name| quoted(&formulas.guard(name));
    record(rows.columns().iter().map(|column| name(column.name())), to)?;
    rows.rows()
        .iter()
        .try_for_each(|row| record(row.iter().map(|value| field(value, formulas)), to))
}

fn record(fields: impl Iterator<Item = String>, to: &mut dyn Write) -> io::Result<()> {
    let fields: Vec<_> = fields.collect();
    write!(to, "{}\r\n", fields.join(","))
}

fn field(value: &Value, formulas: Formulas) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => quoted(&formulas.guard(text)),
        Value::Integer(_) | Value::Double(_) => value.to_string(),
        other => quoted(&formulas.guard(&other.to_string())),
    }
}

impl Formulas {
    fn guard(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Guarded if text.starts_with(STARTS) => Cow::Owned(format!("'{text}")),
            _ => Cow::Borrowed(text),
        }
    }
}

fn quoted(text: &str) -> String {
    if !text.is_empty() && !text.contains([',', '"', '\r', '\n']) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('"', "\"\""))
}
