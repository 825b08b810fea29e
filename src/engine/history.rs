//! `SHOW HISTORY` and `SHOW VERSIONS`: who did what, when and why.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::read::{find, optional, text};
use super::table::{Filtering, instant, maybe, texts};
use super::{Outcome, Rows, Session};
use crate::error::{ObjectKind, Result};
use crate::model::{
    Catalog, Change, Condition, ConfigId, Kept, Key, KeyId, Literal, Publication, Reference,
    Revision, Segment, SegmentId, Timestamp, Value, Version,
};
use crate::statement::{ShowHistory, ShowVersions};
use crate::store::{Position, Store};

const HISTORY: &[&str] = &["revision", "time", "actor", "comment", "kind", "name", "change"];
const CONFIG_VERSIONS: &[&str] =
    &["version", "time", "actor", "comment", "status", "segments", "keys", "description"];
const SEGMENT_VERSIONS: &[&str] =
    &["version", "time", "actor", "comment", "condition", "description"];
const KEY_VERSIONS: &[&str] =
    &["version", "time", "actor", "comment", "default", "check", "description"];

/// A change and the revision it is part of.
type Entry = (Arc<Revision>, Change);

impl Session {
    pub(super) fn show_history(&self, show: &ShowHistory) -> Result<Outcome> {
        let state = self.state();
        let teller = Teller { store: &self.database().shared.store, catalog: &state.catalog };
        let filtering = Filtering::new(self, HISTORY, &show.filter)?;
        let mut rows = Vec::new();
        let mut take = |entry: &Entry, before: &[Entry]| {
            if let Some(row) = teller.row(entry, before)?
                && filtering.passes(&row)
            {
                rows.push(row);
            }
            Ok(filtering.enough().is_none_or(|enough| rows.len() < enough))
        };
        match &show.of {
            None => self.each_change(&mut take)?,
            Some((kind, name)) => {
                let id = find(&state.catalog, *kind, name)?;
                let entries = self.transitive_history(&state.catalog, *kind, id)?;
                for (place, entry) in entries.iter().enumerate().rev() {
                    let first = entries.partition_point(|e| e.0.number < entry.0.number);
                    if !take(entry, entries.get(first..place).unwrap_or_default())? {
                        break;
                    }
                }
            }
        }
        Ok(Outcome::Rows(Rows::new(HISTORY, filtering.apply(rows))))
    }

