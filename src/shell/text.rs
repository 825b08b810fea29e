//! Text as people read it.

use std::borrow::Cow;
use std::fmt::Write as _;

use pcq::limits::ECHO_CHARS;
use pcq::model::Literal;
use pcq::{Column, ColumnKind, Form, Rows, Value};

/// What stands for a value that there is not.
pub(super) const NULL: &str = "NULL";

/// What stands for a blank cell of a config.
const BLANK: &str = "BLANK";

/// What stands for a part of a value that there is not.
const ABSENT: &str = "(absent)";

/// Where a text is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Medium {
    /// A terminal or a picture: what cannot be seen is shown as an escape.
    Screen,
    /// A file or a pipe, whose reader sees to that: only what would end a line is an escape.
    File,
}

/// Cell of a table, as people read it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell<'r> {
    pub(super) value: &'r Value,
    pub(super) form: Option<Form>,
    /// What the column holds.
    pub(super) kind: ColumnKind,
}

impl<'r> Cell<'r> {
    /// The cells of a row.
    pub(super) fn row(rows: &'r Rows, row: usize) -> impl Iterator<Item = Self> {
        let values = rows.rows().get(row).map(Vec::as_slice).unwrap_or_default();
        let columns = rows.columns().iter().zip(values).enumerate();
        columns.map(move |(index, (column, value))| Self::of(column, value, rows.form(row, index)))
    }

    /// The cells of all rows.
    pub(super) fn all(rows: &'r Rows) -> impl Iterator<Item = Vec<Self>> {
        (0..rows.len()).map(|row| Self::row(rows, row).collect())
    }

    /// A cell of a column.
    pub(super) fn of(column: &Column, value: &'r Value, form: Option<Form>) -> Self {
        Self { value, form, kind: column.kind() }
    }

    /// The text: that of a text without quotes, unless it would look like something else.
    pub(super) fn text(self) -> Cow<'r, str> {
        match (self.value, self.form) {
            (_, Some(Form::Blank)) => Cow::Borrowed(BLANK),
            (_, Some(Form::Absent)) => Cow::Borrowed(ABSENT),
            (Value::Null, _) => Cow::Borrowed(NULL),
            (Value::String(text), None) if self.misleads(text) => {
                Cow::Owned(Literal::from(text.clone()).to_string())
            }
            (Value::String(text), None) => Cow::Borrowed(text),
            (other, _) => Cow::Owned(other.to_string()),
        }
    }

    /// The text on one line.
    pub(super) fn line(self, medium: Medium) -> String {
        on_one_line(&self.text(), medium).into_owned()
    }

    /// Whether a text without quotes could not be seen, or could be taken for something else.
    fn misleads(self, text: &str) -> bool {
        let is_quoted = |quote| text.starts_with(quote) && text.ends_with(quote);
        let is_mark = text == BLANK || text == ABSENT;
        let is_unclear = text.trim() != text || is_mark || is_quoted('"') || is_quoted('\'');
        text.trim().is_empty() || text == NULL || self.kind == ColumnKind::Value && is_unclear
    }
}

/// A text on one line.
pub(super) fn on_one_line(text: &str, medium: Medium) -> Cow<'_, str> {
    match medium {
        Medium::Screen => escaped(text, is_unseen),
        Medium::File => escaped(text, char::is_control),
    }
}

/// A text whose lines stay lines, for a screen.
pub(super) fn by_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && is_unseen(c))
}

/// Whether a character steers a terminal, turns the direction of text around or leaves no trace: text from a
/// store must do none of these to who reads it.
pub(super) fn is_unseen(c: char) -> bool {
    c.is_control()
        || is_ignorable(c)
        || matches!(c, '\u{2028}'..='\u{2029}' | '\u{fff9}'..='\u{fffb}')
}

/// The property `Default_Ignorable_Code_Point` of Unicode, in which all controls of direction are.
fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Writes some characters of a text as escapes.
fn escaped(text: &str, is_escaped: fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_escaped(c) { push_escape(&mut escaped, c) } else { escaped.push(c) }
    }
    Cow::Owned(escaped)
}

