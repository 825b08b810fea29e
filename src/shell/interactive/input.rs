//! Texts that a person types: whether they have ended.

use pcq::is_complete;
use pcq::limits::STATEMENT_BYTES;

use super::dot::{Ask, ask};

/// Whether there is nothing more to come of a text: a command of the shell is one line, and a statement ends with `;`.
pub(super) fn is_finished(text: &str) -> bool {
    let is_command = !text.contains('\n') && ask(text).is_some();
    let ends = is_command || open_for_edit(text).is_some() || is_complete(text);
    // a text that is too long ends in any case
    text.trim().is_empty() || ends || text.len() > STATEMENT_BYTES
}

/// The open statement that the command in the last line wants to edit.
pub(super) fn open_for_edit(text: &str) -> Option<&str> {
    let (above, last) = text.trim_end().rsplit_once('\n')?;
    (ask(last) == Some(Ask::Edit)).then_some(above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_ends_with_its_statements_and_a_command_with_its_line() {
        for text in
            ["", " \n", "GET a;", "GET a\n FOR USER 'u';", "GET a; GET b;", ".help", "quit", "-- x"]
        {
            assert!(is_finished(text), "{text}");
        }
        for text in [
            "GET a",
            "GET a; GET",
            "SET COMMENT 'a;",
            "SET COMMENT 'a;\n.quit",
            "/* ;",
            "GET a\nquit",
            "GET a\n.keys",
        ] {
            assert!(!is_finished(text), "{text}");
        }
        assert!(is_finished("GET a\n.edit"));
        assert_eq!(open_for_edit("GET a\nFOR\n \\e "), Some("GET a\nFOR"));
        assert_eq!(open_for_edit(".edit"), None);
        assert!(is_finished(&"x".repeat(STATEMENT_BYTES + 1)));
    }
}