    /// Every change of the store and of the open transaction, newest first, until `take` has enough.
    fn each_change(&self, take: &mut dyn FnMut(&Entry, &[Entry]) -> Result<bool>) -> Result<()> {
        let pending = self.pending().map(|(revision, changes)| Ok((revision, changes)));
        let committed = self.database().shared.store.changes_until(self.newest_seen())?;
        for revision in pending.into_iter().chain(committed) {
            let (revision, changes) = revision?;
            let revision = Arc::new(revision);
            let entries = changes.into_iter().map(|change| (Arc::clone(&revision), change));
            let entries: Vec<Entry> = entries.collect();
            for (place, entry) in entries.iter().enumerate().rev() {
                if !take(entry, entries.get(..place).unwrap_or_default())? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The newest committed revision that the session sees: a transaction does not see what came after its
    /// beginning.
    fn newest_seen(&self) -> u64 {
        self.transaction.as_ref().map_or(u64::MAX, |t| t.base.catalog.revision)
    }

    /// What the open transaction wrote, as the revision that it may become.
    fn pending(&self) -> Option<(Revision, Vec<Change>)> {
        let transaction = self.transaction.as_ref()?;
        let revision = Revision {
            number: transaction.base.catalog.revision + 1,
            time: self.now(),
            actor: self.actor.clone(),
            comment: self.comment.clone(),
        };
        Some((revision, transaction.changes.clone()))
    }

    /// The changes of one object, oldest first.
    pub(super) fn object_history(&self, kind: ObjectKind, id: u32) -> Result<Vec<Entry>> {
        self.entries(self.placed_history(kind, id)?)
    }

    /// The changes of one object with their places in the log; those of the open transaction come last.
    fn placed_history(&self, kind: ObjectKind, id: u32) -> Result<Vec<(Position, Change)>> {
        let mut placed = self.database().shared.store.object_history(kind, id)?;
        placed.retain(|((number, _), _)| *number <= self.newest_seen());
        if let Some((revision, changes)) = self.pending() {
            let own =
                (0..).zip(changes).filter(|(_, change)| object_of(change) == Some((kind, id)));
            placed.extend(own.map(|(index, change)| ((revision.number, index), change)));
        }
        Ok(placed)
    }

    /// Changes with the revisions that they are part of.
    fn entries(&self, placed: Vec<(Position, Change)>) -> Result<Vec<Entry>> {
        let pending = self.pending().map(|(revision, _)| Arc::new(revision));
        let mut known: BTreeMap<u64, Arc<Revision>> = BTreeMap::new();
        known.extend(pending.map(|revision| (revision.number, revision)));
        let mut entries = Vec::with_capacity(placed.len());
        for ((number, _), change) in placed {
            let revision = match known.get(&number) {
                Some(revision) => Arc::clone(revision),
                None => Arc::new(self.revision(number)?),
            };
            known.insert(number, Arc::clone(&revision));
            entries.push((revision, change));
        }
        Ok(entries)
    }

    fn revision(&self, number: u64) -> Result<Revision> {
        self.database().shared.store.revision(number)?.ok_or_else(|| missing(number))
    }

    /// The changes of an object, and of a config also those of every key and segment that it uses or
    /// used, oldest first.
    fn transitive_history(
        &self,
        catalog: &Catalog,
        kind: ObjectKind,
        id: u32,
    ) -> Result<Vec<Entry>> {
        let mut placed = self.placed_history(kind, id)?;
        if kind == ObjectKind::Config {
            for (kind, id) in used_by(catalog, placed.iter().map(|(_, change)| change)) {
                placed.extend(self.placed_history(kind, id)?);
            }
            placed.sort_by_key(|(place, _)| *place);
        }
        self.entries(placed)
    }

    pub(super) fn show_versions(&self, show: &ShowVersions) -> Result<Outcome> {
        let state = self.state();
        let id = find(&state.catalog, show.kind, &show.name)?;
        let entries = self.object_history(show.kind, id)?;
        let mut last = 0;
        let mut rows = Vec::new();
        for (revision, change) in &entries {
            let (number, mut cells) = match change {
                Change::Key(key) => (key.version, key_cells(key)),
                Change::Segment(segment) => (segment.version, segment_cells(segment)),
                Change::Version(v) => (v.number, self.version_cells(&state.catalog, v)),
                _ => continue,
            };
            if number > last {
                last = number;
                let mut row = vec![Value::from(number), instant(revision.time)];
                row.extend([maybe(revision.actor.as_ref()), maybe(revision.comment.as_ref())]);
                row.append(&mut cells);
                rows.push(row);
            }
        }
        let columns = match show.kind {
            ObjectKind::Key => KEY_VERSIONS,
            ObjectKind::Segment => SEGMENT_VERSIONS,
            ObjectKind::Config => CONFIG_VERSIONS,
        };
        self.table(columns, rows, &show.filter)
    }

    fn version_cells(&self, catalog: &Catalog, version: &Version) -> Vec<Value> {
        let now = self.now();
        let config = catalog.config(version.config);
        let timeline = config.map(|config| &config.timeline);
        let status = match timeline {
            Some(timeline) if timeline.live(now) == Some(version.number) => Some("live"),
            Some(timeline) if timeline.used_versions(now).contains(&version.number) => {
                Some("scheduled")
            }
            _ if config.is_some_and(|c| c.newest == version.number) => Some("newest"),
            _ => None,
        };
        let segments = version.rows.iter().map(|row| catalog.segment_name(row.segment).to_arc());
        let keys = version.columns.iter().filter_map(|column| catalog.key(column.key));
        vec![
            optional(status),
            texts(segments),
            texts(keys.map(|key| key.name.to_arc())),
            maybe(version.description.as_ref()),
        ]
    }
}

fn missing(number: u64) -> crate::Error {
    crate::ErrorKind::Corrupt { what: format!("revision {number} is missing") }.into()
}

fn key_cells(key: &Key) -> Vec<Value> {
    vec![
        key.default.clone(),
        maybe(key.check.as_ref().map(Condition::text)),
        maybe(key.description.as_ref()),
    ]
}

fn segment_cells(segment: &Segment) -> Vec<Value> {
    vec![text(segment.condition.text()), maybe(segment.description.as_ref())]
}

/// The object that a change is about, if it is about one.
fn object_of(change: &Change) -> Option<(ObjectKind, u32)> {
    Some(match change {
        Change::Key(key) => (ObjectKind::Key, key.id.0),
        Change::Segment(segment) => (ObjectKind::Segment, segment.id.0),
        Change::Config { head, .. } => (ObjectKind::Config, head.id.0),
        Change::Version(version) => (ObjectKind::Config, version.config.0),
        Change::Publication(publication) => (ObjectKind::Config, publication.config.0),
        Change::Salt { config, .. } | Change::Cancel { config, .. } => {
            (ObjectKind::Config, config.0)
        }
        Change::Keep { .. } => return None,
    })
}

/// The keys and segments of a config's versions, and what their conditions refer to, all the way down.
fn used_by<'c>(
    catalog: &Catalog,
    changes: impl Iterator<Item = &'c Change>,
) -> BTreeSet<(ObjectKind, u32)> {
    let mut todo: Vec<Reference> = Vec::new();
    for change in changes {
        if let Change::Version(version) = change {
            todo.extend(version.columns.iter().map(|column| Reference::Key(column.key)));
            todo.extend(version.rows.iter().map(|row| Reference::Segment(row.segment)));
        }
    }
    let mut used = BTreeSet::new();
    while let Some(reference) = todo.pop() {
        let (kind, id) = match reference {
            Reference::Key(KeyId(id)) => (ObjectKind::Key, id),
            Reference::Segment(SegmentId(0)) => continue,
            Reference::Segment(SegmentId(id)) => (ObjectKind::Segment, id),
        };
        if used.insert((kind, id))
            && let Reference::Segment(id) = reference
            && let Some(segment) = catalog.segment(id)
        {
            todo.extend(catalog.references(segment.condition.expr()));
        }
    }
    used
}

/// What a change did, and its own comment.
type Told<'c> = (String, Option<&'c Arc<str>>);

/// Tells what a change did, by what was there before it.
struct Teller<'a> {
    store: &'a Store,
    catalog: &'a Catalog,
}

