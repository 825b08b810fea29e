//! Tables of a damaged file, as far as they can be read, copied to a database from which the usual code reads.

use std::collections::BTreeMap;

use redb::{
    Key, ReadableTable as _, StorageBackend, TableDefinition, TableHandle as _, Value,
    WriteTransaction,
};

use crate::error::Result;
use crate::store::codec::encode;
use crate::store::failure::OrFail;
use crate::store::page::{Gap, Harvest};
use crate::store::record::ClockRecord;
use crate::store::tables::{
    CHANGES, CLOCK_KEY, COUNTS, EVENT_IDS, EVENT_NAMES, EVENT_NUMBERS, FORMAT, FORMAT_KEY, HEADS,
    HISTORY, KEPT, KEPT_PUBLICATIONS, KEY_CONFIGS, KEY_SPANS, LIST_EDITIONS, LIST_IDS, LISTS, META,
    NAMES, PUBLICATIONS, RETENTION, REVISION_HASHES, REVISIONS, RUNS, SERIES, SERIES_NUMBERS,
    SKETCHES, TIMELINES, TIMES, TOTALS_KEY, TRAFFIC, USER_ENTRIES, USER_IDS, USER_NUMBERS,
    VERSIONS,
};

/// What of the tables was read.
#[derive(Default)]
pub(super) struct Read {
    tables: BTreeMap<String, OfTable>,
    /// Whether there was no clock, and so one was put there.
    pub(super) lacks_clock: bool,
    /// Whether there is something of users, and not what is counted of them.
    pub(super) lacks_totals: bool,
}

/// What of one table was read.
#[derive(Default)]
pub(super) struct OfTable {
    /// How many entries it has by the list of tables.
    pub(super) listed: u64,
    pub(super) read: u64,
    pub(super) gaps: Vec<Gap>,
}

impl Read {
    /// What of a table was read.
    pub(super) fn of(&self, table: &str) -> Option<&OfTable> {
        self.tables.get(table)
    }

    /// How many entries a table has by the list of tables.
    pub(super) fn listed(&self, table: &str) -> u64 {
        self.of(table).map_or(0, |table| table.listed)
    }

    /// How many of those cannot be read.
    pub(super) fn missing(&self, table: &str) -> u64 {
        self.of(table).map_or(0, |table| table.listed.saturating_sub(table.read))
    }
}

/// Copies all tables.
pub(super) fn copy_tables(
    harvest: &Harvest<impl StorageBackend>,
    to: &WriteTransaction,
) -> Result<Read> {
    let mut copy = Copy { harvest, to, read: Read::default() };
    copy.log()?;
    copy.objects()?;
    copy.deliveries()?;
    copy.users()?;
    copy.complete_meta()?;
    Ok(copy.read)
}

struct Copy<'c, B> {
    harvest: &'c Harvest<B>,
    to: &'c WriteTransaction,
    read: Read,
}

impl<B: StorageBackend> Copy<'_, B> {
    fn log(&mut self) -> Result<()> {
        self.table(META)?;
        self.table(REVISIONS)?;
        self.table(CHANGES)?;
        self.table(REVISION_HASHES)?;
        self.table(TIMES)?;
        self.table(HISTORY)
    }

    fn objects(&mut self) -> Result<()> {
        self.table(VERSIONS)?;
        self.table(PUBLICATIONS)?;
        self.table(TIMELINES)?;
        self.table(NAMES)?;
        self.table(KEY_CONFIGS)?;
        self.table(HEADS)?;
        self.table(KEPT)?;
        self.optional(KEPT_PUBLICATIONS)?;
        self.optional(RETENTION)
    }

    fn deliveries(&mut self) -> Result<()> {
        self.optional(SERIES)?;
        self.optional(SERIES_NUMBERS)?;
        self.optional(COUNTS)?;
        self.optional(SKETCHES)?;
        self.optional(KEY_SPANS)?;
        self.optional(TRAFFIC)
    }

    /// Those of users, and of lists of them.
    fn users(&mut self) -> Result<()> {
        self.optional(USER_NUMBERS)?;
        self.optional(USER_IDS)?;
        self.optional(EVENT_NUMBERS)?;
        self.optional(EVENT_NAMES)?;
        self.optional(RUNS)?;
        self.optional(USER_ENTRIES)?;
        self.optional(EVENT_IDS)?;
        self.optional(LISTS)?;
        self.optional(LIST_IDS)?;
        self.optional(LIST_EDITIONS)
    }

    /// Copies a table that a file may lack.
    fn optional<K: Key + 'static, V: Value + 'static>(
        &mut self,
        definition: TableDefinition<K, V>,
    ) -> Result<()> {
        match self.harvest.entries(definition.name()) {
            Some(_) => self.table(definition),
            None => Ok(()),
        }
    }

    fn table<K: Key + 'static, V: Value + 'static>(
        &mut self,
        definition: TableDefinition<K, V>,
    ) -> Result<()> {
        let name = definition.name();
        let (mut read, mut table) = (0, self.to.open_table(definition).or_fail()?);
        let widths = (K::fixed_width(), V::fixed_width());
        let gaps = self.harvest.each(name, widths, |key, value| {
            read += 1;
            table.insert(K::from_bytes(key), V::from_bytes(value)).or_fail().map(drop)
        })?;
        let listed = self.harvest.entries(name).unwrap_or(0);
        self.read.tables.insert(name.to_owned(), OfTable { listed, read, gaps });
        Ok(())
    }

    /// Puts there what every file has, if it was lost.
    fn complete_meta(&mut self) -> Result<()> {
        let mut meta = self.to.open_table(META).or_fail()?;
        if meta.get(FORMAT_KEY).or_fail()?.is_none() {
            meta.insert(FORMAT_KEY, FORMAT.to_le_bytes().as_slice()).or_fail()?;
        }
        if meta.get(CLOCK_KEY).or_fail()?.is_none() {
            self.read.lacks_clock = true;
            let clock = encode(&ClockRecord(None))?;
            meta.insert(CLOCK_KEY, clock.as_slice()).or_fail()?;
        }
        let has_users = self.harvest.entries(RUNS.name()).is_some_and(|pages| pages > 0);
        self.read.lacks_totals = has_users && meta.get(TOTALS_KEY).or_fail()?.is_none();
        Ok(())
    }
}
