//! Schema 2 of records that have it, and how they are made from the model and from schema 1.

use serde::{Deserialize, Serialize};

use super::v1::{ConfigRecord1, HeadRecord, PublicationRecord, SegmentHeadRecord1};
use crate::model::{Config, ListId, Reads, Reference, Segment};
use crate::store::checkpoint::Checkpoint;
use crate::store::codec::Record;

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
