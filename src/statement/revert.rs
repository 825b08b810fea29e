//! `REVERT`: publishes an old version of a config now, or makes a key, a segment or an attribute what an old version was.

use std::fmt;
use std::sync::Arc;

use super::alter_attribute::become_attribute;
use super::alter_key::become_key;
use super::alter_segment::become_segment;
use super::binder::Binder;
use super::canonical::{object, optional};
use super::effect::Operation;
use super::find::unknown_object_version;
use super::plan::Plan;
use super::scope::{Reads, find_referenced};
use super::since::changed_since;
use super::{Help, Publish, Text, given, named, text};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Attribute, Given, Key, Literal, Name, ObjectKind, Segment, Spanned, Versioned, turn_before,
    version_among,
};
use crate::syntax::{Node, Rule};

/// `REVERT CONFIG name [TO VERSION n] [COMMENT '…']`, `REVERT KEY | SEGMENT | ATTRIBUTE name TO VERSION n`
#[derive(Clone, Debug, PartialEq)]
pub struct Revert {
    /// What kind of object.
    pub kind: ObjectKind,
    /// Which.
    pub name: Spanned<Name>,
    /// Which version; `None`, of a config, is what was live before what is live now.
    pub version: Option<Spanned<Given<u64>>>,
    /// Why; only of a config.
    pub comment: Option<Text>,
}

impl Revert {
    /// Publishes an old version of a config now.
    pub fn new<N>(config: N, version: u64) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Self::object(ObjectKind::Config, config, version)
    }

    /// Publishes what was live before what is live now.
    pub fn back<N>(config: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        let name = named(config)?;
        Ok(Self { kind: ObjectKind::Config, name, version: None, comment: None })
    }

    /// Makes an object what an old version of it was; a config is published.
    pub fn object<N>(kind: ObjectKind, name: N, version: u64) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { kind, name: named(name)?, version: Some(given(version)), comment: None })
    }

    /// Why; only of a config.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<Literal>) -> Self {
        if self.kind == ObjectKind::Config {
            self.comment = Some(text(comment));
        }
        self
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        children.saw(Rule::k_revert);
        let kind = match children.node()?.rule() {
            Rule::k_key => ObjectKind::Key,
            Rule::k_segment => ObjectKind::Segment,
            Rule::k_attribute => ObjectKind::Attribute,
            _ => ObjectKind::Config,
        };
        let name = children.name()?;
        children.saw(Rule::k_to);
        let version = children.whole_after(Rule::k_version)?;
        Ok(Self { kind, name, version, comment: children.literal_after(Rule::k_comment)? })
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "REVERT {}", object(self.kind, &self.name.node))?;
        optional(f, "TO VERSION", self.version.as_ref())?;
        optional(f, "COMMENT", self.comment.as_ref())
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "REVERT",
    syntax: "REVERT CONFIG <name> [TO VERSION <n>] [COMMENT '…']; REVERT KEY | SEGMENT | ATTRIBUTE <name> TO VERSION <n>",
    summary: "publishes an old version of a config now, or makes a key, segment or attribute what it was",
    example: "REVERT CONFIG dark_mode TO VERSION 1 COMMENT 'grey looks bad'",
};

impl Revert {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let number = self.version.as_ref().map(|number| binder.parameters.whole(number));
        match (self.kind, number.transpose()?) {
            (ObjectKind::Key, Some(number)) => self.key(binder, &number),
            (ObjectKind::Segment, Some(number)) => self.segment(binder, &number),
            (ObjectKind::Attribute, Some(number)) => self.attribute(binder, &number),
            (_, Some(number)) => self.publish_plan(binder, &number),
            (_, None) => self.back_plan(binder),
        }
    }

    /// It publishes the version now.
    fn publish(&self, version: Option<Spanned<Given<u64>>>) -> Publish {
        let config = self.name.clone();
        Publish { config, version, at: None, until: None, comment: self.comment.clone() }
    }

    /// Publishes a version, and says what of it is not as it was when that was live.
    fn publish_plan(&self, binder: &Binder<'_>, number: &Spanned<u64>) -> Result<Plan> {
        let plan =
            self.publish(Some(Spanned::new(number.node.into(), number.span))).plan(binder)?;
        let config = binder.usable_config(&self.name)?;
        let version = binder.version(config, number)?;
        Ok(plan.noting(changed_since(binder, config, &version)?))
    }

    /// Publishes what was live before.
    fn back_plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let config = binder.usable_config(&self.name)?;
        let changes = binder.versions.changes_of(ObjectKind::Config, config.head.id.0)?;
        let before = turn_before(&changes, binder.now).ok_or_else(|| {
            let error = ErrorKind::NothingBefore { config: config.head.name.clone() };
            Error::from(error).at(self.name.span)
        })?;
        let live = config.timeline.live(binder.now);
        let mut plan = self.publish_plan(binder, &Spanned::new(before.into(), self.name.span))?;
        if let Plan::Write(write) = &mut plan {
            write.effect = write.effect.clone().by(Operation::WentBack { from: live });
        }
        Ok(plan)
    }

    /// The version of an object that is meant, as it was last.
    fn old<T: Versioned>(
        &self,
        binder: &Binder<'_>,
        today: &T,
        number: &Spanned<u64>,
    ) -> Result<Arc<T>> {
        let changes = binder.versions.changes_of(T::KIND, today.number())?;
        let old = version_among(changes.iter().rev().map(|(_, change)| change), number.node);
        let unknown = || unknown_object_version(T::KIND, &self.name, number, today.version());
        old.cloned().ok_or_else(unknown)
    }

    fn key(&self, binder: &Binder<'_>, number: &Spanned<u64>) -> Result<Plan> {
        let today = binder.usable_key(&self.name)?;
        let old = self.old(binder, &**today, number)?;
        let key = Key { archived: false, version: today.version, ..Key::clone(&old) };
        become_key(binder, &self.name, key, None)
    }

    fn segment(&self, binder: &Binder<'_>, number: &Spanned<u64>) -> Result<Plan> {
        let today = binder.usable_segment(&self.name)?;
        let old = self.old(binder, &**today, number)?;
        let condition = binder.catalog.named_today(&old.condition);
        let segment =
            Segment { condition, description: old.description.clone(), ..Segment::clone(today) };
        let reads = Reads::Stored { strict: binder.catalog.strict };
        find_referenced(binder, &segment, reads).map_err(|error| error.at(self.name.span))?;
        become_segment(binder, &self.name, segment)
    }

    fn attribute(&self, binder: &Binder<'_>, number: &Spanned<u64>) -> Result<Plan> {
        let today = binder.usable_attribute(&self.name)?;
        let old = self.old(binder, &**today, number)?;
        let version = today.version;
        let attribute = Attribute { archived: false, version, ..Attribute::clone(&old) };
        become_attribute(binder, &self.name, attribute)
    }
}
