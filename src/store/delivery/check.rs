//! Check of the tables of deliveries: every record, and the rules between them.

use std::collections::{BTreeMap, BTreeSet};

use redb::{ReadableTable, ReadableTableMetadata};

use super::add::{digest, last_batch, read_counts, read_users};
use super::bucket::{Bucket, Counts, size_numbered};
use super::query::{read_series, spans};
use crate::error::Result;
use crate::model::{Catalog, Granularity, KeyId};
use crate::store::failure::{OrFail, corrupt};
use crate::store::image::Image;
use crate::store::record::{KeySpanRecord, SeriesRecord};
use crate::store::report::VerifyReport;
use crate::store::tables::{COUNTS, CountKey, META, SERIES, SERIES_NUMBERS, SKETCHES};

/// Checks every record of deliveries, and every rule between the records.
pub(in crate::store) fn check(
    image: &Image,
    catalog: &Catalog,
    report: &mut VerifyReport,
) -> Result<()> {
    let mut checker = Checker { image, report, series: BTreeMap::new(), reaches: BTreeMap::new() };
    checker.batch()?;
    checker.series()?;
    checker.keys_exist(catalog);
    checker.counts()?;
    checker.users()?;
    checker.spans()
}

/// Reach of some buckets: the first and the last of them, each from its first minute to the one after its last.
#[derive(Clone, Copy)]
pub(super) struct Reach {
    first: (i64, i64),
    last: (i64, i64),
}

impl Reach {
    fn of(bucket: Bucket) -> Self {
        let start = bucket.start();
        let bucket = (start, start + bucket.size.minutes());
        Self { first: bucket, last: bucket }
    }

    /// The reach of the buckets of both: if these are of different sizes, the narrowest that is known.
    fn and(self, other: Self) -> Self {
        let first = (self.first.0.min(other.first.0), self.first.1.min(other.first.1));
        let last = (self.last.0.max(other.last.0), self.last.1.max(other.last.1));
        Self { first, last }
    }

    fn starts_at(self, minute: i64) -> bool {
        (self.first.0..self.first.1).contains(&minute)
    }

    fn ends_at(self, minute: i64) -> bool {
        (self.last.0..self.last.1).contains(&minute)
    }

    /// Its first minute.
    pub(super) fn starts(self) -> i64 {
        self.first.0
    }

    /// Its last minute.
    pub(super) fn ends(self) -> i64 {
        self.last.1 - 1
    }
}

/// The reaches of keys: of all, and of what a row gave.
pub(super) type Reaches = BTreeMap<(u32, bool), Reach>;

/// Adds the buckets of some counts to the reaches of a key, and of what a row gave of it.
pub(super) fn reaches_of(
    (key, targeted): (u32, bool),
    size: Granularity,
    chunk: i32,
    counts: &Counts,
    reaches: &mut Reaches,
) {
    for (slot, _) in counts.iter() {
        let reach = Reach::of(Bucket { size, chunk, slot });
        for key in [(key, false)].into_iter().chain(targeted.then_some((key, true))) {
            reaches.entry(key).and_modify(|r| *r = r.and(reach)).or_insert(reach);
        }
    }
}

/// Whether the first and last minutes of a key are in the reaches of its counts: of all, and of those that a row gave.
pub(super) fn agree(span: &KeySpanRecord, all: Reach, targeted: Option<Reach>) -> bool {
    let targeted = match (span.last_targeted, targeted) {
        (None, None) => true,
        (Some(last), Some(targeted)) => targeted.ends_at(last),
        _ => false,
    };
    all.starts_at(span.first) && all.ends_at(span.last) && targeted
}

struct Checker<'a> {
    image: &'a Image,
    report: &'a mut VerifyReport,
    /// The key of each series, and whether a row gave it.
    series: BTreeMap<u32, (u32, bool)>,
    /// The buckets of each key: all, and those that a row gave.
    reaches: Reaches,
}

