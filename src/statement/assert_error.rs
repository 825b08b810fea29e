//! `ASSERT ERROR`: fails unless a statement does, with a given code.

use std::fmt;
use std::sync::Arc;

use super::{Help, Parsed, Statement, Text};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::NESTING;
use crate::model::{Literal, Span, Spanned};
use crate::syntax::{self, Node, Rule};

/// `ASSERT ERROR 'code' statement`
///
/// What must fail may be such a statement, too. They are one node with all their codes, for each may stand in a
/// hundred others.
#[derive(Clone, Debug, PartialEq)]
pub struct AssertError {
    /// The code that the error must have, then those of the assertions around it, from the inside out.
    pub codes: Vec<Text>,
    /// What must fail, and is no such statement.
    pub statement: Box<Parsed>,
}

impl AssertError {
    /// Asserts that a statement fails with a code.
    #[must_use]
    pub fn new(code: impl Into<Literal>, statement: impl Into<Statement>) -> Self {
        let code = super::text(code);
        match statement.into() {
            Statement::AssertError(mut inner) => {
                inner.codes.push(code);
                inner
            }
            statement => {
                let text: Arc<str> = statement.to_string().into();
                let statement = Box::new(Parsed { result: Ok(statement), text });
                Self { codes: vec![code], statement }
            }
        }
    }

    /// The assertion that a text begins with, of what could not be parsed and is not too deep in others.
    pub(super) fn of_failed(text: &str, error: &Error) -> Option<Self> {
        let expected: Vec<_> = syntax::expected_errors(text).take(NESTING + 1).collect();
        let rest = text.get(expected.last().filter(|_| expected.len() <= NESTING)?.rest..)?;
        let code = |expected: &syntax::Expected<'_>| {
            let code = match expected.code.strip_prefix(':') {
                Some(parameter) => Literal::Parameter(parameter.into()),
                None => Literal::from(syntax::unquote(expected.code)),
            };
            Spanned::new(code, Span::new(expected.at, expected.at + expected.code.len()))
        };
        let statement = Box::new(Parsed { result: Err(error.clone()), text: rest.into() });
        Some(Self { codes: expected.iter().rev().map(code).collect(), statement })
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let (mut children, mut codes) = (node.children(), Vec::new());
        loop {
            let inner = children.operand()?;
            if inner.rule() == Rule::statement {
                codes.reverse();
                return Ok(Self { codes, statement: Box::new(Parsed::build(&inner)) });
            }
            codes.push(inner.literal()?);
            if codes.len() > NESTING {
                return Err(inner.error(ErrorKind::NestingTooDeep { what: "assertions" }));
            }
        }
    }
}

impl fmt::Display for AssertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.codes.iter().rev().try_for_each(|code| write!(f, "ASSERT ERROR {code} "))?;
        self.statement.fmt(f)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "ASSERT ERROR",
    syntax: "ASSERT ERROR '<code>' <statement>",
    summary: "fails unless a statement fails with a code; it leaves no effect",
    example: "ASSERT ERROR 'key-in-use' ARCHIVE KEY dark",
};
