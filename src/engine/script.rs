//! Scripts: statements one at a time, in bounded memory, with their places.

use std::io::BufRead;

use crate::error::{Error, Result};
use crate::statement::{Parsed, Statement};
use crate::syntax::{self, LastEnd, Piece, Splitter};

/// The statements of a script, one at a time.
///
/// No more of the script is held than one statement. What is not a statement by its syntax, or is not
/// UTF-8, is an error with its [`place`](Error::place), and ends the script; what is wrong with a
/// statement besides is an error of that statement when it is run.
///
/// ```
/// let script = pcq::Script::new("CREATE KEY a INTEGER DEFAULT 1;\nGET a;".as_bytes());
/// let lines: Vec<_> = script.map(|statement| statement.unwrap().line()).collect();
/// assert_eq!(lines, [1, 2]);
/// ```
#[derive(Debug)]
pub struct Script<R> {
    splitter: Splitter<R>,
    failed: bool,
}

/// A statement of a script, with its place and the comments around it.
#[derive(Clone, Debug)]
pub struct ScriptStatement {
    parsed: Parsed,
    line: u32,
    column: u32,
    leading: String,
    trailing: String,
}

impl<R: BufRead> Script<R> {
    /// Reads a script, every statement of which ends with `;`.
    pub fn new(source: R) -> Self {
        Self { splitter: Splitter::new(source, LastEnd::Required), failed: false }
    }

    /// Reads a text whose last statement may lack its `;`, as an argument of a command does.
    pub fn lenient(source: R) -> Self {
        Self { splitter: Splitter::new(source, LastEnd::Optional), failed: false }
    }

    /// The blanks and comments after the last statement, once there are no more.
    pub fn rest(&self) -> &str {
        self.splitter.rest()
    }
}

impl<R: BufRead> Iterator for Script<R> {
    type Item = Result<ScriptStatement>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let statement = parse(self.splitter.next()?);
        self.failed = statement.is_err();
        Some(statement)
    }
}

fn parse(mut piece: Piece) -> Result<ScriptStatement> {
    let (line, column) = (piece.line, piece.column);
    let leading = std::mem::take(&mut piece.leading);
    let trailing = std::mem::take(&mut piece.trailing);
    let parsed = Parsed::of(piece)?;
    Ok(ScriptStatement { parsed, line, column, leading, trailing })
}

impl ScriptStatement {
    /// The text, from the first token to the last, without the `;`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.parsed.text
    }

    /// The line at which it starts, from 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column at which it starts, in code points, from 1.
    #[must_use]
    pub fn column(&self) -> u32 {
        self.column
    }

    /// The statement, or why it cannot be run.
    pub fn result(&self) -> Result<&Statement, &Error> {
        self.parsed.result.as_ref()
    }

    /// What stands between the statement before and this one: blanks, comments, and the `#!` line.
    #[must_use]
    pub fn leading(&self) -> &str {
        &self.leading
    }

    /// The comments between the last token and the end of the line of the `;`.
    #[must_use]
    pub fn trailing(&self) -> &str {
        &self.trailing
    }

    /// Tells an error its place in the script.
    pub(super) fn locate(&self, error: Error) -> Error {
        error.locate(&self.parsed.text, self.line, self.column)
    }
}

/// Whether a text is complete: it has no statement whose `;`, quote or comment is still to come.
#[must_use]
pub fn is_complete(input: &str) -> bool {
    syntax::is_complete(input)
}
