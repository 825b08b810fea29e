//! Writes of revisions: the log, what is derived from it, and the heads of what it touched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use redb::{ReadableTable, WriteTransaction};

use super::chain;
use super::checkpoint::Checkpoint;
use super::codec::{decode, encode};
use super::failure::{OrFail, corrupt};
use super::index::{Indexed, indexed};
use super::keep::Kept;
use super::lazy::Lazy;
use super::log::Step;
use super::lookup::{newest_in, revision_in, version_in};
use super::options::ClockMode;
use super::record::{
    AttributeRecord, ClockRecord, ConfigRecord, KeepRecord, MaybeRecordingRecord,
    PublicationRecord, RecordingRecord, RevisionRecord, SegmentHeadRecord, StrictRecord,
    TimelineRecord, decode_change, encode_change, encode_key,
};
use super::tables::{
    Bytes, CHANGES, CLOCK_KEY, FORMAT, FORMAT_KEY, Facet, HEADS, HISTORY, HistoryKey, KEY_CONFIGS,
    META, NAMES, PUBLICATIONS, Position, RECORDING_KEY, RETENTION, REVISION_HASHES, REVISIONS,
    STRICT_KEY, TIMELINES, TIMES, VERSIONS, kind_number,
};
use super::upgrade::upgrade;
use super::version::{Base, Changes, LastRead, Newest, cost_of, encode_as_edit};
use crate::error::{ErrorKind, Result};
use crate::model::{
    AttributeId, Catalog, Change, ConditionParser, Config, ConfigId, Duration, KeyId, ObjectKind,
    Recording, Revision, Segment, SegmentId, Timestamp, Version,
};

