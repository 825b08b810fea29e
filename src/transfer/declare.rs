//! Declarations of attributes that a store needs to be what a state says.

use super::planner::{Group, Planner, Prune};
use super::state::State;
use crate::error::{ErrorKind, NoteKind, Result};
use crate::model::{Attribute, ObjectKind};
use crate::statement::binder::Origin;
use crate::statement::{
    AlterAttribute, AlterAttributes, Archive, AttributeChange, CreateAttribute, CreateMode,
};

impl Planner<'_> {
    /// Whether new conditions may only read declared attributes, if that is to be said. What no file says stays, or ends
    /// with all else that none says.
    pub(super) fn strictness(&self, state: &State, prune: Prune) -> Option<AlterAttributes> {
        let said = state.strict.as_ref().map(|placed| placed.node);
        let unsaid = (prune == Prune::Yes && self.catalog.strict).then(AlterAttributes::open);
        said.or(unsaid)
    }

    /// Archives the attributes that the files do not declare. Of those that conditions read it says that they stay.
    pub(super) fn prune_attributes(&mut self, state: &State, prune: Prune) -> Result<()> {
        let (kind, declared) = (ObjectKind::Attribute, state.names(ObjectKind::Attribute));
        let others = self.catalog.attributes().filter(|attribute| !attribute.archived);
        let others = others.filter(|a| prune == Prune::Yes && !declared.contains(&a.name));
        let others: Vec<_> = others.map(|attribute| attribute.name.clone()).collect();
        for attribute in others {
            let archive = Archive { kind, name: attribute.clone().into(), comment: None };
            match self.run(Group::Retired, archive.into()) {
                Err(error) if matches!(error.kind(), ErrorKind::InUse { .. }) => {
                    self.planned.notes.push(NoteKind::AttributeStays { attribute }.into());
                }
                done => done?,
            }
        }
        Ok(())
    }

    /// Declares an attribute as a file says.
    pub(super) fn attribute(&mut self, create: &CreateAttribute) -> Result<()> {
        if create.mode == CreateMode::IfNotExists {
            return self.run(Group::Attributes, create.clone().into());
        }
        let name = create.name.node.as_str();
        let Some(old) = self.catalog.attribute_named(name).cloned() else {
            return self.run(Group::Attributes, create.clone().mode(CreateMode::New).into());
        };
        if old.archived {
            self.restore(Group::Attributes, ObjectKind::Attribute, &create.name)?;
        }
        let new = create.attribute(&self.binder(Origin::State))?;
        let statement = match alter(create, &old, &new) {
            Some(alter) if old.kind == new.kind => alter.into(),
            _ => create.clone().mode(CreateMode::OrAlter).into(),
        };
        self.run(Group::Attributes, statement)
    }
}

/// The edit that makes an attribute what a file says; `None` if none can, as a description cannot be taken away.
fn alter(create: &CreateAttribute, old: &Attribute, new: &Attribute) -> Option<AlterAttribute> {
    let mut changes = Vec::new();
    if old.check != new.check {
        let check = create.check.clone();
        changes.push(check.map_or(AttributeChange::DropCheck, AttributeChange::Check));
    }
    if old.sensitive != new.sensitive {
        let shown = AttributeChange::DropSensitive;
        changes.push(if new.sensitive { AttributeChange::Sensitive } else { shown });
    }
    if old.description != new.description {
        changes.push(AttributeChange::Description(create.description.clone()?));
    }
    (!changes.is_empty()).then(|| AlterAttribute { name: create.name.clone(), changes })
}
