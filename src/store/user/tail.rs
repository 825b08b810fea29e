//! The tail: runs in order of receipt, which are merged as they become many.

use redb::WriteTransaction;

use super::event_id::Owner;
use super::run::{Item, Merge, RunKey as _, RunTable, Writer};
use crate::error::Result;
use crate::store::failure::{OrFail, corrupt};
use crate::store::record::{BlockRecord, RunRecord, TotalsRecord};

/// How many runs about as long as each other become one.
const FAN_IN: usize = 8;
/// All runs with fewer bytes of entries than [`FAN_IN`] times this count as equally long.
const LEAST_BYTES: u64 = 64;

/// How many bytes of entries the tail may have before it is folded. It bounds how many runs there are, and the
/// time that a fold takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct TailBytes(pub(in crate::store) u64);

impl Default for TailBytes {
    fn default() -> Self {
        Self(64 << 20)
    }
}

impl TotalsRecord {
    /// The entries in the tail.
    pub(super) fn tail(&self) -> u64 {
        sum(&self.runs, |run| run.entries)
    }

    /// Whether the tail is longer than it may be.
    pub(super) fn is_over(&self, most: TailBytes) -> bool {
        bytes(&self.runs) > most.0
    }

    /// The number of the next run.
    pub(super) fn next_run(&mut self) -> Result<u64> {
        let none = || corrupt("no number is left for a run");
        self.run = self.run.checked_add(1).ok_or_else(none)?;
        Ok(self.run)
    }
}

impl RunRecord {
    fn level(&self) -> u32 {
        level(self.bytes)
    }
}

/// Merges the last runs, as far as one would be shorter than the run made of those after it, or there are
/// [`FAN_IN`] of a length. So runs get shorter in their order, there are fewer of each length than that, and an
/// entry is written about as often as there are lengths.
pub(super) fn tidy(transaction: &WriteTransaction, totals: &mut TotalsRecord) -> Result<()> {
    let merged = totals.runs.split_off(first_merged(&totals.runs));
    if merged.len() < 2 {
        totals.runs.extend(merged);
        return Ok(());
    }
    let number = totals.next_run()?;
    merge::<BlockRecord>(transaction, &merged, number)?;
    merge::<Owner>(transaction, &merged, number)?;
    let entries = sum(&merged, |run| run.entries);
    totals.runs.push(RunRecord { number, entries, bytes: bytes(&merged) });
    Ok(())
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
        let no_longer = longer.map_or(0, |place| place + 1);
        let shorter = before.iter().skip(no_longer).position(|run| run.level() < level);
        first = match shorter {
            _ if first - no_longer + 1 >= FAN_IN => no_longer,
            Some(place) => no_longer + place,
            None => return first,
        };
    }
}

/// The length of a run, as a power of the number of runs that are merged at once.
fn level(bytes: u64) -> u32 {
    (bytes / LEAST_BYTES).max(1).ilog(FAN_IN as u64)
}

/// Makes one run of several, in place of them.
fn merge<I: Item>(transaction: &WriteTransaction, runs: &[RunRecord], into: u64) -> Result<()> {
    let mut table = transaction.open_table(I::TABLE).or_fail()?;
    let mut merge = Merge::<I>::new(&table, runs.iter().map(|run| run.number))?;
    let mut writer = Writer::new(&mut table, into);
    while let Some((key, item)) = merge.next(writer.table())? {
        writer.push(key, &item)?;
    }
    writer.finish()?;
    runs.iter().try_for_each(|run| remove::<I>(&mut table, run.number))
}

/// Takes a run away.
pub(super) fn remove<I: Item>(table: &mut RunTable<'_, I>, run: u64) -> Result<()> {
    let pages = (run, I::Key::FIRST, 0)..=(run, I::Key::LAST, u32::MAX);
    table.retain_in(pages, |_, _| false).or_fail()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(bytes: u64) -> RunRecord {
        RunRecord { number: 0, entries: 1, bytes }
    }

    /// Merges as [`tidy`] does.
    fn add(runs: &mut Vec<RunRecord>, bytes: u64) {
        runs.push(run(bytes));
        let merged = runs.split_off(first_merged(runs));
        runs.push(run(self::bytes(&merged)));
    }

    #[test]
    fn a_tail_has_runs_of_seven_lengths() {
        assert_eq!(level(TailBytes::default().0), 6);
    }

    proptest! {
        #[test]
        fn runs_get_shorter_and_are_few_of_each_length(
            sizes in prop::collection::vec((0..7_u32, 0..64_u64), 1..400),
        ) {
            let (mut runs, mut whole) = (Vec::new(), 0);
            for (level, more) in sizes {
                let bytes = (64 << (3 * level)) + more;
                whole += bytes;
                add(&mut runs, bytes);
                prop_assert!(runs.is_sorted_by(|a, b| a.level() >= b.level()));
                prop_assert!(runs.chunk_by(|a, b| a.level() == b.level()).all(|c| c.len() < FAN_IN));
            }
            prop_assert_eq!(bytes(&runs), whole);
        }
    }
}
