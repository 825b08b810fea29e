//! Schema 2 of records that have it, and how they are made from the model and from schema 1.

use serde::{Deserialize, Serialize};

use super::v1::{
    ChangeRecord1, ConfigRecord1, HeadRecord, KeyRecord1, PublicationRecord, SegmentHeadRecord1,
};
use crate::error::Result;
use crate::model::{Change, Config, Key, ListId, Reads, Reference, Segment};
use crate::store::checkpoint::Checkpoint;
use crate::store::codec::{Record, encode};

/// A segment as it stands, and all that its condition refers to: so that it need not be read for that.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct SegmentHeadRecord {
    pub(super) head: SegmentHeadRecord1,
    /// `None` in what was schema 1.
    pub(super) reads: Option<ReadsRecord>,
}

/// Events and lists that a condition looks at.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct ReadsRecord {
    events: bool,
    lists: Vec<u32>,
}

impl Record for SegmentHeadRecord {
    const SCHEMA: u8 = 2;
}

impl SegmentHeadRecord {
    pub(in crate::store) fn new(segment: &Segment, references: &[Reference]) -> Self {
        let head = SegmentHeadRecord1::new(segment, references);
        let reads = segment.condition.reads().map(ReadsRecord::from).unwrap_or_default();
        Self { head, reads: Some(reads) }
    }
}

impl From<SegmentHeadRecord1> for SegmentHeadRecord {
    fn from(head: SegmentHeadRecord1) -> Self {
        Self { head, reads: None }
    }
}

impl From<&Reads> for ReadsRecord {
    fn from(reads: &Reads) -> Self {
        Self { events: reads.events, lists: reads.lists.iter().map(|list| list.0).collect() }
    }
}

impl From<ReadsRecord> for Reads {
    fn from(record: ReadsRecord) -> Self {
        Self { events: record.events, lists: record.lists.into_iter().map(ListId).collect() }
    }
}

/// A config as it stands; its versions and publications have tables of their own.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct ConfigRecord {
    pub(in crate::store) head: HeadRecord,
    pub(in crate::store) newest: u32,
    pub(in crate::store) salts: Vec<(u32, String)>,
    pub(in crate::store) checkpoint: Checkpoint,
    /// What schema 1 has of the publications that matter.
    #[serde(skip)]
    pub(in crate::store) timeline: Vec<PublicationRecord>,
}

impl Record for ConfigRecord {
    const SCHEMA: u8 = 2;
}

impl ConfigRecord {
    pub(in crate::store) fn new(config: &Config, checkpoint: Checkpoint) -> Self {
        let salts = config.salts.iter().map(|(s, salt)| (s.0, salt.as_ref().to_owned())).collect();
        let (head, newest) = ((&config.head).into(), config.newest);
        Self { head, newest, salts, checkpoint, timeline: Vec::new() }
    }
}

impl From<ConfigRecord1> for ConfigRecord {
    fn from(record: ConfigRecord1) -> Self {
        let ConfigRecord1 { head, newest, salts, timeline } = record;
        // the list of its last revision has just these
        let checkpoint = Checkpoint::listing(timeline.len());
        Self { head, newest, salts, checkpoint, timeline }
    }
}

/// A key, and whether it is sensitive: of schema 1 none is.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct KeyRecord {
    pub(super) key: KeyRecord1,
    pub(super) sensitive: bool,
}

/// A change, and whether it makes a key sensitive: of schema 1 none does.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct ChangeRecord2 {
    pub(super) change: ChangeRecord1,
    pub(super) sensitive: bool,
}

impl Record for KeyRecord {
    const SCHEMA: u8 = 2;
}

impl Record for ChangeRecord2 {
    const SCHEMA: u8 = 2;
}

/// Encodes a key. One that is not sensitive stays as programs read it that know none.
pub(in crate::store) fn encode_key(key: &Key) -> Result<Vec<u8>> {
    if key.sensitive { encode(&KeyRecord::from(key)) } else { encode(&KeyRecord1::from(key)) }
}

impl From<&Key> for KeyRecord {
    fn from(key: &Key) -> Self {
        Self { key: key.into(), sensitive: key.sensitive }
    }
}

impl From<KeyRecord1> for KeyRecord {
    fn from(key: KeyRecord1) -> Self {
        Self { key, sensitive: false }
    }
}

impl From<&Change> for ChangeRecord2 {
    fn from(change: &Change) -> Self {
        let sensitive = matches!(change, Change::Key(key) if key.sensitive);
        Self { change: change.into(), sensitive }
    }
}

impl From<ChangeRecord1> for ChangeRecord2 {
    fn from(change: ChangeRecord1) -> Self {
        Self { change, sensitive: false }
    }
}
