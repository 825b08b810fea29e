//! Lists of users: ids in the order of their bytes, packed in blocks.
//!
//! A list is written in batches that nothing refers to, and then *sealed* by the revision that gives a segment
//! a condition over it: it gets its record in `pcq.lists`, in the same transaction. What has blocks but no such
//! record is the beginning of a list whose loading was cut short, and is taken away before the next one gets
//! the same number. A list that was sealed never changes, but for users who are forgotten, and is never taken
//! away: an earlier version of its segment refers to it.

mod block;
mod check;

use std::ops::Bound;

use redb::{ReadableTable, Table, WriteTransaction};

pub(super) use check::check;

use super::codec::{decode, encode};
use super::failure::{OrFail, corrupt};
use super::image::Image;
use super::record::{ListBlockRecord, ListRecord};
use super::tables::{Bytes, LIST_IDS, LISTS};
use crate::error::Result;
use crate::model::{Change, ListId};
use block::{Packer, unpacked};

/// The blocks of lists, open for writing.
type Blocks<'t> = Table<'t, (u32, &'static str), Bytes>;

/// Takes the beginning of a list away whose loading was cut short; gives the number of the next list.
pub(super) fn next(transaction: &WriteTransaction) -> Result<ListId> {
    let next = next_in(&transaction.open_table(LISTS).or_fail()?)?;
    let mut blocks = transaction.open_table(LIST_IDS).or_fail()?;
    blocks.retain_in((next.0, "").., |_, _| false).or_fail()?;
    Ok(next)
}

fn next_in(lists: &impl ReadableTable<u32, Bytes>) -> Result<ListId> {
    let last = lists.last().or_fail()?.map_or(0, |(list, _)| list.value());
    let full = || corrupt("table `pcq.lists` has no number left");
    last.checked_add(1).map(ListId).ok_or_else(full)
}

/// Appends ids to a list that is not sealed. They are in order, and come after those that it has.
pub(super) fn append<'i>(
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
pub(super) fn seal(transaction: &WriteTransaction, changes: &[Change]) -> Result<()> {
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
    put_length(&mut lists, list.0, ids)
}

fn put_length(lists: &mut Table<'_, u32, Bytes>, list: u32, ids: u64) -> Result<()> {
    lists.insert(list, encode(&ListRecord { ids })?.as_slice()).or_fail().map(drop)
}

/// Takes a user out of all lists.
pub(super) fn forget(transaction: &WriteTransaction, user: &str) -> Result<()> {
    let mut lists = transaction.open_table(LISTS).or_fail()?;
    let mut blocks = transaction.open_table(LIST_IDS).or_fail()?;
    for list in 1..next_in(&lists)?.0 {
        if remove(&mut blocks, list, user)? {
            let length = length(&lists, list)?;
            put_length(&mut lists, list, length.saturating_sub(1))?;
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

/// The block in which an id would be, and the first id of it.
fn block_of(
    blocks: &impl ReadableTable<(u32, &'static str), Bytes>,
    list: u32,
    id: &str,
) -> Result<Option<(String, Vec<String>)>> {
    let up_to = (Bound::Included((list, "")), Bound::Included((list, id)));
    let found = blocks.range::<(u32, &str)>(up_to).or_fail()?.next_back().transpose().or_fail()?;
    let Some((key, bytes)) = found else { return Ok(None) };
    let mut ids = Vec::new();
    each_in(key.value(), bytes.value(), &mut |id| {
        ids.push(id.to_owned());
        Ok(())
    })?;
    Ok(Some((key.value().1.to_owned(), ids)))
}

fn length(lists: &impl ReadableTable<u32, Bytes>, list: u32) -> Result<u64> {
    let place = || format!("table `pcq.lists`, record {list}");
    let found = lists.get(list).or_fail()?;
    let bytes = found.ok_or_else(|| corrupt(format!("table `pcq.lists` has no record {list}")))?;
    decode::<ListRecord>(bytes.value(), place).map(|record| record.ids)
}

/// Whether a user is in any list, of a segment today or of one before.
pub(super) fn is_listed(image: &Image, user: &str) -> Result<bool> {
    let Some(lists) = image.optional_table(LISTS)? else { return Ok(false) };
    let Some(blocks) = image.optional_table(LIST_IDS)? else { return Ok(false) };
    for list in 1..next_in(&lists)?.0 {
        let block = block_of(&blocks, list, user)?;
        if block.is_some_and(|(_, ids)| ids.iter().any(|id| id == user)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Calls a function with each id of a list that was sealed, in order; gives how many there are.
pub(super) fn each(
    image: &Image,
    list: ListId,
    mut take: impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    let missing = || corrupt(format!("there is no list {list}"));
    length(&image.optional_table(LISTS)?.ok_or_else(missing)?, list.0)?;
    let Some(blocks) = image.optional_table(LIST_IDS)? else { return Ok(()) };
    for block in blocks.range((list.0, "")..(list.0.saturating_add(1), "")).or_fail()? {
        let (key, bytes) = block.or_fail()?;
        each_in(key.value(), bytes.value(), &mut take)?;
    }
    Ok(())
}

fn read_block(key: (u32, &str), bytes: &[u8]) -> Result<ListBlockRecord> {
    decode(bytes, || place(key))
}

/// Calls a function with each id of a block.
fn each_in(
    key: (u32, &str),
    bytes: &[u8],
    take: &mut impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    let block = read_block(key, bytes)?;
    let damaged = || corrupt(format!("{}: these are no ids", place(key)));
    unpacked(&block, take, damaged)
}

fn place(key: (u32, &str)) -> String {
    format!("table `pcq.list_ids`, record {key:?}")
}
