//! Additions of entries: each batch becomes a run.

use std::iter::Sum;
use std::ops::AddAssign;

use redb::WriteTransaction;

use super::batch::{Batch, Line};
use super::event_id::BatchIds;
use super::forget::forget;
use super::intern::Numbers;
use super::merge::{advance, plan};
use super::run::Writer;
use super::totals::{put_totals, totals};
use crate::error::Result;
use crate::model::{Entry, What};
use crate::store::codec::pack;
use crate::store::failure::OrFail;
use crate::store::list;
use crate::store::record::{BlockRecord, RunRecord, TotalsRecord};
use crate::store::tables::{META, RUNS};
use crate::store::traffic;

/// Result of adding entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Added {
    /// Entries that took effect, with those that made a user forgotten.
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

impl Sum for Added {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, added| {
            sum += added;
            sum
        })
    }
}

/// Adds entries in their order.
pub(in crate::store) fn add(transaction: &WriteTransaction, entries: &[Entry]) -> Result<Added> {
    let mut added = Added::default();
    for part in entries.split_inclusive(|entry| entry.what == What::Forget) {
        let (known, gone) = match part.split_last() {
            Some((last, known)) if last.what == What::Forget => (known, Some(&last.user)),
            _ => (part, None),
        };
        let mut batch = Batch::default();
        known.iter().try_for_each(|entry| batch.push(entry))?;
        added += add_batch(transaction, &batch)?;
        if let Some(user) = gone {
            list::forget(transaction, user)?;
            traffic::forget(transaction, user)?;
            forget(transaction, user)?;
            added.added += 1;
        }
    }
    Ok(added)
}

/// Adds a batch.
pub(in crate::store) fn add_batch(transaction: &WriteTransaction, batch: &Batch) -> Result<Added> {
    if batch.is_empty() {
        return Ok(Added::default());
    }
    let mut totals = totals(&transaction.open_table(META).or_fail()?)?;
    let (added, bytes) = append(transaction, &mut totals, batch)?;
    plan(&mut totals)?;
    advance(transaction, &mut totals, bytes)?;
    put_totals(transaction, &totals)?;
    Ok(added)
}

/// Appends a batch as a run; gives how many bytes that has, too.
fn append(
    transaction: &WriteTransaction,
    totals: &mut TotalsRecord,
    batch: &Batch,
) -> Result<(Added, u64)> {
    let ids = BatchIds::of(transaction, totals, batch)?;
    let repeated = ids.repeated.len() as u64;
    let lines = batch.lines.iter().enumerate();
    let fresh = lines.filter(|(index, _)| !ids.repeated.contains(index));
    let fresh: Vec<_> = fresh.map(|(_, line)| line).collect();
    let added = fresh.len() as u64;
    if fresh.is_empty() {
        return Ok((Added { added, repeated }, 0));
    }
    let numbers = Numbers::of(transaction, &mut totals.user, batch, &fresh)?;
    let lines = fresh.into_iter().map(|line| Ok((numbers.user(line)?, line)));
    let mut lines = lines.collect::<Result<Vec<_>>>()?;
    lines.sort_by_key(|(user, _)| *user);
    let run = totals.next_run()?;
    let bytes = write(transaction, run, batch, &numbers, &lines)?;
    ids.write(transaction, run, batch, &numbers)?;
    totals.runs.push(RunRecord { number: run, entries: added, bytes, sources: Vec::new() });
    Ok((Added { added, repeated }, bytes))
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
    let mut writer = Writer::new(&mut table, run, None);
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
