//! Consequences: what a write does to users beyond what its sentence says.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::chain::given_by;
use super::meaning::stored_today;
use super::usage::{AttributeUse, attribute_uses, attributes_of};
use crate::error::{Note, NoteKind};
use crate::model::{
    Attribute, Catalog, Change, Config, ConfigHead, ConfigId, KeyId, Name, Publication, Reference,
    Referrer, Segment, Timestamp, Version,
};

/// What is worth knowing of changes, given the objects before and after them.
pub(super) fn notes(
    before: &Catalog,
    after: &Catalog,
    changes: &[Change],
    now: Timestamp,
) -> Vec<Note> {
    let of_one = |change: &Change| match change {
        Change::Publication(publication) => published(after, publication, now),
        Change::Config { head, .. } => switched(before, after, head, now).into_iter().collect(),
        Change::Version(version) => overwritten(before, after, version).into_iter().collect(),
        Change::Segment(segment) => {
            segment_in_force(before, after, segment, now).into_iter().collect()
        }
        Change::Key(key) => match before.key(key.id) {
            Some(old) if old.default != key.default => {
                default_in_force(after, key.id, now).into_iter().collect()
            }
            _ => Vec::new(),
        },
        Change::Attribute(attribute) => declared(before, after, attribute, now),
        _ => Vec::new(),
    };
    changes.iter().flat_map(of_one).collect()
}

/// What is to be known of a version that is put in force at once.
fn published(after: &Catalog, publication: &Publication, now: Timestamp) -> Vec<Note> {
    let Some(config) = after.config(publication.config) else { return Vec::new() };
    let name = &config.head.name;
    let disabled = config.head.disabled.then(|| {
        let note = Note::new(NoteKind::PublishedDisabled { config: name.clone() });
        note.hint(format!("`ENABLE CONFIG {name}` puts it in force"))
    });
    let to_come = if publication.effective <= now { still_scheduled(config, now) } else { None };
    disabled.into_iter().chain(to_come).collect()
}

/// What is still to come of a config that is put out of use.
fn switched(before: &Catalog, after: &Catalog, head: &ConfigHead, now: Timestamp) -> Option<Note> {
    let old = &before.config(head.id)?.head;
    let is_off = (head.disabled && !old.disabled) || (head.archived && !old.archived);
    if is_off { still_scheduled(after.config(head.id)?, now) } else { None }
}

/// The publications of a config that are to come.
fn still_scheduled(config: &Config, now: Timestamp) -> Option<Note> {
    let to_come = config.timeline.to_come(now);
    let schedules: Vec<_> = to_come.map(|p| (p.version, p.effective)).collect();
    if schedules.is_empty() {
        return None;
    }
    let head = &config.head;
    let note = Note::new(NoteKind::StillScheduled { config: head.name.clone(), schedules });
    if head.archived {
        return Some(note); // nothing is taken back of what is archived
    }
    Some(note.hint(format!("`CANCEL SCHEDULE OF CONFIG {}` takes it back", head.name)))
}

/// The cells of the newest version of a config that have another value in the next.
fn overwritten(before: &Catalog, after: &Catalog, version: &Version) -> Option<Note> {
    let config = before.config(version.config)?;
    let old = config.newest()?;
    let places: Vec<_> = version.rows.iter().map(|row| old.row_of(row.segment)).collect();
    let same_rows = places.iter().enumerate().all(|(index, place)| *place == Some(index));
    let (theirs, mut cells, mut filled) = (old.by_key(), Vec::new(), 0);
    for column in &version.columns {
        let Some(their) = theirs.get(&column.key) else { continue };
        if same_rows && column.shares(their) {
            continue;
        }
        let pairs = column.cells().iter().zip(&places).filter_map(|(cell, place)| {
            Some((their.cells().get((*place)?)?.as_ref(), cell.as_ref()))
        });
        let changed: Vec<_> = pairs.filter(|(was, is)| was != is).collect();
        let count = changed.iter().filter(|(was, _)| was.is_some()).count();
        filled += changed.len() - count;
        let name = before.key(column.key).filter(|_| count > 0).map(|key| key.name.clone());
        cells.extend(name.map(|name| (name, count)));
    }
    if cells.is_empty() {
        return None;
    }
    let (head, from, to) = (&after.config(version.config)?.head, old.number, version.number);
    let name = &head.name;
    let hint = format!("`DIFF CONFIG {name} VERSION {from} TO {to}` shows them");
    Some(Note::new(NoteKind::Overwritten { cells, filled }).hint(hint))
}

/// Where another condition of a segment is in force at once.
fn segment_in_force(
    before: &Catalog,
    after: &Catalog,
    segment: &Segment,
    now: Timestamp,
) -> Option<Note> {
    let old = before.segment(segment.id)?;
    if after.named_today(&old.condition) == segment.condition {
        return None;
    }
    in_force(after, [Reference::Segment(segment.id)], BTreeSet::new(), now)
}

