//! `HISTORY`: who changed what, when and why.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::sentence::Sentences;
use super::{Relation, Scan};
use crate::error::Result;
use crate::model::{
    Catalog, Change, ConfigId, KeyId, ObjectKind, Reference, SegmentId, Value, Version,
    VersionReader,
};
use crate::query::diff::Comparison;
use crate::query::log::{Logged, each_change, find, logged, newest_first, object_changes};
use crate::query::rows::ColumnKind::{Integer, Text, Time};
use crate::query::rows::{Column, Row, Schema};
use crate::query::value::{count, instant, maybe, text};
use crate::query::view::View;
use crate::statement::ShowHistory;

pub(in crate::query) const SCHEMA: Schema = Schema {
    name: "HISTORY",
    columns: &[
        Column::of("revision", Integer, "the number of the revision"),
        Column::of("time", Time, "when it was committed"),
        Column::of("actor", Text, "who committed it"),
        Column::of("comment", Text, "why"),
        Column::of("kind", Text, "what kind of object changed"),
        Column::of("name", Text, "its name"),
        Column::of("change", Text, "what changed, in words"),
        Column::of("hash", Text, "the first digits of the hash of the history up to there"),
    ],
};

/// Changes of the store or of one object, newest first.
pub(in crate::query) struct History<'s>(pub(in crate::query) &'s ShowHistory);

impl Relation for History<'_> {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn scan(&self, view: &View<'_>, scan: &mut Scan<'_>) -> Result<()> {
        let mut teller = Teller::new(view, scan.asks_for(COLUMN))?;
        let mut take = |change: &Logged, before: &[Logged]| {
            let row = teller.row(change, before)?;
            Ok(row.map_or(ControlFlow::Continue(()), |row| scan.take(row)))
        };
        let Some((kind, name)) = &self.0.of else {
            return each_change(view, (1, view.newest()), &mut take);
        };
        let id = find(view.catalog(), *kind, name)?;
        let changes = transitive_history(view, *kind, id)?;
        newest_first(&changes, &mut take).map(drop)
    }

    fn complete(&self, view: &View<'_>, rows: &mut [Row]) -> Result<()> {
        let mut phrases = Phrases::new(view);
        rows.iter_mut().try_for_each(|row| phrases.complete(row))
    }
}

/// Teller of changes as rows.
pub(in crate::query) struct Teller<'v> {
    sentences: Sentences<'v>,
    newest: u64,
    /// The number of the last revision, and the first digits of its hash.
    hash: (u64, Value),
    /// Who completes the rows, if somebody does.
    phrases: Option<Phrases<'v>>,
}

impl<'v> Teller<'v> {
    /// `tells_all`: whether it is told of versions what they changed.
    pub(in crate::query) fn new(view: &'v View<'v>, tells_all: bool) -> Result<Self> {
        let (reader, catalog, secrets) = (view.reader()?, view.catalog(), view.secrets());
        let sentences = Sentences { reader, catalog, secrets };
        let (hash, phrases) = ((0, Value::Null), tells_all.then(|| Phrases::new(view)));
        Ok(Self { sentences, newest: view.newest(), hash, phrases })
    }

    /// The kind and the name of what a change is about.
    pub(in crate::query) fn about(&self, change: &Logged) -> (Value, Value) {
        self.sentences.about(&change.change)
    }

    /// The row of a change; `before`: the changes before it in its revision. Behind the columns is what is to complete it.
    pub(in crate::query) fn row(
        &mut self,
        change: &Logged,
        before: &[Logged],
    ) -> Result<Option<Row>> {
        let mut row = row(&self.sentences, change, before, self.newest, &mut self.hash)?;
        if let (Some(row), Some(phrases)) = (&mut row, &mut self.phrases) {
            phrases.complete(row)?;
        }
        Ok(row)
    }
}

/// The column with what changed.
const COLUMN: &str = "change";

/// Its place among the columns.
const CHANGE: usize = 6;