/// The tables, to be written to in one transaction.
pub(super) struct Tables<'t> {
    revisions: Lazy<'t, u64, Bytes>,
    times: Lazy<'t, (i64, u64), ()>,
    changes: Lazy<'t, Position, Bytes>,
    history: Lazy<'t, HistoryKey, ()>,
    versions: Lazy<'t, (u32, u32), Position>,
    publications: Lazy<'t, u64, Position>,
    timelines: Lazy<'t, (u32, u64), Bytes>,
    names: Lazy<'t, (u8, &'static str), u32>,
    key_configs: Lazy<'t, (u32, u32), ()>,
    heads: Lazy<'t, (u8, u32), Bytes>,
    kept: Kept<'t>,
    retention: Lazy<'t, &'static str, Bytes>,
    transaction: &'t WriteTransaction,
    hashes: Lazy<'t, u64, Bytes>,
}

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self> {
        upgrade(transaction)?;
        Ok(Self {
            revisions: Lazy::new(transaction, REVISIONS),
            times: Lazy::new(transaction, TIMES),
            changes: Lazy::new(transaction, CHANGES),
            history: Lazy::new(transaction, HISTORY),
            versions: Lazy::new(transaction, VERSIONS),
            publications: Lazy::new(transaction, PUBLICATIONS),
            timelines: Lazy::new(transaction, TIMELINES),
            names: Lazy::new(transaction, NAMES),
            key_configs: Lazy::new(transaction, KEY_CONFIGS),
            heads: Lazy::new(transaction, HEADS),
            kept: Kept::new(transaction),
            retention: Lazy::new(transaction, RETENTION),
            transaction,
            hashes: Lazy::new(transaction, REVISION_HASHES),
        })
    }

    /// Makes those that are not there.
    fn make(&mut self) -> Result<()> {
        self.revisions.open()?;
        self.times.open()?;
        self.changes.open()?;
        self.history.open()?;
        self.versions.open()?;
        self.publications.open()?;
        self.timelines.open()?;
        self.names.open()?;
        self.key_configs.open()?;
        self.heads.open()?;
        self.kept.make()?;
        self.retention.open()?;
        self.hashes.open().map(drop)
    }

    /// Appends a revision.
    pub(super) fn append(&mut self, step: &Step<'_>) -> Result<()> {
        let Step { revision, changes, before, after } = *step;
        self.refuse_out_of_order(revision)?;
        let number = revision.number;
        let (mut newest, mut count) = (Newest::new(before), 0);
        for change in changes {
            self.append_change(change, (number, count), &mut newest)?;
            count += 1;
        }
        let record = encode(&RevisionRecord::new(revision, count))?;
        self.revisions.open()?.insert(number, record.as_slice()).or_fail()?;
        self.times.open()?.insert((revision.time.as_micros(), number), ()).or_fail()?;
        chain::extend(self.hashes.open()?, self.revisions.open()?, self.changes.open()?)?;
        self.put_touched(revision, changes, after)
    }

    /// The engine numbers the revisions; that they are dense and in order of time is kept here, because
    /// every look-up by revision or by time stands on it.
    fn refuse_out_of_order(&mut self, revision: &Revision) -> Result<()> {
        let revisions = self.revisions.open()?;
        let now = newest_in(revisions)?;
        let last = revision_in(revisions, now)?;
        let back = last.is_some_and(|(last, _)| last.time > revision.time);
        if back || revision.number != now + 1 {
            return Err(ErrorKind::RevisionConflict {
                began: revision.number.saturating_sub(1),
                now,
            }
            .into());
        }
        Ok(())
    }

    fn append_change<'c>(
        &mut self,
        change: &'c Change,
        at: Position,
        newest: &mut Newest<'c>,
    ) -> Result<()> {
        let base = match change {
            Change::Version(version) => newest.replace(version),
            _ => None,
        };
        let record = self.record(change, base)?;
        self.changes.open()?.insert(at, record.as_slice()).or_fail()?;
        if let Change::Keep { event, keep } = change {
            self.put_keep(event.as_deref(), *keep)?;
        }
        if let Change::Strict(strict) = change {
            self.put_strict(*strict)?;
        }
        if let Change::Record(recording) = change {
            self.put_recording(*recording)?;
        }
        let keys = base.map(Version::by_key).unwrap_or_default();
        let is_there = |entry: &Indexed| match entry {
            Indexed::KeyConfig((key, _)) => keys.contains_key(&KeyId(*key)),
            _ => false,
        };
        let mut new = indexed(change, at).into_iter().filter(|entry| !is_there(entry));
        new.try_for_each(|entry| self.put_indexed(&entry))
    }

    /// The record of a change; of a version as an edit of the one before it, if that is worth it.
    fn record(&mut self, change: &Change, base: Option<&Version>) -> Result<Vec<u8>> {
        let (Change::Version(version), Some(before)) = (change, base) else {
            return encode_change(change);
        };
        let edit = match large_in(self.versions.open()?, self.changes.open()?, before)? {
            Some((at, cost)) => encode_as_edit(version, &Base { version: before, at, cost })?,
            None => None,
        };
        edit.map_or_else(|| encode_change(change), Ok)
    }

    /// Writes how long events are kept. No event has an empty name, so that stands for all others.
    fn put_keep(&mut self, event: Option<&str>, keep: Option<Duration>) -> Result<()> {
        let record = encode(&KeepRecord(keep.map(Duration::as_micros)))?;
        self.retention.open()?.insert(event.unwrap_or(""), record.as_slice()).or_fail().map(drop)
    }

    /// Writes whether conditions may only read declared attributes. Facts of users are written to the same table.
    fn put_strict(&self, strict: bool) -> Result<()> {
        let mut meta = self.transaction.open_table(META).or_fail()?;
        let record = encode(&StrictRecord(strict))?;
        meta.insert(STRICT_KEY, record.as_slice()).or_fail().map(drop)
    }

    /// Writes how traffic is recorded.
    fn put_recording(&self, recording: Option<Recording>) -> Result<()> {
        let mut meta = self.transaction.open_table(META).or_fail()?;
        let record = encode(&MaybeRecordingRecord(recording.map(RecordingRecord::from)))?;
        meta.insert(RECORDING_KEY, record.as_slice()).or_fail().map(drop)
    }

    fn put_indexed(&mut self, entry: &Indexed) -> Result<()> {
        match entry {
            Indexed::History(key) => self.history.open()?.insert(key, ()).or_fail().map(drop),
            Indexed::Version(key, at) => self.versions.open()?.insert(key, at).or_fail().map(drop),
            Indexed::Publication(sequence, at) => {
                self.publications.open()?.insert(sequence, at).or_fail().map(drop)
            }
            Indexed::Name((kind, name), id) => self.put_name((*kind, name), *id),
            Indexed::KeyConfig(pair) => {
                self.key_configs.open()?.insert(pair, ()).or_fail().map(drop)
            }
        }
    }

    /// Writes a name, which no other object has or ever had.
    fn put_name(&mut self, name: (u8, &str), id: u32) -> Result<()> {
        let before = self.names.open()?.insert(name, id).or_fail()?.map(|before| before.value());
        match before.filter(|before| *before != id) {
            None => Ok(()),
            Some(_) => Err(corrupt(format!("table `pcq.names`: `{}` is another's", name.1))),
        }
    }

    /// Writes the heads of what was touched as they stand after the revision.
    fn put_touched(
        &mut self,
        revision: &Revision,
        changes: &[Change],
        after: &Catalog,
    ) -> Result<()> {
        for ((kind, id), changes) in touched(changes) {
            match kind {
                ObjectKind::Key => {
                    let key = after.key(KeyId(id)).map(|key| encode_key(key));
                    self.put_head(kind, id, key)?;
                }
                ObjectKind::Segment => {
                    let segment = after.segment(SegmentId(id));
                    let head = |segment: &Arc<Segment>| {
                        let references = after.references(segment.condition.expr());
                        encode(&SegmentHeadRecord::new(segment, &references))
                    };
                    self.put_head(kind, id, segment.map(head))?;
                }
                ObjectKind::Attribute => {
                    let attribute = after.attribute(AttributeId(id));
                    let head =
                        attribute.map(|attribute| encode(&AttributeRecord::from(&**attribute)));
                    self.put_head(kind, id, head)?;
                }
                ObjectKind::Config => {
                    if let Some(config) = after.config(ConfigId(id)) {
                        self.put_config(revision, &changes, config)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes the head of a config, and of what it keeps what changes made another.
    fn put_config(
        &mut self,
        revision: &Revision,
        changes: &[&Change],
        config: &Config,
    ) -> Result<()> {
        let id = config.head.id.0;
        let (before, mut checkpoint) = self.before(id)?;
        let mut versions = self.keep_publications(revision.time, changes, config)?;
        versions.insert(before);
        let (places, log) = (&*self.versions.open()?, &*self.changes.open()?);
        let large = |version: &_| large_in(places, log, version);
        let is_large = |version: &_| Ok(large(version)?.is_some());
        self.kept.keep_versions(config, versions, is_large)?;
        if checkpoint.advance(of_timeline(changes).count()) {
            checkpoint = Checkpoint::listing(config.timeline.len());
            let timeline = encode(&TimelineRecord::from(config))?;
            self.timelines.open()?.insert((id, revision.number), timeline.as_slice()).or_fail()?;
        }
        let head = encode(&ConfigRecord::new(config, checkpoint));
        self.put_head(ObjectKind::Config, id, Some(head))
    }

    /// The newest version of a config before this revision, and how far the list of its timeline is behind.
    fn before(&mut self, id: u32) -> Result<(u32, Checkpoint)> {
        let head = self.heads.open()?.get((kind_number(ObjectKind::Config), id)).or_fail()?;
        let Some(head) = head else { return Ok((0, Checkpoint::default())) };
        let location = || format!("table `pcq.heads`, config {id}");
        let record: ConfigRecord = decode(head.value(), location)?;
        Ok((record.newest, record.checkpoint))
    }

    /// Brings the kept publications of a config up to date; gives the versions that changes are about, and those of
    /// publications that are no longer kept.
    fn keep_publications(
        &mut self,
        now: Timestamp,
        changes: &[&Change],
        config: &Config,
    ) -> Result<BTreeSet<u32>> {
        let mut versions = BTreeSet::new();
        for change in changes {
            match change {
                Change::Version(version) => drop(versions.insert(version.number)),
                Change::Publication(publication) => {
                    versions.insert(publication.version);
                    if config.timeline.get(publication.sequence).is_some() {
                        self.kept.keep_publication(publication)?;
                    }
                }
                Change::Cancel { sequence, .. } => {
                    if let Some(publication) = self.publication(*sequence)? {
                        versions.insert(publication.version);
                        self.kept.drop_publication(&publication)?;
                    }
                }
                _ => {}
            }
        }
        versions.extend(self.kept.drop_begun(config, now)?);
        Ok(versions)
    }

    /// A publication that was just written, or one before it.
    fn publication(&mut self, sequence: u64) -> Result<Option<PublicationRecord>> {
        let Some(at) = self.publications.open()?.get(sequence).or_fail()? else { return Ok(None) };
        let at = at.value();
        let Some(bytes) = self.changes.open()?.get(at).or_fail()? else { return Ok(None) };
        let location = || format!("table `pcq.changes`, record {at:?}");
        let record = decode_change(bytes.value(), location)?;
        let wrong = || corrupt(format!("table `pcq.publications`: {sequence} points at another"));
        record.publication().ok_or_else(wrong).map(Some)
    }

    fn put_head(
        &mut self,
        kind: ObjectKind,
        id: u32,
        record: Option<Result<Vec<u8>>>,
    ) -> Result<()> {
        let Some(record) = record.transpose()? else {
            return Ok(());
        };
        self.heads.open()?.insert((kind_number(kind), id), record.as_slice()).or_fail().map(drop)
    }

    /// A version that was just written, or one before it.
    pub(super) fn version(
        &mut self,
        config: ConfigId,
        number: u32,
        parser: ConditionParser,
    ) -> Result<Option<Arc<Version>>> {
        let last_read = &LastRead::default();
        let changes = Changes { table: &*self.changes.open()?, parser, last_read };
        version_in(self.versions.open()?, &changes, config, number)
    }

    /// Whether no revision is there.
    pub(super) fn is_empty(&mut self) -> Result<bool> {
        Ok(self.revisions.open()?.last().or_fail()?.is_none())
    }
}

/// Where a version is in the log, and how many columns of edits it is read from, if it is a large one.
fn large_in(
    versions: &impl ReadableTable<(u32, u32), Position>,
    changes: &impl ReadableTable<Position, Bytes>,
    version: &Version,
) -> Result<Option<(Position, u32)>> {
    let Some(at) = versions.get((version.config.0, version.number)).or_fail()? else {
        return Ok(None);
    };
    let record = changes.get(at.value()).or_fail()?;
    Ok(record.and_then(|record| cost_of(record.value())).map(|cost| (at.value(), cost)))
}

/// The changes of timelines.
pub(super) fn of_timeline<'c>(changes: &[&'c Change]) -> impl Iterator<Item = &'c Change> {
    let is_one =
        |change: &&Change| matches!(change, Change::Publication(_) | Change::Cancel { .. });
    changes.iter().copied().filter(is_one)
}

/// The objects that changes are about, each with its changes.
pub(super) fn touched(changes: &[Change]) -> BTreeMap<(ObjectKind, u32), Vec<&Change>> {
    let mut touched: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for change in changes {
        if let Some((facet, id)) = Facet::of(change) {
            touched.entry((facet.kind(), id)).or_default().push(change);
        }
    }
    touched
}

/// Makes every table of a new store.
pub(super) fn initialise(transaction: &WriteTransaction, clock: ClockMode) -> Result<()> {
    Tables::open(transaction)?.make()?;
    let mut meta = transaction.open_table(META).or_fail()?;
    meta.insert(FORMAT_KEY, FORMAT.to_le_bytes().as_slice()).or_fail()?;
    drop(meta);
    put_clock(transaction, clock)
}

/// Writes the clock.
pub(super) fn put_clock(transaction: &WriteTransaction, clock: ClockMode) -> Result<()> {
    let record = encode(&ClockRecord(clock.manual().map(Timestamp::as_micros)))?;
    let mut meta = transaction.open_table(META).or_fail()?;
    meta.insert(CLOCK_KEY, record.as_slice()).or_fail().map(drop)
}
