//! Canonical text of scripts, comments included.

use std::io::BufRead;

use super::comment::{Comment, Trailing, Trivia, inside};
use super::{Script, ScriptStatement};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::STATEMENT_BYTES;

/// Iterator over the canonical text of a script, made by [`Script::formatted`].
#[derive(Debug)]
pub struct Formatted<R> {
    /// The script, until it has ended.
    script: Option<Script<R>>,
    line: Line,
}

impl<R> Formatted<R> {
    pub(super) fn new(script: Script<R>) -> Self {
        Self { script: Some(script), line: Line::Start }
    }
}

impl<R: BufRead> Iterator for Formatted<R> {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Result<String>> {
        let mut script = self.script.take()?;
        let mut writer = Writer { text: String::new(), line: self.line };
        let Some(statement) = script.next() else {
            writer.end(script.rest());
            return Some(Ok(writer.text));
        };
        let written = statement.and_then(|statement| writer.statement(&statement));
        if written.is_ok() {
            self.script = Some(script);
        }
        self.line = writer.line;
        Some(written.map(|()| writer.text))
    }
}

/// State of the line that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// At the start of the script.
    Start,
    /// After a statement, on its line, where a comment can still be added.
    Statement,
    /// At the start of a line.
    New,
}

/// Writes statements and the comments around them.
struct Writer {
    text: String,
    line: Line,
}

impl Writer {
    /// Writes a statement in canonical form; one that has an error, or would have one then, stays as it was
    /// written.
    fn statement(&mut self, statement: &ScriptStatement) -> Result<()> {
        refuse_cut_off(statement)?;
        let after = Trailing::new(statement.trailing());
        self.trivia(&Trivia::parse(statement.leading()));
        // a canonical text past the limit could not be read again: blanks made it longer than it was
        let limit = STATEMENT_BYTES.max(statement.text().len());
        let canonical = statement.result().ok().map(ToString::to_string);
        let canonical = canonical.filter(|text| text.len() <= limit);
        if canonical.is_some() {
            self.own_lines(inside(statement.text()));
        }
        self.own_lines(after.moved);
        self.text.push_str(canonical.as_deref().unwrap_or(statement.text()));
        self.text.push(';');
        self.line = Line::Statement;
        for comment in after.kept {
            self.same_line(comment);
        }
        Ok(())
    }

    /// Writes what is left after the last statement.
    fn end(&mut self, rest: &str) {
        let mut rest = Trivia::parse(rest);
        rest.breaks_at_end = 1; // no blank line at the end of a script
        self.trivia(&rest);
    }

    /// Writes what stands between two statements, and ends the line.
    fn trivia(&mut self, trivia: &Trivia<'_>) {
        let on_line = if self.line == Line::Statement { trivia.on_first_line() } else { 0 };
        let (same, own) = trivia.comments.split_at(on_line);
        for comment in same {
            self.same_line(comment.text);
        }
        if self.line == Line::Statement {
            self.text.push('\n');
            self.line = Line::New;
        }
        for comment in own {
            self.own_line(comment);
        }
        self.blank_line(trivia.breaks_at_end);
    }

    /// Adds a comment to the line.
    fn same_line(&mut self, comment: &str) {
        self.text.push(' ');
        self.text.push_str(comment);
    }

    fn own_lines<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        for text in texts {
            self.own_line(&Comment { breaks_before: 1, text });
        }
    }

    fn own_line(&mut self, comment: &Comment<'_>) {
        self.blank_line(comment.breaks_before);
        self.text.push_str(comment.text);
        self.text.push('\n');
        self.line = Line::New;
    }

    /// Keeps one of the blank lines that were there, but none at the start.
    fn blank_line(&mut self, breaks: usize) {
        if breaks > 1 && self.line == Line::New {
            self.text.push('\n');
        }
    }
}

/// Refuses a statement of which not all was kept, because it is past the limit: writing it would
/// lose the rest of it.
fn refuse_cut_off(statement: &ScriptStatement) -> Result<()> {
    let is_cut = |error: &&Error| matches!(error.kind(), ErrorKind::StatementTooLong { .. });
    if let Some(error) = statement.parsed.failure().filter(is_cut) {
        return Err(error.clone());
    }
    let whole = statement.text().len() + statement.trailing().len();
    let longest = whole.max(statement.leading().len());
    if longest + 8 > STATEMENT_BYTES {
        return Err(ErrorKind::StatementTooLong { limit: STATEMENT_BYTES }.into());
    }
    Ok(())
}
