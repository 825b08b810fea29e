//! Chain of hashes over the log: each revision's is over what it did and the hash before it. A history that was
//! edited, with whatever else in the file, has other hashes from there on.
//!
//! What is hashed are the stored bytes: the hash before (32 bytes of zero before the first revision), the number of the
//! revision (`u64`, little-endian), then its record and those of its changes, each after its length (`u64`, little-endian).
//! Those of revisions that an earlier program wrote are made up for with the next ones, so many with each: until that
//! is done the newest revisions have none.

use redb::{ReadableTable, Table};
use sha2::{Digest, Sha256};

use super::codec::{decode, encode};
use super::failure::{OrFail, corrupt};
use super::image::Image;
use super::lookup::newest_in;
use super::record::HashRecord;
use super::report::VerifyReport;
use super::tables::{Bytes, CHANGES, Position, REVISION_HASHES, REVISIONS};
use crate::error::Result;
use crate::model::RevisionHash;

/// How many hashes a commit writes at most; few in the tests, so that they see several commits that do.
const TOGETHER: u64 = if cfg!(test) { 6 } else { 4_096 };

/// Writes the hashes of revisions that have none yet, as many as a commit does.
pub(super) fn extend(
    hashes: &mut Table<'_, u64, Bytes>,
    revisions: &impl ReadableTable<u64, Bytes>,
    changes: &impl ReadableTable<Position, Bytes>,
) -> Result<()> {
    let last = newest_in(hashes)?.saturating_add(TOGETHER).min(newest_in(revisions)?);
    extend_to(last, hashes, revisions, changes)
}

/// Writes the hashes up to a revision that have none yet.
pub(super) fn extend_to(
    end: u64,
    hashes: &mut Table<'_, u64, Bytes>,
    revisions: &impl ReadableTable<u64, Bytes>,
    changes: &impl ReadableTable<Position, Bytes>,
) -> Result<()> {
    let last = newest_in(hashes)?;
    let mut before = hash_in(hashes, last)?;
    for number in (last..end).map(|number| number + 1) {
        let hash = link(before, number, revisions, changes)?;
        let record = encode(&HashRecord(hash.0))?;
        hashes.insert(number, record.as_slice()).or_fail()?;
        before = Some(hash);
    }
    Ok(())
}

/// The hash of a revision; `None` if it has none yet.
pub(super) fn hash_of(image: &Image, number: u64) -> Result<Option<RevisionHash>> {
    match image.optional_table(REVISION_HASHES)? {
        Some(hashes) => hash_in(&hashes, number),
        None => Ok(None),
    }
}

/// The hash of a revision in a table.
pub(super) fn hash_in(
    hashes: &impl ReadableTable<u64, Bytes>,
    number: u64,
) -> Result<Option<RevisionHash>> {
    let Some(bytes) = hashes.get(number).or_fail()? else { return Ok(None) };
    let location = || format!("table `pcq.revision_hashes`, record {number}");
    decode::<HashRecord>(bytes.value(), location).map(|record| Some(RevisionHash(record.0)))
}

/// The hash of a revision, made of what is stored of it.
pub(super) fn link(
    before: Option<RevisionHash>,
    number: u64,
    revisions: &impl ReadableTable<u64, Bytes>,
    changes: &impl ReadableTable<Position, Bytes>,
) -> Result<RevisionHash> {
    let mut sum = Sha256::new();
    sum.update(before.map_or([0; 32], |before| before.0));
    sum.update(number.to_le_bytes());
    let revision = revisions.get(number).or_fail()?;
    let revision =
        revision.ok_or_else(|| corrupt(format!("table `pcq.revisions` has no record {number}")))?;
    put(&mut sum, revision.value());
    for change in changes.range((number, 0)..=(number, u32::MAX)).or_fail()? {
        put(&mut sum, change.or_fail()?.1.value());
    }
    Ok(RevisionHash(sum.finalize().into()))
}

fn put(sum: &mut Sha256, bytes: &[u8]) {
    sum.update((bytes.len() as u64).to_le_bytes());
    sum.update(bytes);
}

/// Compares the hashes with the log, and looks for a revision whose hash begins with some digits. Of a chain that is
/// broken the report has neither.
pub(super) fn check(image: &Image, from: Option<&str>, report: &mut VerifyReport) -> Result<()> {
    let (revisions, changes) = (image.table(REVISIONS)?, image.table(CHANGES)?);
    let hashes = image.optional_table(REVISION_HASHES)?;
    let last_hash = hashes.as_ref().map(newest_in).transpose()?.unwrap_or(0);
    let (mut before, mut found) = (None, None);
    for revision in revisions.iter().or_fail()? {
        let number = revision.or_fail()?.0.value();
        let hash = link(before, number, &revisions, &changes)?;
        if let (Some(hashes), true) = (&hashes, number <= last_hash)
            && hash_in(hashes, number)? != Some(hash)
        {
            report.problem(format!("revision {number}: its hash is not that of what it did"));
            return Ok(());
        }
        if from.is_some_and(|from| hash.begins_with(from)) {
            found = Some(number);
        }
        before = Some(hash);
    }
    if last_hash > newest_in(&revisions)? {
        report.problem(format!("revision {last_hash} has a hash, and is not there"));
        return Ok(());
    }
    (report.newest_hash, report.from) = (before, found);
    Ok(())
}
