//! Queries of users: how many there are, and the entries of one, or of a page of them.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;

use redb::{ReadOnlyTable, ReadableTableMetadata};

use super::base::{block_location, read_block};
use super::cursor::Cursor;
use super::run::run_location;
use super::totals::totals;
use crate::error::Result;
use crate::model::Entry;
use crate::store::failure::{OrFail, corrupt};
use crate::store::image::Image;
use crate::store::record::{BlockRecord, EntryRecord, EventReads};
use crate::store::tables::{
    Bytes, EVENT_NAMES, META, PageKey, RUNS, USER_ENTRIES, USER_IDS, USER_NUMBERS,
};

/// How many users are read together; few in the tests.
const TOGETHER: usize = if cfg!(test) { 3 } else { 64 };
/// How many entries end a page of users, after those who are read together. Few in the tests, so that they see
/// such pages.
const PAGE_ENTRIES: usize = if cfg!(test) { 100 } else { 65_536 };

/// How many users, and how many of their events, end a page of events in the order of the file.
const PAGE_USERS: usize = if cfg!(test) { 5 } else { 4_096 };
const PAGE_EVENTS: usize = if cfg!(test) { 20 } else { 4_096 };

/// How many users there are.
pub(in crate::store) fn user_count(image: &Image) -> Result<u64> {
    image.optional_table(USER_NUMBERS)?.map_or(Ok(0), |users| users.len().or_fail())
}

/// All entries of a user, in order of receipt.
pub(in crate::store) fn user_entries(image: &Image, user: &str) -> Result<Vec<Entry>> {
    let Some(users) = image.optional_table(USER_NUMBERS)? else { return Ok(Vec::new()) };
    let Some(number) = users.get(user).or_fail()? else { return Ok(Vec::new()) };
    let number = number.value();
    let ids = image.table(USER_IDS)?;
    if ids.get(number).or_fail()?.is_none_or(|id| id.value() != user) {
        return Err(corrupt(format!("table `pcq.user_ids`: number {number} is another user's")));
    }
    Entries::open(image)?.of(number, &user.into(), true)
}

/// At most so many users after one, in byte order, with all their entries in order of receipt.
///
/// They are fewer if they have very many entries, so that whoever goes through all users needs little memory.
pub(in crate::store) fn users_after(
    image: &Image,
    after: Option<&str>,
    count: usize,
) -> Result<Vec<(Arc<str>, Vec<Entry>)>> {
    users_from(image, after.map_or(Bound::Unbounded, Bound::Excluded), count, true)
}

/// The same, from a bound on; with the properties of events, or without.
pub(in crate::store) fn users_from(
    image: &Image,
    from: Bound<&str>,
    count: usize,
    reads_properties: bool,
) -> Result<Vec<(Arc<str>, Vec<Entry>)>> {
    let Some(users) = image.optional_table(USER_NUMBERS)? else { return Ok(Vec::new()) };
    let users = users.range::<&str>((from, Bound::Unbounded)).or_fail()?;
    let users = users.take(count).map(|user| {
        let (id, number) = user.or_fail()?;
        Ok((number.value(), Arc::from(id.value())))
    });
    let mut users = users.collect::<Result<Vec<(u32, Arc<str>)>>>()?;
    let (mut known, mut total) = (Vec::with_capacity(users.len()), 0);
    for users in users.chunks_mut(TOGETHER) {
        // what is next to each other in the file is read together
        users.sort_unstable();
        let first = known.len();
        let mut entries = Entries::open(image)?;
        for (number, user) in users {
            let own = entries.of(*number, user, reads_properties)?;
            total += own.len();
            known.push((Arc::clone(user), own));
        }
        if let Some(together) = known.get_mut(first..) {
            together.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        }
        if total >= PAGE_ENTRIES {
            break;
        }
    }
    Ok(known)
}

/// The next events in the order in which the file has them: by the numbers of the users, from one on, and of each in
/// order of receipt. Gives also the number from which on there may be more.
pub(in crate::store) fn events_from(
    image: &Image,
    first: u32,
    reads: &EventReads<'_>,
) -> Result<(Vec<Entry>, Option<u32>)> {
    let (mut events, mut next) = (Vec::new(), None);
    let Some(ids) = image.optional_table(USER_IDS)? else { return Ok((events, next)) };
    let mut entries = Entries::open(image)?;
    for user in ids.range(first..).or_fail()?.take(PAGE_USERS) {
        let (number, id) = user.or_fail()?;
        let (number, user) = (number.value(), Arc::from(id.value()));
        entries.each(number, |names, block, location| {
            names.read(block, &user, location, reads, &mut events)
        })?;
        next = number.checked_add(1);
        if events.len() >= PAGE_EVENTS {
            break;
        }
    }
    Ok((events, next))
}