/// What another declaration of an attribute does to what reads it.
fn declared(before: &Catalog, after: &Catalog, attribute: &Attribute, now: Timestamp) -> Vec<Note> {
    let old = before.attribute(attribute.id);
    if old.map_or(attribute.is_free(), |old| old.allows_as(attribute)) {
        return Vec::new();
    }
    let used = attribute_uses(after, now).remove(attribute.name.as_str()).unwrap_or_default();
    let in_force = attribute_in_force(after, attribute, &used, now);
    let before = read_as_before(before, after, attribute, &used.segments);
    in_force.into_iter().chain(before).collect()
}

/// Where another declaration of an attribute is in force at once: a value that it does not allow is taken as missing.
fn attribute_in_force(
    after: &Catalog,
    attribute: &Attribute,
    used: &AttributeUse<'_>,
    now: Timestamp,
) -> Option<Note> {
    let name = attribute.name.as_str();
    let reads = |version: &Version| attributes_of(version).any(|read| *read == *name);
    let configs = used.configs.iter().filter(|config| serving(config, now).is_some_and(reads));
    let segments = used.segments.iter().map(|segment| Reference::Segment(segment.id));
    in_force(after, segments, configs.map(|config| config.head.id).collect(), now)
}

/// The segments whose conditions would be stored otherwise, or not at all, by a statement of today.
fn read_as_before(
    before: &Catalog,
    after: &Catalog,
    attribute: &Attribute,
    readers: &[&Arc<Segment>],
) -> Option<Note> {
    let (mut otherwise, mut refused) = (Vec::new(), Vec::new());
    for segment in readers {
        let of = |catalog| segment.condition.look(|expr| stored_today(catalog, expr));
        let (then, today) = (of(before), of(after));
        if then == today {
            continue;
        }
        let to = if today.is_some() { &mut otherwise } else { &mut refused };
        to.push(segment.name.clone());
    }
    if otherwise.is_empty() && refused.is_empty() {
        return None;
    }
    let attribute = attribute.name.clone();
    let note = Note::new(NoteKind::ReadAsBefore { attribute, otherwise, refused });
    Some(note.hint(
        "`ALTER SEGMENT … WHERE …` with the condition as it was stores it as it is read today",
    ))
}

/// Where another default of a key is in force at once.
fn default_in_force(after: &Catalog, key: KeyId, now: Timestamp) -> Option<Note> {
    let referrers = after.referrers(Reference::Key(key)).filter_map(|referrer| match referrer {
        Referrer::Config(id) => after.config(id),
        Referrer::Segment(_) => None,
    });
    let live: Vec<_> =
        referrers.filter(|c| serving(c, now).is_some_and(|v| v.column(key).is_some())).collect();
    let falling =
        live.iter().filter(|config| serving(config, now).is_some_and(|v| falls_through(v, key)));
    let own: BTreeSet<_> = falling.map(|config| config.head.id).collect();
    if own.is_empty() && !live.is_empty() {
        return None;
    }
    in_force(after, [Reference::Key(key)], own, now)
}

/// The version of a config that users are served.
fn serving(config: &Config, now: Timestamp) -> Option<&Version> {
    if config.head.archived || config.head.disabled {
        return None;
    }
    config.live(now).map(|version| &**version)
}

/// Whether some users may get a key's default in spite of a version that has the key.
fn falls_through(version: &Version, key: KeyId) -> bool {
    let everyone =
        version.rows.iter().position(|row| row.segment.is_everyone() && row.rollout.is_none());
    let cell = everyone.zip(version.column(key)).and_then(|(row, column)| column.cells().get(row));
    !cell.is_some_and(Option::is_some)
}

/// The configs in which a change of segments or of a key is in force at once, by way of whatever refers to them, and
/// some that are known to be.
fn in_force(
    catalog: &Catalog,
    start: impl IntoIterator<Item = Reference>,
    known: BTreeSet<ConfigId>,
    now: Timestamp,
) -> Option<Note> {
    let (mut configs, mut todo) = (known, Vec::from_iter(start));
    let mut seen: BTreeSet<_> = todo.iter().copied().collect();
    while let Some(node) = todo.pop() {
        for referrer in catalog.referrers(node) {
            let next: Vec<_> = match (referrer, node) {
                (Referrer::Segment(id), _) => {
                    let usable = catalog.segment(id).is_some_and(|segment| !segment.archived);
                    usable.then_some(Reference::Segment(id)).into_iter().collect()
                }
                (Referrer::Config(id), Reference::Segment(segment)) => {
                    let config = catalog.config(id);
                    let version = config.and_then(|config| serving(config, now));
                    let given: Vec<_> =
                        version.into_iter().flat_map(|v| given_by(v, segment)).collect();
                    configs.extend((!given.is_empty()).then_some(id));
                    given
                }
                (Referrer::Config(_), Reference::Key(_)) => Vec::new(),
            };
            todo.extend(next.into_iter().filter(|next| seen.insert(*next)));
        }
    }
    let names = configs.into_iter().filter_map(|id| catalog.config(id));
    let mut configs: Vec<Name> = names.map(|config| config.head.name.clone()).collect();
    configs.sort();
    (!configs.is_empty()).then(|| NoteKind::InForce { configs }.into())
}
