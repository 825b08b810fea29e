//! Ids of events, by which one that comes twice is known.

use std::collections::HashSet;
use std::sync::Arc;

use redb::{TableDefinition, WriteTransaction};
use sha2::{Digest as _, Sha256};

use super::add::totals;
use super::batch::{Batch, lost};
use super::intern::Numbers;
use super::run::{Cursor, Item, Merge, PAGE_BYTES, Writer, insert};
use super::tail::remove;
use crate::error::Result;
use crate::store::codec::{pack, unpack};
use crate::store::failure::OrFail;
use crate::store::image::Image;
use crate::store::record::TotalsRecord;
use crate::store::tables::{Bytes, EVENT_IDS, META, PageKey, USER_IDS};

/// The number of the run that has the ids of the events in the base; runs of the tail count from 1.
pub(super) const BASE_RUN: u64 = 0;

/// How many ids fit into a page, each with its length and the longest number.
const PAGE_IDS: usize = PAGE_BYTES / 22;

/// The runs that may have the id of an event.
pub(super) fn id_runs(totals: &TotalsRecord) -> impl Iterator<Item = u64> {
    [BASE_RUN].into_iter().chain(totals.runs.iter().map(|run| run.number))
}

/// The number of the user of an event, as a run has it under the digest of the event's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner(pub(super) u32);

impl Item for Owner {
    type Key = u128;
    const TABLE: TableDefinition<'static, PageKey<u128>, Bytes> = EVENT_IDS;

    fn put(&self, bytes: &mut Vec<u8>) -> Result<()> {
        pack(&self.0, bytes)
    }

    fn take(mut bytes: &[u8]) -> Option<Self> {
        let owner = unpack(&mut bytes).map(Self)?;
        bytes.is_empty().then_some(owner)
    }

    fn join(&mut self, later: Self) -> Option<Self> {
        Some(std::mem::replace(self, later))
    }
}

/// The digest by which an id is looked up: the first 128 bits of its SHA-256.
pub(super) fn digest(id: &str) -> u128 {
    let hash = Sha256::digest(id);
    hash.iter().take(16).fold(0, |digest, byte| digest << 8 | u128::from(*byte))
}

/// The user of the event with an id, if there is one.
pub(in crate::store) fn event_user(image: &Image, id: &str) -> Result<Option<Arc<str>>> {
    match owner(image, digest(id))? {
        Some(Owner(number)) => user_numbered(image, number),
        None => Ok(None),
    }
}

/// The owner of the event with an id, by its digest.
fn owner(image: &Image, digest: u128) -> Result<Option<Owner>> {
    let Some(table) = image.optional_table(EVENT_IDS)? else { return Ok(None) };
    for run in id_runs(&totals(&image.table(META)?)?) {
        let mut cursor = Cursor::new(run);
        cursor.seek(&table, digest)?;
        let owner = cursor.take(&table, digest)?;
        if owner.is_some() {
            return Ok(owner);
        }
    }
    Ok(None)
}

fn user_numbered(image: &Image, number: u32) -> Result<Option<Arc<str>>> {
    let Some(ids) = image.optional_table(USER_IDS)? else { return Ok(None) };
    Ok(ids.get(number).or_fail()?.map(|id| id.value().into()))
}

/// The ids of the events of a batch.
pub(super) struct BatchIds {
    /// The digests of those that are new, in their order, with the places of the events.
    fresh: Vec<(u128, usize)>,
    /// The places of the events whose id was seen, in the store or earlier in the batch.
    pub(super) repeated: HashSet<usize>,
}

impl BatchIds {
    pub(super) fn of(
        transaction: &WriteTransaction,
        totals: &TotalsRecord,
        batch: &Batch,
    ) -> Result<Self> {
        let mut digests = batch.digests.clone();
        digests.sort_unstable();
        let mut seen = seen(transaction, totals, &digests)?.into_iter();
        let mut repeated = HashSet::new();
        digests.retain(|(_, place)| {
            let seen = seen.next() == Some(true);
            if seen {
                repeated.insert(*place);
            }
            !seen
        });
        Ok(Self { fresh: digests, repeated })
    }

    /// Writes those that are new as a run.
    pub(super) fn write(
        &self,
        transaction: &WriteTransaction,
        run: u64,
        batch: &Batch,
        numbers: &Numbers,
    ) -> Result<()> {
        // by place, because the digests lead all over the lines
        let users: Vec<_> = batch.lines.iter().map(|line| numbers.user(line).ok()).collect();
        let mut table = transaction.open_table(EVENT_IDS).or_fail()?;
        let mut writer = Writer::new(&mut table, run);
        for (digest, place) in &self.fresh {
            let user = users.get(*place).copied().flatten().ok_or_else(lost)?;
            writer.push(*digest, &Owner(user))?;
        }
        writer.finish()
    }
}

/// Which of the ids of a batch, in the order of digests, are in the store or were earlier in the batch.
fn seen(
    transaction: &WriteTransaction,
    totals: &TotalsRecord,
    digests: &[(u128, usize)],
) -> Result<Vec<bool>> {
    let mut seen = vec![false; digests.len()];
    let mut before = None;
    for ((digest, _), seen) in digests.iter().zip(&mut seen) {
        *seen = before.replace(digest) == Some(digest);
    }
    // run by run, each in its order
    let table = transaction.open_table(EVENT_IDS).or_fail()?;
    for run in id_runs(totals) {
        let mut cursor = Cursor::<Owner>::new(run);
        for ((digest, _), seen) in digests.iter().zip(&mut seen) {
            cursor.seek(&table, *digest)?;
            *seen |= cursor.key() == Some(*digest);
        }
    }
    Ok(seen)
}

/// Moves the ids of the tail to those of the base.
pub(super) fn fold_ids(transaction: &WriteTransaction, totals: &TotalsRecord) -> Result<()> {
    let mut table = transaction.open_table(EVENT_IDS).or_fail()?;
    let merge = Merge::<Owner>::new(&table, totals.runs.iter().map(|run| run.number))?;
    insert(&mut table, BASE_RUN, PAGE_IDS, merge)?;
    totals.runs.iter().try_for_each(|run| remove::<Owner>(&mut table, run.number))
}
