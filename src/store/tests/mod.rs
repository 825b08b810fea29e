//! Tests of the store. The change sets are made by hand: no language is needed here.

mod codec;
mod crash;
mod damage;
mod delivery;
mod expire;
mod file;
mod list;
mod open;
mod roundtrip;
mod traffic;
mod upgrade;
mod user;
mod verify;
mod version;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::disk::Chance;
use super::failure::corrupt;
use super::{Added, Append, Log as _, Options, Step, Store};
use crate::error::Result;
use crate::model::{
    Arm, Attribute, AttributeId, AttributeType, Catalog, Cell, Change, Column, Condition,
    ConfigHead, ConfigId, Entry, Expr, ExprKind, Key, KeyId, KeyType, ListId, Name, Publication,
    Recording, Revision, Row, Segment, SegmentId, Share, Spanned, Split, Timestamp, Value, Version,
};

/// Knows three kinds of condition: an attribute, `IN SEGMENT name` and `IN LIST n`. A question mark is none.
pub(super) fn parse(text: &str, _check: bool) -> Result<Expr> {
    let node = match text.strip_prefix("IN SEGMENT ") {
        Some(segment) => ExprKind::InSegment(Some(Spanned::unplaced(Name::new(segment)?))),
        None if text.starts_with("IN LIST ") => {
            let number = text.rsplit(' ').next().and_then(|number| number.parse().ok());
            ExprKind::InList(ListId(number.unwrap_or_default()))
        }
        None if text == "?" => return Err(corrupt("it is no condition")),
        None => ExprKind::Attribute(text.split('.').map(Arc::from).collect()),
    };
    Ok(Expr::unplaced(node))
}

fn condition(text: &str, check: bool) -> Condition {
    Condition::stored(text.into(), check, parse)
}

pub(super) fn options() -> Options {
    Options {
        read_only: false,
        create: true,
        wait: Duration::ZERO,
        manual_clock: None,
        cache_bytes: None,
        parser: parse,
    }
}

pub(super) fn reading() -> Options {
    Options { read_only: true, create: false, ..options() }
}

pub(super) fn open(path: &Path) -> Store {
    Store::open(path, &options()).unwrap()
}

pub(super) fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap()
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(super) fn key(id: u32, kind: KeyType, default: Value, version: u32) -> Change {
    Change::Key(Arc::new(Key {
        id: KeyId(id),
        name: name(&format!("key{id}")),
        kind,
        default,
        check: (id == 1).then(|| condition("VALUE_ok", true)),
        sensitive: id == 2 && version > 1,
        description: Some(format!("version {version}").into()),
        archived: false,
        version,
    }))
}

pub(super) fn segment(id: u32, condition: &str, version: u32) -> Change {
    Change::Segment(Arc::new(Segment {
        id: SegmentId(id),
        name: name(&format!("segment{id}")),
        condition: self::condition(condition, false),
        description: None,
        archived: version > 5,
        version,
    }))
}

pub(super) fn attribute(id: u32, kind: AttributeType, version: u32) -> Change {
    Change::Attribute(Arc::new(Attribute {
        id: AttributeId(id),
        name: name(&format!("attribute.{id}")),
        kind,
        check: (version > 1).then(|| condition("VALUE_ok", true)),
        sensitive: id == 2,
        description: (id == 1).then(|| "what".into()),
        archived: version > 2,
        version,
    }))
}

pub(super) fn head(id: u32, text: &str, disabled: bool) -> Change {
    let head = ConfigHead { id: ConfigId(id), name: name(text), disabled, archived: false };
    Change::Config { head, comment: Some("why".into()) }
}

pub(super) fn salt(config: u32, segment: u32, salt: &str) -> Change {
    Change::Salt { config: ConfigId(config), segment: SegmentId(segment), salt: salt.into() }
}

pub(super) fn version(config: u32, number: u32, key: u32, value: &str) -> Change {
    let arm = |label: Option<&str>, share, value: &str| Arm {
        name: label.map(Arc::from),
        share: Share::from_thousandths(share).unwrap(),
        value: value.into(),
    };
    let by = Some(["address".into(), "zip code".into()].into_iter().collect());
    let split = Split { arms: vec![arm(Some("a"), 12_500, value), arm(None, 87_500, "b")], by };
    let row = |segment, rollout| Row {
        segment: SegmentId(segment),
        rollout,
        by: None,
        salt: "salt".into(),
    };
    Change::Version(Arc::new(Version {
        config: ConfigId(config),
        number,
        description: Some("what".into()),
        rows: vec![row(1, Share::from_thousandths(5)), row(2, None), row(0, None)],
        columns: vec![Column::new(
            KeyId(key),
            [Some(Cell::Split(split)), None, Some(Cell::Value(value.into()))].into(),
        )],
    }))
}

