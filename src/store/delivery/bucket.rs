//! Buckets of time, and how their counts are packed.

use std::collections::BTreeMap;

use crate::model::{Granularity, Timestamp};
use crate::store::tables::CountKey;

/// Minutes stay minutes until their hour is this many hours older than the newest.
const HOURS_OF_MINUTES: i64 = 24;
/// Hours stay hours until their day is this many days older than the newest.
const DAYS_OF_HOURS: i64 = 31;

const MICROS_PER_MINUTE: i64 = 60_000_000;

/// Every size, the finest first.
pub(super) const SIZES: [Granularity; 3] =
    [Granularity::Minute, Granularity::Hour, Granularity::Day];

/// The number of a size in the file; what is coarser than a day is summed up from days.
pub(super) fn size_number(size: Granularity) -> u8 {
    match size {
        Granularity::Minute => 1,
        Granularity::Hour => 2,
        Granularity::Day | Granularity::Week | Granularity::Month => 3,
    }
}

/// The size with a number.
pub(super) fn size_numbered(number: u8) -> Option<Granularity> {
    SIZES.into_iter().find(|size| size_number(*size) == number)
}

/// How many buckets of a size are in one record.
fn buckets(size: Granularity) -> i64 {
    match size {
        Granularity::Minute => 60,
        Granularity::Hour => 24,
        Granularity::Day | Granularity::Week | Granularity::Month => 32,
    }
}

/// The minute that an instant is in.
pub(super) fn minute_of(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(MICROS_PER_MINUTE)
}

/// A minute, if need be taken to the nearest that there is in the years 0001 to 9999.
pub(super) fn in_years(minute: i64) -> i64 {
    minute.clamp(minute_of(Timestamp::MIN), minute_of(Timestamp::MAX))
}

/// The size of the bucket that a minute is counted in when another is the newest.
pub(super) fn kept_as(minute: i64, newest: i64) -> Granularity {
    let chunk = |size| Bucket::of(size, minute).chunk;
    SIZES.into_iter().find(|size| chunk(*size) >= horizon(*size, newest)).unwrap_or_default()
}

/// The first chunk of buckets of a size that is kept as it is.
pub(super) fn horizon(size: Granularity, newest: i64) -> i32 {
    let oldest = match size {
        Granularity::Minute => newest - HOURS_OF_MINUTES * Granularity::Hour.minutes(),
        Granularity::Hour => newest - DAYS_OF_HOURS * Granularity::Day.minutes(),
        Granularity::Day | Granularity::Week | Granularity::Month => return i32::MIN,
    };
    Bucket::of(size, oldest).chunk
}

/// A bucket of time: where its count is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bucket {
    pub(super) size: Granularity,
    pub(super) chunk: i32,
    pub(super) slot: u8,
}

impl Bucket {
    /// The bucket that a minute is in; the chunks of all years fit.
    pub(super) fn of(size: Granularity, minute: i64) -> Self {
        let bucket = minute.div_euclid(size.minutes());
        let chunk = i32::try_from(bucket.div_euclid(buckets(size))).unwrap_or(i32::MAX);
        let slot = u8::try_from(bucket.rem_euclid(buckets(size))).unwrap_or(0);
        Self { size, chunk, slot }
    }

    /// The first minute of it.
    pub(super) fn start(self) -> i64 {
        (i64::from(self.chunk) * buckets(self.size) + i64::from(self.slot)) * self.size.minutes()
    }

    /// The key of its record.
    pub(super) fn key(self, series: u32) -> CountKey {
        (size_number(self.size), self.chunk, series)
    }
}

/// The counts of a chunk by the slots of their buckets; there are none of nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts(BTreeMap<u8, u64>);

impl Counts {
    /// Counts more in a bucket.
    pub(super) fn add(&mut self, slot: u8, count: u64) {
        let sum = self.0.entry(slot).or_default();
        *sum = sum.saturating_add(count);
    }

    /// Counts all that other counts have.
    pub(super) fn merge(&mut self, other: &Self) {
        other.iter().for_each(|(slot, count)| self.add(slot, count));
    }

    /// The buckets with a count, in order of time.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u8, u64)> + '_ {
        self.0.iter().map(|(slot, count)| (*slot, *count))
    }

    /// The bytes of it: for each bucket its count, seven bits a byte, the lowest first, the last byte without
    /// its highest bit; where buckets are empty a zero, and how many they are.
    pub(super) fn pack(&self) -> Vec<u8> {
        let (mut bytes, mut next) = (Vec::new(), 0);
        for (slot, count) in self.iter() {
            if slot > next {
                bytes.extend([0, slot - next]);
            }
            put(&mut bytes, count);
            next = slot.saturating_add(1);
        }
        bytes
    }

    /// Reads what was packed; `None` if the bytes are damaged.
    pub(super) fn unpack(mut bytes: &[u8], size: Granularity) -> Option<Self> {
        let (mut counts, mut slot) = (BTreeMap::new(), 0_u8);
        while !bytes.is_empty() {
            match take(&mut bytes)? {
                0 => slot = slot.checked_add(take_byte(&mut bytes)?)?,
                count if i64::from(slot) < buckets(size) => {
                    counts.insert(slot, count);
                    slot += 1;
                }
                _ => return None,
            }
        }
        (!counts.is_empty()).then_some(Self(counts))
    }
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push((number & 0x7f) as u8);
}

fn take_byte(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = take_byte(bytes)?;
        let part = u64::from(byte & 0x7f);
        if part << shift >> shift != part {
            return None;
        }
        number |= part << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn buckets_begin_where_they_should() {
        for size in SIZES {
            for minute in [-1_441, -61, -1, 0, 1, 59, 60, 1_439, 46_080, 29_544_120] {
                assert_eq!(Bucket::of(size, minute).start(), size.start(minute), "{minute}");
            }
        }
        for end in [Timestamp::MIN, Timestamp::MAX] {
            let minute = minute_of(end);
            assert_eq!(Bucket::of(Granularity::Minute, minute).start(), minute);
        }
    }

    #[test]
    fn the_older_the_coarser() {
        let newest = 100 * 1_440 + 30;
        let kept = |before: i64| kept_as(newest - before, newest);
        assert_eq!(kept(0), Granularity::Minute);
        // the hour of the newest minute, and 24 before it
        assert_eq!(kept(30 + 24 * 60), Granularity::Minute);
        assert_eq!(kept(31 + 24 * 60), Granularity::Hour);
        assert_eq!(kept(30 + 31 * 1_440), Granularity::Hour);
        assert_eq!(kept(31 + 31 * 1_440), Granularity::Day);
        assert_eq!(kept_as(in_years(i64::MIN), in_years(i64::MAX)), Granularity::Day);
    }

    #[test]
    fn a_count_of_a_few_is_a_byte() {
        let mut counts = Counts::default();
        (0..60).for_each(|slot| counts.add(slot, 100));
        assert_eq!(counts.pack().len(), 60);
        let mut late = Counts::default();
        late.add(59, u64::MAX);
        assert_eq!(late.pack().len(), 12);
    }

    proptest! {
        #[test]
        fn packed_and_unpacked_it_is_the_same(
            counts in prop::collection::btree_map(0..24_u8, prop_oneof![1..200_u64, 1..=u64::MAX], 1..24),
        ) {
            let counts = Counts(counts);
            prop_assert_eq!(Counts::unpack(&counts.pack(), Granularity::Hour), Some(counts));
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some(counts) = Counts::unpack(&bytes, Granularity::Day) {
                prop_assert!(counts.iter().all(|(slot, count)| slot < 32 && count > 0));
            }
        }
    }
}
