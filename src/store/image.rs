//! One state of the file, and what stands in its tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use redb::{
    Key as TableKey, ReadOnlyTable, ReadTransaction, ReadableTable, TableDefinition, TableError,
};

use super::codec::decode;
use super::failure::{OrFail, corrupt};
use super::open::Handle;
use super::record::{
    ChangeRecord, ClockRecord, ConfigRecord, KeepRecord, KeyRecord, Restore, RevisionRecord,
    SegmentHeadRecord, TimelineRecord, VersionRecord,
};
use super::tables::{
    Bytes, CHANGES, CLOCK_KEY, Facet, HEADS, HISTORY, KEPT, KEY_CONFIGS, META, NAMES, PUBLICATIONS,
    Position, RETENTION, REVISIONS, TIMELINES, TIMES, VERSIONS, kind_number,
};
use super::{ClockMode, Object};
use crate::error::{ObjectKind, Result};
use crate::model::{
    Catalog, Change, ConditionParser, Config, ConfigHead, ConfigId, Duration, Key, KeyId, Name,
    Publication, Retention, Revision, Segment, SegmentId, Timeline, Timestamp, VecMap, Version,
    Versions,
};

/// The versions of a config that matter now.
type KeptVersions = VecMap<u32, Arc<Version>>;

/// One state of the file, whatever is committed meanwhile: what knows redb behind [`super::Reader`], which guards it.
pub(super) struct Image {
    transaction: ReadTransaction,
    parser: ConditionParser,
    /// What it reads: kept open, also when another file takes the place of this one.
    handle: Handle,
}

