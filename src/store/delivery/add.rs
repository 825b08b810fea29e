//! Additions of batches, and the roll-up of old counts to longer buckets.

use std::collections::BTreeMap;

use redb::{ReadableTable, Table, WriteTransaction};
use sha2::{Digest as _, Sha256};

use super::bucket::{
    Bucket, Counts, SIZES, horizon, in_years, kept_as, size_number, size_numbered,
};
use crate::error::Result;
use crate::model::{Delivered, Delivery, DeliveryBatch, Granularity, UserSketch};
use crate::store::codec::{decode, encode};
use crate::store::failure::{OrFail, corrupt};
use crate::store::record::{BatchRecord, CountsRecord, KeySpanRecord, SeriesRecord, SketchRecord};
use crate::store::tables::{
    BATCH_KEY, Bytes, COUNTS, CountKey, KEY_SPANS, META, SERIES, SERIES_NUMBERS, SKETCHES,
};
use crate::store::traffic;

/// The records of a size that one batch adds up to the next: these, or twice as many as were delivered if
/// that is more, so that a batch never leaves more behind than it found.
const RECORDS_ROLLED_UP: usize = 4_096;

/// The number of the batch that was added last; 0 if there is none.
pub(in crate::store) fn last_batch(meta: &impl ReadableTable<&'static str, Bytes>) -> Result<u64> {
    let location = || "the last batch in table `pcq.meta`".to_owned();
    let found = meta.get(BATCH_KEY).or_fail()?;
    found.map_or(Ok(0), |bytes| decode(bytes.value(), location).map(|BatchRecord(number)| number))
}

/// Adds a batch, unless that was done before.
pub(in crate::store) fn add(transaction: &WriteTransaction, batch: &DeliveryBatch) -> Result<()> {
    let mut meta = transaction.open_table(META).or_fail()?;
    if batch.number <= last_batch(&meta)? {
        return Ok(());
    }
    let record = encode(&BatchRecord(batch.number))?;
    meta.insert(BATCH_KEY, record.as_slice()).or_fail()?;
    drop(meta);
    Adder::open(transaction)?.add(&batch.delivered)?;
    traffic::add(transaction, &batch.contexts)
}

/// The digest by which a series is looked up: the first 128 bits of the SHA-256 of its record.
pub(super) fn digest(record: &[u8]) -> u128 {
    let hash = Sha256::digest(record);
    hash.iter().take(16).fold(0, |digest, byte| digest << 8 | u128::from(*byte))
}

/// Sums of a batch, so that each record is written once.
#[derive(Default)]
struct Sums {
    counts: BTreeMap<CountKey, Counts>,
    users: BTreeMap<(i32, u32), UserSketch>,
    keys: BTreeMap<u32, KeySpanRecord>,
}

impl Sums {
    /// Counts what was delivered in a minute; `newest` is the newest of the batch.
    fn put(&mut self, series: u32, one: &Delivered, newest: i64) {
        let minute = in_years(one.minute);
        self.count(series, kept_as(minute, newest), minute, one.count);
        let delivery = &one.delivery;
        let span = KeySpanRecord::of(minute, delivery.reason.is_targeted());
        self.keys
            .entry(delivery.key.0)
            .and_modify(|known| *known = known.and(span))
            .or_insert(span);
        if let Some(users) = &one.users {
            let day = (day_number(minute), series);
            self.users.entry(day).and_modify(|known| known.merge(users)).or_insert(users.clone());
        }
    }

    fn count(&mut self, series: u32, size: Granularity, minute: i64, count: u64) {
        let bucket = Bucket::of(size, minute);
        self.counts.entry(bucket.key(series)).or_default().add(bucket.slot, count);
    }
}

/// The number of the day that a minute is in, from 1970.
pub(super) fn day_number(minute: i64) -> i32 {
    let day = minute.div_euclid(Granularity::Day.minutes());
    i32::try_from(day).unwrap_or(i32::MAX)
}

/// The tables of deliveries, open for writing in one transaction.
struct Adder<'t> {
    series: Table<'t, u32, Bytes>,
    numbers: Table<'t, u128, u32>,
    counts: Table<'t, CountKey, Bytes>,
    users: Table<'t, (i32, u32), Bytes>,
    keys: Table<'t, u32, Bytes>,
}

impl<'t> Adder<'t> {
    fn open(transaction: &'t WriteTransaction) -> Result<Self> {
        Ok(Self {
            series: transaction.open_table(SERIES).or_fail()?,
            numbers: transaction.open_table(SERIES_NUMBERS).or_fail()?,
            counts: transaction.open_table(COUNTS).or_fail()?,
            users: transaction.open_table(SKETCHES).or_fail()?,
            keys: transaction.open_table(KEY_SPANS).or_fail()?,
        })
    }