fn push_escape(to: &mut String, c: char) {
    match c {
        '\n' => to.push_str("\\n"),
        '\r' => to.push_str("\\r"),
        '\t' => to.push_str("\\t"),
        c => {
            let _ = write!(to, "\\u{{{:x}}}", u32::from(c));
        }
    }
}

/// A time with microseconds, to the second.
pub(super) fn to_the_second(time: &str) -> Cow<'_, str> {
    let seconds = time.split_once('.').filter(|(_, fraction)| fraction.ends_with('Z'));
    seconds.map_or(Cow::Borrowed(time), |(seconds, _)| Cow::Owned(format!("{seconds}Z")))
}

/// A number of things: `1 event`, `2 events`.
pub(super) fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// The name that a word is likely meant to be: one that begins with it, else one in which at most a third of the letters
/// are others.
pub(super) fn near<'n>(
    word: &str,
    names: impl Iterator<Item = &'n str> + Clone,
) -> Option<&'n str> {
    if word.len() > ECHO_CHARS {
        return None;
    }
    let letters = word.chars().filter(|c| c.is_alphanumeric()).count();
    if letters > 1
        && let Some(name) = names.clone().find(|name| name.starts_with(word))
    {
        return Some(name);
    }
    let distance = |name: &str| strsim::damerau_levenshtein(name, word);
    names.min_by_key(|name| distance(name)).filter(|name| distance(name) * 3 <= letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_unicode_says_is_not_seen_is_not() {
        let class = r"[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\x{FFF9}-\x{FFFB}]";
        let all: String = ('\0'..=char::MAX).collect();
        let found = regex::Regex::new(class)
            .unwrap()
            .find_iter(&all)
            .map(|c| c.as_str())
            .collect::<String>();
        let unseen: String = all.chars().filter(|c| is_unseen(*c)).collect();
        assert_eq!(unseen, found);
    }

    #[test]
    fn what_could_be_taken_for_something_else_is_in_quotes() {
        let cell = |kind, value: &Value, form| {
            Cell::of(&Column::new("c", kind), value, form).text().into_owned()
        };
        let any = |value: Value| cell(ColumnKind::Value, &value, None);
        for (text, shown) in [
            ("a", "a"),
            ("it's", "it's"),
            ("null", "null"),
            ("", "''"),
            ("  ", "'  '"),
            ("a ", "'a '"),
            ("NULL", "'NULL'"),
            ("BLANK", "'BLANK'"),
            ("'a'", "'''a'''"),
            ("\"a\"", "'\"a\"'"),
        ] {
            assert_eq!(any(text.into()), shown);
        }
        assert_eq!(any(Value::Null), "NULL");
        let json = Some(Form::JsonText);
        assert_eq!(cell(ColumnKind::Value, &"null".into(), json), "\"null\"");
        assert_eq!(cell(ColumnKind::Value, &"a\n".into(), json), "\"a\\n\"");
        assert_eq!(cell(ColumnKind::Value, &Value::Null, Some(Form::Blank)), "BLANK");
        for (text, shown) in [("  a ", "  a "), ("'a'", "'a'"), ("", "''"), ("NULL", "'NULL'")] {
            assert_eq!(cell(ColumnKind::Text, &text.into(), None), shown);
        }
    }

    #[test]
    fn what_is_seen_stays() {
        for text in ["", "日本 é e\u{301} \u{a0}", "😀 עברית ไทย \\u{202e}"] {
            assert_eq!(on_one_line(text, Medium::Screen), text);
        }
    }

    #[test]
    fn files_keep_what_ends_no_line() {
        let text = "a\n\t\r\u{1b}[0m\u{9b}\u{202e}\u{200d}\u{e0041}";
        let screen = "a\\n\\t\\r\\u{1b}[0m\\u{9b}\\u{202e}\\u{200d}\\u{e0041}";
        assert_eq!(on_one_line(text, Medium::Screen), screen);
        let file = "a\\n\\t\\r\\u{1b}[0m\\u{9b}\u{202e}\u{200d}\u{e0041}";
        assert_eq!(on_one_line(text, Medium::File), file);
    }
}
