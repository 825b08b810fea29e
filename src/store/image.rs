//! Image: one state of the file, as a read transaction of redb shows it.

use std::sync::{Arc, OnceLock};

use redb::{
    ReadOnlyTable, ReadTransaction, ReadableTableMetadata as _, TableDefinition, TableError,
};

use super::codec::decode;
use super::failure::{OrFail, corrupt};
use super::handle::Handle;
use super::lookup::{newest_in, revision_in, version_in};
use super::options::ClockMode;
use super::record::{ClockRecord, TimelineRecord};
use super::tables::{
    Bytes, CHANGES, CLOCK_KEY, Facet, HISTORY, HistoryKey, KEY_CONFIGS, META, NAMES, PUBLICATIONS,
    Position, REVISIONS, TIMELINES, TIMES, VERSIONS, kind_number,
};
use super::version::{Changes, LastRead};
use crate::error::{Error, Result};
use crate::model::{
    Attribute, AttributeId, Change, ConditionParser, Config, ConfigHead, ConfigId, KeptVersions,
    Key, KeyId, Name, ObjectKind, Ordered, Publication, Revision, Segment, SegmentId, Timeline,
    Timestamp, Version, VersionReader,
};

/// Image of the file: one state of it, whatever is committed meanwhile. [`super::Reader`] guards what is asked of it.
pub(super) struct Image {
    transaction: ReadTransaction,
    parser: ConditionParser,
    /// The tables that are looked at most: to open one takes as long as to look into it.
    changes: OnceLock<ReadOnlyTable<Position, Bytes>>,
    history: OnceLock<ReadOnlyTable<HistoryKey, ()>>,
    last_read: LastRead,
    /// What it reads: kept open, also when another file takes the place of this one.
    handle: Handle,
}

impl Image {
    pub(super) fn new(handle: &Handle, parser: ConditionParser) -> Result<Self> {
        let handle = handle.clone();
        let (changes, history) = (OnceLock::new(), OnceLock::new());
        let (transaction, last_read) = (handle.begin_read()?, LastRead::default());
        Ok(Self { transaction, parser, changes, history, last_read, handle })
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(super) fn parser(&self) -> ConditionParser {
        self.parser
    }

    pub(super) fn table<K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        definition: TableDefinition<K, V>,
    ) -> Result<ReadOnlyTable<K, V>> {
        self.transaction.open_table(definition).or_fail()
    }

