//! Queries of lists: their lengths and ids, and the number of the next one.

use std::ops::Bound;

use redb::ReadableTable;

use super::block::each_in;
use crate::error::Result;
use crate::model::ListId;
use crate::store::codec::decode;
use crate::store::failure::{OrFail, corrupt};
use crate::store::image::Image;
use crate::store::record::{Edition, ListRecord};
use crate::store::tables::{Bytes, LIST_EDITIONS, LIST_IDS, LISTS, NEWEST_EDITION};

/// The number of the next list.
pub(super) fn next_in(lists: &impl ReadableTable<u32, Bytes>) -> Result<ListId> {
    let last = lists.last().or_fail()?.map_or(0, |(list, _)| list.value());
    let full = || corrupt("table `pcq.lists` has no number left");
    last.checked_add(1).map(ListId).ok_or_else(full)
}

/// The numbers of the lists that are there, however large the last of them is.
pub(super) fn sealed(lists: &impl ReadableTable<u32, Bytes>) -> Result<Vec<u32>> {
    let numbers = lists.iter().or_fail()?.map(|entry| entry.map(|(list, _)| list.value()));
    numbers.collect::<Result<_, _>>().or_fail()
}

/// The block in which an id would be, and the first id of it.
pub(super) fn block_of(
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

/// How many ids a list has, by its record.
pub(super) fn length(lists: &impl ReadableTable<u32, Bytes>, list: u32) -> Result<u64> {
    let location = || format!("table `pcq.lists`, record {list}");
    let found = lists.get(list).or_fail()?;
    let bytes = found.ok_or_else(|| corrupt(format!("table `pcq.lists` has no record {list}")))?;
    decode::<ListRecord>(bytes.value(), location).map(|record| record.ids)
}

/// How many ids a list has that was sealed.
pub(in crate::store) fn sealed_length(image: &Image, list: ListId) -> Result<u64> {
    let missing = || corrupt(format!("there is no list {list}"));
    length(&image.optional_table(LISTS)?.ok_or_else(missing)?, list.0)
}

/// The edition of a list; `None` if an earlier program wrote it, and it lost nobody since.
pub(in crate::store) fn edition(image: &Image, list: ListId) -> Result<Option<Edition>> {
    let Some(editions) = image.optional_table(LIST_EDITIONS)? else { return Ok(None) };
    let location = || format!("table `pcq.list_editions`, record {list}");
    let found = editions.get(list.0).or_fail()?;
    found.map(|bytes| decode(bytes.value(), location)).transpose()
}

/// The edition that was given last: that of the lists as a whole.
pub(in crate::store) fn newest_edition(image: &Image) -> Result<Option<Edition>> {
    edition(image, ListId(NEWEST_EDITION))
}

/// Whether a user is in any list, of a segment today or of one before.
pub(in crate::store) fn is_listed(image: &Image, user: &str) -> Result<bool> {
    let Some(lists) = image.optional_table(LISTS)? else { return Ok(false) };
    let Some(blocks) = image.optional_table(LIST_IDS)? else { return Ok(false) };
    for list in sealed(&lists)? {
        let block = block_of(&blocks, list, user)?;
        if block.is_some_and(|(_, ids)| ids.iter().any(|id| id == user)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Calls a function with each id of a list that was sealed, in order; gives how many there are.
pub(in crate::store) fn each(
    image: &Image,
    list: ListId,
    take: impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    sealed_length(image, list)?;
    each_left(image, list, take)
}

/// The same of whatever blocks there are of a list, sealed or not.
pub(in crate::store) fn each_left(
    image: &Image,
    list: ListId,
    mut take: impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    let Some(blocks) = image.optional_table(LIST_IDS)? else { return Ok(()) };
    for block in blocks.range((list.0, "")..(list.0.saturating_add(1), "")).or_fail()? {
        let (key, bytes) = block.or_fail()?;
        each_in(key.value(), bytes.value(), &mut take)?;
    }
    Ok(())
}
