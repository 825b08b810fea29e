//! Runs: items sorted by a key, in pages.
//!
//! A page stands under the number of its run and a key that is no less than those in it, so the page that may
//! have a key is found by one look into the table.

use std::ops::{Range, RangeInclusive};

use redb::{ReadableTable as _, Table, TableDefinition, TableHandle as _, Value as _};

use crate::error::{Error, Result};
use crate::store::codec::{decode, encode, pack, unpack};
use crate::store::failure::{OrFail, corrupt};
use crate::store::record::{Packed, PageRecord};
use crate::store::tables::{Bytes, PageKey};

/// The most bytes of a page of more than one item: with its frame and its key it just fits into a page of the
/// file. Few in the tests, so that they see many.
const PAGE_BYTES: usize = if cfg!(test) { 300 } else { 4_000 };

/// Key that the items of a run are sorted by.
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

/// Item of a run.
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
pub(super) fn page_location<I: Item>((run, key, part): PageKey<I::Key>) -> String {
    format!("{}, page {part} up to {key}", run_location::<I>(run))
}

/// Where a run is.
pub(super) fn run_location<I: Item>(run: u64) -> String {
    format!("table `{}`, run {run}", I::TABLE.name())
}

/// The bytes of the items of a page.
pub(super) fn read_page<I: Item>(key: PageKey<I::Key>, bytes: &[u8]) -> Result<Vec<u8>> {
    let PageRecord(Packed(bytes)) = decode(bytes, || page_location::<I>(key))?;
    Ok(bytes)
}

/// The keys of all pages of a run.
pub(super) fn all_pages<I: Item>(run: u64) -> RangeInclusive<PageKey<I::Key>> {
    (run, I::Key::FIRST, 0)..=(run, I::Key::LAST, u32::MAX)
}

/// Writes one run.
pub(super) struct Writer<'w, 't, I: Item> {
    table: &'w mut RunTable<'t, I>,
    run: u64,
    page: PageRecord,
    /// The last key of the page.
    last: Option<I::Key>,
    /// The key of the page before.
    before: Option<PageKey<I::Key>>,
    content: Vec<u8>,
    /// The bytes of the pages that were written.
    written: u64,
}

impl<'w, 't, I: Item> Writer<'w, 't, I> {
    /// A writer of what follows on a page of a run; of all of it if there is none.
    pub(super) fn new(
        table: &'w mut RunTable<'t, I>,
        run: u64,
        before: Option<PageKey<I::Key>>,
    ) -> Self {
        let (page, content) = (PageRecord::default(), Vec::new());
        Self { table, run, page, last: None, before, content, written: 0 }
    }

    /// A writer of what comes at the end of a run.
    pub(super) fn at_end(table: &'w mut RunTable<'t, I>, run: u64) -> Result<Self> {
        let last = table.range(all_pages::<I>(run)).or_fail()?.next_back();
        let last = last.transpose().or_fail()?.map(|(key, _)| key.value());
        Ok(Self::new(table, run, last))
    }

    /// The table, with the runs that were there before.
    pub(super) fn table(&self) -> &RunTable<'t, I> {
        self.table
    }

    /// How many bytes of pages were written.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Appends an item; its key is no less than the one before.
    pub(super) fn push(&mut self, key: I::Key, item: &I) -> Result<()> {
        // else a page could be written over another one
        if self.last.or(self.before.map(|(_, key, _)| key)).is_some_and(|before| key < before) {
            return Err(corrupt(format!("{}: it is not in order", run_location::<I>(self.run))));
        }
        self.content.clear();
        item.put(&mut self.content)?;
        let length = u32::try_from(self.content.len()).map_err(|_| full())?;
        let head = size_of::<I::Key>() + size_of_val(&length) + 1;
        let bytes = self.page.0.0.len() + head + self.content.len();
        if bytes > PAGE_BYTES {
            self.flush()?;
        }
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
        let bytes = encode(&self.page)?;
        self.table.insert(key, bytes.as_slice()).or_fail()?;
        self.written += bytes.len() as u64;
        self.page.0.0.clear();
        self.before = Some(key);
        Ok(())
    }
}

fn full() -> Error {
    corrupt("what is known of users is too long")
}

/// The key of the first item and where the rest of it is; `None` if the bytes are damaged.
pub(super) fn head<I: Item>(bytes: &[u8]) -> Option<(I::Key, Range<usize>)> {
    let (key, mut rest) = bytes.split_at_checked(I::Key::fixed_width()?)?;
    let length = usize::try_from(unpack::<u32>(&mut rest)?).ok()?;
    let start = bytes.len() - rest.len();
    rest.get(..length)?;
    Some((I::Key::from_bytes(key), start..start + length))
}

/// The items of a page.
pub(super) type PageItems<I> = Vec<(<I as Item>::Key, I)>;

/// Reads the items of a page.
pub(super) fn page_items<I: Item>(key: PageKey<I::Key>, bytes: &[u8]) -> Result<PageItems<I>> {
    let bytes = read_page::<I>(key, bytes)?;
    let damaged = || corrupt(format!("{}: these are no items", page_location::<I>(key)));
    let (mut rest, mut items) = (bytes.as_slice(), Vec::new());
    while !rest.is_empty() {
        let (key, content) = head::<I>(rest).ok_or_else(damaged)?;
        let item = rest.get(content.clone()).and_then(I::take).ok_or_else(damaged)?;
        items.push((key, item));
        rest = rest.get(content.end..).ok_or_else(damaged)?;
    }
    Ok(items)
}
