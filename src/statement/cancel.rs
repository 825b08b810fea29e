//! `CANCEL SCHEDULE`: takes back publications to come.

use std::fmt;

use super::binder::Binder;
use super::canonical::optional;
use super::effect::Operation;
use super::plan::Plan;
use super::{Help, When, named, rules, when};
use crate::error::{Error, Result};
use crate::model::{Change, Name, ObjectKind, Spanned, Timestamp};
use crate::syntax::{Node, Rule};

/// `CANCEL SCHEDULE OF CONFIG name [AT timestamp]`
#[derive(Clone, Debug, PartialEq)]
pub struct Cancel {
    /// Which config.
    pub config: Spanned<Name>,
    /// Of which time; `None` is all.
    pub at: Option<When>,
}

impl Cancel {
    /// Takes back every publication of a config that is to come.
    pub fn new<N>(config: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { config: named(config)?, at: None })
    }

    /// Takes back only those of this time.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(when(at));
        self
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        let config = children.name()?;
        Ok(Self { config, at: children.instant_after(Rule::k_at)? })
    }
}

impl fmt::Display for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CANCEL SCHEDULE OF CONFIG {}", self.config)?;
        optional(f, "AT", self.at.as_ref())
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "CANCEL SCHEDULE",
    syntax: "CANCEL SCHEDULE OF CONFIG <name> [AT <timestamp>]",
    summary: "takes back publications whose time has not come",
    example: "CANCEL SCHEDULE OF CONFIG dark_mode AT '2026-12-01T14:00:00Z'",
};

impl Cancel {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let config = binder.usable_config(&self.config)?;
        let at =
            self.at.as_ref().map(|at| binder.parameters.instant(at, binder.now)).transpose()?;
        let to_come = config.timeline.to_come(binder.now);
        let mut taken_back: Vec<_> =
            to_come.filter(|p| at.is_none_or(|at| p.effective == at)).map(|p| p.sequence).collect();
        taken_back.sort_unstable();
        let (id, name, count) = (config.head.id, &self.config.node, taken_back.len());
        if count == 0 {
            let when = at.map_or_else(String::new, |at| format!(" at {at}"));
            return Ok(Plan::unchanged(format!("nothing is scheduled for config {name}{when}")));
        }
        let mut draft = binder.draft();
        for sequence in taken_back {
            draft.push(Change::Cancel { config: id, sequence })?;
        }
        // what they would have ended may come back, and may not be valid any more
        if let Some(after) = draft.after.config(id) {
            rules::refuse_invalid(&draft.after, after, after.used(binder.now), binder.now)
                .map_err(|e| e.at(self.config.span))?;
        }
        Ok(draft.done(Operation::Cancelled { publications: count }, ObjectKind::Config, name))
    }
}
