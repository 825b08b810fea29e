//! Single records of the log, whether its tables are open for reading or for writing.

use std::sync::Arc;

use redb::ReadableTable;

use super::codec::decode;
use super::failure::{OrFail, corrupt};
use super::record::RevisionRecord;
use super::tables::{Bytes, Position};
use super::version::Changes;
use crate::error::Result;
use crate::model::{Change, ConfigId, Revision, Version};

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

/// A version, which is where its table says.
pub(super) fn version_in(
    versions: &impl ReadableTable<(u32, u32), Position>,
    changes: &Changes<'_, impl ReadableTable<Position, Bytes>>,
    config: ConfigId,
    number: u32,
) -> Result<Option<Arc<Version>>> {
    let Some(at) = versions.get((config.0, number)).or_fail()? else {
        return Ok(None);
    };
    match changes.get(at.value())? {
        Change::Version(found) if found.config == config && found.number == number => {
            Ok(Some(found))
        }
        _ => Err(corrupt(format!("table `pcq.versions`: ({config}, {number}) points at another"))),
    }
}