/// Reader of the entries of users, in the order of the users' numbers.
struct Entries {
    /// The base of a file of format 1.
    base: Option<ReadOnlyTable<(u32, u32), Bytes>>,
    runs: Option<ReadOnlyTable<PageKey<u32>, Bytes>>,
    /// A cursor in each run, and in each source of one.
    cursors: Vec<Cursor<BlockRecord>>,
    names: Names,
}

impl Entries {
    fn open(image: &Image) -> Result<Self> {
        let totals = totals(&image.table(META)?)?;
        Ok(Self {
            base: image.optional_table(USER_ENTRIES)?,
            runs: image.optional_table(RUNS)?,
            cursors: totals.parts().map(Cursor::new).collect(),
            names: Names::open(image)?,
        })
    }

    /// All of a user, whose number is greater than that of the one before.
    fn of(&mut self, number: u32, user: &Arc<str>, reads_properties: bool) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        self.each(number, |names, block, location| {
            names.restore(block, user, reads_properties, location, &mut entries)
        })?;
        Ok(entries)
    }

    /// Calls a function with each block of a user, whose number is greater than that of the one before; it is told
    /// where the block is.
    fn each(
        &mut self,
        number: u32,
        mut take: impl FnMut(&mut Names, &BlockRecord, &dyn Fn() -> String) -> Result<()>,
    ) -> Result<()> {
        if let Some(base) = &self.base {
            for block in base.range((number, 0)..=(number, u32::MAX)).or_fail()? {
                let (key, bytes) = block.or_fail()?;
                let block = read_block(key.value(), bytes.value())?;
                take(&mut self.names, &block, &|| block_location(key.value()))?;
            }
        }
        let Some(runs) = &self.runs else { return Ok(()) };
        for cursor in &mut self.cursors {
            cursor.seek(runs, number)?;
            let run = cursor.run();
            while let Some(block) = cursor.take(runs, number)? {
                take(&mut self.names, &block, &|| run_location::<BlockRecord>(run))?;
            }
        }
        Ok(())
    }
}

/// Names of events by their numbers, each read once.
pub(super) struct Names {
    table: Option<ReadOnlyTable<u32, &'static str>>,
    known: HashMap<u32, Arc<str>>,
}

impl Names {
    pub(super) fn open(image: &Image) -> Result<Self> {
        Ok(Self { table: image.optional_table(EVENT_NAMES)?, known: HashMap::new() })
    }

    /// Appends the entries of a block.
    pub(super) fn restore(
        &mut self,
        block: &BlockRecord,
        user: &Arc<str>,
        reads_properties: bool,
        location: impl Fn() -> String,
        entries: &mut Vec<Entry>,
    ) -> Result<()> {
        block.each(&location, |record| {
            self.look_up(&record)?;
            let entry = record.restore(user, &self.known, reads_properties);
            entries.push(entry.map_err(|why| corrupt(format!("{}: {why}", location())))?);
            Ok(())
        })
    }

    /// Appends what is read of the events of a block.
    fn read(
        &mut self,
        block: &BlockRecord,
        user: &Arc<str>,
        location: impl Fn() -> String,
        reads: &EventReads<'_>,
        events: &mut Vec<Entry>,
    ) -> Result<()> {
        block.each(&location, |record| {
            self.look_up(&record)?;
            let read = record.read(user, &self.known, reads);
            events.extend(read.map_err(|why| corrupt(format!("{}: {why}", location())))?);
            Ok(())
        })
    }

    /// Looks up the name of an event, if that was not done before.
    fn look_up(&mut self, record: &EntryRecord) -> Result<()> {
        let Some(number) = record.name().filter(|number| !self.known.contains_key(number)) else {
            return Ok(());
        };
        let Some(table) = &self.table else { return Ok(()) };
        if let Some(name) = table.get(number).or_fail()? {
            self.known.insert(number, name.value().into());
        }
        Ok(())
    }
}
