//! JSON: the attributes behind `WITH`, and JSON of other programs.

use crate::model::Value;
use crate::statement::Statement;
use crate::syntax;

/// A text is a value or says why not. Written and read again it is the same; what the language takes for JSON is what
/// JSON is, and the other way round; it can be the attributes of a user.
///
/// # Panics
///
/// Where that is not so.
pub fn json(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let read = Value::from_json(text);
    if let Ok(value) = &read {
        let written = value.to_string();
        let again = Value::from_json(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
        assert_eq!(*value, again, "{written}");
        assert_eq!(again.to_string(), written);
    }
    if text.starts_with(['{', '[']) {
        assert_eq!(syntax::value(text).ok(), read.ok(), "{text}");
    }
    with(text);
}

/// The text behind `WITH`.
fn with(text: &str) {
    let statement = format!("GET ALL FOR USER 'u1' WITH {text}");
    let Ok(statement) = Statement::parse(&statement) else { return };
    let written = statement.to_string();
    let again = Statement::parse(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
    assert_eq!(statement, again, "{written}");
}
