//! `PUBLISH CONFIG`: makes a version live, now or later.

use std::fmt;
use std::sync::Arc;

use super::binder::Binder;
use super::canonical::optional;
use super::effect::{Effect, Operation};
use super::plan::Plan;
use super::{Help, Text, When, given, named, rules, text, when};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Change, Config, Given, Literal, Name, ObjectKind, Publication, Spanned, Timestamp, Version,
};
use crate::syntax::{Node, Rule};

/// `PUBLISH CONFIG name [VERSION n] [AT timestamp] [UNTIL timestamp] [COMMENT '…']`
#[derive(Clone, Debug, PartialEq)]
pub struct Publish {
    /// Which config.
    pub config: Spanned<Name>,
    /// Which version; `None` is the newest.
    pub version: Option<Spanned<Given<u64>>>,
    /// From when on; `None` is now.
    pub at: Option<When>,
    /// Until when.
    pub until: Option<When>,
    /// Why.
    pub comment: Option<Text>,
}

impl Publish {
    /// Publishes the newest version of a config now.
    pub fn new<N>(config: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { config: named(config)?, version: None, at: None, until: None, comment: None })
    }

    /// Which version.
    #[must_use]
    pub fn version(mut self, version: u64) -> Self {
        self.version = Some(given(version));
        self
    }

    /// From when on.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(when(at));
        self
    }

    /// Until when.
    #[must_use]
    pub fn until(mut self, until: Timestamp) -> Self {
        self.until = Some(when(until));
        self
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
        Ok(Self {
            config,
            version: children.whole_after(Rule::k_version)?,
            at: children.instant_after(Rule::k_at)?,
            until: children.instant_after(Rule::k_until)?,
            comment: children.literal_after(Rule::k_comment)?,
        })
    }
}

impl fmt::Display for Publish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PUBLISH CONFIG {}", self.config)?;
        optional(f, "VERSION", self.version.as_ref())?;
        optional(f, "AT", self.at.as_ref())?;
        optional(f, "UNTIL", self.until.as_ref())?;
        optional(f, "COMMENT", self.comment.as_ref())
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "PUBLISH CONFIG",
    syntax: "PUBLISH CONFIG <name> [VERSION <n>] [AT <timestamp>] [UNTIL <timestamp>] [COMMENT '…']",
    summary: "makes a version live, now or from a time on",
    example: "PUBLISH CONFIG dark_mode VERSION 2 AT '2026-12-01T09:00:00[America/New_York]' COMMENT 'launch'",
};

impl Publish {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let config = binder.usable_config(&self.config)?;
        let version = match (&self.version, config.newest()) {
            (None, Some(newest)) => Arc::clone(newest),
            (Some(number), _) => binder.version(config, &binder.parameters.whole(number)?)?,
            (None, None) => return Ok(Plan::unchanged("it has no version")),
        };
        let (effective, until) = self.window(binder)?;
        self.refuse_blank(binder, config, &version)?;
        let publication = Publication {
            config: config.head.id,
            sequence: binder.catalog.sequence + 1,
            version: version.number,
            effective,
            until,
            scheduled: self.at.is_some(),
            comment: binder.parameters.optional(self.comment.as_ref())?,
        };
        self.publish(binder, config, &version, publication)
    }

    /// From when on and up to when it is in force.
    fn window(&self, binder: &Binder<'_>) -> Result<(Timestamp, Option<Timestamp>)> {
        let effective = binder.parameters.instant_or(self.at.as_ref(), binder.now)?;
        if let Some(at) = self.at.as_ref().filter(|_| effective < binder.now) {
            let error = ErrorKind::Past { what: "AT", at: effective, now: binder.now };
            return Err(Error::from(error).at(at.span).hint("without AT it is published now"));
        }
        let Some(until) = &self.until else { return Ok((effective, None)) };
        let end = binder.parameters.instant(until, binder.now)?;
        if end <= effective {
            let error = ErrorKind::EmptyWindow { at: effective, until: end };
            return Err(Error::from(error).at(until.span));
        }
        Ok((effective, Some(end)))
    }

    fn refuse_blank(&self, binder: &Binder<'_>, config: &Config, version: &Version) -> Result<()> {
        let blank = version.columns.iter().filter(|column| column.is_blank());
        let keys: Vec<_> =
            blank.filter_map(|c| binder.catalog.key(c.key)).map(|key| key.name.clone()).collect();
        if keys.is_empty() && !version.columns.is_empty() {
            return Ok(());
        }
        let error = ErrorKind::NothingToPublish { config: config.head.name.clone(), keys };
        Err(Error::from(error).at(self.config.span))
    }

    fn publish(
        &self,
        binder: &Binder<'_>,
        config: &Config,
        version: &Arc<Version>,
        publication: Publication,
    ) -> Result<Plan> {
        let (now, name, number) = (binder.now, &self.config.node, version.number);
        let (comment, until) = (publication.comment.clone(), publication.until);
        let at_once = publication.effective == now && publication.until.is_none();
        let settled =
            config.timeline.live(now) == Some(number) && !config.timeline.is_unsettled(now);
        let operation = match publication.effective {
            at if at == now => Operation::Published { until },
            at => Operation::Scheduled { at, until },
        };
        let mut draft = binder.draft();
        draft.push(Change::Publication(publication))?;
        rules::refuse_unservable(&draft.after, config, version, now)
            .map_err(|e| e.at(self.config.span))?;
        if at_once && settled {
            let why = format!("version {number} of config {name} is live already");
            return Ok(Plan::unchanged(why));
        }
        let effect = Effect::of(operation, ObjectKind::Config, name).with_version(number);
        Ok(draft.because(comment).end(effect))
    }
}
