//! What must hold of the tables of users.

use std::collections::{BTreeSet, HashSet};

use redb::{ReadOnlyTable, ReadableTable, ReadableTableMetadata, TableDefinition};

use super::add::totals;
use super::event_id::digest;
use super::fold::{block_place, read_block, row_place};
use super::query::Names;
use crate::error::Result;
use crate::store::codec::decode;
use crate::store::failure::OrFail;
use crate::store::read::Reader;
use crate::store::record::{BlockRecord, EntryRecord, TotalsRecord};
use crate::store::tables::{
    EVENT_IDS, EVENT_NAMES, EVENT_NUMBERS, LOG_EVENT_IDS, META, USER_ENTRIES, USER_IDS, USER_LOG,
    USER_NUMBERS,
};
use crate::store::verify::VerifyReport;

/// Checks every record, and every rule that ties them together.
pub(in crate::store) fn check(reader: &Reader, report: &mut VerifyReport) -> Result<()> {
    let Some(totals) = report.note(totals(&reader.table(META)?))? else { return Ok(()) };
    let names = Names::open(reader)?;
    let mut checker = Checker { reader, report, totals, names, met: HashSet::new() };
    checker.users()?;
    checker.event_names()?;
    checker.base()?;
    checker.tail()?;
    checker.all_met()
}

struct Checker<'a> {
    reader: &'a Reader,
    report: &'a mut VerifyReport,
    totals: TotalsRecord,
    names: Names,
    /// The users of whom there are entries.
    met: HashSet<u32>,
}

/// The base or the tail, as far as it was gone through.
struct Part {
    ids: Option<ReadOnlyTable<u128, u32>>,
    entries: u64,
    /// How many of its events have an id.
    with_id: u64,
}

impl Part {
    fn open(reader: &Reader, ids: TableDefinition<u128, u32>) -> Result<Self> {
        Ok(Self { ids: reader.optional_table(ids)?, entries: 0, with_id: 0 })
    }

    fn knows(&self, digest: u128, user: u32) -> Result<bool> {
        let Some(ids) = &self.ids else { return Ok(false) };
        Ok(ids.get(digest).or_fail()?.is_some_and(|known| known.value() == user))
    }
}