impl Teller<'_> {
    /// The row of a change; `None` for salts, which come with the version that needs them.
    fn row(&self, (revision, change): &Entry, before: &[Entry]) -> Result<Option<Vec<Value>>> {
        let Some((told, own)) = self.tell(revision, change, before)? else {
            return Ok(None);
        };
        let (kind, name) = self.about(change);
        Ok(Some(vec![
            Value::from(i64::try_from(revision.number).unwrap_or(i64::MAX)),
            instant(revision.time),
            maybe(revision.actor.as_ref()),
            maybe(own.or(revision.comment.as_ref())),
            kind,
            name,
            text(&told),
        ]))
    }

    /// The kind and the name of what a change is about.
    fn about(&self, change: &Change) -> (Value, Value) {
        match (object_of(change), change) {
            (Some((kind, id)), _) => (text(&kind.to_string()), self.name(kind, id)),
            (None, Change::Keep { event, .. }) => (text("event"), maybe(event.as_ref())),
            (None, _) => (Value::Null, Value::Null),
        }
    }

    fn name(&self, kind: ObjectKind, id: u32) -> Value {
        let name = match kind {
            ObjectKind::Key => self.catalog.key(KeyId(id)).map(|key| &key.name),
            ObjectKind::Segment => self.catalog.segment(SegmentId(id)).map(|s| &s.name),
            ObjectKind::Config => self.catalog.config(ConfigId(id)).map(|c| &c.head.name),
        };
        name.map_or(Value::Null, |name| text(name.as_str()))
    }

    /// What a change did, and its own comment.
    fn tell<'c>(
        &self,
        revision: &Revision,
        change: &'c Change,
        before: &[Entry],
    ) -> Result<Option<Told<'c>>> {
        let earlier = revision.number.saturating_sub(1);
        Ok(Some(match change {
            Change::Key(key) => {
                let own = before.iter().rev().find_map(|(_, change)| match change {
                    Change::Key(old) if old.id == key.id => Some(Arc::clone(old)),
                    _ => None,
                });
                let old =
                    own.map_or_else(|| self.store.key_at(key.id, earlier), |k| Ok(Some(k)))?;
                (tell_key(old.as_deref(), key), None)
            }
            Change::Segment(segment) => {
                let own = before.iter().rev().find_map(|(_, change)| match change {
                    Change::Segment(old) if old.id == segment.id => Some(Arc::clone(old)),
                    _ => None,
                });
                let old = own
                    .map_or_else(|| self.store.segment_at(segment.id, earlier), |s| Ok(Some(s)))?;
                (tell_segment(old.as_deref(), segment), None)
            }
            Change::Config { head, comment } => {
                let own = before.iter().rev().find_map(|(_, change)| match change {
                    Change::Config { head: old, .. } if old.id == head.id => Some(old.clone()),
                    _ => None,
                });
                let old =
                    own.map_or_else(|| self.store.head_at(head.id, earlier), |h| Ok(Some(h)))?;
                (tell_head(old.as_ref(), head), comment.as_ref())
            }
            Change::Version(version) => (format!("version {}", version.number), None),
            Change::Publication(publication) => {
                (tell_publication(publication, revision.time), publication.comment.as_ref())
            }
            Change::Cancel { config, sequence } => {
                (self.tell_cancel(*config, *sequence, before)?, None)
            }
            Change::Keep { keep, .. } => (format!("kept {}", Kept(*keep)), None),
            Change::Salt { .. } => return Ok(None),
        }))
    }

    /// What a cancellation took back: of this transaction, or in the store.
    fn tell_cancel(&self, config: ConfigId, sequence: u64, before: &[Entry]) -> Result<String> {
        let own = before.iter().rev().find_map(|(_, change)| match change {
            Change::Publication(p) if p.sequence == sequence => Some(p.clone()),
            _ => None,
        });
        let cancelled = own.map_or_else(|| self.store.publication(config, sequence), Ok)?;
        Ok(format!("cancelled version {} at {}", cancelled.version, cancelled.effective))
    }
}

