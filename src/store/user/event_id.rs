//! Ids of events, by which an event that is sent twice is stored once.

use std::collections::HashSet;
use std::sync::Arc;

use redb::WriteTransaction;

use super::batch::{Batch, lost};
use super::cursor::Cursor;
use super::digest::{Owner, digest};
use super::intern::Numbers;
use super::run::Writer;
use super::totals::totals;
use crate::error::Result;
use crate::store::failure::OrFail;
use crate::store::image::Image;
use crate::store::record::TotalsRecord;
use crate::store::tables::{EVENT_IDS, META, USER_IDS};

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
    for run in totals(&image.table(META)?)?.parts() {
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
    /// The digests of those that are new, in their order, with the indexes of the events.
    fresh: Vec<(u128, usize)>,
    /// The indexes of the events whose id was seen, in the store or earlier in the batch.
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
        digests.retain(|(_, index)| {
            let seen = seen.next() == Some(true);
            if seen {
                repeated.insert(*index);
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
        // by index, because the digests lead all over the lines
        let users: Vec<_> = batch.lines.iter().map(|line| numbers.user(line).ok()).collect();
        let mut table = transaction.open_table(EVENT_IDS).or_fail()?;
        let mut writer = Writer::new(&mut table, run, None);
        for (digest, index) in &self.fresh {
            let user = users.get(*index).copied().flatten().ok_or_else(lost)?;
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
    for run in totals.parts() {
        let mut cursor = Cursor::<Owner>::new(run);
        for ((digest, _), seen) in digests.iter().zip(&mut seen) {
            cursor.seek(&table, *digest)?;
            *seen |= cursor.key() == Some(*digest);
        }
    }
    Ok(seen)
}
