//! Taking a user away.

use redb::{Table, WriteTransaction};

use super::add::{put_totals, totals};
use super::event_id::{BASE_RUN, Owner, digest};
use super::fold::{block_place, read_block};
use super::intern::Users;
use super::run::{remove_keys, run_place};
use crate::error::{Error, Result};
use crate::store::failure::{OrFail, corrupt};
use crate::store::record::{BlockRecord, TotalsRecord};
use crate::store::tables::{Bytes, EVENT_IDS, META, RUNS, USER_ENTRIES};

/// Erases all that is known of a user: entries, the ids of events, the user.
pub(super) fn forget(transaction: &WriteTransaction, user: &str) -> Result<()> {
    let Some(number) = Users::open(transaction)?.remove(user)? else {
        return Ok(());
    };
    let mut totals = totals(&transaction.open_table(META).or_fail()?)?;
    forget_in_base(transaction, &mut totals, number)?;
    forget_in_tail(transaction, &mut totals, number)?;
    put_totals(transaction, &totals)
}

fn forget_in_base(
    transaction: &WriteTransaction,
    totals: &mut TotalsRecord,
    user: u32,
) -> Result<()> {
    let mut base = transaction.open_table(USER_ENTRIES).or_fail()?;
    let (gone, digests) = take_blocks(&mut base, user)?;
    totals.base = totals.base.checked_sub(gone).ok_or_else(low)?;
    let mut ids = transaction.open_table(EVENT_IDS).or_fail()?;
    remove_keys(&mut ids, BASE_RUN, &digests, |Owner(_)| Ok(()))
}

fn forget_in_tail(
    transaction: &WriteTransaction,
    totals: &mut TotalsRecord,
    user: u32,
) -> Result<()> {
    let mut entries = transaction.open_table(RUNS).or_fail()?;
    let mut ids = transaction.open_table(EVENT_IDS).or_fail()?;
    for run in &mut totals.runs {
        let (mut gone, mut digests) = (0, Vec::new());
        remove_keys(&mut entries, run.number, &[user], |block: BlockRecord| {
            gone += u64::from(block.count);
            block.each(
                || run_place::<BlockRecord>(run.number),
                |entry| {
                    digests.extend(entry.id().map(digest));
                    Ok(())
                },
            )
        })?;
        run.entries = run.entries.checked_sub(gone).ok_or_else(low)?;
        digests.sort_unstable();
        remove_keys(&mut ids, run.number, &digests, |Owner(_)| Ok(()))?;
    }
    totals.runs.retain(|run| run.entries > 0);
    Ok(())
}

fn low() -> Error {
    corrupt("the totals of users in table `pcq.meta` are too low")
}

/// Takes the blocks of a user away; gives how many entries they had, and the digests of the ids.
fn take_blocks(base: &mut Table<(u32, u32), Bytes>, user: u32) -> Result<(u64, Vec<u128>)> {
    let (mut count, mut digests) = (0, Vec::new());
    let blocks = (user, 0)..=(user, u32::MAX);
    for taken in base.extract_from_if(blocks, |_, _| true).or_fail()? {
        let (key, bytes) = taken.or_fail()?;
        let key = key.value();
        let block = read_block(key, bytes.value())?;
        count += u64::from(block.count);
        block.each(
            || block_place(key),
            |entry| {
                digests.extend(entry.id().map(digest));
                Ok(())
            },
        )?;
    }
    digests.sort_unstable();
    Ok((count, digests))
}
