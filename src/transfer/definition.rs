//! Definitions of keys and segments that a store needs to be what a state says.

use super::planner::{Group, Planner};
use crate::error::Result;
use crate::model::{Key, ObjectKind, Segment};
use crate::statement::binder::Origin;
use crate::statement::meaning::written_today;
use crate::statement::{AlterKey, AlterSegment, CreateKey, CreateMode, CreateSegment, KeyChange};

impl Planner<'_> {
    /// Makes a key what a file says.
    pub(super) fn key(&mut self, create: &CreateKey) -> Result<()> {
        if create.mode == CreateMode::IfNotExists {
            return self.run(Group::Keys, create.clone().into());
        }
        let Some(old) = self.catalog.key_named(create.name.node.as_str()).cloned() else {
            return self.run(Group::Keys, create.clone().mode(CreateMode::New).into());
        };
        if old.archived {
            self.restore(Group::Keys, ObjectKind::Key, &create.name)?;
        }
        let new = create.key(&self.binder(Origin::State))?;
        let statement = match alter_key(create, &old, &new) {
            Some(alter) if old.kind == new.kind => alter.into(),
            _ => create.clone().mode(CreateMode::OrAlter).into(),
        };
        self.run(Group::Keys, statement)
    }

    /// Makes a segment what a file says.
    pub(super) fn segment(&mut self, create: &CreateSegment) -> Result<()> {
        if create.mode == CreateMode::IfNotExists {
            return self.run(Group::Segments, create.clone().into());
        }
        let Some(old) = self.catalog.segment_named(create.name.node.as_str()).cloned() else {
            return self.run(Group::Segments, create.clone().mode(CreateMode::New).into());
        };
        if old.archived {
            self.restore(Group::Segments, ObjectKind::Segment, &create.name)?;
        }
        let new = create.segment(&self.binder(Origin::State))?;
        let statement = match alter_segment(create, &self.written(&old), &new) {
            Some(alter) => alter.into(),
            None => create.clone().mode(CreateMode::OrAlter).into(),
        };
        self.run(Group::Segments, statement)
    }

    /// A segment as a file says it.
    fn written(&self, segment: &Segment) -> Segment {
        let condition = written_today(&self.catalog, &segment.condition);
        Segment { condition, ..segment.clone() }
    }
}

/// The edit that makes a key what a file says; `None` if none can, as a description cannot be taken away.
fn alter_key(create: &CreateKey, old: &Key, new: &Key) -> Option<AlterKey> {
    let mut changes = Vec::new();
    if old.default != new.default {
        changes.push(KeyChange::Default(create.default.clone()));
    }
    if old.check != new.check {
        let check = create.check.clone();
        changes.push(check.map_or(KeyChange::DropCheck, KeyChange::Check));
    }
    if old.sensitive != new.sensitive {
        let sensitive = KeyChange::Sensitive;
        changes.push(if new.sensitive { sensitive } else { KeyChange::DropSensitive });
    }
    if old.description != new.description {
        changes.push(KeyChange::Description(create.description.clone()?));
    }
    (!changes.is_empty()).then(|| AlterKey { name: create.name.clone(), changes })
}

/// The edit that makes a segment what a file says; `None` if none can.
fn alter_segment(create: &CreateSegment, old: &Segment, new: &Segment) -> Option<AlterSegment> {
    let mut alter = AlterSegment {
        name: create.name.clone(),
        description: None,
        condition: None,
        rename: None,
    };
    if old.description != new.description {
        alter.description = Some(create.description.clone()?);
    }
    if old.condition != new.condition {
        alter.condition = Some(create.condition.clone());
    }
    Some(alter)
}
