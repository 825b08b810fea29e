//! Adding a batch.

use std::ops::AddAssign;

use redb::{ReadableTable, WriteTransaction};

use super::batch::{Batch, Line};
use super::event_id::{BatchIds, id_runs};
use super::fold::fold;
use super::forget::forget;
use super::intern::Numbers;
use super::run::Writer;
use super::tail::{TailBytes, tidy};
use crate::error::Result;
use crate::model::{Entry, What};
use crate::store::codec::{decode, encode, pack};
use crate::store::failure::{OrFail, corrupt};
use crate::store::list;
use crate::store::record::{BlockRecord, RunRecord, TotalsRecord};
use crate::store::tables::{Bytes, META, RUNS, TOTALS_KEY};

/// What became of a batch of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Added {
    /// Those that took effect, also those that made a user forgotten.
    pub(crate) added: u64,
    /// Events with an id that the store has seen: they are ignored.
    pub(crate) repeated: u64,
}

impl AddAssign for Added {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.repeated += other.repeated;
    }
}

/// Adds entries in their order.
pub(in crate::store) fn add(
    transaction: &WriteTransaction,
    entries: &[Entry],
    most: TailBytes,
) -> Result<Added> {
    let mut added = Added::default();
    for part in entries.split_inclusive(|entry| entry.what == What::Forget) {
        let (known, gone) = match part.split_last() {
            Some((last, known)) if last.what == What::Forget => (known, Some(&last.user)),
            _ => (part, None),
        };
        let mut batch = Batch::default();
        known.iter().try_for_each(|entry| batch.push(entry))?;
        added += add_batch(transaction, &batch, most)?;
        if let Some(user) = gone {
            list::forget(transaction, user)?;
            forget(transaction, user)?;
            added.added += 1;
        }
    }
    Ok(added)
}

/// Adds a batch to the tail.
pub(in crate::store) fn add_batch(
    transaction: &WriteTransaction,
    batch: &Batch,
    most: TailBytes,
) -> Result<Added> {
    if batch.is_empty() {
        return Ok(Added::default());
    }
    let mut totals = totals(&transaction.open_table(META).or_fail()?)?;
    let added = append(transaction, &mut totals, batch)?;
    tidy(transaction, &mut totals)?;
    if totals.is_over(most) {
        fold(transaction, &mut totals)?;
    }
    put_totals(transaction, &totals)?;
    Ok(added)
}

/// What is counted of users; nothing before the first entry.
pub(super) fn totals(meta: &impl ReadableTable<&'static str, Bytes>) -> Result<TotalsRecord> {
    const PLACE: &str = "the totals of users in table `pcq.meta`";
    let Some(bytes) = meta.get(TOTALS_KEY).or_fail()? else { return Ok(TotalsRecord::default()) };
    let totals: TotalsRecord = decode(bytes.value(), || PLACE.to_owned())?;
    // else a new run would be written into an old one
    let last = totals.runs.last().map_or(0, |run| run.number);
    if !id_runs(&totals).is_sorted_by(|a, b| a < b) || last > totals.run {
        return Err(corrupt(format!("{PLACE}: the runs are not numbered in their order")));
    }
    Ok(totals)
}

pub(super) fn put_totals(transaction: &WriteTransaction, totals: &TotalsRecord) -> Result<()> {
    let mut meta = transaction.open_table(META).or_fail()?;
    meta.insert(TOTALS_KEY, encode(totals)?.as_slice()).or_fail().map(drop)
}

/// Appends a batch to the tail, as a run.
fn append(
    transaction: &WriteTransaction,
    totals: &mut TotalsRecord,
    batch: &Batch,
) -> Result<Added> {
    let ids = BatchIds::of(transaction, totals, batch)?;
    let repeated = ids.repeated.len() as u64;
    let lines = batch.lines.iter().enumerate();
    let fresh = lines.filter(|(place, _)| !ids.repeated.contains(place));
    let fresh: Vec<_> = fresh.map(|(_, line)| line).collect();
    let added = fresh.len() as u64;
    if fresh.is_empty() {
        return Ok(Added { added, repeated });
    }
    let numbers = Numbers::of(transaction, &mut totals.user, batch, &fresh)?;
    let lines = fresh.into_iter().map(|line| Ok((numbers.user(line)?, line)));
    let mut lines = lines.collect::<Result<Vec<_>>>()?;
    lines.sort_by_key(|(user, _)| *user);
    let run = totals.next_run()?;
    let bytes = write(transaction, run, batch, &numbers, &lines)?;
    ids.write(transaction, run, batch, &numbers)?;
    totals.runs.push(RunRecord { number: run, entries: added, bytes });
    Ok(Added { added, repeated })
}

/// Writes lines, which are in the order of the numbers of users, as a run; gives how many bytes they are.
fn write(
    transaction: &WriteTransaction,
    run: u64,
    batch: &Batch,
    numbers: &Numbers,
    lines: &[(u32, &Line)],
) -> Result<u64> {
    let mut table = transaction.open_table(RUNS).or_fail()?;
    let mut writer = Writer::new(&mut table, run);
    let (mut block, mut packed, mut bytes) = (BlockRecord::default(), Vec::new(), 0);
    for of_user in lines.chunk_by(|a, b| a.0 == b.0) {
        let Some((user, _)) = of_user.first() else { continue };
        for (_, line) in of_user {
            packed.clear();
            pack(&batch.record(line, numbers.name(line)?)?, &mut packed)?;
            bytes += packed.len() as u64;
            if let Some(full) = block.push(&packed) {
                writer.push(*user, &full)?;
            }
        }
        writer.push(*user, &block)?;
        block.clear();
    }
    writer.finish()?;
    Ok(bytes)
}
