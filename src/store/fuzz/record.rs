//! Records: payloads of every kind, in a frame whose sum is right.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use super::super::codec::{Record, decode, decode_either, encode};
use super::super::delivery::fuzz::counts;
use super::super::failure::corrupt;
use super::super::list::fuzz::block;
use super::super::record::{
    AttributeRecord, BatchRecord, BlockRecord, ChangeRecord, ChangeRecord1, ChangeRecord2,
    ClockRecord, ConfigRecord, ConfigRecord1, ContextRecord, CountsRecord, EditRecord, Edition,
    HashRecord, KeepRecord, KeyRecord, KeyRecord1, KeySpanRecord, ListBlockRecord, ListRecord,
    LoggedVersionRecord, MaybeRecordingRecord, PageRecord, PublicationRecord, Restore,
    RevisionRecord, SegmentHeadRecord, SegmentHeadRecord1, SeriesRecord, StrictRecord, SweepRecord,
    TimelineRecord, TotalsRecord, TotalsRecord1, VersionRecord, VersionRecord1, decode_change,
    encode_change, encode_key, encode_version,
};
use super::super::user::fuzz::{ids, page};
use crate::error::Result;
use crate::model::{
    Attribute, Cell, Column, ConditionParser, ConfigId, Entry, KeyId, Publication, Row, SegmentId,
    UserSketch, Version,
};

/// How one kind of bytes is read.
type Reader = fn(&[u8], ConditionParser);

/// All kinds of bytes that are in the tables.
const READERS: [Reader; 32] = [
    |bytes, parser| {
        let again = |bytes: &[u8]| decode_either::<KeyRecord, KeyRecord1>(bytes, place);
        restored(either::<KeyRecord, KeyRecord1>(bytes), parser, encode_key, again);
    },
    |bytes, parser| restored(change(bytes), parser, encode_change, |b| decode_change(b, place)),
    |bytes, parser| {
        let again = |bytes: &[u8]| decode_either::<VersionRecord, VersionRecord1>(bytes, place);
        let record = either::<VersionRecord, VersionRecord1>(bytes);
        restored(record, parser, encode_version, again);
    },
    |bytes, parser| {
        let write = |publication: &Publication| encode(&PublicationRecord::from(publication));
        let record = framed::<PublicationRecord>(bytes);
        restored(record, parser, write, |bytes| decode::<PublicationRecord>(bytes, place));
    },
    |bytes, parser| {
        drop(either::<SegmentHeadRecord, SegmentHeadRecord1>(bytes).map(|r| r.restore(parser)));
    },
    |bytes, parser| {
        drop(
            either::<ConfigRecord, ConfigRecord1>(bytes)
                .map(|config| config.restore(Vec::new(), Vec::new(), parser)),
        );
    },
    |bytes, _| drop(framed::<RevisionRecord>(bytes).map(|revision| revision.restore(1))),
    check::<ClockRecord>,
    check::<HashRecord>,
    check::<TimelineRecord>,
    check::<KeepRecord>,
    |bytes, _| {
        drop(decode_either::<TotalsRecord, TotalsRecord1>(&frame::<TotalsRecord1>(bytes), place));
    },
    check::<TotalsRecord>,
    check::<PageRecord>,
    check::<BatchRecord>,
    |bytes, _| drop(framed::<SeriesRecord>(bytes).map(SeriesRecord::restore)),
    check::<CountsRecord>,
    |bytes, _| {
        framed::<KeySpanRecord>(bytes).map(|span| span.and(KeySpanRecord::of(1, true)));
    },
    check::<ListRecord>,
    |bytes, _| {
        framed::<ListBlockRecord>(bytes).iter().for_each(block);
    },
    |bytes, _| {
        framed::<BlockRecord>(bytes).iter().for_each(entries);
    },
    |bytes, _| page(bytes, &mut entries),
    |bytes, _| ids(bytes),
    |bytes, _| sketch(bytes),
    check::<Edition>,
    edit,
    check::<LoggedVersionRecord>,
    |bytes, parser| {
        let write = |attribute: &Attribute| encode(&AttributeRecord::from(attribute));
        let record = framed::<AttributeRecord>(bytes);
        restored(record, parser, write, |bytes| decode::<AttributeRecord>(bytes, place));
    },
    check::<StrictRecord>,
    check::<MaybeRecordingRecord>,
    |bytes, _| {
        framed::<ContextRecord>(bytes).map(|record| record.restore(None));
    },
    check::<SweepRecord>,
];