fn tell_key(old: Option<&Key>, new: &Key) -> String {
    let Some(old) = old else {
        return format!("created: {} DEFAULT {}", new.kind, written(&new.default));
    };
    if old.archived != new.archived {
        return archived(new.archived);
    }
    let mut told = Vec::new();
    if old.default != new.default {
        told.push(format!("default {} → {}", written(&old.default), written(&new.default)));
    }
    if old.check != new.check {
        let check = new.check.as_ref().map_or("none", |check| check.text());
        told.push(format!("check {check}"));
    }
    if old.description != new.description {
        told.push("description".to_owned());
    }
    format!("version {}: {}", new.version, told.join(", "))
}

/// A value as the language writes it.
fn written(value: &Value) -> Literal {
    Literal::Value(value.clone())
}

fn tell_segment(old: Option<&Segment>, new: &Segment) -> String {
    let condition = &new.condition;
    match old {
        None => format!("created: {condition}"),
        Some(old) if old.archived != new.archived => archived(new.archived),
        Some(old) if old.condition == new.condition => {
            format!("version {}: description", new.version)
        }
        Some(_) => format!("version {}: {condition}", new.version),
    }
}

fn tell_head(old: Option<&crate::model::ConfigHead>, new: &crate::model::ConfigHead) -> String {
    match old {
        None => "created".to_owned(),
        Some(old) if old.archived != new.archived => archived(new.archived),
        Some(old) if old.disabled != new.disabled => {
            (if new.disabled { "disabled" } else { "enabled" }).to_owned()
        }
        Some(old) => format!("renamed from `{}` to `{}`", old.name.as_str(), new.name.as_str()),
    }
}

fn tell_publication(publication: &Publication, committed: Timestamp) -> String {
    let number = publication.version;
    if publication.effective <= committed && publication.until.is_none() {
        return format!("published version {number}");
    }
    match (publication.scheduled, publication.until) {
        (false, _) => format!("published version {number}"),
        (true, None) => format!("scheduled version {number} at {}", publication.effective),
        (true, Some(until)) => {
            format!("scheduled version {number} from {} until {until}", publication.effective)
        }
    }
}

fn archived(archived: bool) -> String {
    (if archived { "archived" } else { "restored" }).to_owned()
}
