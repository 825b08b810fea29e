//! Retirement of what the files of a state do not name.

use std::collections::BTreeSet;

use super::config::is_unsaid;
use super::planner::{Planner, Prune};
use super::state::State;
use super::wanted::Wanted;
use crate::error::NoteKind;
use crate::model::{Catalog, Name, ObjectKind, Reference};
use crate::statement::Archive;

impl Planner<'_> {
    /// The configs, segments and keys that are to be archived as the files do not name them: those that use others first.
    /// What no file can say stays, with what it needs.
    pub(super) fn pruned(&mut self, state: &State, prune: Prune) -> Vec<Archive> {
        if prune == Prune::No {
            return Vec::new();
        }
        let (catalog, notes) = (&self.catalog, &mut self.planned.notes);
        let (mut pruned, mut kept) = (Vec::new(), Vec::new());
        let configs = named(state, catalog, ObjectKind::Config);
        let others = catalog.configs().filter(|config| !config.head.archived);
        for config in others.filter(|config| !configs.contains(&config.head.name)) {
            let name = config.head.name.clone();
            if is_unsaid(config, self.now) {
                kept.push(Wanted::of(catalog, config, self.now));
                notes.push(NoteKind::DraftStays { config: name }.into());
            } else {
                pruned.push(archive(ObjectKind::Config, name));
            }
        }
        let is_kept = |what| kept.iter().any(|wanted| wanted.has(what));
        let segments = named(state, catalog, ObjectKind::Segment);
        for segment in catalog.segments().filter(|segment| !segment.archived) {
            let name = segment.name.clone();
            if !segment.condition.lists().is_empty() {
                notes.push(NoteKind::ListStays { segment: name }.into());
            } else if !segments.contains(&name) && !is_kept(Reference::Segment(segment.id)) {
                pruned.push(archive(ObjectKind::Segment, name));
            }
        }
        let keys = named(state, catalog, ObjectKind::Key);
        let others = catalog.keys().filter(|key| !key.archived && !keys.contains(&key.name));
        let others = others.filter(|key| !is_kept(Reference::Key(key.id)));
        pruned.extend(others.map(|key| archive(ObjectKind::Key, key.name.clone())));
        pruned
    }
}

fn archive(kind: ObjectKind, name: Name) -> Archive {
    Archive { kind, name: name.into(), comment: None }
}

/// The names of the objects of a kind that the files speak of, by former ones too.
fn named(state: &State, catalog: &Catalog, kind: ObjectKind) -> BTreeSet<Name> {
    let today = |name: &Name| match kind {
        ObjectKind::Segment => Some(catalog.segment_ever_named(name.as_str())?.name.clone()),
        ObjectKind::Config => {
            let config = catalog.config(catalog.config_ever_named(name.as_str())?)?;
            Some(config.head.name.clone())
        }
        ObjectKind::Key | ObjectKind::Attribute => None,
    };
    state.names(kind).into_iter().map(|name| today(name).unwrap_or_else(|| name.clone())).collect()
}
