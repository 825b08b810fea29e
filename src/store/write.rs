//! Writes of revisions: the log, what is derived from it, and the heads of what it touched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use redb::{ReadableTable, Table, WriteTransaction};

use super::chain;
use super::checkpoint::Checkpoint;
use super::codec::{decode, encode};
use super::failure::{OrFail, corrupt};
use super::index::{Indexed, indexed};
use super::keep::Kept;
use super::lookup::{newest_in, revision_in, version_in};
use super::options::ClockMode;
use super::record::{
    ClockRecord, ConfigRecord, KeepRecord, PublicationRecord, RevisionRecord, SegmentHeadRecord,
    TimelineRecord, decode_change, encode_change, encode_key,
};
use super::tables::{
    Bytes, CHANGES, CLOCK_KEY, FORMAT, FORMAT_KEY, Facet, HEADS, HISTORY, HistoryKey, KEY_CONFIGS,
    META, NAMES, PUBLICATIONS, Position, RETENTION, REVISION_HASHES, REVISIONS, TIMELINES, TIMES,
    VERSIONS, kind_number,
};
use super::upgrade::upgrade;
use crate::error::{ErrorKind, Result};
use crate::model::{
    Catalog, Change, ConditionParser, Config, ConfigId, Duration, KeyId, ObjectKind, Revision,
    Segment, SegmentId, Timestamp, Version,
};

/// The tables, open for writing in one transaction.
pub(super) struct Tables<'t> {
    revisions: Table<'t, u64, Bytes>,
    times: Table<'t, (i64, u64), ()>,
    changes: Table<'t, Position, Bytes>,
    history: Table<'t, HistoryKey, ()>,
    versions: Table<'t, (u32, u32), Position>,
    publications: Table<'t, u64, Position>,
    timelines: Table<'t, (u32, u64), Bytes>,
    names: Table<'t, (u8, &'static str), u32>,
    key_configs: Table<'t, (u32, u32), ()>,
    heads: Table<'t, (u8, u32), Bytes>,
    kept: Kept<'t>,
    retention: Table<'t, &'static str, Bytes>,
    hashes: Table<'t, u64, Bytes>,
}

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self> {
        upgrade(transaction)?;
        Ok(Self {
            revisions: transaction.open_table(REVISIONS).or_fail()?,
            times: transaction.open_table(TIMES).or_fail()?,
            changes: transaction.open_table(CHANGES).or_fail()?,
            history: transaction.open_table(HISTORY).or_fail()?,
            versions: transaction.open_table(VERSIONS).or_fail()?,
            publications: transaction.open_table(PUBLICATIONS).or_fail()?,
            timelines: transaction.open_table(TIMELINES).or_fail()?,
            names: transaction.open_table(NAMES).or_fail()?,
            key_configs: transaction.open_table(KEY_CONFIGS).or_fail()?,
            heads: transaction.open_table(HEADS).or_fail()?,
            kept: Kept::open(transaction)?,
            retention: transaction.open_table(RETENTION).or_fail()?,
            hashes: transaction.open_table(REVISION_HASHES).or_fail()?,
        })
    }

    /// Appends a revision.
    pub(super) fn append(
        &mut self,
        revision: &Revision,
        changes: &[Change],
        after: &Catalog,
    ) -> Result<()> {
        self.refuse_out_of_order(revision)?;
        let number = revision.number;
        let mut count = 0;
        for change in changes {
            self.append_change(change, (number, count))?;
            count += 1;
        }
        let record = encode(&RevisionRecord::new(revision, count))?;
        self.revisions.insert(number, record.as_slice()).or_fail()?;
        self.times.insert((revision.time.as_micros(), number), ()).or_fail()?;
        chain::extend(&mut self.hashes, &self.revisions, &self.changes)?;
        self.put_touched(revision, changes, after)
    }

    /// The engine numbers the revisions; that they are dense and in order of time is kept here, because
    /// every look-up by revision or by time stands on it.
    fn refuse_out_of_order(&self, revision: &Revision) -> Result<()> {
        let now = newest_in(&self.revisions)?;
        let last = revision_in(&self.revisions, now)?;
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

    fn append_change(&mut self, change: &Change, at: Position) -> Result<()> {
        let record = encode_change(change)?;
        self.changes.insert(at, record.as_slice()).or_fail()?;
        if let Change::Keep { event, keep } = change {
            self.put_keep(event.as_deref(), *keep)?;
        }
        indexed(change, at).iter().try_for_each(|entry| self.put_indexed(entry))
    }

    /// Writes how long events are kept. No event has an empty name, so that stands for all others.
    fn put_keep(&mut self, event: Option<&str>, keep: Option<Duration>) -> Result<()> {
        let record = encode(&KeepRecord(keep.map(Duration::as_micros)))?;
        self.retention.insert(event.unwrap_or(""), record.as_slice()).or_fail().map(drop)
    }

    fn put_indexed(&mut self, entry: &Indexed) -> Result<()> {
        match entry {
            Indexed::History(key) => self.history.insert(key, ()).or_fail().map(drop),
            Indexed::Version(key, at) => self.versions.insert(key, at).or_fail().map(drop),
            Indexed::Publication(sequence, at) => {
                self.publications.insert(sequence, at).or_fail().map(drop)
            }
            Indexed::Name((kind, name), id) => self.put_name((*kind, name), *id),
            Indexed::KeyConfig(pair) => self.key_configs.insert(pair, ()).or_fail().map(drop),
        }
    }

    /// Writes a name, which no other object has or ever had.
    fn put_name(&mut self, name: (u8, &str), id: u32) -> Result<()> {
        let before = self.names.insert(name, id).or_fail()?.map(|before| before.value());
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
        self.kept.keep_versions(config, versions)?;
        if checkpoint.advance(of_timeline(changes).count()) {
            checkpoint = Checkpoint::listing(config.timeline.len());
            let timeline = encode(&TimelineRecord::from(config))?;
            self.timelines.insert((id, revision.number), timeline.as_slice()).or_fail()?;
        }
        let head = encode(&ConfigRecord::new(config, checkpoint));
        self.put_head(ObjectKind::Config, id, Some(head))
    }

    /// The newest version of a config before this revision, and how far the list of its timeline is behind.
    fn before(&self, id: u32) -> Result<(u32, Checkpoint)> {
        let head = self.heads.get((kind_number(ObjectKind::Config), id)).or_fail()?;
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
    fn publication(&self, sequence: u64) -> Result<Option<PublicationRecord>> {
        let Some(at) = self.publications.get(sequence).or_fail()? else { return Ok(None) };
        let at = at.value();
        let Some(bytes) = self.changes.get(at).or_fail()? else { return Ok(None) };
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
        self.heads.insert((kind_number(kind), id), record.as_slice()).or_fail().map(drop)
    }

    /// A version that was just written, or one before it.
    pub(super) fn version(
        &self,
        config: ConfigId,
        number: u32,
        parser: ConditionParser,
    ) -> Result<Option<Arc<Version>>> {
        version_in(&self.versions, &self.changes, config, number, parser)
    }

    /// Whether no revision is there.
    pub(super) fn is_empty(&self) -> Result<bool> {
        Ok(self.revisions.last().or_fail()?.is_none())
    }
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
    Tables::open(transaction)?;
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
