//! `ASSERT ERROR`: fails unless a statement does, with a given code.

use std::fmt;

use super::{Help, Parsed, Statement, Text};
use crate::error::Result;
use crate::model::Literal;
use crate::syntax::Node;

/// `ASSERT ERROR 'code' statement`
#[derive(Clone, Debug, PartialEq)]
pub struct AssertError {
    /// The code that the error must have.
    pub code: Text,
    /// What must fail.
    pub statement: Box<Parsed>,
}

impl AssertError {
    /// Asserts that a statement fails with a code.
    #[must_use]
    pub fn new(code: impl Into<Literal>, statement: impl Into<Statement>) -> Self {
        let statement = statement.into();
        let text: std::sync::Arc<str> = statement.to_string().into();
        Self {
            code: super::text(code),
            statement: Box::new(Parsed { result: Ok(statement), text }),
        }
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let code = children.literal()?;
        let statement = children.operand()?;
        Ok(Self { code, statement: Box::new(Parsed::build(&statement)) })
    }
}

impl fmt::Display for AssertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ASSERT ERROR {} {}", self.code, self.statement)
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "ASSERT ERROR",
    syntax: "ASSERT ERROR '<code>' <statement>",
    summary: "fails unless a statement fails with a code; it leaves no effect",
    example: "ASSERT ERROR 'key-in-use' ARCHIVE KEY dark",
};
