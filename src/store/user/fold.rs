//! Moving the tail to where its entries belong.

use redb::{ReadableTable, Table, WriteTransaction};

use super::block::put_block;
use super::event_id::fold_ids;
use super::run::{Item, Merge};
use crate::error::Result;
use crate::store::codec::decode;
use crate::store::failure::{OrFail, corrupt};
use crate::store::record::{BlockRecord, TotalsRecord};
use crate::store::tables::{Bytes, RUNS, USER_ENTRIES};

/// Appends what is in the tail to the base, in the order of users and of receipt, and empties it.
pub(super) fn fold(transaction: &WriteTransaction, totals: &mut TotalsRecord) -> Result<()> {
    if totals.runs.is_empty() {
        return Ok(());
    }
    fold_entries(transaction, totals)?;
    fold_ids(transaction, totals)?;
    transaction.delete_table(RUNS).or_fail()?;
    totals.base = totals.base.saturating_add(totals.tail());
    totals.runs.clear();
    Ok(())
}

fn fold_entries(transaction: &WriteTransaction, totals: &TotalsRecord) -> Result<()> {
    let runs = transaction.open_table(RUNS).or_fail()?;
    let mut base = transaction.open_table(USER_ENTRIES).or_fail()?;
    let mut merge = Merge::<BlockRecord>::new(&runs, totals.runs.iter().map(|run| run.number))?;
    let mut open: Option<LastBlock> = None;
    while let Some((user, block)) = merge.next(&runs)? {
        match &mut open {
            Some(last) if last.user == user => last.append(&mut base, block)?,
            last => {
                if let Some(last) = last.take() {
                    last.put(&mut base)?;
                }
                last.insert(LastBlock::of(&base, user)?).append(&mut base, block)?;
            }
        }
    }
    open.map_or(Ok(()), |last| last.put(&mut base))
}

/// The last block of a user.
struct LastBlock {
    user: u32,
    number: u32,
    block: BlockRecord,
}

impl LastBlock {
    /// The one in the base; an empty one if there is none.
    fn of(base: &Table<(u32, u32), Bytes>, user: u32) -> Result<Self> {
        let last = base.range((user, 0)..=(user, u32::MAX)).or_fail()?.next_back();
        let Some((key, bytes)) = last.transpose().or_fail()? else {
            return Ok(Self { user, number: 0, block: BlockRecord::default() });
        };
        let block = read_block(key.value(), bytes.value())?;
        Ok(Self { user, number: key.value().1, block })
    }

    fn append(&mut self, base: &mut Table<(u32, u32), Bytes>, block: BlockRecord) -> Result<()> {
        let Some(full) = self.block.join(block) else { return Ok(()) };
        put_block(base, (self.user, self.number), &full)?;
        let none = || corrupt("table `pcq.user_entries` has no number left");
        self.number = self.number.checked_add(1).ok_or_else(none)?;
        Ok(())
    }

    fn put(self, base: &mut Table<(u32, u32), Bytes>) -> Result<()> {
        put_block(base, (self.user, self.number), &self.block)
    }
}

/// Reads a block of the base.
pub(super) fn read_block(key: (u32, u32), bytes: &[u8]) -> Result<BlockRecord> {
    decode(bytes, || block_place(key))
}

/// Where a block of the base is.
pub(super) fn block_place((user, block): (u32, u32)) -> String {
    format!("table `pcq.user_entries`, user {user}, block {block}")
}
