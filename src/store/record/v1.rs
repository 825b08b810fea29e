//! Schema 1 of every record, and how it is made from the model.
//!
//! Nothing recursive is stored: conditions are their canonical text, values their JSON text.

use serde::{Deserialize, Serialize};

use crate::model::{
    Arm, Attribute, AttributeType, Cell, Change, Column, Condition, Config, ConfigHead, Duration,
    Key, KeyId, KeyType, Publication, Recording, Reference, Revision, Row, Segment, SegmentId,
    Share, Timestamp, Version,
};
use crate::store::codec::Record;
use crate::store::tables::PublicationKey;

records!(
    ClockRecord,
    RevisionRecord,
    HashRecord,
    ChangeRecord1,
    TimelineRecord,
    KeepRecord,
    KeyRecord1,
    SegmentHeadRecord1,
    ConfigRecord1,
    VersionRecord1,
    PublicationRecord,
    AttributeRecord,
    StrictRecord
);

/// The clock: microseconds since 1970 of a manual one, `None` for the system's.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct ClockRecord(pub(in crate::store) Option<i64>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct RevisionRecord {
    pub(super) time: i64,
    pub(super) actor: Option<String>,
    pub(super) comment: Option<String>,
    /// How many changes it has, so that a lost one is noticed.
    pub(in crate::store) changes: u32,
}

/// The hash of a revision.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct HashRecord(pub(in crate::store) [u8; 32]);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) enum ChangeRecord1 {
    Key(KeyRecord1),
    Segment(SegmentRecord),
    Config { head: HeadRecord, comment: Option<String> },
    Salt { config: u32, segment: u32, salt: String },
    Version(VersionRecord1),
    Publication(PublicationRecord),
    Cancel { config: u32, sequence: u64 },
    Keep { event: Option<String>, keep: Option<i64> },
    // since format 5
    Attribute(AttributeRecord),
    Strict(bool),
    // since format 6
    Record(Option<RecordingRecord>),
}

/// How long events are kept: microseconds, `None` for ever.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct KeepRecord(pub(in crate::store) Option<i64>);

/// The sequences of the publications that matter.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct TimelineRecord(pub(in crate::store) Vec<u64>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct KeyRecord1 {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) kind: u8,
    pub(super) default: String,
    pub(super) check: Option<String>,
    pub(super) description: Option<String>,
    pub(super) archived: bool,
    pub(super) version: u32,
}

/// Whether conditions may only read declared attributes.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct StrictRecord(pub(in crate::store) bool);

/// How traffic is recorded: thousandths of a percent of the users, and microseconds.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct RecordingRecord {
    pub(super) share: u32,
    pub(super) keep: i64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct AttributeRecord {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) kind: u8,
    pub(super) check: Option<String>,
    pub(super) sensitive: bool,
    pub(super) description: Option<String>,
    pub(super) archived: bool,
    pub(super) version: u32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct SegmentRecord {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) condition: String,
    pub(super) description: Option<String>,
    pub(super) archived: bool,
    pub(super) version: u32,
}

/// A segment as it stands, and the numbers of the keys and segments that its condition refers to.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct SegmentHeadRecord1 {
    pub(in crate::store) segment: SegmentRecord,
    pub(super) keys: Vec<u32>,
    pub(super) segments: Vec<u32>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct HeadRecord {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) disabled: bool,
    pub(super) archived: bool,
}

