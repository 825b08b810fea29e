//! Runs: items sorted by a key, in pages.
//!
//! A page stands under the number of its run and a key that is no less than those in it, so the page that may
//! have a key is found by one look into the table.

use std::ops::{Bound, Range};

use redb::{ReadableTable, Table, TableDefinition, TableHandle as _, Value as _};

use crate::error::{Error, Result};
use crate::store::codec::{decode, encode, pack, unpack};
use crate::store::failure::{OrFail, corrupt};
use crate::store::record::{Packed, PageRecord};
use crate::store::tables::{Bytes, PageKey};

/// The most bytes of a page of more than one item: with its frame and its key it just fits into a page of the
/// file. Few in the tests, so that they see many.
pub(super) const PAGE_BYTES: usize = if cfg!(test) { 300 } else { 4_000 };

/// What items are sorted by.
pub(super) trait RunKey:
    redb::Key + for<'k> redb::Value<SelfType<'k> = Self> + Copy + Ord + std::fmt::Display + 'static
{
    const FIRST: Self;
    const LAST: Self;
}

impl RunKey for u32 {
    const FIRST: Self = Self::MIN;
    const LAST: Self = Self::MAX;
}

impl RunKey for u128 {
    const FIRST: Self = Self::MIN;
    const LAST: Self = Self::MAX;
}

/// What runs have under a key.
pub(super) trait Item: Sized {
    type Key: RunKey;
    const TABLE: TableDefinition<'static, PageKey<Self::Key>, Bytes>;

    fn put(&self, bytes: &mut Vec<u8>) -> Result<()>;

    /// What was put; `None` if the bytes are damaged.
    fn take(bytes: &[u8]) -> Option<Self>;

    /// Appends what came later under the same key. If both are too much for one, the later takes the place of
    /// the earlier, which is given back.
    fn join(&mut self, later: Self) -> Option<Self>;
}

/// The table of an item, open for writing.
pub(super) type RunTable<'t, I> = Table<'t, PageKey<<I as Item>::Key>, Bytes>;

/// Where a page is.
pub(super) fn page_place<I: Item>((run, key, part): PageKey<I::Key>) -> String {
    format!("{}, page {part} up to {key}", run_place::<I>(run))
}

/// Where a run is.
pub(super) fn run_place<I: Item>(run: u64) -> String {
    format!("table `{}`, run {run}", I::TABLE.name())
}

/// The bytes of the items of a page.
fn read_page<I: Item>(key: PageKey<I::Key>, bytes: &[u8]) -> Result<Vec<u8>> {
    let PageRecord(Packed(bytes)) = decode(bytes, || page_place::<I>(key))?;
    Ok(bytes)
}

/// Writes one run.
pub(super) struct Writer<'w, 't, I: Item> {
    table: &'w mut RunTable<'t, I>,
    run: u64,
    page: PageRecord,
    /// How many items a page has at most.
    most: usize,
    /// How many the page has.
    count: usize,
    /// The last key of the page.
    last: Option<I::Key>,
    /// The key of the page before.
    before: Option<PageKey<I::Key>>,
    content: Vec<u8>,
}

impl<'w, 't, I: Item> Writer<'w, 't, I> {
    pub(super) fn new(table: &'w mut RunTable<'t, I>, run: u64) -> Self {
        let (page, content) = (PageRecord::default(), Vec::new());
        Self { table, run, page, most: usize::MAX, count: 0, last: None, before: None, content }
    }

