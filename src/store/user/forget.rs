//! Taking a user away.

use redb::{Table, WriteTransaction};

use super::event_id::digest;
use super::fold::{block_place, fold, read_block};
use super::intern::Users;
use crate::error::Result;
use crate::store::failure::{OrFail, corrupt};
use crate::store::record::TotalsRecord;
use crate::store::tables::{Bytes, EVENT_IDS, USER_ENTRIES};

/// Erases all that is known of a user: entries, the ids of events, the user.
pub(super) fn forget(
    transaction: &WriteTransaction,
    totals: &mut TotalsRecord,
    user: &str,
) -> Result<()> {
    let Some(number) = Users::open(transaction)?.remove(user)? else {
        return Ok(());
    };
    fold(transaction, totals)?;
    let mut base = transaction.open_table(USER_ENTRIES).or_fail()?;
    let (gone, digests) = take_blocks(&mut base, number)?;
    let known = || corrupt("the totals of users in table `pcq.meta` are too low");
    totals.base = totals.base.checked_sub(gone).ok_or_else(known)?;
    let mut ids = transaction.open_table(EVENT_IDS).or_fail()?;
    for digest in digests {
        ids.remove(digest).or_fail()?;
    }
    Ok(())
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
