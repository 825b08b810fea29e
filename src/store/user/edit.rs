//! Edits of runs: pages that are written again, with some of their items changed or left out.

use std::ops::Bound;

use redb::ReadableTable as _;

use super::cursor::Cursor;
use super::run::{Item, PageItems, RunTable, Writer, all_pages, page_items, page_location};
use crate::error::Result;
use crate::store::codec::encode;
use crate::store::failure::{OrFail, corrupt};
use crate::store::tables::PageKey;

/// Edits the items that have certain keys, which are sorted: a function gives what stays of each.
pub(super) fn edit<I: Item>(
    table: &mut RunTable<'_, I>,
    run: u64,
    mut keys: &[I::Key],
    mut stays: impl FnMut(I) -> Result<Option<I>>,
) -> Result<()> {
    let Some(first) = keys.first() else { return Ok(()) };
    let mut from = Bound::Included((run, *first, 0));
    while let Some((page, items)) = next_page(table, run, from)? {
        if items.iter().any(|(own, _)| keys.binary_search(own).is_ok()) {
            rewrite(table, page, &kept(items, keys, &mut stays)?)?;
        }
        keys = keys.get(keys.partition_point(|key| *key < page.1)..).unwrap_or_default();
        from = match keys.first() {
            None => return Ok(()),
            // the next page may have more of it
            Some(key) if *key == page.1 => Bound::Excluded(page),
            Some(key) => Bound::Included((run, *key, 0)),
        };
    }
    Ok(())
}

/// What stays of the items of a page.
fn kept<I: Item>(
    items: PageItems<I>,
    keys: &[I::Key],
    mut stays: impl FnMut(I) -> Result<Option<I>>,
) -> Result<PageItems<I>> {
    let mut kept = Vec::with_capacity(items.len());
    for (key, item) in items {
        let is_asked = keys.binary_search(&key).is_ok();
        let item = if is_asked { stays(item)? } else { Some(item) };
        kept.extend(item.map(|item| (key, item)));
    }
    Ok(kept)
}

/// Page of a run, with its key.
type Page<I> = (PageKey<<I as Item>::Key>, PageItems<I>);

/// The first page of a run from a key on.
fn next_page<I: Item>(
    table: &RunTable<'_, I>,
    run: u64,
    from: Bound<PageKey<I::Key>>,
) -> Result<Option<Page<I>>> {
    let end = Bound::Included(*all_pages::<I>(run).end());
    let Some(page) = table.range((from, end)).or_fail()?.next() else { return Ok(None) };
    let (key, bytes) = page.or_fail()?;
    let key = key.value();
    let items = page_items::<I>(key, bytes.value())?;
    // else it could be written over another one
    if items.last().is_none_or(|(last, _)| *last != key.1) {
        return Err(corrupt(format!("{}: it does not end with its key", page_location::<I>(key))));
    }
    Ok(Some((key, items)))
}

/// Writes items in place of a page. Nothing of an item that is gone stays in a key.
fn rewrite<I: Item>(
    table: &mut RunTable<'_, I>,
    page: PageKey<I::Key>,
    items: &[(I::Key, I)],
) -> Result<()> {
    table.remove(page).or_fail()?;
    let Some((first, _)) = items.first() else { return Ok(()) };
    let same = table.range((page.0, *first, 0)..page).or_fail()?.next_back();
    let before = same.transpose().or_fail()?.map(|(key, _)| key.value());
    let mut writer = Writer::new(table, page.0, before);
    items.iter().try_for_each(|(key, item)| writer.push(*key, item))?;
    writer.finish()
}

/// Removes the items before a cursor from its run.
pub(super) fn remove_before<I: Item>(
    table: &mut RunTable<'_, I>,
    cursor: &Cursor<I>,
) -> Result<()> {
    let (first, last) = all_pages::<I>(cursor.run()).into_inner();
    let rest = cursor.rest();
    let end = rest.as_ref().map_or(Bound::Included(last), |(page, _)| Bound::Excluded(*page));
    table.retain_in((Bound::Included(first), end), |_, _| false).or_fail()?;
    let Some((page, record)) = rest else { return Ok(()) };
    table.insert(page, encode(&record)?.as_slice()).or_fail().map(drop)
}
