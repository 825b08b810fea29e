//! `DISABLE CONFIG`: gives every key of a config its default, at once.

use std::fmt;

use super::scene::{Plan, Scene, switch};
use super::write::optional;
use super::{Help, Text, named, text};
use crate::error::{Error, Result};
use crate::model::{Literal, Name, Spanned};
use crate::syntax::{Node, Rule};

/// `DISABLE CONFIG name [COMMENT '…']`
#[derive(Clone, Debug, PartialEq)]
pub struct Disable {
    /// Which config.
    pub config: Spanned<Name>,
    /// Why.
    pub comment: Option<Text>,
}

impl Disable {
    /// Gives every key of a config its default.
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

impl fmt::Display for Disable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DISABLE CONFIG {}", self.config)?;
        optional(f, "COMMENT", self.comment.as_ref())
    }
}

/// What `help` says of it.
pub(super) const HELP: Help = Help {
    name: "DISABLE CONFIG",
    syntax: "DISABLE CONFIG <name> [COMMENT '…']",
    summary: "the kill switch: every key of the config has its default, at once",
    example: "DISABLE CONFIG dark_mode COMMENT 'see ticket 12'",
};

impl Disable {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, scene: &Scene<'_>) -> Result<Plan> {
        let comment = scene.parameters.optional(self.comment.as_ref())?;
        switch(scene, &self.config, true, "disabled", comment)
    }
}
