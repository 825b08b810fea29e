//! Revival: what is archived is taken back into use for as long as an archived object that is to be in use refers to it.
//!
//! An object can only be altered when it is in use, and only be in use when what it refers to is. So a segment whose
//! condition asked for a key that is archived needs that key until it has its new condition.

use std::collections::BTreeSet;

use super::planner::{Group, Planner};
use super::state::State;
use super::wanted::{needed, needed_by_config};
use crate::error::Result;
use crate::model::{Name, ObjectKind, Reference, Spanned};
use crate::statement::Archive;

impl Planner<'_> {
    /// Takes back into use what an archived segment refers to.
    pub(super) fn revive_for_segment(&mut self, name: &Name) {
        let Some(segment) = self.catalog.segment_named(name.as_str()) else { return };
        if segment.archived {
            let needed = needed(&self.catalog, self.catalog.references(segment.condition.expr()));
            self.revive(needed);
        }
    }

    /// Takes back into use what the versions of an archived config have that may be served.
    pub(super) fn revive_for_config(&mut self, name: &Name) {
        let Some(config) = self.catalog.config_named(name.as_str()) else { return };
        if config.head.archived {
            let needed = needed_by_config(&self.catalog, config, self.now);
            self.revive(needed);
        }
    }

    /// Takes back into use what can be; the rest may follow when that is.
    fn revive(&mut self, needed: BTreeSet<Reference>) {
        for reference in needed {
            let Some((group, kind, name)) = self.archived(reference) else { continue };
            let name = Spanned::from(name);
            if self.attempt(|planner| planner.restore(group, kind, &name)).is_ok() {
                self.revived.push((kind, name.node));
            }
        }
    }

    /// What a reference is to, if that is archived.
    fn archived(&self, reference: Reference) -> Option<(Group, ObjectKind, Name)> {
        match reference {
            Reference::Key(id) => {
                let key = self.catalog.key(id).filter(|key| key.archived)?;
                Some((Group::Keys, ObjectKind::Key, key.name.clone()))
            }
            Reference::Segment(id) => {
                let segment = self.catalog.segment(id).filter(|segment| segment.archived)?;
                Some((Group::Segments, ObjectKind::Segment, segment.name.clone()))
            }
        }
    }

    /// Takes out of use again what was revived and no file makes, the last first: it may refer to the others.
    pub(super) fn retire_revived(&mut self, state: &State) -> Result<()> {
        for (kind, name) in std::mem::take(&mut self.revived).into_iter().rev() {
            if !state.makes(kind, &name) {
                let archive = Archive { kind, name: name.into(), comment: None };
                self.run(Group::Retired, archive.into())?;
            }
        }
        Ok(())
    }
}
