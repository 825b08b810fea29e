//! Queries of deliveries: counts of a config by time, and of each key.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use redb::{ReadOnlyTable, ReadableTable};

use super::add::{day_number, read_counts, read_span, read_users};
use super::bucket::{Bucket, SIZES, in_years, minute_of, size_number};
use crate::error::Result;
use crate::model::{ConfigId, Delivery, Granularity, KeyId, SegmentId, Timestamp};
use crate::store::codec::decode;
use crate::store::failure::{OrFail, corrupt};
use crate::store::image::Image;
use crate::store::record::{KeySpanRecord, SeriesRecord};
use crate::store::tables::{Bytes, COUNTS, CountKey, KEY_SPANS, SERIES, SKETCHES};
use crate::store::watch::Watch;

/// Period that is asked for: all buckets that begin in it, and the one that its own start is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) since: Option<Timestamp>,
    /// The first instant after it.
    pub(crate) until: Option<Timestamp>,
}

impl Period {
    /// The minutes of the buckets of a size that begin in it.
    fn minutes(self, size: Granularity) -> Range<i64> {
        let whole = |at| size.start(minute_of(at));
        // the last instant inside, for the bucket that begins at the end is outside
        let last = |until: Timestamp| Timestamp::clamped(until.as_micros().saturating_sub(1));
        let from = whole(self.since.unwrap_or(Timestamp::MIN));
        match self.until {
            Some(Timestamp::MIN) => from..from,
            until => from..size.end(minute_of(until.map_or(Timestamp::MAX, last))),
        }
    }
}

/// Query of the deliveries of a config, in buckets of a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeliveryQuery {
    /// `None`: of all, and what no config gave.
    pub(crate) config: Option<ConfigId>,
    pub(crate) key: Option<KeyId>,
    pub(crate) segment: Option<SegmentId>,
    pub(crate) version: Option<u32>,
    pub(crate) per: Granularity,
    pub(crate) period: Period,
}

/// Count of a delivery in a bucket of time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DeliveryCount {
    /// The first minute of the bucket, since 1970.
    pub(crate) minute: i64,
    /// The size of the bucket: as asked, or coarser where only that is kept.
    pub(crate) per: Granularity,
    pub(crate) delivery: Delivery,
    pub(crate) count: u64,
    /// How often the key was delivered in the bucket, whatever it gave.
    pub(crate) of: u64,
    /// To about how many users; known of days only, and only if they were tracked.
    pub(crate) users: Option<f64>,
}

/// Deliveries of a key in a period, and its first and last minute ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyDeliveries {
    pub(crate) deliveries: u64,
    /// Those that a row of a config gave.
    pub(crate) targeted: u64,
    /// The first minute since 1970 in which it was ever delivered.
    pub(crate) first: i64,
    /// The last one.
    pub(crate) last: i64,
}

impl DeliveryQuery {
    fn matches(&self, series: &SeriesRecord) -> bool {
        let is_of = |config: ConfigId| series.owner.is_some_and(|(owner, _)| owner == config.0);
        let is_version = |wanted| series.owner.is_some_and(|(_, version)| version == wanted);
        self.config.is_none_or(is_of)
            && self.key.is_none_or(|key| key.0 == series.key)
            && self.segment.is_none_or(|segment| Some(segment.0) == series.segment)
            && self.version.is_none_or(is_version)
    }
}

/// Part of a series that sums need.
struct Known {
    key: u32,
    wanted: bool,
}

/// The buckets of an answer: each has its first minute and its size.
type Time = (i64, Granularity);

/// Finds what was delivered of a config, in the order of time and series.
///
/// It reads the series, and the counts of the period; it keeps no more than the buckets of the answer.
pub(in crate::store) fn deliveries(
    image: &Image,
    query: &DeliveryQuery,
    watch: &Watch<'_>,
) -> Result<Vec<DeliveryCount>> {
    let series = series(image, query, watch)?;
    let mut counts: BTreeMap<(Time, u32), u64> = BTreeMap::new();
    let mut totals: BTreeMap<(Time, u32), u64> = BTreeMap::new();
    let known = |number: u32| series.contains_key(&number);
    let times = (query.per, query.period);
    walk(image, times, watch, known, |time, number, count| {
        let Some(known) = series.get(&number) else { return };
        more(totals.entry((time, known.key)).or_default(), count);
        if known.wanted {
            more(counts.entry((time, number)).or_default(), count);
        }
    })?;
    let mut restored = BTreeMap::new();
    counts
        .into_iter()
        .map(|((time, number), count)| {
            watch.check()?;
            let delivery = restore(image, &mut restored, number)?;
            let of = totals.get(&(time, delivery.key.0)).copied().unwrap_or(count);
            let users = if time.1 == Granularity::Day { users(image, time, number)? } else { None };
            Ok(DeliveryCount { minute: time.0, per: time.1, delivery, count, of, users })
        })
        .collect()
}

fn more(sum: &mut u64, count: u64) {
    *sum = sum.saturating_add(count);
}

