//! `RESTORE`: takes back what `ARCHIVE` did.

use std::fmt;
use std::sync::Arc;

use super::binder::Binder;
use super::canonical::{self, object};
use super::effect::Operation;
use super::plan::Plan;
use super::scope::{Reads, find_referenced};
use super::{Help, chain, named, rules};
use crate::error::{Error, Result};
use crate::model::{
    Attribute, Catalog, Change, ConfigHead, Key, Name, ObjectKind, Reference, Segment, Spanned,
    Timestamp,
};
use crate::syntax::{Node, Rule};

/// `RESTORE KEY | SEGMENT | CONFIG | ATTRIBUTE name`
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
        write!(f, "RESTORE {}", object(self.kind, &self.name.node))
    }
}

/// Help for the statement.
pub(super) const HELP: Help = Help {
    name: "RESTORE",
    syntax: "RESTORE KEY | SEGMENT | CONFIG | ATTRIBUTE <name>",
    summary: "takes back into use what was archived",
    example: "RESTORE CONFIG dark_mode",
};

impl Restore {
    /// Checks the statement against a state, and plans what it does.
    pub(crate) fn plan(&self, binder: &Binder<'_>) -> Result<Plan> {
        let (kind, name) = (self.kind, &self.name.node);
        let Some(change) = self.change(binder)? else {
            return Ok(Plan::unchanged(format!(
                "{kind} {} is not archived",
                canonical::name(kind, name)
            )));
        };
        let mut draft = binder.draft();
        draft.push(change.clone())?;
        refuse_invalid(&draft.after, &change, binder.now).map_err(|e| e.at(self.name.span))?;
        Ok(draft.done(Operation::Restored, kind, name))
    }

    /// The change that takes the object back into use; `None` if it is in use.
    fn change(&self, binder: &Binder<'_>) -> Result<Option<Change>> {
        Ok(match self.kind {
            ObjectKind::Key => {
                let key = binder.key(&self.name)?;
                let restored = || Change::Key(Arc::new(Key { archived: false, ..Key::clone(key) }));
                key.archived.then(restored)
            }
            ObjectKind::Segment => {
                let segment = binder.segment(&self.name)?;
                if segment.archived {
                    find_referenced(binder, segment, Reads::Stored { strict: false })
                        .map_err(|e| e.at(self.name.span))?;
                }
                let restored = || Segment { archived: false, ..Segment::clone(segment) };
                segment.archived.then(|| Change::Segment(Arc::new(restored())))
            }
            ObjectKind::Config => {
                let head = &binder.config(&self.name)?.head;
                let restored = || ConfigHead { archived: false, ..head.clone() };
                head.archived.then(|| Change::Config { head: restored(), comment: None })
            }
            ObjectKind::Attribute => {
                let attribute = binder.attribute(&self.name)?;
                let restored = || Attribute { archived: false, ..Attribute::clone(attribute) };
                attribute.archived.then(|| Change::Attribute(Arc::new(restored())))
            }
        })
    }
}

/// Refuses what is not valid any more in the state in which it is in use again.
fn refuse_invalid(after: &Catalog, restored: &Change, now: Timestamp) -> Result<()> {
    match restored {
        Change::Segment(segment) => {
            chain::refuse_cycles(after, [Reference::Segment(segment.id)], now)
        }
        Change::Config { head, .. } => match after.config(head.id) {
            Some(config) => rules::refuse_invalid(after, config, config.used(now), now),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}
