//! `REVERT CONFIG`: publishes an old version now.

use std::fmt;

use super::binder::Binder;
use super::canonical::optional;
use super::plan::Plan;
use super::{Help, Publish, Text, named, text};
use crate::error::{Error, Result};
use crate::model::{Literal, Name, Spanned};
use crate::syntax::{Node, Rule};

/// `REVERT CONFIG name TO VERSION n [COMMENT '…']`
#[derive(Clone, Debug, PartialEq)]
pub struct Revert {
    /// Which config.
    pub config: Spanned<Name>,
    /// Which version.
    pub version: Spanned<u64>,
    /// Why.
    pub comment: Option<Text>,
}

impl Revert {
    /// Publishes an old version of a config now.
    pub fn new<N>(config: N, version: u64) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { config: named(config)?, version: version.into(), comment: None })
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
        children.saw(Rule::k_to);
        let version = children.integer()?;
        Ok(Self { config, version, comment: children.literal_after(Rule::k_comment)? })
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "REVERT CONFIG {} TO VERSION {}", self.config, self.version)?;
        optional(f, "COMMENT", self.comment.as_ref())
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "REVERT CONFIG",
    syntax: "REVERT CONFIG <name> TO VERSION <n> [COMMENT '…']",
    summary: "publishes an old version now",
    example: "REVERT CONFIG dark_mode TO VERSION 1 COMMENT 'grey looks bad'",
};

impl Revert {
    /// Checks the statement against a state, and plans what it does: it publishes the version now.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let publish = Publish {
            config: self.config.clone(),
            version: Some(self.version.clone()),
            at: None,
            until: None,
            comment: self.comment.clone(),
        };
        publish.plan(binder)
    }
}
