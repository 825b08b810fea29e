//! Merging runs as they become many: what is to become one is decided at once, and moved in steps.
//!
//! [`plan`] puts one run in the place of several, which become its *sources*. [`advance`] moves so much of the
//! sources into it with each commit that no commit takes long. Whoever reads looks into a run first, and then into
//! its sources in their order: what was moved of a key is in the run, what was not is in the sources, and what was
//! received first is moved first. So nothing says how far a run has come, and one that is not done may be a source
//! of the next.

use redb::WriteTransaction;

use super::cursor::Merge;
use super::digest::Owner;
use super::edit::remove_before;
use super::run::{Item, RunKey as _, Writer};
use crate::error::Result;
use crate::store::failure::OrFail;
use crate::store::record::{BlockRecord, RunRecord, TotalsRecord};

/// How many runs about as long as each other become one.
const FAN_IN: usize = 8;
/// All runs with fewer bytes of entries than [`FAN_IN`] times this count as equally long.
const LEAST_BYTES: u64 = 64;
/// How many bytes of pages a commit moves into a run at least, if there are so many. Few in the tests, so that
/// they see runs that are not done.
const STEP_BYTES: u64 = if cfg!(test) { 500 } else { 1 << 20 };

/// Puts one run in the place of the last ones, as far as one would be shorter than the run made of those after it,
/// or there are [`FAN_IN`] of a length. So runs get shorter in their order, there are fewer of each length than
/// that, and an entry is written about as often as there are lengths.
pub(super) fn plan(totals: &mut TotalsRecord) -> Result<()> {
    let merged = totals.runs.split_off(first_merged(&totals.runs));
    if merged.len() < 2 {
        totals.runs.extend(merged);
        return Ok(());
    }
    let number = totals.next_run()?;
    let sources = merged.iter().flat_map(RunRecord::parts).collect();
    let entries = sum(&merged, |run| run.entries);
    totals.runs.push(RunRecord { number, entries, bytes: bytes(&merged), sources });
    Ok(())
}

/// Moves entries and ids from the sources of each run into it: twice as many bytes as a commit `added`, so that a
/// run is done before there are as many bytes after it, and at least [`STEP_BYTES`].
pub(super) fn advance(
    transaction: &WriteTransaction,
    totals: &mut TotalsRecord,
    added: u64,
) -> Result<()> {
    let most = added.saturating_mul(2).max(STEP_BYTES);
    for run in totals.runs.iter_mut().filter(|run| !run.sources.is_empty()) {
        let entries = step::<BlockRecord>(transaction, run, most)?;
        let ids = step::<Owner>(transaction, run, most)?;
        if entries == MergeState::Finished && ids == MergeState::Finished {
            run.sources.clear();
        }
    }
    Ok(())
}

/// Whether everything was moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MergeState {
    Unfinished,
    Finished,
}

/// Moves items from the sources of a run into it until so many bytes of pages are written.
fn step<I: Item>(transaction: &WriteTransaction, run: &RunRecord, most: u64) -> Result<MergeState> {
    let mut table = transaction.open_table(I::TABLE).or_fail()?;
    let mut merge = Merge::<I>::from(&table, run.sources.iter().copied(), I::Key::FIRST)?;
    let mut writer = Writer::at_end(&mut table, run.number)?;
    while writer.written() < most
        && let Some((key, item)) = merge.next(writer.table())?
    {
        writer.push(key, &item)?;
    }
    merge.take_open().map_or(Ok(()), |(key, item)| writer.push(key, &item))?;
    writer.finish()?;
    let cursors = merge.cursors();
    cursors.iter().try_for_each(|cursor| remove_before(&mut table, cursor))?;
    let is_done = cursors.iter().all(|cursor| cursor.key().is_none());
    Ok(if is_done { MergeState::Finished } else { MergeState::Unfinished })
}

impl RunRecord {
    fn level(&self) -> u32 {
        level(self.bytes)
    }
}

fn bytes(runs: &[RunRecord]) -> u64 {
    sum(runs, |run| run.bytes)
}

/// A sum over runs; a damaged file may have any numbers.
fn sum(runs: &[RunRecord], of: impl Fn(&RunRecord) -> u64) -> u64 {
    runs.iter().map(of).fold(0, u64::saturating_add)
}

/// The first of the last runs that are to become one.
fn first_merged(runs: &[RunRecord]) -> usize {
    let mut first = runs.len().saturating_sub(1);
    loop {
        let (before, merged) = runs.split_at(first);
        let level = level(bytes(merged));
        let longer = before.iter().rposition(|run| run.level() > level);
        let no_longer = longer.map_or(0, |index| index + 1);
        let shorter = before.iter().skip(no_longer).position(|run| run.level() < level);
        first = match shorter {
            _ if first - no_longer + 1 >= FAN_IN => no_longer,
            Some(index) => no_longer + index,
            None => return first,
        };
    }
}

/// The length of a run, as a power of the number of runs that are merged at once.
fn level(bytes: u64) -> u32 {
    (bytes / LEAST_BYTES).max(1).ilog(FAN_IN as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Appends a run, and merges as a commit does.
    fn add(totals: &mut TotalsRecord, bytes: u64) {
        let number = totals.next_run().unwrap();
        totals.runs.push(RunRecord { number, entries: 1, bytes, sources: Vec::new() });
        plan(totals).unwrap();
    }

    proptest! {
        #[test]
        fn runs_get_shorter_and_are_few_of_each_length(
            sizes in prop::collection::vec((0..7_u32, 0..64_u64), 1..400),
        ) {
            let (mut totals, mut whole) = (TotalsRecord::default(), 0);
            for (count, (level, more)) in (1..).zip(sizes) {
                let bytes = (64 << (3 * level)) + more;
                whole += bytes;
                add(&mut totals, bytes);
                let runs = &totals.runs;
                prop_assert!(runs.is_sorted_by(|a, b| a.level() >= b.level()));
                prop_assert!(runs.chunk_by(|a, b| a.level() == b.level()).all(|c| c.len() < FAN_IN));
                prop_assert_eq!(sum(runs, |run| run.entries), count);
                let mut parts: Vec<_> = totals.parts().collect();
                parts.sort_unstable();
                prop_assert!(parts.is_sorted_by(|a, b| a < b));
            }
            prop_assert_eq!(bytes(&totals.runs), whole);
        }
    }
}
