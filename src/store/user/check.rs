//! Check of the tables of users: every record, and the rules between them.

use std::collections::{BTreeSet, HashSet};

use redb::{
    ReadOnlyTable, ReadableTable, ReadableTableMetadata, TableDefinition, TableHandle as _,
};

use super::base::{block_location, read_block};
use super::cursor::Merge;
use super::digest::{Owner, digest};
use super::query::{Names, user_count};
use super::run::{Item, RunKey as _, all_pages, page_items, page_location, run_location};
use super::totals::totals;
use crate::error::Result;
use crate::store::failure::OrFail;
use crate::store::image::Image;
use crate::store::record::{BASE_RUN, BlockRecord, TotalsRecord};
use crate::store::report::VerifyReport;
use crate::store::tables::{
    Bytes, EVENT_IDS, EVENT_NAMES, EVENT_NUMBERS, META, PageKey, RUNS, USER_ENTRIES, USER_IDS,
    USER_NUMBERS,
};
use crate::store::watch::Watch;

/// Checks every record of users, and every rule between the records.
pub(in crate::store) fn check(
    image: &Image,
    report: &mut VerifyReport,
    watch: &Watch<'_>,
) -> Result<()> {
    let Some(totals) = report.note(totals(&image.table(META)?))? else { return Ok(()) };
    let names = Names::open(image)?;
    let mut checker = Checker { image, report, watch, totals, names, met: HashSet::new() };
    checker.users()?;
    checker.event_names()?;
    checker.runs()?;
    checker.compare_users()
}

struct Checker<'a> {
    image: &'a Image,
    report: &'a mut VerifyReport,
    watch: &'a Watch<'a>,
    totals: TotalsRecord,
    names: Names,
    /// The users of whom entries were found.
    met: HashSet<u32>,
}

/// Ids of the events of a run: those that its entries have, or those in the table of ids.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ids {
    count: u64,
    /// A checksum of the ids with their users, the same in any order.
    sum: u128,
}

impl Ids {
    fn add(&mut self, digest: u128, user: u32) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(digest.wrapping_mul(u128::from(user) * 2 + 1));
    }
}

/// Tally of the entries of a run.
#[derive(Debug, Default)]
struct Tally {
    entries: u64,
    ids: Ids,
}

/// Table of the pages of runs.
type RunPages<I> = ReadOnlyTable<PageKey<<I as Item>::Key>, Bytes>;

