//! Moving the tail to where its entries belong.

use redb::{ReadableTable, Table, WriteTransaction};

use super::block::put_block;
use super::event_id::fold_ids;
use crate::error::Result;
use crate::store::codec::decode;
use crate::store::failure::{OrFail, corrupt};
use crate::store::record::{BlockRecord, TotalsRecord};
use crate::store::tables::{Bytes, USER_ENTRIES, USER_LOG};

/// How many entries the tail may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Folding {
    pub(in crate::store) least: u64,
    pub(in crate::store) most: u64,
}

impl Default for Folding {
    /// The most bounds the index of the tail in memory, and the time that a fold takes.
    fn default() -> Self {
        Self { least: 8_192, most: 262_144 }
    }
}

impl Folding {
    /// A tail may be as long as the base: that the base is written once more each time it doubles is what
    /// that costs.
    pub(super) fn limit(self, base: u64) -> u64 {
        base.min(self.most).max(self.least)
    }
}

/// Appends the rows of the tail to the base, in the order of users and of receipt, and empties it.
pub(super) fn fold(transaction: &WriteTransaction, totals: &mut TotalsRecord) -> Result<()> {
    if totals.tail == 0 {
        return Ok(());
    }
    let log = transaction.open_table(USER_LOG).or_fail()?;
    let mut base = transaction.open_table(USER_ENTRIES).or_fail()?;
    for rows in rows(&log)?.chunk_by(|a, b| a.0 == b.0) {
        fold_user(&mut base, &log, rows)?;
    }
    drop((log, base));
    transaction.delete_table(USER_LOG).or_fail()?;
    fold_ids(transaction)?;
    totals.base += totals.tail;
    totals.tail = 0;
    Ok(())
}

/// The user and the sequence of every row, in that order.
fn rows(log: &Table<(u64, u32), Bytes>) -> Result<Vec<(u32, u64)>> {
    let keys = log.iter().or_fail()?;
    let keys = keys.map(|row| row.or_fail().map(|(key, _)| key.value()));
    let mut rows =
        keys.map(|key| key.map(|(row, user)| (user, row))).collect::<Result<Vec<_>>>()?;
    rows.sort_unstable();
    Ok(rows)
}

fn fold_user(
    base: &mut Table<(u32, u32), Bytes>,
    log: &Table<(u64, u32), Bytes>,
    rows: &[(u32, u64)],
) -> Result<()> {
    let Some((user, _)) = rows.first().copied() else { return Ok(()) };
    let (mut number, mut block) = last_block(base, user)?;
    for (_, row) in rows {
        if let Some(full) = block.extend(read_row(log, (*row, user))?) {
            put_block(base, (user, number), &full)?;
            let none = || corrupt("table `pcq.user_entries` has no number left");
            number = number.checked_add(1).ok_or_else(none)?;
        }
    }
    put_block(base, (user, number), &block)
}

/// The last block of a user and its number; an empty one if there is none.
fn last_block(base: &Table<(u32, u32), Bytes>, user: u32) -> Result<(u32, BlockRecord)> {
    let last = base.range((user, 0)..=(user, u32::MAX)).or_fail()?.next_back();
    let Some((key, bytes)) = last.transpose().or_fail()? else {
        return Ok((0, BlockRecord::default()));
    };
    Ok((key.value().1, read_block(key.value(), bytes.value())?))
}

/// Reads a block of the base.
pub(super) fn read_block(key: (u32, u32), bytes: &[u8]) -> Result<BlockRecord> {
    decode(bytes, || block_place(key))
}

/// Where a block of the base is.
pub(super) fn block_place((user, block): (u32, u32)) -> String {
    format!("table `pcq.user_entries`, user {user}, block {block}")
}

/// Reads a row of the tail.
pub(super) fn read_row(
    log: &impl ReadableTable<(u64, u32), Bytes>,
    key: (u64, u32),
) -> Result<BlockRecord> {
    let missing = || corrupt(format!("{}: it is missing", row_place(key)));
    let bytes = log.get(key).or_fail()?.ok_or_else(missing)?;
    decode(bytes.value(), || row_place(key))
}

/// Where a row of the tail is.
pub(super) fn row_place((row, user): (u64, u32)) -> String {
    format!("table `pcq.user_log`, row {row} of user {user}")
}
