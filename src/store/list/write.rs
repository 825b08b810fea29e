//! Writes of lists, and the removal of users from them.

use std::hash::{BuildHasher, RandomState};

use redb::{ReadableTable, Table, WriteTransaction};

use super::block::{Packer, read_block};
use super::query::{block_of, length, next_in, sealed};
use crate::error::Result;
use crate::model::{Change, ListId};
use crate::store::codec::encode;
use crate::store::failure::OrFail;
use crate::store::record::{Edition, ListBlockRecord, ListRecord};
use crate::store::tables::{Bytes, LIST_EDITIONS, LIST_IDS, LISTS, NEWEST_EDITION};

/// The blocks of lists, open for writing.
type Blocks<'t> = Table<'t, (u32, &'static str), Bytes>;

/// Takes the beginning of a list away whose loading was cut short; gives the number of the next list.
pub(in crate::store) fn next(transaction: &WriteTransaction) -> Result<ListId> {
    let next = next_in(&transaction.open_table(LISTS).or_fail()?)?;
    let mut blocks = transaction.open_table(LIST_IDS).or_fail()?;
    blocks.retain_in((next.0, "").., |_, _| false).or_fail()?;
    Ok(next)
}

/// Appends ids to a list that is not sealed. They are in order, and come after those that it has.
pub(in crate::store) fn append<'i>(
    transaction: &WriteTransaction,
    list: ListId,
    ids: impl IntoIterator<Item = &'i str>,
) -> Result<()> {
    let mut blocks = transaction.open_table(LIST_IDS).or_fail()?;
    let mut packer = Packer::default();
    for id in ids {
        if let Some((first, full)) = packer.push(id)? {
            put(&mut blocks, list, &first, &full)?;
        }
    }
    packer.end().map_or(Ok(()), |(first, last)| put(&mut blocks, list, &first, &last))
}

fn put(blocks: &mut Blocks<'_>, list: ListId, first: &str, block: &ListBlockRecord) -> Result<()> {
    blocks.insert((list.0, first), encode(block)?.as_slice()).or_fail().map(drop)
}

/// Seals the lists that changes refer to, if they are not.
pub(in crate::store) fn seal(transaction: &WriteTransaction, changes: &[Change]) -> Result<()> {
    for change in changes {
        let Change::Segment(segment) = change else { continue };
        for list in segment.condition.lists() {
            seal_one(transaction, list)?;
        }
    }
    Ok(())
}

fn seal_one(transaction: &WriteTransaction, list: ListId) -> Result<()> {
    let mut lists = transaction.open_table(LISTS).or_fail()?;
    if lists.get(list.0).or_fail()?.is_some() {
        return Ok(());
    }
    let (blocks, mut ids) = (transaction.open_table(LIST_IDS).or_fail()?, 0);
    for block in blocks.range((list.0, "")..(list.0.saturating_add(1), "")).or_fail()? {
        let (key, bytes) = block.or_fail()?;
        ids += u64::from(read_block(key.value(), bytes.value())?.count);
    }
    put_length(&mut lists, list.0, ids)?;
    renew(transaction, list)
}

/// Gives a list another edition. It is drawn by chance, for a copy of the file that goes on otherwise must not come to the same.
fn renew(transaction: &WriteTransaction, list: ListId) -> Result<()> {
    let edition = encode(&Edition(RandomState::new().hash_one(list.0)))?;
    let mut editions = transaction.open_table(LIST_EDITIONS).or_fail()?;
    for key in [list.0, NEWEST_EDITION] {
        editions.insert(key, edition.as_slice()).or_fail()?;
    }
    Ok(())
}

fn put_length(lists: &mut Table<'_, u32, Bytes>, list: u32, ids: u64) -> Result<()> {
    lists.insert(list, encode(&ListRecord { ids })?.as_slice()).or_fail().map(drop)
}

/// Takes a user out of all lists.
pub(in crate::store) fn forget(transaction: &WriteTransaction, user: &str) -> Result<()> {
    let mut lists = transaction.open_table(LISTS).or_fail()?;
    let mut blocks = transaction.open_table(LIST_IDS).or_fail()?;
    for list in sealed(&lists)? {
        if remove(&mut blocks, list, user)? {
            let length = length(&lists, list)?;
            put_length(&mut lists, list, length.saturating_sub(1))?;
            renew(transaction, ListId(list))?;
        }
    }
    Ok(())
}

/// Takes an id out of a list; `false` if it is not there. The block is written anew, for its first id is its key.
fn remove(blocks: &mut Blocks<'_>, list: u32, id: &str) -> Result<bool> {
    let Some((first, ids)) = block_of(&*blocks, list, id)? else { return Ok(false) };
    if !ids.iter().any(|known| known == id) {
        return Ok(false);
    }
    blocks.remove((list, first.as_str())).or_fail()?;
    let mut packer = Packer::default();
    for id in ids.iter().filter(|known| *known != id) {
        // without one id it is not longer than it was, so it stays one block
        if let Some((first, full)) = packer.push(id)? {
            put(blocks, ListId(list), &first, &full)?;
        }
    }
    let rest = packer.end();
    rest.map_or(Ok(()), |(first, last)| put(blocks, ListId(list), &first, &last))?;
    Ok(true)
}
