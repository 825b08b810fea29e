//! `csv`: RFC 4180. What is in quotes is a text: `NULL` is nothing at all, and a text without characters is `""`; a
//! blank cell is `BLANK`, and the text `"BLANK"`.

use std::borrow::Cow;
use std::io::{self, Write};

use super::super::text::Cell;
use super::Part;
use pcq::{Form, Rows, Value};

/// What stands for a blank cell of a config.
const BLANK: &str = "BLANK";

/// What stands for a part of a value that there is not.
const ABSENT: &str = "(absent)";

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

pub(super) fn write(
    rows: &Rows,
    part: Part,
    formulas: Formulas,
    to: &mut dyn Write,
) -> io::Result<()> {
    if part.is_first {
        let name = |name| quoted(&formulas.guard(name));
        record(rows.columns().iter().map(|column| name(column.name())), to)?;
    }
    Cell::all(rows).try_for_each(|row| record(row.iter().map(|cell| field(*cell, formulas)), to))
}

fn record(fields: impl Iterator<Item = String>, to: &mut dyn Write) -> io::Result<()> {
    let fields: Vec<_> = fields.collect();
    write!(to, "{}\r\n", fields.join(","))
}

fn field(cell: Cell<'_>, formulas: Formulas) -> String {
    match (cell.value, cell.form) {
        (_, Some(Form::Blank)) => BLANK.to_owned(),
        (_, Some(Form::Absent)) => ABSENT.to_owned(),
        (Value::Null, _) => String::new(),
        (Value::String(text), None) => quoted(&formulas.guard(text)),
        (number @ (Value::Integer(_) | Value::Double(_)), _) => number.to_string(),
        (other, _) => quoted(&formulas.guard(&other.to_string())),
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
    if !text.is_empty() && text != BLANK && text != ABSENT && !text.contains([',', '"', '\r', '\n'])
    {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('"', "\"\""))
}
