//! `RESTORE`: takes back what `ARCHIVE` did.

use std::fmt;
use std::sync::Arc;

use super::scene::{Plan, Scene, find_referenced};
use super::write::kind;
use super::{Help, named, rules};
use crate::error::{Error, ObjectKind, Result};
use crate::model::{Change, ConfigHead, Key, Name, Reference, Segment, Spanned};
use crate::syntax::{Node, Rule};

/// `RESTORE KEY | SEGMENT | CONFIG name`
#[derive(Clone, Debug, PartialEq)]
pub struct Restore {
    /// What kind of object.
    pub kind: ObjectKind,
    /// Which.
    pub name: Spanned<Name>,
}

impl Restore {
    /// Takes an object back into use.
    pub fn new<N>(kind: ObjectKind, name: N) -> Result<Self>
    where
        N: TryInto<Name, Error: Into<Error>>,
    {
        Ok(Self { kind, name: named(name)? })
    }

    pub(super) fn build(node: &Node<'_>) -> Result<Self> {
        let mut children = node.children();
        children.saw(Rule::k_restore);
        let (kind, name) = children.object()?;
        Ok(Self { kind, name })
    }
}

impl fmt::Display for Restore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RESTORE {} {}", kind(self.kind), self.name)
    }
}

/// What `help` says of it.
pub(super) const HELP: Help = Help {
    name: "RESTORE",
    syntax: "RESTORE KEY | SEGMENT | CONFIG <name>",
    summary: "takes back into use what was archived",
    example: "RESTORE CONFIG dark_mode",
};

impl Restore {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, scene: &Scene<'_>) -> Result<Plan> {
        let checked = match self.kind {
            ObjectKind::Key => self.check_key(scene),
            ObjectKind::Segment => self.check_segment(scene),
            ObjectKind::Config => self.check_config(scene),
        };
        checked.map_err(|e| e.at(self.name.span))
    }

    fn check_key(&self, scene: &Scene<'_>) -> Result<Plan> {
        let key = scene.key(&self.name)?;
        let restored = || Change::Key(Arc::new(Key { archived: false, ..Key::clone(key) }));
        self.restored(scene, key.archived.then(restored))
    }

    fn check_segment(&self, scene: &Scene<'_>) -> Result<Plan> {
        let segment = scene.segment(&self.name)?;
        if segment.archived {
            find_referenced(scene, segment)?;
        }
        let restored = || Segment { archived: false, ..Segment::clone(segment) };
        let change = segment.archived.then(|| Change::Segment(Arc::new(restored())));
        let checked = self.restored(scene, change)?;
        rules::refuse_cycles(&checked.after, [Reference::Segment(segment.id)], scene.now)?;
        Ok(checked)
    }

    fn check_config(&self, scene: &Scene<'_>) -> Result<Plan> {
        let old = scene.config(&self.name)?;
        let head = || ConfigHead { archived: false, ..old.head.clone() };
        let change = old.head.archived.then(|| Change::Config { head: head(), comment: None });
        let checked = self.restored(scene, change)?;
        if let Some(config) = checked.after.config(old.head.id).filter(|_| old.head.archived) {
            rules::refuse_invalid(&checked.after, config, config.used(scene.now), scene.now)?;
        }
        Ok(checked)
    }

    fn restored(&self, scene: &Scene<'_>, change: Option<Change>) -> Result<Plan> {
        let (kind, name) = (self.kind, &self.name.node);
        let Some(change) = change else {
            return Ok(scene.unchanged(format!("{kind} {name} is not archived")));
        };
        let mut draft = scene.draft();
        draft.push(change)?;
        Ok(draft.done(format!("restored {kind} {name}")))
    }
}
