//! Erasure of entries, and of the ids of their events.

use redb::WriteTransaction;

use super::digest::{Owner, digest};
use super::edit::edit;
use super::run::{RunTable, run_location};
use crate::error::Result;
use crate::store::failure::{OrFail, corrupt};
use crate::store::record::{BlockRecord, EntryRecord, RunRecord, TotalsRecord};
use crate::store::tables::{EVENT_IDS, RUNS};

/// Erases the entries of users, whose numbers are sorted, except for those that stay; gives how many it erased.
pub(super) fn erase(
    transaction: &WriteTransaction,
    totals: &mut TotalsRecord,
    users: &[u32],
    stays: &dyn Fn(&EntryRecord<'_>) -> bool,
) -> Result<u64> {
    let mut entries = transaction.open_table(RUNS).or_fail()?;
    let mut ids = transaction.open_table(EVENT_IDS).or_fail()?;
    let mut count = 0;
    for run in &mut totals.runs {
        let erased = erase_in(&mut entries, run, users, stays)?;
        // an entry may have been moved into the run while its id was not
        for part in run.parts() {
            edit(&mut ids, part, &erased.digests, |Owner(_)| Ok(None))?;
        }
        let low = || corrupt("the totals of users in table `pcq.meta` are too low");
        run.entries = run.entries.checked_sub(erased.entries).ok_or_else(low)?;
        run.bytes = run.bytes.saturating_sub(erased.bytes);
        count += erased.entries;
    }
    totals.runs.retain(|run| run.entries > 0);
    Ok(count)
}

/// Entries and ids that were erased in a run.
#[derive(Default)]
struct Erased {
    entries: u64,
    bytes: u64,
    /// The digests of the ids of events, sorted.
    digests: Vec<u128>,
}

fn erase_in(
    table: &mut RunTable<'_, BlockRecord>,
    run: &RunRecord,
    users: &[u32],
    stays: &dyn Fn(&EntryRecord<'_>) -> bool,
) -> Result<Erased> {
    let mut erased = Erased::default();
    for part in run.parts() {
        edit(table, part, users, |block: BlockRecord| {
            let kept = block.retained(
                || run_location::<BlockRecord>(part),
                |entry| {
                    let stays = stays(entry);
                    erased.digests.extend(entry.id().filter(|_| !stays).map(digest));
                    stays
                },
            )?;
            erased.entries += u64::from(block.count - kept.count);
            erased.bytes += (block.packed.0.len() - kept.packed.0.len()) as u64;
            Ok((kept.count > 0).then_some(kept))
        })?;
    }
    erased.digests.sort_unstable();
    Ok(erased)
}