impl Image {
    pub(super) fn new(handle: &Handle, parser: ConditionParser) -> Result<Self> {
        let handle = handle.clone();
        Ok(Self { transaction: handle.begin_read()?, parser, handle })
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(super) fn parser(&self) -> ConditionParser {
        self.parser
    }

    pub(super) fn table<K: TableKey + 'static, V: redb::Value + 'static>(
        &self,
        definition: TableDefinition<K, V>,
    ) -> Result<ReadOnlyTable<K, V>> {
        self.transaction.open_table(definition).or_fail()
    }

    /// A table that files made before it lack.
    pub(super) fn optional_table<K: TableKey + 'static, V: redb::Value + 'static>(
        &self,
        definition: TableDefinition<K, V>,
    ) -> Result<Option<ReadOnlyTable<K, V>>> {
        match self.transaction.open_table(definition) {
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            opened => opened.or_fail().map(Some),
        }
    }

    pub(super) fn clock(&self) -> Result<ClockMode> {
        let table = self.table(META)?;
        let bytes = table.get(CLOCK_KEY).or_fail()?;
        let bytes = bytes.ok_or_else(|| corrupt("table `pcq.meta` has no clock"))?;
        let place = || "the clock in table `pcq.meta`".to_owned();
        match decode::<ClockRecord>(bytes.value(), place)? {
            ClockRecord(None) => Ok(ClockMode::System),
            ClockRecord(Some(at)) => {
                let at = Timestamp::from_micros(at).ok_or_else(|| corrupt(place()))?;
                Ok(ClockMode::Manual(at))
            }
        }
    }

    /// The number of the newest revision; 0 if there is none.
    pub(super) fn newest(&self) -> Result<u64> {
        newest_in(&self.table(REVISIONS)?)
    }

    pub(super) fn revision(&self, number: u64) -> Result<Option<Revision>> {
        revision_in(&self.table(REVISIONS)?, number)
            .map(|found| found.map(|(revision, _)| revision))
    }

    pub(super) fn revision_at(&self, at: Timestamp) -> Result<u64> {
        let table = self.table(TIMES)?;
        let last = table.range(..=(at.as_micros(), u64::MAX)).or_fail()?.next_back();
        Ok(last.transpose().or_fail()?.map_or(0, |(key, _)| key.value().1))
    }

    pub(super) fn change(&self, at: Position) -> Result<Change> {
        change_in(&self.table(CHANGES)?, at, self.parser)
    }

    /// The last change of a facet of an object up to a revision.
    fn last(&self, facet: Facet, id: u32, revision: u64) -> Result<Option<Change>> {
        let table = self.table(HISTORY)?;
        let (from, to) = ((facet as u8, id, 0, 0), (facet as u8, id, revision, u32::MAX));
        let last = table.range(from..=to).or_fail()?.next_back().transpose().or_fail()?;
        let at = last.map(|(key, _)| key.value());
        at.map(|(_, _, revision, index)| self.change((revision, index))).transpose()
    }

    /// Where the changes of a facet of an object are, up to a revision, in order.
    fn positions(&self, facet: Facet, id: u32, revision: u64) -> Result<Vec<Position>> {
        let table = self.table(HISTORY)?;
        let (from, to) = ((facet as u8, id, 0, 0), (facet as u8, id, revision, u32::MAX));
        let entries = table.range(from..=to).or_fail()?;
        entries.map(|entry| entry.or_fail().map(|(key, _)| position(key.value()))).collect()
    }

    pub(super) fn object_history(
        &self,
        kind: ObjectKind,
        id: u32,
    ) -> Result<Vec<(Position, Change)>> {
        let mut positions = Vec::new();
        for facet in Facet::all(kind) {
            positions.extend(self.positions(*facet, id, u64::MAX)?);
        }
        positions.sort_unstable();
        positions.into_iter().map(|at| Ok((at, self.change(at)?))).collect()
    }

    pub(super) fn key_at(&self, id: KeyId, revision: u64) -> Result<Option<Arc<Key>>> {
        match self.last(Facet::Key, id.0, revision)? {
            None => Ok(None),
            Some(Change::Key(key)) => Ok(Some(key)),
            Some(_) => Err(misled(Facet::Key, id.0)),
        }
    }

    pub(super) fn segment_at(&self, id: SegmentId, revision: u64) -> Result<Option<Arc<Segment>>> {
        match self.last(Facet::Segment, id.0, revision)? {
            None => Ok(None),
            Some(Change::Segment(segment)) => Ok(Some(segment)),
            Some(_) => Err(misled(Facet::Segment, id.0)),
        }
    }

    pub(super) fn head_at(&self, id: ConfigId, revision: u64) -> Result<Option<ConfigHead>> {
        match self.last(Facet::Head, id.0, revision)? {
            None => Ok(None),
            Some(Change::Config { head, .. }) => Ok(Some(head)),
            Some(_) => Err(misled(Facet::Head, id.0)),
        }
    }

    pub(super) fn config_at(
        &self,
        id: ConfigId,
        revision: u64,
        at: Timestamp,
    ) -> Result<Option<Arc<Config>>> {
        let Some(head) = self.head_at(id, revision)? else {
            return Ok(None);
        };
        let (newest, salts) = (self.newest_at(id, revision)?, self.salts_at(id, revision)?);
        let mut timeline = self.publications(id, self.timeline_at(id, revision)?)?;
        timeline.prune(at);
        let mut config = Config { newest, salts, timeline, ..Config::new(head) };
        config.versions = self.versions(id, config.used_numbers(at))?;
        Ok(Some(Arc::new(config)))
    }

    fn newest_at(&self, id: ConfigId, revision: u64) -> Result<u32> {
        match self.last(Facet::Version, id.0, revision)? {
            None => Ok(0),
            Some(Change::Version(version)) => Ok(version.number),
            Some(_) => Err(misled(Facet::Version, id.0)),
        }
    }

    fn salts_at(&self, id: ConfigId, revision: u64) -> Result<VecMap<SegmentId, Arc<str>>> {
        let mut salts = VecMap::default();
        for at in self.positions(Facet::Salt, id.0, revision)? {
            let Change::Salt { segment, salt, .. } = self.change(at)? else {
                return Err(misled(Facet::Salt, id.0));
            };
            salts.insert(segment, salt);
        }
        Ok(salts)
    }

    /// The sequences of the publications that mattered after a revision.
    fn timeline_at(&self, id: ConfigId, revision: u64) -> Result<Vec<u64>> {
        let table = self.table(TIMELINES)?;
        let last = table.range((id.0, 0)..=(id.0, revision)).or_fail()?.next_back();
        let Some((key, bytes)) = last.transpose().or_fail()? else {
            return Ok(Vec::new());
        };
        let place = || format!("table `pcq.timelines`, record {:?}", key.value());
        decode::<TimelineRecord>(bytes.value(), place).map(|record| record.0)
    }

    fn publications(&self, config: ConfigId, sequences: Vec<u64>) -> Result<Timeline> {
        let publications = sequences.into_iter().map(|sequence| self.publication(config, sequence));
        publications.collect::<Result<_>>().map(Timeline::new)
    }

    pub(super) fn publication(&self, config: ConfigId, sequence: u64) -> Result<Publication> {
        let at = self.table(PUBLICATIONS)?.get(sequence).or_fail()?.map(|at| at.value());
        match at.map(|at| self.change(at)).transpose()? {
            Some(Change::Publication(found))
                if found.config == config && found.sequence == sequence =>
            {
                Ok(found)
            }
            _ => Err(corrupt(format!("config {config} has no publication {sequence}"))),
        }
    }

    fn versions(
        &self,
        config: ConfigId,
        numbers: impl IntoIterator<Item = u32>,
    ) -> Result<KeptVersions> {
        let found = numbers.into_iter().filter(|number| *number > 0).map(|number| {
            let version = self.version(config, number)?;
            let missing = || corrupt(format!("config {config} has no version {number}"));
            version.map(|version| (number, version)).ok_or_else(missing)
        });
        found.collect()
    }

    pub(super) fn named(&self, kind: ObjectKind, name: &str) -> Result<Option<u32>> {
        let found = self.table(NAMES)?.get((kind_number(kind), name)).or_fail()?;
        Ok(found.map(|id| id.value()))
    }

    /// Every name that an object of a kind has or had, in byte order.
    pub(super) fn names(&self, kind: ObjectKind) -> Result<Vec<(Name, u32)>> {
        let table = self.table(NAMES)?;
        let kind = kind_number(kind);
        let entries = table.range((kind, "")..(kind + 1, "")).or_fail()?;
        entries
            .map(|entry| {
                let (key, id) = entry.or_fail()?;
                let name = Name::new(key.value().1);
                let name = name.map_err(|e| corrupt(format!("table `pcq.names`: {e}")))?;
                Ok((name, id.value()))
            })
            .collect()
    }

    pub(super) fn configs_of_key(&self, key: KeyId) -> Result<Vec<ConfigId>> {
        let table = self.table(KEY_CONFIGS)?;
        let entries = table.range((key.0, 0)..=(key.0, u32::MAX)).or_fail()?;
        entries.map(|entry| Ok(ConfigId(entry.or_fail()?.0.value().1))).collect()
    }

    /// Calls a function with each head of a kind, by number.
    fn each_head(
        &self,
        kind: ObjectKind,
        mut take: impl FnMut(u32, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let table = self.table(HEADS)?;
        let number = kind_number(kind);
        for entry in table.range((number, 0)..=(number, u32::MAX)).or_fail()? {
            let (key, bytes) = entry.or_fail()?;
            take(key.value().1, bytes.value())?;
        }
        Ok(())
    }

    pub(super) fn head(&self, kind: ObjectKind, id: u32) -> Result<Option<Object>> {
        let found = self.table(HEADS)?.get((kind_number(kind), id)).or_fail()?;
        let Some(bytes) = found else { return Ok(None) };
        let kept = match kind {
            ObjectKind::Config => self.kept(id, id)?.remove(&id).unwrap_or_default(),
            ObjectKind::Key | ObjectKind::Segment => KeptVersions::default(),
        };
        self.object(kind, id, bytes.value(), kept).map(Some)
    }

    fn object(
        &self,
        kind: ObjectKind,
        id: u32,
        bytes: &[u8],
        kept: KeptVersions,
    ) -> Result<Object> {
        let place = || format!("table `pcq.heads`, {kind} {id}");
        let parser = self.parser;
        let object = match kind {
            ObjectKind::Key => decode::<KeyRecord>(bytes, place)?
                .restore(parser)
                .map(|key| Object::Key(key.into())),
            ObjectKind::Segment => {
                let record: SegmentHeadRecord = decode(bytes, place)?;
                let references = record.references();
                let segment = record.segment.restore(parser);
                segment.map(|segment| Object::Segment(segment.into(), references))
            }
            ObjectKind::Config => {
                let record: ConfigRecord = decode(bytes, place)?;
                record.restore(kept, parser).map(|config| Object::Config(config.into()))
            }
        };
        let damaged = |why: &str| corrupt(format!("{}: {why}", place()));
        let object = object.map_err(|why| damaged(&why))?;
        if object.id() == id { Ok(object) } else { Err(damaged("it is another")) }
    }

    /// The kept versions of the configs of a range, by config.
    fn kept(&self, first: u32, last: u32) -> Result<BTreeMap<u32, KeptVersions>> {
        let mut found: BTreeMap<_, KeptVersions> = BTreeMap::new();
        for entry in self.table(KEPT)?.range((first, 0)..=(last, u32::MAX)).or_fail()? {
            let (key, bytes) = entry.or_fail()?;
            let (config, number) = key.value();
            let version = self.kept_version(config, number, bytes.value())?;
            found.entry(config).or_default().insert(number, version);
        }
        Ok(found)
    }

    fn kept_version(&self, config: u32, number: u32, bytes: &[u8]) -> Result<Arc<Version>> {
        let place = || format!("table `pcq.kept_versions`, record ({config}, {number})");
        let version = decode::<VersionRecord>(bytes, place)?.restore(self.parser);
        match version {
            Ok(found) if (found.config.0, found.number) == (config, number) => Ok(found.into()),
            Ok(_) => Err(corrupt(format!("{}: it is another", place()))),
            Err(why) => Err(corrupt(format!("{}: {why}", place()))),
        }
    }

    /// How long events are kept now.
    pub(super) fn retention(&self) -> Result<Retention> {
        let mut retention = Retention::default();
        let Some(table) = self.optional_table(RETENTION)? else { return Ok(retention) };
        for entry in table.iter().or_fail()? {
            let (event, bytes) = entry.or_fail()?;
            let place = || format!("table `pcq.retention`, event `{}`", event.value());
            let KeepRecord(keep) = decode(bytes.value(), place)?;
            let event = Some(Arc::from(event.value())).filter(|event: &Arc<str>| !event.is_empty());
            retention.set(event.as_ref(), keep.map(Duration::from_micros));
        }
        Ok(retention)
    }

    /// The current catalog: from the heads and the kept versions alone, so that it costs no more with more
    /// history.
    pub(super) fn catalog(&self) -> Result<Catalog> {
        let mut catalog = Catalog::default();
        catalog.revision = self.newest()?;
        catalog.time = self.revision(catalog.revision)?.map(|revision| revision.time);
        let last = self.table(PUBLICATIONS)?;
        catalog.sequence = last.last().or_fail()?.map_or(0, |(sequence, _)| sequence.value());
        catalog.retention = self.retention()?;
        let mut kept = self.kept(0, u32::MAX)?;
        for kind in [ObjectKind::Key, ObjectKind::Segment, ObjectKind::Config] {
            self.each_head(kind, |id, bytes| {
                let kept = if kind == ObjectKind::Config { kept.remove(&id) } else { None };
                self.object(kind, id, bytes, kept.unwrap_or_default())?.put(&mut catalog);
                Ok(())
            })?;
        }
        for (name, id) in self.names(ObjectKind::Config)? {
            if catalog.config_named(name.as_str()).is_none() {
                catalog.put_former_name(name, ConfigId(id));
            }
        }
        Ok(catalog)
    }
}

impl Versions for Image {
    fn version(&self, config: ConfigId, number: u32) -> Result<Option<Arc<Version>>> {
        version_in(&self.table(VERSIONS)?, &self.table(CHANGES)?, config, number, self.parser)
    }
}

/// The number of the newest revision in a table; 0 if there is none.
pub(super) fn newest_in(revisions: &impl ReadableTable<u64, Bytes>) -> Result<u64> {
    Ok(revisions.last().or_fail()?.map_or(0, |(number, _)| number.value()))
}

/// A revision, and how many changes it has.
pub(super) fn revision_in(
    revisions: &impl ReadableTable<u64, Bytes>,
    number: u64,
) -> Result<Option<(Revision, u32)>> {
    let Some(bytes) = revisions.get(number).or_fail()? else {
        return Ok(None);
    };
    let place = || format!("table `pcq.revisions`, record {number}");
    let record: RevisionRecord = decode(bytes.value(), place)?;
    let changes = record.changes;
    let revision = record.restore(number).map_err(|why| corrupt(format!("{}: {why}", place())))?;
    Ok(Some((revision, changes)))
}

/// A change of the log, which must be there.
pub(super) fn change_in(
    changes: &impl ReadableTable<Position, Bytes>,
    at: Position,
    parser: ConditionParser,
) -> Result<Change> {
    let bytes = changes.get(at).or_fail()?;
    let bytes =
        bytes.ok_or_else(|| corrupt(format!("table `pcq.changes` has no record {at:?}")))?;
    read_change(bytes.value(), at, parser)
}

pub(super) fn read_change(bytes: &[u8], at: Position, parser: ConditionParser) -> Result<Change> {
    let place = || format!("table `pcq.changes`, record {at:?}");
    let record: ChangeRecord = decode(bytes, place)?;
    record.restore(parser).map_err(|why| corrupt(format!("{}: {why}", place())))
}

pub(super) fn version_in(
    versions: &impl ReadableTable<(u32, u32), Position>,
    changes: &impl ReadableTable<Position, Bytes>,
    config: ConfigId,
    number: u32,
    parser: ConditionParser,
) -> Result<Option<Arc<Version>>> {
    let Some(at) = versions.get((config.0, number)).or_fail()? else {
        return Ok(None);
    };
    match change_in(changes, at.value(), parser)? {
        Change::Version(found) if found.config == config && found.number == number => {
            Ok(Some(found))
        }
        _ => Err(corrupt(format!("table `pcq.versions`: ({config}, {number}) points at another"))),
    }
}

fn position(moment: super::tables::Moment) -> Position {
    (moment.2, moment.3)
}

fn misled(facet: Facet, id: u32) -> crate::error::Error {
    corrupt(format!(
        "table `pcq.object_history`: {facet:?} of {} {id} points at another",
        facet.kind()
    ))
}