impl Checker<'_> {
    fn users(&mut self) -> Result<()> {
        let pages = self.image.optional_table(RUNS)?.map_or(Ok(0), |runs| runs.len().or_fail())?;
        let ids = self.image.optional_table(EVENT_IDS)?;
        let ids = ids.map_or(Ok(0), |ids| ids.len().or_fail())?;
        let users = user_count(self.image)?;
        self.watch.begin("records of users", users + pages + ids);
        self.report.users =
            self.both_ways(USER_NUMBERS, USER_IDS, ["pcq.users", "pcq.user_ids"])?;
        let Some(ids) = self.image.optional_table(USER_IDS)? else { return Ok(()) };
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

    /// Compares two tables with the same pairs, by text and by number; gives how many pairs there are.
    fn both_ways(
        &mut self,
        numbers: TableDefinition<&'static str, u32>,
        texts: TableDefinition<u32, &'static str>,
        names: [&str; 2],
    ) -> Result<u64> {
        let numbers = self.image.optional_table(numbers)?;
        let texts = self.image.optional_table(texts)?;
        let mut count = 0;
        if let Some(numbers) = numbers {
            for entry in numbers.iter().or_fail()? {
                let (text, number) = entry.or_fail()?;
                count += 1;
                self.watch.step(1)?;
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

    /// Checks the runs of entries and of ids, and that every page belongs to a run. A missing page shows in the
    /// number of entries.
    fn runs(&mut self) -> Result<()> {
        let ids_once = self.ids_once();
        self.report.note(ids_once)?;
        let entries = self.image.optional_table(RUNS)?;
        let ids = self.image.optional_table(EVENT_IDS)?;
        let (mut base, mut entry_pages, mut id_pages) = (self.base()?, 0, 0);
        for run in std::mem::take(&mut self.totals.runs) {
            let mut tally =
                if run.number == BASE_RUN { std::mem::take(&mut base) } else { Tally::default() };
            let mut found = Ids::default();
            for part in run.parts() {
                entry_pages +=
                    self.run(entries.as_ref(), part, |this, user, block, location| {
                        this.block(user, &block, location, &mut tally)
                    })?;
                id_pages += self.run(ids.as_ref(), part, |_, digest, Owner(user), _| {
                    found.add(digest, user);
                    Ok(())
                })?;
            }
            self.compare(&run_location::<BlockRecord>(run.number), tally.entries, run.entries);
            self.compare_ids(&run_location::<Owner>(run.number), &found, &tally.ids);
        }
        self.compare("table `pcq.user_entries`", base.entries, 0);
        self.all_pages::<BlockRecord>(entries.as_ref(), entry_pages)?;
        self.all_pages::<Owner>(ids.as_ref(), id_pages)
    }

    /// Checks the blocks of the base of a file of format 1.
    fn base(&mut self) -> Result<Tally> {
        let mut tally = Tally::default();
        let Some(base) = self.image.optional_table(USER_ENTRIES)? else { return Ok(tally) };
        for block in base.iter().or_fail()? {
            let (key, bytes) = block.or_fail()?;
            let key = key.value();
            let block = self.report.note(read_block(key, bytes.value()))?;
            let Some(block) = block else { continue };
            self.block(key.0, &block, &block_location(key), &mut tally)?;
        }
        Ok(tally)
    }

    /// Checks that no two events have the same id.
    fn ids_once(&mut self) -> Result<()> {
        let Some(table) = self.image.optional_table(EVENT_IDS)? else { return Ok(()) };
        let mut runs = Merge::<Owner>::from(&table, self.totals.parts(), u128::FIRST)?;
        let mut before = None;
        while let Some((digest, _)) = runs.next(&table)? {
            if before.replace(digest) == Some(digest) {
                self.problem(EVENT_IDS.name(), "an id is that of two events");
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reads all items of a run; gives how many pages it has.
    fn run<I: Item>(
        &mut self,
        table: Option<&RunPages<I>>,
        run: u64,
        mut each: impl FnMut(&mut Self, I::Key, I, &str) -> Result<()>,
    ) -> Result<u64> {
        let Some(table) = table else { return Ok(0) };
        let (mut pages, mut before) = (0, None);
        for page in table.range(all_pages::<I>(run)).or_fail()? {
            let (key, bytes) = page.or_fail()?;
            let key = key.value();
            pages += 1;
            self.watch.step(1)?;
            let location = page_location::<I>(key);
            let Some(items) = self.report.note(page_items::<I>(key, bytes.value()))? else {
                continue;
            };
            if items.last().is_none_or(|(last, _)| *last != key.1) {
                self.report.problem(format!("{location}: it does not end with its key"));
            }
            for (own, content) in items {
                if before.replace(own).is_some_and(|before| own < before) {
                    self.report.problem(format!("{location}: it is not in order"));
                }
                each(self, own, content, &location)?;
            }
        }
        Ok(pages)
    }

    fn all_pages<I: Item>(&mut self, table: Option<&RunPages<I>>, known: u64) -> Result<()> {
        let found = table.map_or(Ok(0), |table| table.len().or_fail())?;
        if found != known {
            self.problem(
                I::TABLE.name(),
                &format!("has {found} pages, and {known} of them are of a run"),
            );
        }
        Ok(())
    }

    /// Checks that the entries of a block can be read, and adds them to the tally of its run.
    fn block(
        &mut self,
        user: u32,
        block: &BlockRecord,
        location: &str,
        tally: &mut Tally,
    ) -> Result<()> {
        self.met.insert(user);
        tally.entries += u64::from(block.count);
        if !block.is_bounded() {
            self.report.problem(format!("{location}: it has too many entries, or none"));
        }
        let restored =
            self.names.restore(block, &"".into(), true, || location.to_owned(), &mut Vec::new());
        if self.report.note(restored)?.is_none() {
            return Ok(());
        }
        let mut events = 0;
        block.each(
            || location.to_owned(),
            |entry| {
                events += u64::from(entry.is_event());
                if let Some(id) = entry.id() {
                    tally.ids.add(digest(id), user);
                }
                Ok(())
            },
        )?;
        self.report.events += events;
        Ok(())
    }

    fn compare(&mut self, location: &str, found: u64, wanted: u64) {
        if found != wanted {
            let what = format!("has {found} entries, and {wanted} are accounted for");
            self.report.problem(format!("{location}: {what}"));
        }
    }

    fn compare_ids(&mut self, location: &str, found: &Ids, wanted: &Ids) {
        self.compare(location, found.count, wanted.count);
        if found.count == wanted.count && found.sum != wanted.sum {
            let what = "the ids are not those of the events, or of other users";
            self.report.problem(format!("{location}: {what}"));
        }
    }

    /// Compares the table of users with the users of whom entries were found.
    fn compare_users(&mut self) -> Result<()> {
        if let Some(ids) = self.image.optional_table(USER_IDS)? {
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
