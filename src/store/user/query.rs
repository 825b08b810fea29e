//! Asking what is known of users.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;

use redb::{ReadOnlyTable, ReadableTableMetadata};

use super::fold::{block_place, read_block, read_row, row_place};
use super::tail::{Index, Log, Sight, Tail};
use crate::error::Result;
use crate::model::Entry;
use crate::store::failure::{OrFail, corrupt};
use crate::store::read::Reader;
use crate::store::record::{BlockRecord, EntryRecord};
use crate::store::tables::{Bytes, EVENT_NAMES, USER_ENTRIES, USER_LOG, USER_NUMBERS};

/// How many users there are.
pub(in crate::store) fn user_count(reader: &Reader) -> Result<u64> {
    reader.optional_table(USER_NUMBERS)?.map_or(Ok(0), |users| users.len().or_fail())
}

/// All entries of a user, in order of receipt.
pub(in crate::store) fn user_entries(
    reader: &Reader,
    tail: &Tail,
    user: &str,
) -> Result<Vec<Entry>> {
    let Some(users) = reader.optional_table(USER_NUMBERS)? else { return Ok(Vec::new()) };
    let Some(number) = users.get(user).or_fail()? else { return Ok(Vec::new()) };
    Entries::open(reader, tail)?.of(number.value(), &user.into())
}

/// So many users after one, in byte order, with all their entries in order of receipt.
pub(in crate::store) fn users_after(
    reader: &Reader,
    tail: &Tail,
    after: Option<&str>,
    count: usize,
) -> Result<Vec<(Arc<str>, Vec<Entry>)>> {
    let Some(users) = reader.optional_table(USER_NUMBERS)? else { return Ok(Vec::new()) };
    let mut entries = Entries::open(reader, tail)?;
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let users = users.range::<&str>((from, Bound::Unbounded)).or_fail()?;
    users
        .take(count)
        .map(|entry| {
            let (id, number) = entry.or_fail()?;
            let user: Arc<str> = id.value().into();
            let known = entries.of(number.value(), &user)?;
            Ok((user, known))
        })
        .collect()
}

/// The tables with entries, as a reader sees them.
struct Entries<'r> {
    base: Option<ReadOnlyTable<(u32, u32), Bytes>>,
    log: Option<(Log, Sight)>,
    tail: &'r Tail,
    /// Is made if the shared one is of a later tail.
    own: Option<Index>,
    names: Names,
}

impl<'r> Entries<'r> {
    fn open(reader: &Reader, tail: &'r Tail) -> Result<Self> {
        let log = match reader.optional_table(USER_LOG)? {
            Some(log) => Sight::of(&log)?.map(|sight| (log, sight)),
            None => None,
        };
        let base = reader.optional_table(USER_ENTRIES)?;
        Ok(Self { base, log, tail, own: None, names: Names::open(reader)? })
    }

    /// All of a user: what is in the tail was received after what is in the base.
    fn of(&mut self, number: u32, user: &Arc<str>) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        if let Some(base) = &self.base {
            for block in base.range((number, 0)..=(number, u32::MAX)).or_fail()? {
                let (key, bytes) = block.or_fail()?;
                let block = read_block(key.value(), bytes.value())?;
                self.names.restore(&block, user, || block_place(key.value()), &mut entries)?;
            }
        }
        for row in self.rows(number)? {
            let Some((log, _)) = &self.log else { continue };
            let (key, block) = ((row, number), read_row(log, (row, number))?);
            self.names.restore(&block, user, || row_place(key), &mut entries)?;
        }
        Ok(entries)
    }

    /// The rows of a user in the tail.
    fn rows(&mut self, user: u32) -> Result<Vec<u64>> {
        let Some((log, sight)) = &self.log else { return Ok(Vec::new()) };
        if self.own.is_none()
            && let Some(rows) = self.tail.rows(log, *sight, user)?
        {
            return Ok(rows);
        }
        let own = self.own.get_or_insert_default();
        own.take_up(log, *sight)?;
        Ok(own.rows(user, *sight))
    }
}

/// The names of events that were met, each once in memory.
pub(super) struct Names {
    table: Option<ReadOnlyTable<u32, &'static str>>,
    known: HashMap<u32, Arc<str>>,
}

impl Names {
    pub(super) fn open(reader: &Reader) -> Result<Self> {
        Ok(Self { table: reader.optional_table(EVENT_NAMES)?, known: HashMap::new() })
    }

    /// Appends the entries of a block.
    pub(super) fn restore(
        &mut self,
        block: &BlockRecord,
        user: &Arc<str>,
        place: impl Fn() -> String,
        entries: &mut Vec<Entry>,
    ) -> Result<()> {
        block.each(&place, |record| {
            self.meet(&record)?;
            let entry = record.restore(user, &self.known);
            entries.push(entry.map_err(|why| corrupt(format!("{}: {why}", place())))?);
            Ok(())
        })
    }

    /// Looks the name of an event up when it is first met.
    fn meet(&mut self, record: &EntryRecord) -> Result<()> {
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
