//! Text as people read it.

use std::borrow::Cow;
use std::fmt::Write as _;

use pcq::Value;

/// Where a text is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Medium {
    /// A terminal or a picture: what cannot be seen is shown as an escape.
    Screen,
    /// A file or a pipe, whose reader sees to that: only what would end a line is an escape.
    File,
}

/// A value as people read it, on one line: text without quotes, nothing for `NULL`.
pub(super) fn plain(value: &Value, medium: Medium) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => on_one_line(text, medium),
        other => Cow::Owned(on_one_line(&other.to_string(), medium).into_owned()),
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

/// A number of things: `1 event`, `2 events`.
pub(super) fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
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