    /// The table, with the runs that were there before.
    pub(super) fn table(&self) -> &RunTable<'t, I> {
        self.table
    }

    /// Appends an item; its key is no less than the one before.
    pub(super) fn push(&mut self, key: I::Key, item: &I) -> Result<()> {
        self.content.clear();
        item.put(&mut self.content)?;
        let length = u32::try_from(self.content.len()).map_err(|_| full())?;
        let head = size_of::<I::Key>() + size_of_val(&length) + 1;
        let bytes = self.page.0.0.len() + head + self.content.len();
        if bytes > PAGE_BYTES || self.count >= self.most {
            self.flush()?;
        }
        self.count += 1;
        let page = &mut self.page.0.0;
        page.extend_from_slice(I::Key::as_bytes(&key).as_ref());
        pack(&length, page)?;
        page.extend_from_slice(&self.content);
        self.last = Some(key);
        Ok(())
    }

    /// Writes the last page.
    pub(super) fn finish(mut self) -> Result<()> {
        self.flush()
    }

    fn flush(&mut self) -> Result<()> {
        let Some(last) = self.last.take() else { return Ok(()) };
        let part = match self.before {
            Some((_, before, part)) if before == last => part.checked_add(1).ok_or_else(full)?,
            _ => 0,
        };
        let key = (self.run, last, part);
        self.table.insert(key, encode(&self.page)?.as_slice()).or_fail()?;
        self.page.0.0.clear();
        self.count = 0;
        self.before = Some(key);
        Ok(())
    }
}

fn full() -> Error {
    corrupt("what is known of users is too long")
}

/// A way through the items of a run, in their order. It holds no table, so that others can be written to.
pub(super) struct Cursor<I: Item> {
    run: u64,
    /// The page that it is in, and its bytes.
    page: Option<PageKey<I::Key>>,
    bytes: Vec<u8>,
    /// The key of the next item, where it begins in the bytes, and where it ends.
    head: Option<(I::Key, Range<usize>)>,
}

impl<I: Item> Cursor<I> {
    /// A cursor that is nowhere yet.
    pub(super) fn new(run: u64) -> Self {
        Self { run, page: None, bytes: Vec::new(), head: None }
    }

    /// A cursor at the first item.
    pub(super) fn first(
        table: &impl ReadableTable<PageKey<I::Key>, Bytes>,
        run: u64,
    ) -> Result<Self> {
        let mut cursor = Self::new(run);
        cursor.seek(table, I::Key::FIRST)?;
        Ok(cursor)
    }

    /// The number of the run.
    pub(super) fn run(&self) -> u64 {
        self.run
    }

    /// The key of the next item.
    pub(super) fn key(&self) -> Option<I::Key> {
        self.head.as_ref().map(|(key, _)| *key)
    }

    /// Goes to the first item whose key is no less than one, which is no less than where it is.
    pub(super) fn seek(
        &mut self,
        table: &impl ReadableTable<PageKey<I::Key>, Bytes>,
        key: I::Key,
    ) -> Result<()> {
        if self.page.is_none_or(|(_, last, _)| last < key) {
            self.load(table, Bound::Included((self.run, key, 0)))?;
        }
        while self.key().is_some_and(|head| head < key) {
            self.advance(table)?;
        }
        Ok(())
    }

    /// The next item, if it has a key.
    pub(super) fn take(
        &mut self,
        table: &impl ReadableTable<PageKey<I::Key>, Bytes>,
        key: I::Key,
    ) -> Result<Option<I>> {
        let Some((_, content)) = self.head.clone().filter(|(head, _)| *head == key) else {
            return Ok(None);
        };
        let item = self.bytes.get(content).and_then(I::take).ok_or_else(|| self.damaged())?;
        self.advance(table)?;
        Ok(Some(item))
    }

    /// Goes on to the next item.
    fn advance(&mut self, table: &impl ReadableTable<PageKey<I::Key>, Bytes>) -> Result<()> {
        let Some((_, content)) = self.head.take() else { return Ok(()) };
        if content.end < self.bytes.len() {
            return self.set_head(content.end);
        }
        match self.page {
            Some(page) => self.load(table, Bound::Excluded(page)),
            None => Ok(()),
        }
    }

