//! Text as people read it.

use std::borrow::Cow;
use std::fmt::Write as _;

use pcq::Value;

/// A value as people read it, on one line: text without quotes, nothing for `NULL`.
pub(super) fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => escape_controls(text),
        other => Cow::Owned(escape_controls(&other.to_string()).into_owned()),
    }
}

/// Writes control characters as escapes: text from a store must not steer a terminal.
pub(super) fn escape_controls(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(escaped, "\\u{:04x}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// A number of things: `1 event`, `2 events`.
pub(super) fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
