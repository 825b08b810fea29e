//! Cursors over the items of runs, in the order of their keys.

use std::ops::{Bound, Range};

use redb::ReadableTable;

use super::run::{Item, all_pages, head, page_location, read_page};
use crate::error::{Error, Result};
use crate::store::failure::{OrFail, corrupt};
use crate::store::record::{Packed, PageRecord};
use crate::store::tables::{Bytes, PageKey};

/// Cursor over the items of a run, in their order. It does not hold the table, which may be written to meanwhile.
pub(super) struct Cursor<I: Item> {
    run: u64,
    /// The page that it is in, and its bytes.
    page: Option<PageKey<I::Key>>,
    bytes: Vec<u8>,
    head: Option<Head<I::Key>>,
}

/// The next item of a cursor: its key, where it begins in the bytes of the page, and where its content is.
#[derive(Clone)]
struct Head<K> {
    key: K,
    start: usize,
    content: Range<usize>,
}

impl<I: Item> Cursor<I> {
    /// A cursor that is nowhere yet.
    pub(super) fn new(run: u64) -> Self {
        Self { run, page: None, bytes: Vec::new(), head: None }
    }

    /// A cursor at the first item whose key is no less than one.
    fn from(
        table: &impl ReadableTable<PageKey<I::Key>, Bytes>,
        run: u64,
        key: I::Key,
    ) -> Result<Self> {
        let mut cursor = Self::new(run);
        cursor.seek(table, key)?;
        Ok(cursor)
    }

    /// The number of the run.
    pub(super) fn run(&self) -> u64 {
        self.run
    }

    /// The key of the next item.
    pub(super) fn key(&self) -> Option<I::Key> {
        self.head.as_ref().map(|head| head.key)
    }

    /// The page that has the next item, and what is in it from there on; `None` at the end of the run.
    pub(super) fn rest(&self) -> Option<(PageKey<I::Key>, PageRecord)> {
        let rest = self.bytes.get(self.head.as_ref()?.start..)?;
        Some((self.page?, PageRecord(Packed(rest.to_vec()))))
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
        let Some(head) = self.head.as_ref().filter(|head| head.key == key) else {
            return Ok(None);
        };
        let content = self.bytes.get(head.content.clone());
        let item = content.and_then(I::take).ok_or_else(|| self.damaged())?;
        self.advance(table)?;
        Ok(Some(item))
    }

    /// Goes on to the next item.
    fn advance(&mut self, table: &impl ReadableTable<PageKey<I::Key>, Bytes>) -> Result<()> {
        let Some(Head { content, .. }) = self.head.take() else { return Ok(()) };
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
        let end = *all_pages::<I>(self.run).end();
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
        let content = content.start + start..content.end + start;
        self.head = Some(Head { key, start, content });
        Ok(())
    }

    fn damaged(&self) -> Error {
        let location = self.page.map_or_else(String::new, page_location::<I>);
        corrupt(format!("{location}: these are no items"))
    }
}

/// Several runs as one: items by their keys, those of an earlier run first, and joined.
pub(super) struct Merge<I: Item> {
    /// In the order of the runs.
    cursors: Vec<Cursor<I>>,
    open: Option<(I::Key, I)>,
}

impl<I: Item> Merge<I> {
    /// The items of runs from a key on.
    pub(super) fn from(
        table: &impl ReadableTable<PageKey<I::Key>, Bytes>,
        runs: impl Iterator<Item = u64>,
        key: I::Key,
    ) -> Result<Self> {
        let cursors = runs.map(|run| Cursor::from(table, run, key)).collect::<Result<_>>()?;
        Ok(Self { cursors, open: None })
    }

    /// Takes the item that waits for others to be joined to it.
    pub(super) fn take_open(&mut self) -> Option<(I::Key, I)> {
        self.open.take()
    }

    /// Where it is in each run.
    pub(super) fn cursors(&self) -> &[Cursor<I>] {
        &self.cursors
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
