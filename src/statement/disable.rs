//! `DISABLE CONFIG`: gives every key of a config its default, at once.

use std::fmt;
use std::sync::Arc;

use super::binder::Binder;
use super::canonical::optional;
use super::effect::Operation;
use super::plan::Plan;
use super::{Help, Text, named, text};
use crate::error::{Error, Result};
use crate::model::{Change, ConfigHead, Literal, Name, ObjectKind, Spanned};
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

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "DISABLE CONFIG",
    syntax: "DISABLE CONFIG <name> [COMMENT '…']",
    summary: "the kill switch: every key of the config has its default, at once",
    example: "DISABLE CONFIG dark_mode COMMENT 'see ticket 12'",
};

impl Disable {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let comment = binder.parameters.optional(self.comment.as_ref())?;
        switch(binder, &self.config, Operation::Disabled, comment)
    }
}

/// Throws or takes back the kill switch of a config.
pub(super) fn switch(
    binder: &Binder<'_>,
    config: &Spanned<Name>,
    operation: Operation,
    comment: Option<Arc<str>>,
) -> Result<Plan> {
    let head = &binder.usable_config(config)?.head;
    let disabled = operation == Operation::Disabled;
    if head.disabled == disabled {
        let word = if disabled { "disabled" } else { "enabled" };
        return Ok(Plan::unchanged(format!("config {} is {word} already", config.node)));
    }
    let mut draft = binder.draft();
    let head = ConfigHead { disabled, ..head.clone() };
    draft.push(Change::Config { head, comment: comment.clone() })?;
    Ok(draft.because(comment).done(operation, ObjectKind::Config, &config.node))
}