/// A config as it stands, with the publications that matter; the versions have a table of their own.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct ConfigRecord1 {
    pub(in crate::store) head: HeadRecord,
    pub(in crate::store) newest: u32,
    pub(in crate::store) salts: Vec<(u32, String)>,
    pub(in crate::store) timeline: Vec<PublicationRecord>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct VersionRecord1 {
    pub(super) config: u32,
    pub(super) number: u32,
    pub(super) description: Option<String>,
    pub(super) rows: Vec<RowRecord>,
    pub(super) columns: Vec<ColumnRecord>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct RowRecord {
    pub(super) segment: u32,
    pub(super) rollout: Option<u32>,
    pub(super) salt: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct ColumnRecord {
    pub(super) key: u32,
    pub(super) cells: Vec<Option<CellRecord>>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) enum CellRecord {
    Value(String),
    Split { arms: Vec<ArmRecord>, by: Option<Vec<String>> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct ArmRecord {
    pub(super) name: Option<String>,
    pub(super) share: u32,
    pub(super) value: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::store) struct PublicationRecord {
    pub(super) config: u32,
    pub(super) sequence: u64,
    pub(in crate::store) version: u32,
    pub(super) effective: i64,
    pub(super) until: Option<i64>,
    pub(super) scheduled: bool,
    pub(super) comment: Option<String>,
}

fn text<T: AsRef<str>>(text: Option<&T>) -> Option<String> {
    text.map(|t| t.as_ref().to_owned())
}

impl RevisionRecord {
    pub(in crate::store) fn new(revision: &Revision, changes: u32) -> Self {
        Self {
            time: revision.time.as_micros(),
            actor: text(revision.actor.as_ref()),
            comment: text(revision.comment.as_ref()),
            changes,
        }
    }
}

impl From<&Change> for ChangeRecord1 {
    fn from(change: &Change) -> Self {
        match change {
            Change::Key(key) => Self::Key((&**key).into()),
            Change::Segment(segment) => Self::Segment((&**segment).into()),
            Change::Config { head, comment } => {
                Self::Config { head: head.into(), comment: text(comment.as_ref()) }
            }
            Change::Salt { config, segment, salt } => {
                Self::Salt { config: config.0, segment: segment.0, salt: salt.as_ref().to_owned() }
            }
            Change::Version(version) => Self::Version((&**version).into()),
            Change::Publication(publication) => Self::Publication(publication.into()),
            Change::Cancel { config, sequence } => {
                Self::Cancel { config: config.0, sequence: *sequence }
            }
            Change::Keep { event, keep } => {
                Self::Keep { event: text(event.as_ref()), keep: keep.map(Duration::as_micros) }
            }
            Change::Attribute(attribute) => Self::Attribute((&**attribute).into()),
            Change::Strict(strict) => Self::Strict(*strict),
            Change::Record(recording) => Self::Record(recording.map(RecordingRecord::from)),
        }
    }
}

impl From<Recording> for RecordingRecord {
    fn from(recording: Recording) -> Self {
        Self { share: recording.share.thousandths(), keep: recording.keep.as_micros() }
    }
}

impl From<&Key> for KeyRecord1 {
    fn from(key: &Key) -> Self {
        Self {
            id: key.id.0,
            name: key.name.as_str().to_owned(),
            kind: kind_number(key.kind),
            default: key.default.to_string(),
            check: text(key.check.as_ref().map(Condition::text)),
            description: text(key.description.as_ref()),
            archived: key.archived,
            version: key.version,
        }
    }
}

/// The number of a type in the file.
fn kind_number(kind: KeyType) -> u8 {
    match kind {
        KeyType::Boolean => 1,
        KeyType::Integer => 2,
        KeyType::Double => 3,
        KeyType::String => 4,
        KeyType::Json => 5,
    }
}

/// The type with a number.
pub(super) fn kind_numbered(number: u8) -> Option<KeyType> {
    KeyType::ALL.into_iter().find(|kind| kind_number(*kind) == number)
}

impl From<&Attribute> for AttributeRecord {
    fn from(attribute: &Attribute) -> Self {
        Self {
            id: attribute.id.0,
            name: attribute.name.as_str().to_owned(),
            kind: attribute_kind_number(attribute.kind),
            check: text(attribute.check.as_ref().map(Condition::text)),
            sensitive: attribute.sensitive,
            description: text(attribute.description.as_ref()),
            archived: attribute.archived,
            version: attribute.version,
        }
    }
}

/// The number of the type of an attribute in the file: those that keys have, too, are numbered alike.
fn attribute_kind_number(kind: AttributeType) -> u8 {
    match kind {
        AttributeType::Boolean => kind_number(KeyType::Boolean),
        AttributeType::Integer => kind_number(KeyType::Integer),
        AttributeType::Double => kind_number(KeyType::Double),
        AttributeType::String => kind_number(KeyType::String),
        AttributeType::Json => kind_number(KeyType::Json),
        AttributeType::Timestamp => 6,
        AttributeType::Semver => 7,
        AttributeType::Version => 8,
    }
}

/// The type of an attribute with a number.
pub(super) fn attribute_kind_numbered(number: u8) -> Option<AttributeType> {
    AttributeType::ALL.into_iter().find(|kind| attribute_kind_number(*kind) == number)
}

impl From<&Segment> for SegmentRecord {
    fn from(segment: &Segment) -> Self {
        Self {
            id: segment.id.0,
            name: segment.name.as_str().to_owned(),
            condition: segment.condition.text().as_ref().to_owned(),
            description: text(segment.description.as_ref()),
            archived: segment.archived,
            version: segment.version,
        }
    }
}

impl SegmentHeadRecord1 {
    pub(in crate::store) fn new(segment: &Segment, references: &[Reference]) -> Self {
        let (mut keys, mut segments) = (Vec::new(), Vec::new());
        for reference in references {
            match reference {
                Reference::Key(id) => keys.push(id.0),
                Reference::Segment(id) => segments.push(id.0),
            }
        }
        Self { segment: segment.into(), keys, segments }
    }

    /// What the condition refers to, sorted.
    pub(in crate::store) fn references(&self) -> Vec<Reference> {
        let keys = self.keys.iter().map(|id| Reference::Key(KeyId(*id)));
        keys.chain(self.segments.iter().map(|id| Reference::Segment(SegmentId(*id)))).collect()
    }
}

impl From<&ConfigHead> for HeadRecord {
    fn from(head: &ConfigHead) -> Self {
        let name = head.name.as_str().to_owned();
        Self { id: head.id.0, name, disabled: head.disabled, archived: head.archived }
    }
}

impl From<&Config> for TimelineRecord {
    fn from(config: &Config) -> Self {
        Self(config.timeline.publications().map(|p| p.sequence).collect())
    }
}

impl From<&Version> for VersionRecord1 {
    fn from(version: &Version) -> Self {
        Self {
            config: version.config.0,
            number: version.number,
            description: text(version.description.as_ref()),
            rows: version.rows.iter().map(RowRecord::from).collect(),
            columns: version.columns.iter().map(ColumnRecord::from).collect(),
        }
    }
}

impl From<&Row> for RowRecord {
    fn from(row: &Row) -> Self {
        Self {
            segment: row.segment.0,
            rollout: row.rollout.map(Share::thousandths),
            salt: row.salt.as_ref().to_owned(),
        }
    }
}

impl From<&Column> for ColumnRecord {
    fn from(column: &Column) -> Self {
        let cell = |cell: &Option<Cell>| cell.as_ref().map(CellRecord::from);
        Self { key: column.key.0, cells: column.cells().iter().map(cell).collect() }
    }
}

impl From<&Cell> for CellRecord {
    fn from(cell: &Cell) -> Self {
        match cell {
            Cell::Value(value) => Self::Value(value.to_string()),
            Cell::Split(split) => Self::Split {
                arms: split.arms.iter().map(ArmRecord::from).collect(),
                by: split
                    .by
                    .as_ref()
                    .map(|path| path.iter().map(|s| s.as_ref().to_owned()).collect()),
            },
        }
    }
}

impl From<&Arm> for ArmRecord {
    fn from(arm: &Arm) -> Self {
        let (name, value) = (text(arm.name.as_ref()), arm.value.to_string());
        Self { name, share: arm.share.thousandths(), value }
    }
}

impl PublicationRecord {
    /// Where it is kept while it matters.
    pub(in crate::store) fn key(&self) -> PublicationKey {
        (self.config, self.effective, self.sequence)
    }
}

impl From<&Publication> for PublicationRecord {
    fn from(publication: &Publication) -> Self {
        Self {
            config: publication.config.0,
            sequence: publication.sequence,
            version: publication.version,
            effective: publication.effective.as_micros(),
            until: publication.until.map(Timestamp::as_micros),
            scheduled: publication.scheduled,
            comment: text(publication.comment.as_ref()),
        }
    }
}
