//! What must hold of the tables of users.

use std::collections::{BTreeSet, HashSet};

use redb::{
    ReadOnlyTable, ReadableTable, ReadableTableMetadata, TableDefinition, TableHandle as _,
};

use super::add::totals;
use super::event_id::{BASE_RUN, Owner, digest, id_runs};
use super::fold::{block_place, read_block};
use super::query::Names;
use super::run::{Item, Merge, RunKey as _, page_items, page_place, run_place};
use crate::error::Result;
use crate::store::failure::OrFail;
use crate::store::image::Image;
use crate::store::record::{BlockRecord, TotalsRecord};
use crate::store::report::VerifyReport;
use crate::store::tables::{
    Bytes, EVENT_IDS, EVENT_NAMES, EVENT_NUMBERS, META, PageKey, RUNS, USER_ENTRIES, USER_IDS,
    USER_NUMBERS,
};

/// Checks every record, and every rule that ties them together.
pub(in crate::store) fn check(image: &Image, report: &mut VerifyReport) -> Result<()> {
    let Some(totals) = report.note(totals(&image.table(META)?))? else { return Ok(()) };
    let names = Names::open(image)?;
    let mut checker = Checker { image, report, totals, names, met: HashSet::new() };
    checker.users()?;
    checker.event_names()?;
    let base_ids = checker.base()?;
    checker.tail(base_ids)?;
    checker.all_met()
}

struct Checker<'a> {
    image: &'a Image,
    report: &'a mut VerifyReport,
    totals: TotalsRecord,
    names: Names,
    /// The users of whom there are entries.
    met: HashSet<u32>,
}

/// Ids of events of the base or of a run, as far as they were met: those of the entries, or those in the table of
/// ids.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ids {
    count: u64,
    /// Tells them and their users from others, in whatever order they are met.
    sum: u128,
}

impl Ids {
    fn meet(&mut self, digest: u128, user: u32) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(digest.wrapping_mul(u128::from(user) * 2 + 1));
    }
}

/// The pages of runs, as a reader sees them.
type RunPages<I> = ReadOnlyTable<PageKey<<I as Item>::Key>, Bytes>;

