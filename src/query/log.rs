//! Log of changes as a view sees it: those of the open transaction are the newest.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::view::View;
use crate::error::{ErrorKind, Result};
use crate::model::{
    Catalog, Change, ConfigId, Name, ObjectKind, Publication, Revision, Spanned, Timestamp,
    Version, VersionReader,
};
use crate::statement::find::{find_attribute, find_config, find_key, find_segment};
use crate::store::Position;

/// Change, and the revision that it is part of.
pub(super) struct Logged {
    pub(super) revision: Arc<Revision>,
    pub(super) change: Change,
}

/// Taker of changes, each with those before it in its revision; says whether more are wanted.
pub(super) type Take<'t> = dyn FnMut(&Logged, &[Logged]) -> Result<ControlFlow<()>> + 't;

/// Every change of the revisions from one to another, newest first, until no more are wanted; before them those of the
/// open transaction.
pub(super) fn each_change(
    view: &View<'_>,
    (first, last): (u64, u64),
    take: &mut Take<'_>,
) -> Result<()> {
    let pending = view.pending_changes();
    let pending = pending.map(|p| Ok((Revision::clone(&p.revision), p.changes.to_vec())));
    let committed = view.reader()?.changes_back(first, last)?;
    for logged in pending.into_iter().chain(committed) {
        let (revision, changes) = logged?;
        let revision = Arc::new(revision);
        let logged = changes.into_iter();
        let logged = logged.map(|change| Logged { revision: Arc::clone(&revision), change });
        if newest_first(&logged.collect::<Vec<_>>(), take)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Hands changes over, newest first, until no more are wanted.
pub(super) fn newest_first(changes: &[Logged], take: &mut Take<'_>) -> Result<ControlFlow<()>> {
    for (index, logged) in changes.iter().enumerate().rev() {
        let number = logged.revision.number;
        let first = changes.partition_point(|earlier| earlier.revision.number < number);
        if take(logged, changes.get(first..index).unwrap_or_default())?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The changes of one object, oldest first.
pub(super) fn object_history(view: &View<'_>, kind: ObjectKind, id: u32) -> Result<Vec<Logged>> {
    logged(view, object_changes(view, kind, id)?)
}

/// The changes of one object with their positions in the log, oldest first.
pub(super) fn object_changes(
    view: &View<'_>,
    kind: ObjectKind,
    id: u32,
) -> Result<Vec<(Position, Change)>> {
    let mut changes = view.reader()?.object_changes(kind, id, (0, view.newest()))?;
    if let Some(pending) = view.pending_changes() {
        let own = (0..).zip(pending.changes);
        let own = own.filter(|(_, change)| object_of(change) == Some((kind, id)));
        changes.extend(own.map(|(index, c)| ((pending.revision.number, index), c.clone())));
    }
    Ok(changes)
}

/// Changes with the revisions that they are part of.
pub(super) fn logged(view: &View<'_>, changes: Vec<(Position, Change)>) -> Result<Vec<Logged>> {
    let pending = view.pending_changes();
    let mut known: BTreeMap<u64, Arc<Revision>> = BTreeMap::new();
    known.extend(pending.map(|pending| (pending.revision.number, Arc::clone(&pending.revision))));
    let logged = changes.into_iter().map(|((number, _), change)| {
        let revision = match known.get(&number) {
            Some(revision) => Arc::clone(revision),
            None => Arc::new(revision(view, number)?),
        };
        known.insert(number, Arc::clone(&revision));
        Ok(Logged { revision, change })
    });
    logged.collect()
}

fn revision(view: &View<'_>, number: u64) -> Result<Revision> {
    let missing = || ErrorKind::Corrupt { what: format!("revision {number} is missing") };
    view.reader()?.revision(number)?.ok_or_else(|| missing().into())
}

/// The revision of a publication; `None` if it came after the state that is seen.
pub(super) fn revision_of(view: &View<'_>, publication: &Publication) -> Result<Option<Revision>> {
    let is_it = |change: &Change| matches!(change, Change::Publication(own) if own == publication);
    let pending = view.pending.as_ref();
    if let Some(pending) = pending.filter(|pending| pending.changes.iter().any(is_it)) {
        return Ok(Some(Revision::clone(&pending.revision)));
    }
    let reader = view.reader()?;
    let number = reader.publication_revision(publication.sequence)?;
    Ok(number.map(|number| reader.revision(number)).transpose()?.flatten())
}

/// The number of an object of a kind.
pub(super) fn find(catalog: &Catalog, kind: ObjectKind, name: &Spanned<Name>) -> Result<u32> {
    match kind {
        ObjectKind::Key => find_key(catalog, name).map(|key| key.id.0),
        ObjectKind::Segment => find_segment(catalog, name).map(|segment| segment.id.0),
        ObjectKind::Config => find_config(catalog, name).map(|config| config.head.id.0),
        ObjectKind::Attribute => find_attribute(catalog, name).map(|attribute| attribute.id.0),
    }
}

/// The object that a change is about, if it is about one.
pub(super) fn object_of(change: &Change) -> Option<(ObjectKind, u32)> {
    Some(match change {
        Change::Key(key) => (ObjectKind::Key, key.id.0),
        Change::Segment(segment) => (ObjectKind::Segment, segment.id.0),
        Change::Config { head, .. } => (ObjectKind::Config, head.id.0),
        Change::Version(version) => (ObjectKind::Config, version.config.0),
        Change::Publication(publication) => (ObjectKind::Config, publication.config.0),
        Change::Salt { config, .. } | Change::Cancel { config, .. } => {
            (ObjectKind::Config, config.0)
        }
        Change::Attribute(attribute) => (ObjectKind::Attribute, attribute.id.0),
        Change::Keep { .. } | Change::Strict(_) | Change::Record(_) => return None,
    })
}

impl VersionReader for View<'_> {
    fn version(&self, config: ConfigId, number: u32) -> Result<Option<Arc<Version>>> {
        match self.versions.and_then(|versions| versions.get(&(config, number))) {
            Some(version) => Ok(Some(Arc::clone(version))),
            None => self.reader()?.version(config, number),
        }
    }

    fn changes_of(&self, kind: ObjectKind, id: u32) -> Result<Vec<(u64, Change)>> {
        let known = object_changes(self, kind, id)?.into_iter();
        let known = known.map(|((number, _), change)| (number, change));
        // one that is on its way, to a revision after all others, may be there by now: twice is as good as once
        let underway = self.underway.iter().map(|(_, change)| change);
        let underway = underway.filter(|change| object_of(change) == Some((kind, id)));
        Ok(known.chain(underway.map(|change| (u64::MAX, change.clone()))).collect())
    }

    fn revision_at(&self, at: Timestamp) -> Result<u64> {
        self.reader()?.revision_at(at)
    }
}
