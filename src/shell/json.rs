//! JSON in which each character can be seen: those that cannot are escapes, which every reader of JSON undoes.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use super::text::is_unseen;

/// Writes a value on the line that is being written.
pub(super) fn write(value: &impl Serialize, to: &mut (impl Write + ?Sized)) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(to, Seen))?;
    Ok(())
}

struct Seen;

impl Formatter for Seen {
    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        to: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((seen, c)) = rest.find(is_unseen).and_then(|at| rest.split_at_checked(at)) {
            to.write_all(seen.as_bytes())?;
            let mut after = c.chars();
            after.next().map_or(Ok(()), |c| escape(c, to))?;
            rest = after.as_str();
        }
        to.write_all(rest.as_bytes())
    }
}

/// Writes the escape of a character, or the two of one that UTF-16 has in two.
fn escape(c: char, to: &mut (impl Write + ?Sized)) -> io::Result<()> {
    c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(to, "\\u{unit:04x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_an_escape_and_comes_back() {
        let text = "\u{1b}\u{7f}\u{9b}a\u{202e}\u{200b}日本\u{feff}\u{e0041}\"\\\n";
        let mut bytes = Vec::new();
        write(&[text], &mut bytes).unwrap();
        let json = String::from_utf8(bytes).unwrap();
        let expected = r#"["\u001b\u007f\u009ba\u202e\u200b日本\ufeff\udb40\udc41\"\\\n"]"#;
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
    }
}