impl Checker<'_> {
    fn batch(&mut self) -> Result<()> {
        let last = last_batch(&self.image.table(META)?);
        self.report.note(last).map(drop)
    }

    fn series(&mut self) -> Result<()> {
        let Some(table) = self.image.optional_table(SERIES)? else { return Ok(()) };
        for entry in table.iter().or_fail()? {
            let (number, bytes) = entry.or_fail()?;
            self.one_series(number.value(), bytes.value())?;
        }
        let digests = self.image.table(SERIES_NUMBERS)?.len().or_fail()?;
        if digests != table.len().or_fail()? {
            let what = format!("has {digests} entries, and there are {} series", self.series.len());
            self.report.problem(format!("table `pcq.delivery_series_numbers` {what}"));
        }
        Ok(())
    }

    fn one_series(&mut self, number: u32, bytes: &[u8]) -> Result<()> {
        let found = self.image.table(SERIES_NUMBERS)?.get(digest(bytes)).or_fail()?;
        if found.is_none_or(|found| found.value() != number) {
            let what = format!("lacks or contradicts series {number}");
            self.report.problem(format!("table `pcq.delivery_series_numbers` {what}"));
        }
        if let Some(record) = self.report.note(read_series(number, bytes))? {
            self.series.insert(number, (record.key, record.is_targeted()));
            self.restores(number, record)?;
        }
        Ok(())
    }

    fn restores(&mut self, number: u32, record: SeriesRecord) -> Result<()> {
        let damaged = |why| corrupt(format!("table `pcq.delivery_series`, record {number}: {why}"));
        self.report.note(record.restore().map_err(damaged)).map(drop)
    }

    fn keys_exist(&mut self, catalog: &Catalog) {
        let keys: BTreeSet<_> = self.series.values().map(|(key, _)| *key).collect();
        for key in keys.into_iter().filter(|key| catalog.key(KeyId(*key)).is_none()) {
            self.report.problem(format!("table `pcq.delivery_series`: key {key} does not exist"));
        }
    }

    fn counts(&mut self) -> Result<()> {
        let Some(table) = self.image.optional_table(COUNTS)? else { return Ok(()) };
        for entry in table.iter().or_fail()? {
            let (key, bytes) = entry.or_fail()?;
            if let Some(counts) = self.report.note(read_counts(key.value(), bytes.value()))? {
                self.reach(key.value(), &counts);
            }
        }
        Ok(())
    }

    fn reach(&mut self, key: CountKey, counts: &Counts) {
        let (size, chunk, series) = key;
        let (Some(&of), Some(size)) = (self.series.get(&series), size_numbered(size)) else {
            return self.lacks("pcq.delivery_counts", series);
        };
        reaches_of(of, size, chunk, counts, &mut self.reaches);
    }

    fn lacks(&mut self, table: &str, series: u32) {
        self.report.problem(format!("table `{table}`: there is no series {series}"));
    }

    fn users(&mut self) -> Result<()> {
        let Some(table) = self.image.optional_table(SKETCHES)? else { return Ok(()) };
        for entry in table.iter().or_fail()? {
            let (key, bytes) = entry.or_fail()?;
            self.report.note(read_users(key.value(), bytes.value()))?;
            if !self.series.contains_key(&key.value().1) {
                self.lacks("pcq.delivery_users", key.value().1);
            }
        }
        Ok(())
    }

    /// Compares the first and last minutes of each key with the counts.
    fn spans(&mut self) -> Result<()> {
        let Some(spans) = self.report.note(spans(self.image))? else { return Ok(()) };
        let told: BTreeMap<_, _> = spans.into_iter().collect();
        let counted = self.reaches.keys().map(|(key, _)| *key);
        let keys: BTreeSet<_> = counted.chain(told.keys().copied()).collect();
        let wrong: Vec<_> =
            keys.into_iter().filter(|key| !self.agrees(*key, told.get(key))).collect();
        for key in wrong {
            let what = "the first and last minutes are not those of its counts";
            self.report.problem(format!("table `pcq.delivery_keys`, key {key}: {what}"));
        }
        Ok(())
    }

    fn agrees(&self, key: u32, span: Option<&KeySpanRecord>) -> bool {
        let (Some(span), Some(all)) = (span, self.reaches.get(&(key, false))) else { return false };
        agree(span, *all, self.reaches.get(&(key, true)).copied())
    }
}