    /// Loads the first page from a key on.
    fn load(
        &mut self,
        table: &impl ReadableTable<PageKey<I::Key>, Bytes>,
        from: Bound<PageKey<I::Key>>,
    ) -> Result<()> {
        self.head = None;
        let end = (self.run, I::Key::LAST, u32::MAX);
        let mut pages = table.range((from, Bound::Included(end))).or_fail()?;
        let Some((key, bytes)) = pages.next().transpose().or_fail()? else {
            self.page = Some(end);
            return Ok(());
        };
        let key = key.value();
        self.bytes = read_page::<I>(key, bytes.value())?;
        self.page = Some(key);
        self.set_head(0)
    }

    fn set_head(&mut self, start: usize) -> Result<()> {
        let head = self.bytes.get(start..).and_then(head::<I>);
        let (key, content) = head.ok_or_else(|| self.damaged())?;
        self.head = Some((key, content.start + start..content.end + start));
        Ok(())
    }

    fn damaged(&self) -> Error {
        let place = self.page.map_or_else(String::new, page_place::<I>);
        corrupt(format!("{place}: these are no items"))
    }
}

/// The key of the first item and where the rest of it is; `None` if the bytes are damaged.
fn head<I: Item>(bytes: &[u8]) -> Option<(I::Key, Range<usize>)> {
    let (key, mut rest) = bytes.split_at_checked(I::Key::fixed_width()?)?;
    let length = usize::try_from(unpack::<u32>(&mut rest)?).ok()?;
    let start = bytes.len() - rest.len();
    rest.get(..length)?;
    Some((I::Key::from_bytes(key), start..start + length))
}

/// The items of a page, as a check wants them.
pub(super) fn page_items<I: Item>(key: PageKey<I::Key>, bytes: &[u8]) -> Result<Vec<(I::Key, I)>> {
    let bytes = read_page::<I>(key, bytes)?;
    let damaged = || corrupt(format!("{}: these are no items", page_place::<I>(key)));
    let (mut rest, mut items) = (bytes.as_slice(), Vec::new());
    while !rest.is_empty() {
        let (key, content) = head::<I>(rest).ok_or_else(damaged)?;
        let item = rest.get(content.clone()).and_then(I::take).ok_or_else(damaged)?;
        items.push((key, item));
        rest = rest.get(content.end..).unwrap_or_default();
    }
    Ok(items)
}

/// Several runs as one: items by their keys, those of an earlier run first, and joined.
pub(super) struct Merge<I: Item> {
    /// In the order of the runs.
    cursors: Vec<Cursor<I>>,
    open: Option<(I::Key, I)>,
}

impl<I: Item> Merge<I> {
    pub(super) fn new(
        table: &impl ReadableTable<PageKey<I::Key>, Bytes>,
        runs: impl Iterator<Item = u64>,
    ) -> Result<Self> {
        let cursors = runs.map(|run| Cursor::first(table, run)).collect::<Result<_>>()?;
        Ok(Self { cursors, open: None })
    }

    pub(super) fn next(
        &mut self,
        table: &impl ReadableTable<PageKey<I::Key>, Bytes>,
    ) -> Result<Option<(I::Key, I)>> {
        while let Some((key, item)) = self.least(table)? {
            match &mut self.open {
                Some((open, before)) if *open == key => {
                    if let Some(full) = before.join(item) {
                        return Ok(Some((key, full)));
                    }
                }
                open => {
                    if let Some(done) = open.replace((key, item)) {
                        return Ok(Some(done));
                    }
                }
            }
        }
        Ok(self.open.take())
    }

    /// The next item of the first cursor that has the least key.
    fn least(
        &mut self,
        table: &impl ReadableTable<PageKey<I::Key>, Bytes>,
    ) -> Result<Option<(I::Key, I)>> {
        let keys = self.cursors.iter_mut().filter_map(|cursor| Some((cursor.key()?, cursor)));
        let Some((key, cursor)) = keys.min_by_key(|(key, _)| *key) else { return Ok(None) };
        Ok(cursor.take(table, key)?.map(|item| (key, item)))
    }
}