impl Checker<'_> {
    fn users(&mut self) -> Result<()> {
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

    /// Compares two tables that say the same in two orders; gives how much they say.
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
    fn base(&mut self) -> Result<Ids> {
        let (mut entries, mut wanted) = (0, Ids::default());
        if let Some(base) = self.image.optional_table(USER_ENTRIES)? {
            for block in base.iter().or_fail()? {
                let (key, bytes) = block.or_fail()?;
                let key = key.value();
                let block = self.report.note(read_block(key, bytes.value()))?;
                let Some(block) = block else { continue };
                entries += u64::from(block.count);
                self.block(key.0, &block, &block_place(key), &mut wanted)?;
            }
        }
        self.compare("table `pcq.user_entries`", entries, self.totals.base);
        Ok(wanted)
    }

    /// Checks the runs, those of ids with the base's, and that no page is of another.
    fn tail(&mut self, base_ids: Ids) -> Result<()> {
        let ids_once = self.ids_once();
        self.report.note(ids_once)?;
        let runs = std::mem::take(&mut self.totals.runs);
        let entry_pages = self.image.optional_table(RUNS)?;
        let mut pages = 0;
        let mut ids = vec![(BASE_RUN, base_ids)];
        for run in runs {
            let (mut entries, mut wanted) = (0, Ids::default());
            let block = |this: &mut Self, user, block: BlockRecord, place: &str| {
                entries += u64::from(block.count);
                this.block(user, &block, place, &mut wanted)
            };
            pages += self.run(entry_pages.as_ref(), run.number, block)?;
            self.compare(&run_place::<BlockRecord>(run.number), entries, run.entries);
            ids.push((run.number, wanted));
        }
        self.all_pages::<BlockRecord>(entry_pages.as_ref(), pages)?;
        self.ids(&ids)
    }

    /// Checks the ids of the base and of the runs, and that no page is of another.
    fn ids(&mut self, runs: &[(u64, Ids)]) -> Result<()> {
        let table = self.image.optional_table(EVENT_IDS)?;
        let mut pages = 0;
        for (run, wanted) in runs {
            let mut found = Ids::default();
            let id = |_: &mut Self, digest, Owner(user), _: &str| {
                found.meet(digest, user);
                Ok(())
            };
            pages += self.run(table.as_ref(), *run, id)?;
            self.compare_ids(&run_place::<Owner>(*run), &found, wanted);
        }
        self.all_pages::<Owner>(table.as_ref(), pages)
    }

    /// Checks that no id is of two events.
    fn ids_once(&mut self) -> Result<()> {
        let Some(table) = self.image.optional_table(EVENT_IDS)? else { return Ok(()) };
        let mut runs = Merge::<Owner>::new(&table, id_runs(&self.totals))?;
        let mut before = None;
        while let Some((digest, _)) = runs.next(&table)? {
            if before.replace(digest) == Some(digest) {
                self.problem(EVENT_IDS.name(), "an id is that of two events");
                return Ok(());
            }
        }
        Ok(())
    }

    /// Goes through the items of a run; gives how many pages it has.
    fn run<I: Item>(
        &mut self,
        table: Option<&RunPages<I>>,
        run: u64,
        mut each: impl FnMut(&mut Self, I::Key, I, &str) -> Result<()>,
    ) -> Result<u64> {
        let Some(table) = table else { return Ok(0) };
        let (mut pages, mut before) = (0, None);
        let all = (run, I::Key::FIRST, 0)..=(run, I::Key::LAST, u32::MAX);
        for page in table.range(all).or_fail()? {
            let (key, bytes) = page.or_fail()?;
            let key = key.value();
            pages += 1;
            let place = page_place::<I>(key);
            let Some(items) = self.report.note(page_items::<I>(key, bytes.value()))? else {
                continue;
            };
            if items.last().is_none_or(|(last, _)| *last != key.1) {
                self.report.problem(format!("{place}: it does not end with its key"));
            }
            for (own, content) in items {
                if before.replace(own).is_some_and(|before| own < before) {
                    self.report.problem(format!("{place}: it is not in order"));
                }
                each(self, own, content, &place)?;
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

    /// Checks a block of a user: its entries can be read. Takes the ids of its events up.
    fn block(&mut self, user: u32, block: &BlockRecord, place: &str, ids: &mut Ids) -> Result<()> {
        self.met.insert(user);
        if !block.is_bounded() {
            self.report.problem(format!("{place}: it has too many entries, or none"));
        }
        let restored = self.names.restore(block, &"".into(), || place.to_owned(), &mut Vec::new());
        if self.report.note(restored)?.is_none() {
            return Ok(());
        }
        let mut events = 0;
        block.each(
            || place.to_owned(),
            |entry| {
                events += u64::from(entry.is_event());
                if let Some(id) = entry.id() {
                    ids.meet(digest(id), user);
                }
                Ok(())
            },
        )?;
        self.report.events += events;
        Ok(())
    }

    fn compare(&mut self, place: &str, found: u64, wanted: u64) {
        if found != wanted {
            let what = format!("has {found} entries, and {wanted} are accounted for");
            self.report.problem(format!("{place}: {what}"));
        }
    }

    fn compare_ids(&mut self, place: &str, found: &Ids, wanted: &Ids) {
        self.compare(place, found.count, wanted.count);
        if found.count == wanted.count && found.sum != wanted.sum {
            let what = "the ids are not those of the events, or of other users";
            self.report.problem(format!("{place}: {what}"));
        }
    }

    /// Compares the users with those of whom there is something.
    fn all_met(&mut self) -> Result<()> {
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
