//! Writes of revisions: the log, what is derived from it, and the heads of what it touched.

use std::collections::BTreeSet;
use std::sync::Arc;

use redb::{ReadableTable, Table, WriteTransaction};

use super::codec::encode;
use super::failure::{OrFail, corrupt};
use super::index::{Indexed, indexed};
use super::lookup::{newest_in, revision_in, version_in};
use super::options::ClockMode;
use super::record::{
    ChangeRecord, ClockRecord, ConfigRecord, KeepRecord, KeyRecord, RevisionRecord,
    SegmentHeadRecord, SegmentHeadRecord1, TimelineRecord, VersionRecord,
};
use super::tables::{
    Bytes, CHANGES, CLOCK_KEY, FORMAT, FORMAT_KEY, Facet, HEADS, HISTORY, HistoryKey, KEPT,
    KEY_CONFIGS, META, NAMES, PUBLICATIONS, Position, RETENTION, REVISIONS, TIMELINES, TIMES,
    VERSIONS, kind_number,
};
use crate::error::{ErrorKind, Result};
use crate::model::{
    Catalog, Change, ConditionParser, Config, ConfigId, Duration, KeyId, ObjectKind, Revision,
    Segment, SegmentId, Timestamp, Version,
};

/// The tables, open for writing in one transaction.
pub(super) struct Tables<'t> {
    format: u32,
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
    kept: Table<'t, (u32, u32), Bytes>,
    retention: Table<'t, &'static str, Bytes>,
}

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self> {
        Ok(Self {
            format: format_of(transaction)?,
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
            kept: transaction.open_table(KEPT).or_fail()?,
            retention: transaction.open_table(RETENTION).or_fail()?,
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
        self.put_touched(number, changes, after)
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
        let record = encode(&ChangeRecord::from(change))?;
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
    fn put_touched(&mut self, number: u64, changes: &[Change], after: &Catalog) -> Result<()> {
        for (kind, id) in touched(changes) {
            match kind {
                ObjectKind::Key => {
                    let key = after.key(KeyId(id)).map(|key| encode(&KeyRecord::from(&**key)));
                    self.put_head(kind, id, key)?;
                }
                ObjectKind::Segment => {
                    let segment = after.segment(SegmentId(id));
                    let record = segment.map(|segment| self.segment_head(segment, after));
                    self.put_head(kind, id, record)?;
                }
                ObjectKind::Config => self.put_config(number, ConfigId(id), after)?,
            }
        }
        Ok(())
    }

    /// The head of a segment. Programs that know format 1 alone read a file of that format, so its heads stay as
    /// they are there.
    fn segment_head(&self, segment: &Segment, after: &Catalog) -> Result<Vec<u8>> {
        let references = after.references(segment.condition.expr());
        match self.format {
            1 => encode(&SegmentHeadRecord1::new(segment, &references)),
            _ => encode(&SegmentHeadRecord::new(segment, &references)),
        }
    }

    fn put_config(&mut self, number: u64, id: ConfigId, after: &Catalog) -> Result<()> {
        let Some(config) = after.config(id) else {
            return Ok(());
        };
        self.put_head(ObjectKind::Config, id.0, Some(encode(&ConfigRecord::from(&**config))))?;
        self.keep_versions(config)?;
        let timeline = encode(&TimelineRecord::from(&**config))?;
        self.timelines.insert((id.0, number), timeline.as_slice()).or_fail().map(drop)
    }

    /// Brings the kept versions of a config up to date. A version never changes: what is there stays.
    fn keep_versions(&mut self, config: &Config) -> Result<()> {
        let (id, versions) = (config.head.id.0, &config.versions);
        let mut there = BTreeSet::new();
        for entry in self.kept.range((id, 0)..=(id, u32::MAX)).or_fail()? {
            there.insert(entry.or_fail()?.0.value().1);
        }
        for gone in there.iter().filter(|number| !versions.contains_key(number)) {
            self.kept.remove((id, *gone)).or_fail()?;
        }
        for (number, version) in versions.iter().filter(|(number, _)| !there.contains(number)) {
            let record = encode(&VersionRecord::from(&**version))?;
            self.kept.insert((id, *number), record.as_slice()).or_fail()?;
        }
        Ok(())
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

/// The format of the file; that of a new one is not written yet.
fn format_of(transaction: &WriteTransaction) -> Result<u32> {
    let meta = transaction.open_table(META).or_fail()?;
    let format = meta.get(FORMAT_KEY).or_fail()?;
    let format = format.and_then(|format| <[u8; 4]>::try_from(format.value()).ok());
    Ok(format.map_or(FORMAT, u32::from_le_bytes))
}

/// The objects that changes are about.
pub(super) fn touched(changes: &[Change]) -> BTreeSet<(ObjectKind, u32)> {
    let objects = changes.iter().filter_map(Facet::of);
    objects.map(|(facet, id)| (facet.kind(), id)).collect()
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
