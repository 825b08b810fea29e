//! Schema 2 of records that have it, and how they are made from the model and from schema 1.

use serde::{Deserialize, Serialize};

use super::v1::SegmentHeadRecord1;
use crate::model::{ListId, Reads, Reference, Segment};
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