/// Removes the items under keys, which are sorted, from a run; a function sees them.
pub(super) fn remove_keys<I: Item>(
    table: &mut RunTable<'_, I>,
    run: u64,
    mut keys: &[I::Key],
    mut taken: impl FnMut(I) -> Result<()>,
) -> Result<()> {
    let Some(first) = keys.first() else { return Ok(()) };
    let mut from = Bound::Included((run, *first, 0));
    while let Some((place, items)) = next_page(table, run, from)? {
        let is_taken = |(own, _): &(I::Key, I)| keys.binary_search(own).is_ok();
        let (gone, kept): (Vec<_>, Vec<_>) = items.into_iter().partition(is_taken);
        if !gone.is_empty() {
            rewrite(table, place, &kept, usize::MAX)?;
        }
        gone.into_iter().try_for_each(|(_, item)| taken(item))?;
        keys = keys.get(keys.partition_point(|key| *key < place.1)..).unwrap_or_default();
        from = match keys.first() {
            None => return Ok(()),
            // the next page may have more of it
            Some(key) if *key == place.1 => Bound::Excluded(place),
            Some(key) => Bound::Included((run, *key, 0)),
        };
    }
    Ok(())
}

/// How many times the items of a page are put into it at once.
const PAGES_AT_ONCE: usize = 16;

/// Puts what a merge of other runs gives into a run that has none of the keys, and may be empty. A page that gets
/// more than `most` items is split evenly.
pub(super) fn insert<I: Item>(
    table: &mut RunTable<'_, I>,
    run: u64,
    most: usize,
    mut merge: Merge<I>,
) -> Result<()> {
    let mut next = merge.next(table)?;
    while let Some((first, _)) = &next {
        let Some((place, mut items)) = next_page(table, run, Bound::Included((run, *first, 0)))?
        else {
            break;
        };
        // what is left for a page of a few items may be all that comes
        for _ in 0..PAGES_AT_ONCE * most {
            let Some(item) = next.take_if(|(key, _)| *key <= place.1) else { break };
            items.push(item);
            next = merge.next(table)?;
        }
        items.sort_by_key(|(key, _)| *key);
        rewrite(table, place, &items, items.len().div_ceil(items.len().div_ceil(most)))?;
    }
    let mut writer = Writer::new(table, run);
    while let Some((key, item)) = next {
        writer.push(key, &item)?;
        next = merge.next(writer.table())?;
    }
    writer.finish()
}

/// The first page of a run from a key on.
#[expect(clippy::type_complexity, reason = "a page and its items")]
fn next_page<I: Item>(
    table: &RunTable<'_, I>,
    run: u64,
    from: Bound<PageKey<I::Key>>,
) -> Result<Option<(PageKey<I::Key>, Vec<(I::Key, I)>)>> {
    let end = Bound::Included((run, I::Key::LAST, u32::MAX));
    let Some(page) = table.range((from, end)).or_fail()?.next() else { return Ok(None) };
    let (key, bytes) = page.or_fail()?;
    let key = key.value();
    let items = page_items::<I>(key, bytes.value())?;
    // else it could be written over another one
    if !items.is_sorted_by_key(|(own, _)| *own) || items.last().is_none_or(|(own, _)| *own != key.1)
    {
        return Err(corrupt(format!("{}: it does not end with its key", page_place::<I>(key))));
    }
    Ok(Some((key, items)))
}

/// Writes items in place of a page, at most so many to each page. Nothing of an item that is gone stays in a key.
fn rewrite<I: Item>(
    table: &mut RunTable<'_, I>,
    place: PageKey<I::Key>,
    items: &[(I::Key, I)],
    most: usize,
) -> Result<()> {
    table.remove(place).or_fail()?;
    let Some((first, _)) = items.first() else { return Ok(()) };
    let same = table.range((place.0, *first, 0)..place).or_fail()?.next_back();
    let before = same.transpose().or_fail()?.map(|(key, _)| key.value());
    let mut writer = Writer { most, before, ..Writer::new(table, place.0) };
    items.iter().try_for_each(|(key, item)| writer.push(*key, item))?;
    writer.finish()
}
