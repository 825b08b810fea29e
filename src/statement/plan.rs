//! Plan of a write: what a check returns, and how it is put together.

use std::sync::Arc;

use super::binder::Binder;
use super::consequence;
use super::effect::{Effect, Operation};
use crate::error::{Note, Result};
use crate::model::{Catalog, Change, ChangeSet, Name, ObjectKind, Timestamp};

/// Plan of a write that was found right.
#[derive(Debug)]
pub(crate) enum Plan {
    /// It would change nothing.
    Unchanged {
        /// Why.
        why: String,
        /// What is worth knowing all the same.
        notes: Vec<Note>,
    },
    /// Changes are to be committed.
    Write(Box<Write>),
}

/// Changes that a write makes, and all that a commit needs to know of them.
#[derive(Debug)]
pub(crate) struct Write {
    /// The instant as of which it was checked.
    pub(crate) now: Timestamp,
    /// The changes.
    pub(crate) changes: ChangeSet,
    /// The catalog after them.
    pub(crate) after: Catalog,
    /// What they do, in fields.
    pub(crate) effect: Effect,
    /// What is worth knowing of it.
    pub(crate) notes: Vec<Note>,
    /// Why they are made, if the statement says so.
    pub(crate) comment: Option<Arc<str>>,
}

/// Write being put together: each change is applied to a catalog of its own, so that the rules over the whole
/// can be asked of the state after it.
pub(crate) struct Draft<'a> {
    binder: &'a Binder<'a>,
    pub(crate) after: Catalog,
    changes: Vec<Change>,
    comment: Option<Arc<str>>,
}

impl Plan {
    /// Plan that changes nothing, and why.
    pub(super) fn unchanged(why: impl Into<String>) -> Self {
        Self::Unchanged { why: why.into(), notes: Vec::new() }
    }

    /// Adds notes.
    pub(crate) fn noting(mut self, more: impl IntoIterator<Item = Note>) -> Self {
        self.notes().extend(more);
        self
    }

    /// Adds notes before those that it has.
    pub(super) fn noting_first(mut self, first: Vec<Note>) -> Self {
        self.notes().splice(0..0, first);
        self
    }

    /// The changes that it makes.
    pub(crate) fn changes(&self) -> &[Change] {
        match self {
            Self::Unchanged { .. } => &[],
            Self::Write(write) => &write.changes.changes,
        }
    }

    fn notes(&mut self) -> &mut Vec<Note> {
        match self {
            Self::Unchanged { notes, .. } => notes,
            Self::Write(write) => &mut write.notes,
        }
    }
}

impl<'a> Binder<'a> {
    /// Starts a write.
    pub(super) fn draft(&'a self) -> Draft<'a> {
        Draft { binder: self, after: self.catalog.clone(), changes: Vec::new(), comment: None }
    }
}

impl Draft<'_> {
    /// Adds a change.
    pub(super) fn push(&mut self, change: Change) -> Result<()> {
        self.after.apply(std::slice::from_ref(&change), self.binder.now, self.binder.versions)?;
        self.changes.push(change);
        Ok(())
    }

    /// The instant of the statement.
    pub(super) fn now(&self) -> Timestamp {
        self.binder.now
    }

    /// Says why the write is made.
    pub(super) fn because(mut self, comment: Option<Arc<str>>) -> Self {
        self.comment = comment;
        self
    }

    /// Ends the write of one object.
    pub(super) fn done(self, operation: Operation, kind: ObjectKind, name: &Name) -> Plan {
        self.end(Effect::of(operation, kind, name))
    }

    /// Ends the write.
    pub(super) fn end(self, effect: Effect) -> Plan {
        let Binder { catalog: before, now, .. } = *self.binder;
        let notes = consequence::notes(before, &self.after, &self.changes, now);
        Plan::Write(Box::new(Write {
            now: self.binder.now,
            changes: ChangeSet { changes: self.changes },
            after: self.after,
            effect,
            notes,
            comment: self.comment,
        }))
    }
}
