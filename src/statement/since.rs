//! What a version refers to, compared with what it was when the version was live last.

use std::collections::BTreeSet;

use super::binder::Binder;
use crate::error::{Note, NoteKind, Result};
use crate::model::{
    Change, Config, Name, ObjectKind, Reference, ReignEnd, Timestamp, Version, last_reign,
};

/// Says of a version that is live again what has changed since it was. Nobody is told if it never was, or is.
pub(super) fn changed_since(
    binder: &Binder<'_>,
    config: &Config,
    version: &Version,
) -> Result<Option<Note>> {
    let changes = binder.versions.changes_of(ObjectKind::Config, config.head.id.0)?;
    let Some(end) = last_reign(&changes, version.number, binder.now) else { return Ok(None) };
    let last = match end {
        ReignEnd::Revision(next) => next.saturating_sub(1),
        ReignEnd::Instant(at) => binder.versions.revision_at(just_before(at))?,
    };
    let mut objects = Vec::new();
    for reference in referred(binder, version) {
        objects.extend(changed(binder, reference, last)?);
    }
    let version = version.number;
    Ok((!objects.is_empty()).then(|| NoteKind::ChangedSince { version, objects }.into()))
}

fn just_before(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.as_micros() - 1).unwrap_or(at)
}

/// The segments and keys of a version, and those that their conditions refer to.
fn referred(binder: &Binder<'_>, version: &Version) -> BTreeSet<Reference> {
    let segments = version.rows.iter().map(|row| Reference::Segment(row.segment));
    let keys = version.columns.iter().map(|column| Reference::Key(column.key));
    let mut todo: Vec<_> = segments.chain(keys).collect();
    let mut seen: BTreeSet<_> = todo.iter().copied().collect();
    while let Some(reference) = todo.pop() {
        let Reference::Segment(id) = reference else { continue };
        let Some(segment) = binder.catalog.segment(id) else { continue };
        let next = binder.catalog.references(segment.condition.expr());
        todo.extend(next.into_iter().filter(|next| seen.insert(*next)));
    }
    seen
}

/// An object, if users got something else by it at the end of a revision.
fn changed(
    binder: &Binder<'_>,
    reference: Reference,
    last: u64,
) -> Result<Option<(ObjectKind, Name)>> {
    let catalog = binder.catalog;
    let (kind, id) = match reference {
        Reference::Key(id) => (ObjectKind::Key, id.0),
        Reference::Segment(id) => (ObjectKind::Segment, id.0),
    };
    let changes = binder.versions.changes_of(kind, id)?;
    let then = changes.into_iter().rev().find(|(revision, _)| *revision <= last);
    Ok(match then.map(|(_, change)| change) {
        Some(Change::Key(old)) => {
            let today = catalog.key(old.id).filter(|today| today.default != old.default);
            today.map(|key| (kind, key.name.clone()))
        }
        Some(Change::Segment(old)) => {
            let condition = catalog.named_today(&old.condition);
            let today = catalog.segment(old.id).filter(|today| today.condition != condition);
            today.map(|segment| (kind, segment.name.clone()))
        }
        _ => None,
    })
}
