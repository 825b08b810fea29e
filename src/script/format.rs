//! Canonical text of scripts, comments included.

use std::io::BufRead;

use super::comment::{Comment, Trailing, Trivia};
use super::placed::{Placed, placed};
use super::{Script, ScriptStatement};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::STATEMENT_BYTES;
use crate::statement::Piece;
use crate::syntax::Tokens;

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
        self.trivia(&Trivia::parse(statement.leading()));
        let layout = statement.result().ok().map(|node| format!("{node:#}"));
        // what is asserted to fail stands in it as it was written, if it cannot be read
        let has_comments = |text: &String| Tokens::new(text).any(|token| token.kind.is_comment());
        let layout = layout.filter(|text| !has_comments(text));
        let pieces = layout.as_deref().map(Piece::all_of).unwrap_or_default();
        let placed = placed(statement.text(), statement.trailing(), &pieces);
        let text = canonical(&placed);
        // a canonical text past the limit could not be read again: blanks made it longer than it was
        let limit = STATEMENT_BYTES.max(statement.text().len());
        if let (Some(first), Some(last)) = (placed.first(), placed.last())
            && text.len() <= limit
        {
            self.own_lines(&first.before);
            self.ended(&text, &last.after);
        } else {
            let after = Trailing::new(statement.trailing());
            self.own_lines(&after.moved);
            self.ended(statement.text(), &after.kept);
        }
        Ok(())
    }

    /// Writes a statement and the comments behind it.
    fn ended(&mut self, text: &str, after: &[&str]) {
        self.text.push_str(text);
        self.text.push(';');
        self.line = Line::Statement;
        for comment in after {
            self.same_line(comment);
        }
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

    fn own_lines(&mut self, texts: &[&str]) {
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

/// The canonical text of a statement, without the comments before it and behind it.
fn canonical(placed: &[Placed<'_>]) -> String {
    let mut text = String::new();
    let mut before: Option<&Placed<'_>> = None;
    for this in placed {
        if let Some(before) = before {
            before.after.iter().for_each(|comment| text.extend([" ", comment]));
            start(&mut text, before, this);
        }
        text.push_str(this.piece.text);
        before = Some(this);
    }
    text
}

/// Writes what stands between two pieces.
fn start(text: &mut String, before: &Placed<'_>, this: &Placed<'_>) {
    if !this.starts_line {
        return text.push_str(this.piece.glue(before.piece));
    }
    for comment in &this.before {
        text.extend(["\n", &this.piece.indent_of_comments(), comment]);
    }
    text.extend(["\n", &this.piece.indent()]);
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