/// Teller of what versions of configs changed. Rows that it is to complete have the config and the version behind their columns.
struct Phrases<'v> {
    view: &'v View<'v>,
    /// The version that was read last: the next one that is told of, newest first, is often the one before it.
    last: Option<Arc<Version>>,
}

impl<'v> Phrases<'v> {
    fn new(view: &'v View<'v>) -> Self {
        Self { view, last: None }
    }

    /// Says in a row what a version changed, if the row is about one.
    fn complete(&mut self, row: &mut Row) -> Result<()> {
        let behind = row.split_off(SCHEMA.columns.len().min(row.len()));
        let id = |value: &Value| value.as_integer().and_then(|id| u32::try_from(id).ok());
        let [Some(config), Some(number)] = [0, 1].map(|at| behind.get(at).and_then(id)) else {
            return Ok(());
        };
        let phrase = self.tell(ConfigId(config), number)?;
        if let (Some(phrase), Some(change)) = (phrase, row.get_mut(CHANGE)) {
            *change = text(&format!("version {number}: {phrase}"));
        }
        Ok(())
    }

    fn tell(&mut self, config: ConfigId, number: u32) -> Result<Option<String>> {
        let Some(new) = self.version(config, number)? else { return Ok(None) };
        let Some(before) = number.checked_sub(1).filter(|before| *before > 0) else {
            return Ok(Some(size(&new)));
        };
        let Some(old) = self.version(config, before)? else { return Ok(None) };
        let (catalog, secrets) = (self.view.catalog(), self.view.secrets());
        let phrase = Comparison { catalog, secrets, old: &old, new: &new }.phrase();
        self.last = Some(old);
        Ok(phrase)
    }

    fn version(&self, config: ConfigId, number: u32) -> Result<Option<Arc<Version>>> {
        let last = self.last.as_ref();
        let known = last.filter(|last| (last.config, last.number) == (config, number));
        known.map_or_else(|| self.view.version(config, number), |last| Ok(Some(Arc::clone(last))))
    }
}

/// How large a version is: `2 segments, 1 key`.
fn size(version: &Version) -> String {
    let counted = |count: usize, one: &str| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {one}{plural}")
    };
    let (rows, columns) = (version.rows.len(), version.columns.len());
    format!("{}, {}", counted(rows, "segment"), counted(columns, "key"))
}

/// The row of a change, and what is to complete it; `None` for salts, which come with the version that needs them.
fn row(
    sentences: &Sentences<'_>,
    change: &Logged,
    before: &[Logged],
    newest: u64,
    hash: &mut (u64, Value),
) -> Result<Option<Row>> {
    let Some((told, own)) = sentences.tell(change, before)? else { return Ok(None) };
    let revision = &change.revision;
    if hash.0 != revision.number {
        // the changes of a revision come one after the other; what is pending has no hash, whoever has its number now
        let committed = revision.number <= newest;
        let found = committed.then(|| sentences.reader.hash(revision.number)).transpose()?;
        *hash = (revision.number, found.flatten().map_or(Value::Null, |hash| text(&hash.short())));
    }
    let (kind, name) = sentences.about(&change.change);
    let mut row = vec![
        count(revision.number),
        instant(revision.time),
        maybe(revision.actor.as_ref()),
        maybe(own.or(revision.comment.as_ref())),
        kind,
        name,
        text(&told),
        hash.1.clone(),
    ];
    if let Change::Version(version) = &change.change {
        row.extend([Value::from(version.config.0), Value::from(version.number)]);
    }
    Ok(Some(row))
}

/// The changes of an object, and of a config also those of every key and segment that it uses or used, oldest
/// first.
fn transitive_history(view: &View<'_>, kind: ObjectKind, id: u32) -> Result<Vec<Logged>> {
    let mut changes = object_changes(view, kind, id)?;
    if kind == ObjectKind::Config {
        for (kind, id) in used_by(view.catalog(), changes.iter().map(|(_, change)| change)) {
            changes.extend(object_changes(view, kind, id)?);
        }
        changes.sort_by_key(|(position, _)| *position);
    }
    logged(view, changes)
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
