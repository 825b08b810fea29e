//! Reasons why a row is rejected.

use std::borrow::Cow;
use std::sync::Arc;

use pcq::model::{JsonError, ValueKind};
use pcq::{Error, ErrorKind, Value};

/// The most characters of a text that a message shows.
const SHOWN: usize = 80;

/// Reason why a row is rejected.
#[derive(Debug)]
pub(in crate::shell) struct Flaw {
    pub(in crate::shell) error: Error,
    /// In which line, if not in the first of the row.
    pub(super) line: Option<u64>,
    /// Where in its line, in code points from 1, if that is known.
    pub(super) column: Option<usize>,
    /// What it is the value of, if it is one.
    of: Option<Cell>,
}

/// What is in a cell.
#[derive(Debug)]
struct Cell {
    /// The attribute or property.
    name: Arc<str>,
    /// What is wanted there.
    wanted: &'static str,
}

impl From<Error> for Flaw {
    fn from(error: Error) -> Self {
        Self { error, line: None, column: None, of: None }
    }
}

impl Flaw {
    /// What is wrong at a place in a file.
    pub(super) fn at(error: Error, line: u64, column: usize) -> Self {
        Self { line: Some(line), column: Some(column), ..error.into() }
    }

    /// A cell that is not what its column wants; perhaps more is known of why.
    pub(super) fn cell(
        name: &Arc<str>,
        cell: &str,
        wanted: &'static str,
        why: Option<JsonError>,
    ) -> Self {
        let more = why.map(|why| format!("; {}", unplaced(why).0)).unwrap_or_default();
        let error = bad_cell(name, &abridged(cell), &format!("{wanted}{more}"));
        Self { of: Some(Cell { name: Arc::clone(name), wanted }), ..error.into() }
    }

    /// The same without the value that is wrong, if it is one of something sensitive.
    pub(super) fn concealed(self, is_sensitive: impl FnOnce(&str) -> bool) -> Self {
        match self.of {
            Some(cell) if is_sensitive(&cell.name) => {
                Self { error: bad_cell(&cell.name, "***", cell.wanted), of: None, ..self }
            }
            _ => self,
        }
    }

    /// What is wrong with the JSON of a line.
    pub(super) fn json(error: JsonError, line: &str) -> Self {
        let (error, byte) = unplaced(error);
        let column = byte.map(|byte| code_points(line, byte));
        let flaw = Error::new(ErrorKind::Json(error));
        let is_array = line.trim_start().starts_with('[');
        let hint = "each line is an object of its own, and no array goes around them";
        let error = if is_array { flaw.hint(hint) } else { flaw };
        Self { column, ..error.into() }
    }

    /// Where it is, in a row of a file.
    pub(in crate::shell) fn place(&self, file: &str, row: u64) -> String {
        let line = self.line.unwrap_or(row);
        self.column.map_or(format!("{file}:{line}"), |column| format!("{file}:{line}:{column}"))
    }
}

fn bad_cell(column: &str, cell: &str, wanted: &str) -> Error {
    let why = format!("column `{column}` wants {wanted}");
    ErrorKind::BadLiteral { what: "cell", text: cell.to_owned(), why }.into()
}

/// Takes the place out of a message: its line is always the first.
fn unplaced(error: JsonError) -> (JsonError, Option<usize>) {
    match error {
        JsonError::Syntax { what, at: Some((1, column)) } => {
            (JsonError::Syntax { what, at: None }, Some(column))
        }
        JsonError::Duplicate(name) => (JsonError::Duplicate(abridged(&name).into_owned()), None),
        other => (other, None),
    }
}

/// The column of the last of some bytes.
fn code_points(line: &str, bytes: usize) -> usize {
    line.char_indices().take_while(|(at, _)| *at < bytes).count().max(1)
}

/// A text, cut off where a message would become too long.
pub(in crate::shell) fn abridged(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SHOWN).and_then(|(end, _)| text.get(..end)) {
        Some(head) => Cow::Owned(format!("{head}…")),
        None => Cow::Borrowed(text),
    }
}

/// The error of a value of another type.
pub(super) fn wrong_type(place: impl Into<String>, wanted: &str, value: &Value) -> Error {
    let found = match value.kind() {
        ValueKind::Null => "null".to_owned(),
        ValueKind::Object => "an object".to_owned(),
        kind => format!("a {kind}"),
    };
    ErrorKind::Type { place: place.into(), wanted: wanted.to_owned(), found }.into()
}

/// The error of something that is not one of what is known, with the one that is probably meant.
pub(in crate::shell) fn unexpected(expected: &[&str], found: &str) -> Error {
    let quoted = expected.iter().map(|name| format!("`{name}`")).collect();
    let found = abridged(found);
    let kind = ErrorKind::Expected { expected: quoted, found: format!("`{found}`") };
    Error::new(kind).suggest(&found, expected.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_mistake_in_json_is_its_column() {
        let column = |line: &str| {
            let flaw = Flaw::json(Value::from_json(line).unwrap_err(), line);
            assert!(!flaw.error.to_string().contains("line 1"), "{}", flaw.error);
            flaw.column
        };
        assert_eq!(column(r#"{"a": nope}"#), Some(8));
        assert_eq!(column(r#"{"é": nope}"#), Some(8));
        assert_eq!(column(r#"{"a": 1, "a": 2}"#), None);
        assert_eq!(column("x"), Some(1));
    }

    #[test]
    fn long_texts_are_cut_off() {
        assert_eq!(abridged("é"), "é");
        assert_eq!(abridged(&"é".repeat(1000)).chars().count(), SHOWN + 1);
    }
}
