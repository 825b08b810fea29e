//! Single records of the log, whether its tables are open for reading or for writing.

use std::sync::Arc;

use redb::ReadableTable;

use super::codec::decode;
use super::failure::{OrFail, corrupt};
use super::record::{Restore, RevisionRecord, decode_change};
use super::tables::{Bytes, Position};
use crate::error::Result;
use crate::model::{Change, ConditionParser, ConfigId, Revision, Version};

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
    let location = || format!("table `pcq.revisions`, record {number}");
    let record: RevisionRecord = decode(bytes.value(), location)?;
    let changes = record.changes;
    let revision =
        record.restore(number).map_err(|why| corrupt(format!("{}: {why}", location())))?;
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

/// Reads a record of a change.
pub(super) fn read_change(bytes: &[u8], at: Position, parser: ConditionParser) -> Result<Change> {
    let location = || format!("table `pcq.changes`, record {at:?}");
    let record = decode_change(bytes, location)?;
    record.restore(parser).map_err(|why| corrupt(format!("{}: {why}", location())))
}

/// A version, which is where its table says.
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
