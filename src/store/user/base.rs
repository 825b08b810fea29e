//! Entries of files of format 1: blocks by user in a table of their own, the *base*, beside the runs. What is in it
//! was received before what is in the runs, and the ids of its events are those of run 0.

use redb::{ReadableTable as _, TableHandle as _, WriteTransaction};

use super::run::Writer;
use super::totals::{put_totals, totals};
use crate::error::Result;
use crate::store::codec::decode;
use crate::store::failure::OrFail;
use crate::store::image::Image;
use crate::store::record::{BASE_RUN, BlockRecord};
use crate::store::tables::{META, RUNS, USER_ENTRIES};

/// Makes the base run 0: the upgrade from format 1.
pub(in crate::store) fn base_to_run(transaction: &WriteTransaction) -> Result<()> {
    let mut tables = transaction.list_tables().or_fail()?;
    if !tables.any(|table| table.name() == USER_ENTRIES.name()) {
        return Ok(());
    }
    let mut totals = totals(&transaction.open_table(META).or_fail()?)?;
    let bytes = to_run(transaction)?;
    transaction.delete_table(USER_ENTRIES).or_fail()?;
    if let Some(base) = totals.runs.first_mut().filter(|run| run.number == BASE_RUN) {
        base.bytes = bytes;
        put_totals(transaction, &totals)?;
    }
    Ok(())
}

/// Writes the base as run 0; gives how many bytes its entries are.
fn to_run(transaction: &WriteTransaction) -> Result<u64> {
    let base = transaction.open_table(USER_ENTRIES).or_fail()?;
    let mut runs = transaction.open_table(RUNS).or_fail()?;
    let mut writer = Writer::new(&mut runs, BASE_RUN, None);
    let mut bytes = 0;
    for block in base.iter().or_fail()? {
        let (key, block) = block.or_fail()?;
        let block = read_block(key.value(), block.value())?;
        bytes += block.packed.0.len() as u64;
        writer.push(key.value().0, &block)?;
    }
    writer.finish()?;
    Ok(bytes)
}

/// A block, after the number of its user.
pub(super) type UserBlock = (u32, BlockRecord);

/// The blocks of the base from a user on; none in a file of the present format.
pub(super) fn base_from(
    image: &Image,
    first: u32,
) -> Result<impl Iterator<Item = Result<UserBlock>>> {
    let base = image.optional_table(USER_ENTRIES)?;
    let blocks = base.map(|base| base.range((first, 0)..)).transpose().or_fail()?;
    Ok(blocks.into_iter().flatten().map(|block| {
        let (key, bytes) = block.or_fail()?;
        let key = key.value();
        Ok((key.0, read_block(key, bytes.value())?))
    }))
}

/// Reads a block of the base.
pub(super) fn read_block(key: (u32, u32), bytes: &[u8]) -> Result<BlockRecord> {
    decode(bytes, || block_location(key))
}

/// Where a block of the base is.
pub(super) fn block_location((user, block): (u32, u32)) -> String {
    format!("table `pcq.user_entries`, user {user}, block {block}")
}
