//! `ENABLE CONFIG`: takes `DISABLE` back.

use std::fmt;

use super::binder::Binder;
use super::canonical::optional;
use super::disable::switch;
use super::effect::Operation;
use super::plan::Plan;
use super::{Help, Text, named, text};
use crate::error::{Error, Result};
use crate::model::{Literal, Name, Spanned};
use crate::syntax::{Node, Rule};

/// `ENABLE CONFIG name [COMMENT '…']`
#[derive(Clone, Debug, PartialEq)]
pub struct Enable {
    /// Which config.
    pub config: Spanned<Name>,
    /// Why.
    pub comment: Option<Text>,
}

impl Enable {
    /// Takes [`Disable`](super::Disable) back.
    pub fn new<N>(config: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { config: named(config)?, comment: None })
    }

    /// Why.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<Literal>) -> Self {
        self.comment = Some(text(comment));
        self
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let config = children.name()?;
        Ok(Self { config, comment: children.literal_after(Rule::k_comment)? })
    }
}

impl fmt::Display for Enable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ENABLE CONFIG {}", self.config)?;
        optional(f, "COMMENT", self.comment.as_ref())
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "ENABLE CONFIG",
    syntax: "ENABLE CONFIG <name> [COMMENT '…']",
    summary: "takes DISABLE back",
    example: "ENABLE CONFIG dark_mode COMMENT 'see ticket 12'",
};

impl Enable {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let comment = binder.parameters.optional(self.comment.as_ref())?;
        switch(binder, &self.config, Operation::Enabled, comment)
    }
}