    fn add(&mut self, delivered: &[Delivered]) -> Result<()> {
        let counted = || delivered.iter().filter(|one| one.count > 0);
        let Some(newest) = counted().map(|one| in_years(one.minute)).max() else {
            return Ok(());
        };
        let mut sums = Sums::default();
        for one in counted() {
            sums.put(self.number(&one.delivery)?, one, newest);
        }
        self.add_counts(sums.counts)?;
        self.add_users(sums.users)?;
        self.add_keys(sums.keys)?;
        self.roll_up(newest, RECORDS_ROLLED_UP.max(delivered.len() * 2))
    }

    /// The number of a series, a new one if need be.
    fn number(&mut self, delivery: &Delivery) -> Result<u32> {
        let record = encode(&SeriesRecord::from(delivery))?;
        let digest = digest(&record);
        if let Some(number) = self.numbers.get(digest).or_fail()? {
            return Ok(number.value());
        }
        let last = self.series.last().or_fail()?.map_or(0, |(number, _)| number.value());
        let full = || corrupt("table `pcq.delivery_series` has no number left");
        let number = last.checked_add(1).ok_or_else(full)?;
        self.series.insert(number, record.as_slice()).or_fail()?;
        self.numbers.insert(digest, number).or_fail()?;
        Ok(number)
    }

    fn add_counts(&mut self, added: BTreeMap<CountKey, Counts>) -> Result<()> {
        for (key, mut counts) in added {
            if let Some(known) = self.counts.get(key).or_fail()? {
                counts.merge(&read_counts(key, known.value())?);
            }
            let record = encode(&CountsRecord(counts.pack()))?;
            self.counts.insert(key, record.as_slice()).or_fail()?;
        }
        Ok(())
    }

    fn add_users(&mut self, added: BTreeMap<(i32, u32), UserSketch>) -> Result<()> {
        for (key, mut users) in added {
            if let Some(known) = self.users.get(key).or_fail()? {
                users.merge(&read_users(key, known.value())?);
            }
            let record = encode(&SketchRecord(users.to_bytes()))?;
            self.users.insert(key, record.as_slice()).or_fail()?;
        }
        Ok(())
    }

    fn add_keys(&mut self, added: BTreeMap<u32, KeySpanRecord>) -> Result<()> {
        for (key, mut span) in added {
            if let Some(known) = self.keys.get(key).or_fail()? {
                span = span.and(read_span(key, known.value())?);
            }
            let record = encode(&span)?;
            self.keys.insert(key, record.as_slice()).or_fail()?;
        }
        Ok(())
    }

    /// Adds up what is older than it is kept, the oldest first, no more than so many records of each size.
    fn roll_up(&mut self, newest: i64, records: usize) -> Result<()> {
        for sizes in SIZES.windows(2) {
            let &[from, to] = sizes else { continue };
            let mut sums = Sums::default();
            for (key, counts) in self.take_before(from, horizon(from, newest), records)? {
                let (_, chunk, series) = key;
                for (slot, count) in counts.iter() {
                    sums.count(series, to, Bucket { size: from, chunk, slot }.start(), count);
                }
            }
            self.add_counts(sums.counts)?;
        }
        Ok(())
    }

    /// Takes records of chunks before one away.
    fn take_before(
        &mut self,
        size: Granularity,
        chunk: i32,
        records: usize,
    ) -> Result<Vec<(CountKey, Counts)>> {
        let number = size_number(size);
        let old = self.counts.range((number, i32::MIN, 0)..(number, chunk, 0)).or_fail()?;
        let mut taken = Vec::new();
        for entry in old.take(records) {
            let (key, bytes) = entry.or_fail()?;
            taken.push((key.value(), read_counts(key.value(), bytes.value())?));
        }
        for (key, _) in &taken {
            self.counts.remove(key).or_fail()?;
        }
        Ok(taken)
    }
}

/// Reads a record of counts; the key says how many there may be.
pub(super) fn read_counts(key: CountKey, bytes: &[u8]) -> Result<Counts> {
    let location = || format!("table `pcq.delivery_counts`, record {key:?}");
    let CountsRecord(packed) = decode(bytes, location)?;
    let counts = size_numbered(key.0).and_then(|size| Counts::unpack(&packed, size));
    counts.ok_or_else(|| corrupt(format!("{}: these are no counts", location())))
}

/// Reads a record of users.
pub(super) fn read_users(key: (i32, u32), bytes: &[u8]) -> Result<UserSketch> {
    let location = || format!("table `pcq.delivery_users`, record {key:?}");
    let SketchRecord(sketch) = decode(bytes, location)?;
    let sketch = UserSketch::from_bytes(&sketch);
    sketch.ok_or_else(|| corrupt(format!("{}: this is no sketch", location())))
}

/// Reads when a key was delivered.
pub(super) fn read_span(key: u32, bytes: &[u8]) -> Result<KeySpanRecord> {
    decode(bytes, || format!("table `pcq.delivery_keys`, key {key}"))
}