/// Every series of the keys of which any is asked for.
fn series(image: &Image, query: &DeliveryQuery, watch: &Watch<'_>) -> Result<BTreeMap<u32, Known>> {
    let mut found = BTreeMap::new();
    let Some(table) = image.optional_table(SERIES)? else { return Ok(found) };
    let mut keys = BTreeSet::new();
    for entry in table.iter().or_fail()? {
        watch.check()?;
        let (number, bytes) = entry.or_fail()?;
        let record = read_series(number.value(), bytes.value())?;
        let wanted = query.matches(&record);
        keys.extend(wanted.then_some(record.key));
        found.insert(number.value(), Known { key: record.key, wanted });
    }
    found.retain(|_, known| keys.contains(&known.key));
    Ok(found)
}

/// Reads a record of a series.
pub(super) fn read_series(number: u32, bytes: &[u8]) -> Result<SeriesRecord> {
    decode(bytes, || format!("table `pcq.delivery_series`, record {number}"))
}

fn restore(image: &Image, restored: &mut BTreeMap<u32, Delivery>, number: u32) -> Result<Delivery> {
    if let Some(delivery) = restored.get(&number) {
        return Ok(delivery.clone());
    }
    let missing = |why| corrupt(format!("table `pcq.delivery_series`, record {number}: {why}"));
    let bytes = image.table(SERIES)?.get(number).or_fail()?;
    let bytes = bytes.ok_or_else(|| missing("it is missing".to_owned()))?;
    let delivery = read_series(number, bytes.value())?.restore().map_err(missing)?;
    restored.insert(number, delivery.clone());
    Ok(delivery)
}

fn users(image: &Image, (minute, _): Time, series: u32) -> Result<Option<f64>> {
    let Some(table) = image.optional_table(SKETCHES)? else { return Ok(None) };
    let key = (day_number(minute), series);
    let found = table.get(key).or_fail()?;
    found.map(|bytes| Ok(read_users(key, bytes.value())?.estimate())).transpose()
}

/// Adds up every key that was ever delivered, by its number.
pub(in crate::store) fn key_deliveries(
    image: &Image,
    period: Period,
    watch: &Watch<'_>,
) -> Result<BTreeMap<KeyId, KeyDeliveries>> {
    let mut keys = BTreeMap::new();
    for (key, span) in spans(image)? {
        let (first, last) = (span.first, span.last);
        keys.insert(KeyId(key), KeyDeliveries { first, last, ..KeyDeliveries::default() });
    }
    let series = targeted(image)?;
    walk(
        image,
        (Granularity::Minute, period),
        watch,
        |_| true,
        |_, number, count| {
            let Some((key, targeted)) = series.get(&number) else { return };
            let Some(sums) = keys.get_mut(key) else { return };
            more(&mut sums.deliveries, count);
            if *targeted {
                more(&mut sums.targeted, count);
            }
        },
    )?;
    Ok(keys)
}

/// When each key was delivered.
pub(super) fn spans(image: &Image) -> Result<Vec<(u32, KeySpanRecord)>> {
    let Some(table) = image.optional_table(KEY_SPANS)? else { return Ok(Vec::new()) };
    let entries = table.iter().or_fail()?;
    entries
        .map(|entry| {
            let (key, bytes) = entry.or_fail()?;
            Ok((key.value(), read_span(key.value(), bytes.value())?))
        })
        .collect()
}

/// The key of each series, and whether a row gave it.
fn targeted(image: &Image) -> Result<BTreeMap<u32, (KeyId, bool)>> {
    let Some(table) = image.optional_table(SERIES)? else { return Ok(BTreeMap::new()) };
    let entries = table.iter().or_fail()?;
    entries
        .map(|entry| {
            let (number, bytes) = entry.or_fail()?;
            let record = read_series(number.value(), bytes.value())?;
            Ok((number.value(), (KeyId(record.key), record.is_targeted())))
        })
        .collect()
}

/// Calls a function with each count of a period: the bucket of the answer, the series, the count. Records of
/// series that are not wanted are passed over unread.
fn walk(
    image: &Image,
    (per, period): (Granularity, Period),
    watch: &Watch<'_>,
    wanted: impl Fn(u32) -> bool,
    mut each: impl FnMut(Time, u32, u64),
) -> Result<()> {
    let Some(table) = image.optional_table(COUNTS)? else { return Ok(()) };
    for size in SIZES {
        let shown = size.max(per);
        let wanted = |series| watch.check().map(|()| wanted(series));
        walk_size(&table, size, period.minutes(shown), &wanted, |minute, series, count| {
            each((shown.start(minute), shown), series, count);
        })?;
    }
    Ok(())
}

/// Calls a function with each bucket of a size that begins in a range of minutes.
fn walk_size(
    table: &ReadOnlyTable<CountKey, Bytes>,
    size: Granularity,
    minutes: Range<i64>,
    wanted: &impl Fn(u32) -> Result<bool>,
    mut each: impl FnMut(i64, u32, u64),
) -> Result<()> {
    if minutes.is_empty() {
        return Ok(());
    }
    let number = size_number(size);
    let chunk = |minute| Bucket::of(size, in_years(minute)).chunk;
    let (first, last) = (chunk(minutes.start), chunk(minutes.end - 1));
    for entry in table.range((number, first, 0)..=(number, last, u32::MAX)).or_fail()? {
        let (key, bytes) = entry.or_fail()?;
        let (_, chunk, series) = key.value();
        if !wanted(series)? {
            continue;
        }
        for (slot, count) in read_counts(key.value(), bytes.value())?.iter() {
            let start = Bucket { size, chunk, slot }.start();
            if minutes.contains(&start) {
                each(start, series, count);
            }
        }
    }
    Ok(())
}