pub(super) fn publication(
    config: u32,
    sequence: u64,
    number: u32,
    from: i64,
    until: Option<i64>,
) -> Change {
    Change::Publication(Publication {
        config: ConfigId(config),
        sequence,
        version: number,
        effective: at(from),
        until: until.map(at),
        scheduled: true,
        comment: None,
    })
}

pub(super) fn cancel(config: u32, sequence: u64) -> Change {
    Change::Cancel { config: ConfigId(config), sequence }
}

/// A history: each revision is ten microseconds after the one before it.
pub(super) fn story() -> Vec<Vec<Change>> {
    let text = |t: &str| Value::from(t);
    let json = Value::from_json(r#"{"z":[1,1.0,null,-0.0],"a":"é\n"}"#).unwrap();
    vec![
        vec![key(1, KeyType::String, text("x"), 1), key(2, KeyType::Json, json, 1)],
        vec![segment(1, "beta", 1), segment(2, "address.city", 1)],
        vec![segment(1, "IN SEGMENT segment2", 2), key(3, KeyType::Double, Value::Double(1.0), 1)],
        vec![
            head(1, "home", false),
            salt(1, 1, "home/segment1"),
            salt(1, 0, "home/EVERYONE"),
            version(1, 1, 1, "one"),
            attribute(1, AttributeType::Semver, 1),
            attribute(2, AttributeType::Timestamp, 1),
        ],
        vec![publication(1, 1, 1, 50, None)],
        vec![
            version(1, 2, 1, "two"),
            publication(1, 2, 2, 75, None),
            publication(1, 3, 1, 65, Some(95)),
        ],
        vec![
            head(1, "start page", true),
            key(1, KeyType::String, text("y"), 2),
            attribute(1, AttributeType::Semver, 2),
            Change::Strict(true),
        ],
        vec![version(1, 3, 2, "three"), publication(1, 4, 3, 500, None)],
        vec![head(2, "other", false), version(2, 1, 1, "eins"), publication(2, 5, 1, 90, None)],
        vec![cancel(1, 4), salt(1, 2, "late"), publication(1, 6, 2, 100, None)],
        vec![
            segment(2, "vip", 2),
            publication(1, 7, 1, 110, None),
            attribute(1, AttributeType::Semver, 3),
            Change::Strict(false),
            Change::Strict(true),
            Change::Record(None),
            Change::Record(Some(Recording { share: Share::FULL, keep: Recording::KEEP })),
        ],
        vec![],
    ]
}

/// The time of a revision of the story.
pub(super) fn time_of(revision: u64) -> Timestamp {
    at(i64::try_from(revision).unwrap() * 10)
}

impl Store {
    /// Adds entries of users by themselves.
    fn add_entries(&self, entries: &[Entry]) -> Result<Added> {
        let added = self.append(&[Append { revision: None, entries }]);
        added.map(|added| added.into_iter().sum()).map_err(|refusal| refusal.error)
    }
}

/// Appends a group of one part.
pub(super) fn append(
    store: &Store,
    revision: &Revision,
    changes: &[Change],
    after: &Catalog,
    entries: &[Entry],
) -> Result<Added> {
    let before = &store.reader().and_then(|reader| reader.catalog()).unwrap_or_default();
    let part = Append { revision: Some(Step { revision, changes, before, after }), entries };
    let appended = store.append(&[part]).map_err(|refusal| refusal.error)?;
    Ok(appended.into_iter().sum())
}

/// Commits a revision on top of a catalog.
pub(super) fn commit(store: &Store, catalog: &mut Catalog, changes: &[Change]) -> Result<()> {
    let (revision, after) = next(&store.reader()?, catalog, changes);
    append(store, &revision, changes, &after, &[])?;
    *catalog = after;
    Ok(())
}

pub(super) fn next(
    versions: &dyn crate::model::VersionReader,
    catalog: &Catalog,
    changes: &[Change],
) -> (Revision, Catalog) {
    let (number, mut after) = (catalog.revision + 1, catalog.clone());
    let time = time_of(number);
    after.apply(changes, time, versions).unwrap();
    (after.revision, after.time) = (number, Some(time));
    let actor = (number % 2 == 0).then(|| "ann".into());
    (Revision { number, time, actor, comment: Some(format!("revision {number}").into()) }, after)
}

/// Commits the whole story and gives the catalog after each revision, the empty one first.
pub(super) fn tell(store: &Store) -> Vec<Catalog> {
    let mut catalogs = vec![Catalog::default()];
    for changes in story() {
        let mut catalog = catalogs.last().unwrap().clone();
        commit(store, &mut catalog, &changes).unwrap();
        catalogs.push(catalog);
    }
    catalogs
}