impl Checker<'_> {
    fn users(&mut self) -> Result<()> {
        self.report.users =
            self.both_ways(USER_NUMBERS, USER_IDS, ["pcq.users", "pcq.user_ids"])?;
        let Some(ids) = self.reader.optional_table(USER_IDS)? else { return Ok(()) };
        let last = ids.last().or_fail()?.map(|(number, _)| number.value());
        if let Some(last) = last.filter(|last| *last >= self.totals.user) {
            self.problem("pcq.user_ids", &format!("number {last} was not given out yet"));
        }
        Ok(())
    }

    fn event_names(&mut self) -> Result<()> {
        let names = ["pcq.event_names", "pcq.event_numbers"];
        self.both_ways(EVENT_NUMBERS, EVENT_NAMES, names).map(drop)
    }

    /// Compares two tables that say the same in two orders; gives how much they say.
    fn both_ways(
        &mut self,
        numbers: TableDefinition<&'static str, u32>,
        texts: TableDefinition<u32, &'static str>,
        names: [&str; 2],
    ) -> Result<u64> {
        let numbers = self.reader.optional_table(numbers)?;
        let texts = self.reader.optional_table(texts)?;
        let mut count = 0;
        if let Some(numbers) = numbers {
            for entry in numbers.iter().or_fail()? {
                let (text, number) = entry.or_fail()?;
                count += 1;
                let back = texts.as_ref().map(|texts| texts.get(number.value()).or_fail());
                if back.transpose()?.flatten().is_none_or(|back| back.value() != text.value()) {
                    let what = format!("lacks or contradicts number {}", number.value());
                    self.problem(names[1], &what);
                }
            }
        }
        let others = texts.map_or(Ok(0), |texts| texts.len().or_fail())?;
        if others != count {
            self.problem(
                names[1],
                &format!("has {others} entries, and `{}` has {count}", names[0]),
            );
        }
        Ok(count)
    }

    fn problem(&mut self, table: &str, what: &str) {
        self.report.problem(format!("table `{table}`: {what}"));
    }

    /// Checks the blocks. That none is missing shows in the number of entries: there are gaps between the
    /// numbers of blocks where events were dropped.
    fn base(&mut self) -> Result<()> {
        let mut part = Part::open(self.reader, EVENT_IDS)?;
        if let Some(base) = self.reader.optional_table(USER_ENTRIES)? {
            for block in base.iter().or_fail()? {
                let (key, bytes) = block.or_fail()?;
                let key = key.value();
                self.block(key.0, read_block(key, bytes.value()), &block_place(key), &mut part)?;
            }
        }
        self.compare("pcq.user_entries", part.entries, self.totals.base);
        self.ids("pcq.event_ids", &part)
    }

    /// Checks the rows of the tail: they are numbered without a gap up to the next one.
    fn tail(&mut self) -> Result<()> {
        let mut part = Part::open(self.reader, LOG_EVENT_IDS)?;
        if let Some(log) = self.reader.optional_table(USER_LOG)? {
            let mut last = None;
            for row in log.iter().or_fail()? {
                let (key, bytes) = row.or_fail()?;
                let key = key.value();
                self.follows(last, key);
                last = Some(key);
                let block = decode(bytes.value(), || row_place(key));
                self.block(key.1, block, &row_place(key), &mut part)?;
            }
            if last.is_some_and(|(row, _)| row.checked_add(1) != Some(self.totals.row)) {
                self.problem("pcq.user_log", "the last row is not the one before the next");
            }
        }
        self.compare("pcq.user_log", part.entries, self.totals.tail);
        self.ids("pcq.user_log_event_ids", &part)
    }

    fn follows(&mut self, last: Option<(u64, u32)>, key: (u64, u32)) {
        if last.is_some_and(|(row, _)| row.checked_add(1) != Some(key.0)) {
            self.report.problem(format!("{}: there is a gap before it", row_place(key)));
        }
    }

    /// Checks a block of a user: its entries can be read, and the ids of its events are known.
    fn block(
        &mut self,
        user: u32,
        block: Result<BlockRecord>,
        place: &str,
        part: &mut Part,
    ) -> Result<()> {
        let Some(block) = self.report.note(block)? else { return Ok(()) };
        part.entries += u64::from(block.count);
        self.met.insert(user);
        if !block.is_bounded() {
            self.report.problem(format!("{place}: it has too many entries, or none"));
        }
        let restored = self.names.restore(&block, &"".into(), || place.to_owned(), &mut Vec::new());
        if self.report.note(restored)?.is_none() {
            return Ok(());
        }
        block.each(|| place.to_owned(), |entry| self.event(user, &entry, place, part))
    }

    fn event(
        &mut self,
        user: u32,
        entry: &EntryRecord,
        place: &str,
        part: &mut Part,
    ) -> Result<()> {
        self.report.events += u64::from(entry.is_event());
        let Some(id) = entry.id() else { return Ok(()) };
        part.with_id += 1;
        if !part.knows(digest(id), user)? {
            let what = "the id of an event is not known, or as that of another user";
            self.report.problem(format!("{place}: {what}"));
        }
        Ok(())
    }

    /// Counts the ids of a part: one for each event that has one, and no more.
    fn ids(&mut self, name: &str, part: &Part) -> Result<()> {
        let mut found = 0;
        if let Some(ids) = &part.ids {
            for entry in ids.iter().or_fail()? {
                entry.or_fail()?;
                found += 1;
            }
        }
        self.compare(name, found, part.with_id);
        Ok(())
    }

    fn compare(&mut self, table: &str, found: u64, wanted: u64) {
        if found != wanted {
            self.problem(table, &format!("has {found} entries, and {wanted} are accounted for"));
        }
    }

    /// Compares the users with those of whom there is something.
    fn all_met(&mut self) -> Result<()> {
        if let Some(ids) = self.reader.optional_table(USER_IDS)? {
            for entry in ids.iter().or_fail()? {
                let number = entry.or_fail()?.0.value();
                if !self.met.remove(&number) {
                    self.problem("pcq.user_ids", &format!("nothing is known of user {number}"));
                }
            }
        }
        let strays: BTreeSet<_> = self.met.drain().collect();
        for stray in strays {
            self.problem("pcq.user_ids", &format!("there is no user {stray}"));
        }
        Ok(())
    }
}