    fn changes(&self) -> Result<Changes<'_, ReadOnlyTable<Position, Bytes>>> {
        let table = self.opened(&self.changes, CHANGES)?;
        Ok(Changes { table, parser: self.parser, last_read: &self.last_read })
    }

    fn history(&self) -> Result<&ReadOnlyTable<HistoryKey, ()>> {
        self.opened(&self.history, HISTORY)
    }

    /// A table that stays open.
    fn opened<'i, K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        place: &'i OnceLock<ReadOnlyTable<K, V>>,
        definition: TableDefinition<K, V>,
    ) -> Result<&'i ReadOnlyTable<K, V>> {
        if let Some(opened) = place.get() {
            return Ok(opened);
        }
        let opened = self.table(definition)?;
        Ok(place.get_or_init(|| opened))
    }

    /// A table that files made before it lack.
    pub(super) fn optional_table<K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        definition: TableDefinition<K, V>,
    ) -> Result<Option<ReadOnlyTable<K, V>>> {
        match self.transaction.open_table(definition) {
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            opened => opened.or_fail().map(Some),
        }
    }

    /// How many entries all tables have.
    pub(super) fn entries(&self) -> Result<u64> {
        let mut entries = 0;
        for table in self.transaction.list_tables().or_fail()? {
            entries += self.transaction.open_untyped_table(table).or_fail()?.len().or_fail()?;
        }
        Ok(entries)
    }

    pub(super) fn clock(&self) -> Result<ClockMode> {
        let table = self.table(META)?;
        let bytes = table.get(CLOCK_KEY).or_fail()?;
        let bytes = bytes.ok_or_else(|| corrupt("table `pcq.meta` has no clock"))?;
        let location = || "the clock in table `pcq.meta`".to_owned();
        match decode::<ClockRecord>(bytes.value(), location)? {
            ClockRecord(None) => Ok(ClockMode::System),
            ClockRecord(Some(at)) => {
                let at = Timestamp::from_micros(at).ok_or_else(|| corrupt(location()))?;
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
        self.changes()?.get(at)
    }

    /// The last change of a facet of an object up to a revision.
    fn last(&self, facet: Facet, id: u32, revision: u64) -> Result<Option<Change>> {
        let table = self.history()?;
        let (from, to) = ((facet as u8, id, 0, 0), (facet as u8, id, revision, u32::MAX));
        let last = table.range(from..=to).or_fail()?.next_back().transpose().or_fail()?;
        let at = last.map(|(key, _)| key.value());
        at.map(|(_, _, revision, index)| self.change((revision, index))).transpose()
    }

    /// Where the changes of a facet of an object are, up to a revision, in order.
    fn positions(&self, facet: Facet, id: u32, revision: u64) -> Result<Vec<Position>> {
        self.positions_from(facet, id, 0, revision)
    }

    /// The same in the revisions from one to another.
    fn positions_from(
        &self,
        facet: Facet,
        id: u32,
        first: u64,
        last: u64,
    ) -> Result<Vec<Position>> {
        let table = self.history()?;
        let (from, to) = ((facet as u8, id, first, 0), (facet as u8, id, last, u32::MAX));
        let entries = table.range(from..=to).or_fail()?;
        entries.map(|entry| entry.or_fail().map(|(key, _)| position(key.value()))).collect()
    }

    pub(super) fn object_changes(
        &self,
        kind: ObjectKind,
        id: u32,
        (first, last): (u64, u64),
    ) -> Result<Vec<(Position, Change)>> {
        let mut positions = Vec::new();
        for facet in Facet::all(kind) {
            positions.extend(self.positions_from(*facet, id, first, last)?);
        }
        positions.sort_unstable();
        positions.into_iter().map(|at| Ok((at, self.change(at)?))).collect()
    }

    pub(super) fn served_change_after(
        &self,
        kind: ObjectKind,
        id: u32,
        revision: u64,
    ) -> Result<Option<u64>> {
        let (table, mut next) = (self.history()?, None);
        for facet in Facet::all(kind).iter().filter(|facet| facet.is_served()) {
            let last = (*facet as u8, id, u64::MAX, u32::MAX);
            let first = table.range((*facet as u8, id, revision + 1, 0)..=last).or_fail()?.next();
            let first = first.transpose().or_fail()?.map(|(key, _)| key.value().2);
            next = next.into_iter().chain(first).min();
        }
        Ok(next)
    }

    pub(super) fn key_at(&self, id: KeyId, revision: u64) -> Result<Option<Arc<Key>>> {
        match self.last(Facet::Key, id.0, revision)? {
            None => Ok(None),
            Some(Change::Key(key)) => Ok(Some(key)),
            Some(_) => Err(misled(Facet::Key, id.0)),
        }
    }

    pub(super) fn attribute_at(
        &self,
        id: AttributeId,
        revision: u64,
    ) -> Result<Option<Arc<Attribute>>> {
        match self.last(Facet::Attribute, id.0, revision)? {
            None => Ok(None),
            Some(Change::Attribute(attribute)) => Ok(Some(attribute)),
            Some(_) => Err(misled(Facet::Attribute, id.0)),
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
        let mut timeline = self.timeline_at(id, revision)?;
        timeline.prune(at);
        let number = newest.as_ref().map_or(0, |version| version.number);
        let mut config = Config { newest: number, salts, timeline, ..Config::new(head) };
        let earlier = config.used_numbers(at).into_iter().filter(|used| *used != number);
        config.versions = self.versions(id, earlier)?;
        if let Some(newest) = newest {
            config.versions.insert(newest);
        }
        Ok(Some(Arc::new(config)))
    }

    fn newest_at(&self, id: ConfigId, revision: u64) -> Result<Option<Arc<Version>>> {
        match self.last(Facet::Version, id.0, revision)? {
            None => Ok(None),
            Some(Change::Version(version)) => Ok(Some(version)),
            Some(_) => Err(misled(Facet::Version, id.0)),
        }
    }

    fn salts_at(&self, id: ConfigId, revision: u64) -> Result<Ordered<SegmentId, Arc<str>>> {
        let mut salts = Ordered::default();
        for at in self.positions(Facet::Salt, id.0, revision)? {
            let Change::Salt { segment, salt, .. } = self.change(at)? else {
                return Err(misled(Facet::Salt, id.0));
            };
            salts.insert(segment, salt);
        }
        Ok(salts)
    }

    /// The publications that mattered after a revision: the last list up to there, and what happened since.
    fn timeline_at(&self, id: ConfigId, revision: u64) -> Result<Timeline> {
        let table = self.table(TIMELINES)?;
        let last = table.range((id.0, 0)..=(id.0, revision)).or_fail()?.next_back();
        let (listed, mut timeline) = match last.transpose().or_fail()? {
            None => (0, Timeline::default()),
            Some((key, bytes)) => {
                let location = || format!("table `pcq.timelines`, record {:?}", key.value());
                let TimelineRecord(sequences) = decode(bytes.value(), location)?;
                (key.value().1, self.publications(id, sequences)?)
            }
        };
        for at in self.timeline_changes(id, listed + 1, revision)? {
            match self.change(at)? {
                Change::Publication(publication) if publication.config == id => {
                    timeline.push(publication);
                }
                Change::Cancel { config, sequence } if config == id => {
                    timeline.cancel(sequence);
                }
                _ => return Err(misled(Facet::Publication, id.0)),
            }
        }
        Ok(timeline)
    }

    /// Where the changes of a timeline are in the revisions from one to another, in order.
    fn timeline_changes(&self, id: ConfigId, first: u64, last: u64) -> Result<Vec<Position>> {
        let mut changes = Vec::new();
        for facet in [Facet::Publication, Facet::Cancel].iter().filter(|_| first <= last) {
            changes.extend(self.positions_from(*facet, id.0, first, last)?);
        }
        changes.sort_unstable();
        Ok(changes)
    }

    fn publications(&self, config: ConfigId, sequences: Vec<u64>) -> Result<Timeline> {
        let publications = sequences.into_iter().map(|sequence| self.publication(config, sequence));
        publications.collect::<Result<_>>().map(Timeline::new)
    }

    /// The number of the revision that has a publication.
    pub(super) fn publication_revision(&self, sequence: u64) -> Result<Option<u64>> {
        let at = self.table(PUBLICATIONS)?.get(sequence).or_fail()?;
        Ok(at.map(|at| at.value().0))
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
            version.ok_or_else(missing)
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
}

impl VersionReader for Image {
    fn version(&self, config: ConfigId, number: u32) -> Result<Option<Arc<Version>>> {
        version_in(&self.table(VERSIONS)?, &self.changes()?, config, number)
    }
}

fn position((_, _, revision, index): HistoryKey) -> Position {
    (revision, index)
}

fn misled(facet: Facet, id: u32) -> Error {
    corrupt(format!(
        "table `pcq.object_history`: {facet:?} of {} {id} points at another",
        facet.kind()
    ))
}