/// Bytes of some kind are a record or are refused; what they are is the same when it is written and read again.
pub(crate) fn record(kind: u8, bytes: &[u8], parser: ConditionParser) {
    counts(bytes);
    READERS[usize::from(kind) % READERS.len()](bytes, parser);
}

fn place() -> String {
    "here".to_owned()
}

/// The bytes of a record with a payload.
fn frame<R: Record>(payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![1, R::SCHEMA];
    bytes.extend_from_slice(payload);
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

/// The record with a payload.
fn framed<R: Record + PartialEq + Debug>(payload: &[u8]) -> Option<R> {
    let _ = decode::<R>(payload, place); // without a sum that is right
    let record = decode::<R>(&frame::<R>(payload), place).ok()?;
    let written = encode(&record).unwrap_or_else(|error| panic!("{record:?}: {error}"));
    assert!(written.len() <= frame::<R>(payload).len(), "{record:?}");
    let again = decode::<R>(&written, place).unwrap_or_else(|error| panic!("{record:?}: {error}"));
    assert_eq!(record, again);
    Some(again)
}

/// The same, of a record that means nothing more.
fn check<R: Record + PartialEq + Debug>(payload: &[u8], _: ConditionParser) {
    framed::<R>(payload);
}

/// An edit of a version of one row and two keys.
fn edit(bytes: &[u8], parser: ConditionParser) {
    let row = Row { segment: SegmentId::EVERYONE, rollout: None, by: None, salt: "salt".into() };
    let column = |key| Column::new(KeyId(key), [Some(Cell::Value(key.into()))].into());
    let base = Version {
        config: ConfigId(1),
        number: 1,
        description: None,
        rows: vec![row],
        columns: vec![column(1), column(2)],
    };
    let Some(edit) = framed::<EditRecord>(bytes) else { return };
    let Ok(version) = edit.restore(&base, parser) else { return };
    assert_eq!((version.config, version.number), (base.config, 2));
    assert!(version.columns.iter().all(|column| column.cells().len() == version.rows.len()));
}

/// The record with a payload, or of the earlier schema, as the first byte says.
fn either<R, Old>(bytes: &[u8]) -> Option<R>
where
    R: Record + From<Old> + PartialEq + Debug,
    Old: Record + PartialEq + Debug,
{
    let (schema, payload) = bytes.split_first()?;
    if schema.is_multiple_of(2) { framed(payload) } else { framed::<Old>(payload).map(R::from) }
}

/// The record of a change with a payload, of the schema that the first byte says.
fn change(bytes: &[u8]) -> Option<ChangeRecord> {
    let (schema, payload) = bytes.split_first()?;
    match schema % 3 {
        0 => framed::<ChangeRecord1>(payload).map(ChangeRecord::from),
        1 => framed::<ChangeRecord2>(payload).map(ChangeRecord::from),
        _ => framed(payload),
    }
}

/// What a record is in memory: written and read again it is the same.
fn restored<R, M>(
    record: Option<R>,
    parser: ConditionParser,
    write: impl Fn(&M) -> Result<Vec<u8>>,
    read: impl Fn(&[u8]) -> Result<R>,
) where
    R: Restore<Model = M>,
    M: PartialEq + Debug,
{
    let Some(Ok(model)) = record.map(|record| record.restore(parser)) else { return };
    let written = write(&model).unwrap_or_else(|error| panic!("{model:?}: {error}"));
    let again = read(&written).unwrap_or_else(|error| panic!("{model:?}: {error}"));
    assert_eq!(Ok(model), again.restore(parser));
}

fn entries(block: &BlockRecord) {
    let (user, names) = (Arc::from("u"), HashMap::from([(0, Arc::from("e")), (1, Arc::from("f"))]));
    let _ = block.each(place, |entry| {
        let restored: std::result::Result<Entry, _> = entry.restore(&user, &names, true);
        restored.map(drop).map_err(corrupt)
    });
}

fn sketch(bytes: &[u8]) {
    let Some(mut sketch) = UserSketch::from_bytes(bytes) else { return };
    let mut other = UserSketch::from_bytes(&sketch.to_bytes());
    assert_eq!(other.as_ref(), Some(&sketch));
    sketch.insert("another");
    if let Some(other) = &mut other {
        other.merge(&sketch);
        assert!(
            other.estimate().is_finite() && UserSketch::from_bytes(&other.to_bytes()).is_some()
        );
    }
}
