//! `ARCHIVE`: puts an object out of use.

use std::fmt;
use std::sync::Arc;

use super::binder::Binder;
use super::canonical::{self, object, optional};
use super::effect::Operation;
use super::plan::Plan;
use super::{Help, Text, named, text, usage};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Attribute, Change, Config, ConfigHead, Key, Literal, Name, ObjectKind, Reference, Segment,
    Spanned,
};
use crate::syntax::{Node, Rule};

/// `ARCHIVE KEY | SEGMENT | ATTRIBUTE name`, `ARCHIVE CONFIG name [COMMENT '…']`
#[derive(Clone, Debug, PartialEq)]
pub struct Archive {
    /// What kind of object.
    pub kind: ObjectKind,
    /// Which.
    pub name: Spanned<Name>,
    /// Why; only of a config.
    pub comment: Option<Text>,
}

impl Archive {
    /// Puts an object out of use.
    pub fn new<N>(kind: ObjectKind, name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { kind, name: named(name)?, comment: None })
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
        children.saw(Rule::k_archive);
        let config = children.saw(Rule::k_config);
        let (kind, name) =
            if config { (ObjectKind::Config, children.name()?) } else { children.object()? };
        Ok(Self { kind, name, comment: children.literal_after(Rule::k_comment)? })
    }
}

impl fmt::Display for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ARCHIVE {}", object(self.kind, &self.name.node))?;
        optional(f, "COMMENT", self.comment.as_ref())
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "ARCHIVE",
    syntax: "ARCHIVE KEY | SEGMENT | ATTRIBUTE <name>; ARCHIVE CONFIG <name> [COMMENT '…']",
    summary: "puts a key, segment, attribute or config out of use; nothing is ever deleted",
    example: "ARCHIVE CONFIG dark_mode COMMENT 'the trial is over'",
};

impl Archive {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let comment = binder.parameters.optional(self.comment.as_ref())?;
        let change = match self.kind {
            ObjectKind::Key => {
                let key = binder.key(&self.name)?;
                self.refuse_used(binder, key.archived, Reference::Key(key.id))?;
                let archived = || Change::Key(Arc::new(Key { archived: true, ..Key::clone(key) }));
                (!key.archived).then(archived)
            }
            ObjectKind::Segment => {
                let segment = binder.segment(&self.name)?;
                self.refuse_used(binder, segment.archived, Reference::Segment(segment.id))?;
                let archived = || Segment { archived: true, ..Segment::clone(segment) };
                (!segment.archived).then(|| Change::Segment(Arc::new(archived())))
            }
            ObjectKind::Config => {
                let head = &binder.config(&self.name)?.head;
                let archived = || ConfigHead { archived: true, ..head.clone() };
                let comment = comment.clone();
                (!head.archived).then(|| Change::Config { head: archived(), comment })
            }
            ObjectKind::Attribute => {
                let attribute = binder.attribute(&self.name)?;
                let users =
                    usage::attribute_users_today(binder.catalog, &attribute.name, binder.now);
                self.refuse_users(attribute.archived, users)?;
                let archived = || Attribute { archived: true, ..Attribute::clone(attribute) };
                (!attribute.archived).then(|| Change::Attribute(Arc::new(archived())))
            }
        };
        let (kind, name) = (self.kind, &self.name.node);
        let Some(change) = change else {
            return Ok(Plan::unchanged(format!(
                "{kind} {} is archived already",
                canonical::name(kind, name)
            )));
        };
        let mut draft = binder.draft();
        draft.push(change)?;
        Ok(draft.because(comment).done(Operation::Archived, kind, name))
    }

    fn refuse_used(&self, binder: &Binder<'_>, archived: bool, what: Reference) -> Result<()> {
        let users = usage::users_today(binder.catalog, what, binder.now);
        self.refuse_users(archived, users).map_err(|error| {
            match usage::configs_with(binder.catalog, what, binder.now).first() {
                Some(config) => error.hint(self.way_out(config)),
                None => error,
            }
        })
    }

    /// How a config gives up what is to be archived.
    fn way_out(&self, config: &Config) -> String {
        let (kind, config) = (canonical::kind(self.kind), &config.head.name);
        let drop = format!("`ALTER CONFIG {config} DROP {kind} {}`", self.name);
        format!("first {drop}, then `PUBLISH CONFIG {config}`")
    }

    fn refuse_users(&self, archived: bool, users: Vec<String>) -> Result<()> {
        if archived || users.is_empty() {
            return Ok(());
        }
        let error = ErrorKind::InUse { kind: self.kind, name: self.name.node.clone(), users };
        Err(Error::from(error).at(self.name.span))
    }
}
