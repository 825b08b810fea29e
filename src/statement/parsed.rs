//! Parsed statements: the syntax is right, but something else may be wrong.

use std::fmt;
use std::sync::Arc;

use super::{AssertError, Statement};
use crate::error::{Error, ErrorClass, ErrorKind, Result};
use crate::model::Spanned;
use crate::syntax::{self, LastEnd, Node, Piece, Splitter};

/// A statement whose syntax is right, and what is wrong with it all the same (a limit, a percentage, …):
/// that is an error of the statement when it is run, not of the script.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The statement, or why it cannot be run.
    pub result: Result<Statement>,
    /// The text that it was parsed from.
    pub text: Arc<str>,
}

/// Equal if the statements are, or what is wrong with them; the text does not count.
impl PartialEq for Parsed {
    fn eq(&self, other: &Self) -> bool {
        match (&self.result, &other.result) {
            (Ok(a), Ok(b)) => a == b,
            (Err(a), Err(b)) => a.kind() == b.kind(),
            _ => false,
        }
    }
}

impl Parsed {
    /// Parses one statement; a `;` may stand at its end.
    ///
    /// An error is one of the syntax. What else is wrong with the statement is in [`Parsed::result`].
    pub fn parse(text: &str) -> Result<Self> {
        let mut pieces = Splitter::new(text.as_bytes(), LastEnd::Optional);
        let Some(piece) = pieces.next() else {
            let found = "the end of the text".to_owned();
            return Err(
                ErrorKind::Expected { expected: vec!["a statement".to_owned()], found }.into()
            );
        };
        let parsed = Self::of(piece)?;
        match pieces.next() {
            Some(more) => Err(second(&more)),
            None => Ok(parsed),
        }
    }

    /// Parses a piece of a script; errors have their place in it.
    pub(crate) fn of(piece: Piece) -> Result<Self> {
        if let Some(error) = piece.error {
            return if piece.is_lost { Err(error) } else { Self::failed(error, piece.text) };
        }
        let locate = |error: Error| error.locate(&piece.text, piece.line, piece.column);
        match syntax::statement(&piece.text).map_err(locate) {
            Ok(node) => {
                let mut parsed = Self::build(&node);
                parsed.result = parsed.result.map_err(locate);
                Ok(parsed)
            }
            Err(error) => Self::failed(error, piece.text.clone()),
        }
    }

    /// The names of the parameters in its text.
    pub(crate) fn parameters(&self) -> Vec<Spanned<Arc<str>>> {
        syntax::parameters(&self.text)
    }

    /// Statement that cannot be run, and why, unless that is an error of the script. It may be asserted to fail.
    fn failed(error: Error, text: Arc<str>) -> Result<Self> {
        if matches!(error.class(), ErrorClass::Syntax | ErrorClass::File) {
            return Err(error);
        }
        let result = match AssertError::of_failed(&text, &error) {
            Some(assertion) => Ok(Statement::AssertError(assertion)),
            None => Err(error),
        };
        Ok(Self { result, text })
    }

    /// Why a statement cannot be run that was never given to the grammar, be it asserted to fail.
    pub(crate) fn failure(&self) -> Option<&Error> {
        match &self.result {
            Ok(Statement::AssertError(assertion)) => assertion.statement.failure(),
            result => result.as_ref().err(),
        }
    }

    /// Builds the statement of a node.
    pub(super) fn build(node: &Node<'_>) -> Self {
        let result = node.children().operand().and_then(|inner| Statement::build(&inner));
        Self { result, text: node.trimmed().into() }
    }
}

/// Writes the canonical text; that of a statement with an error is the text as it was.
impl fmt::Display for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.result {
            Ok(statement) => statement.fmt(f),
            Err(_) => f.write_str(&self.text),
        }
    }
}

/// Error for one statement too many.
fn second(piece: &Piece) -> Error {
    let expected = vec!["the end of the statement".to_owned()];
    let error = Error::new(ErrorKind::Expected { expected, found: "another statement".to_owned() });
    error.locate(&piece.text, piece.line, piece.column)
}
