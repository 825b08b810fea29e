//! Counters that threads add to without waiting for one another.
//!
//! What is counted has a place. Every shard has a counter for each place, and a thread adds in its own shard,
//! with one relaxed addition. Whoever drains the counters takes what is there out of every shard; nothing is
//! lost, for an addition is either before or after that.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::shard::{shards, thread_number};

/// Counters for places, which are reserved and released in rows.
#[derive(Debug)]
pub(crate) struct Counters {
    shards: Box<[Shard]>,
    places: Mutex<Places>,
}

/// The counters of few threads. The first page has [`FIRST`] of them, and each further one twice as many as
/// the one before; a page is made when it is first counted in.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard {
    pages: [OnceLock<Box<[AtomicU64]>>; PAGES],
}

const FIRST: u32 = 1 << 10;
/// Enough for every number of a place.
const PAGES: usize = 23;

/// Which places are taken.
#[derive(Debug, Default)]
struct Places {
    /// The first that was never taken.
    end: u32,
    /// Those that were released, by the length of the row.
    free: BTreeMap<u32, Vec<u32>>,
}

impl Counters {
    pub(crate) fn new() -> Self {
        let shards = (0..shards()).map(|_| Shard::default()).collect();
        Self { shards, places: Mutex::default() }
    }

    /// Adds one to the counter of a place.
    #[inline]
    pub(crate) fn add(&self, place: u32) {
        let number = thread_number() & (self.shards.len() - 1);
        if let Some(counter) = self.shards.get(number).and_then(|shard| shard.counter(place)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Reserves places in a row, and returns the first of them; `None` if there are no more.
    pub(crate) fn reserve(&self, length: u32) -> Option<u32> {
        let mut places = self.places();
        if let Some(first) = places.free.get_mut(&length).and_then(Vec::pop) {
            return Some(first);
        }
        let first = places.end;
        places.end = first.checked_add(length)?;
        Some(first)
    }

    /// Gives places back in which nobody counts any more, and of which nothing is left to drain.
    pub(crate) fn release(&self, first: u32, length: u32) {
        self.places().free.entry(length).or_default().push(first);
    }

    /// Takes out what was counted since the last time: places, in order, and how often.
    pub(crate) fn drain(&self) -> BTreeMap<u32, u64> {
        let end = self.places().end;
        let mut counts = BTreeMap::new();
        for shard in &self.shards {
            shard.drain(end, &mut counts);
        }
        counts
    }

    /// A panic elsewhere leaves the lists whole.
    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    #[inline]
    fn counter(&self, place: u32) -> Option<&AtomicU64> {
        let (page, offset) = position(place);
        let counters = self
            .pages
            .get(page)?
            .get_or_init(|| (0..page_size(page)).map(|_| AtomicU64::new(0)).collect());
        counters.get(offset)
    }

    fn drain(&self, end: u32, counts: &mut BTreeMap<u32, u64>) {
        for (page, counters) in self.pages.iter().enumerate() {
            let first = u32::try_from(page_size(page) - page_size(0)).unwrap_or(u32::MAX);
            let Some(counters) = counters.get().filter(|_| first < end) else { continue };
            for (counter, place) in counters.iter().zip(first..end) {
                if counter.load(Ordering::Relaxed) > 0 {
                    *counts.entry(place).or_default() += counter.swap(0, Ordering::Relaxed);
                }
            }
        }
    }
}

/// How many counters a page has.
fn page_size(page: usize) -> u64 {
    u64::from(FIRST) << page
}

/// The page of a place, and where in it the place is.
#[inline]
fn position(place: u32) -> (usize, usize) {
    let number = u64::from(place) + u64::from(FIRST);
    let page = (number.ilog2() - FIRST.ilog2()) as usize;
    let offset = number - page_size(page);
    (page, usize::try_from(offset).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_a_counter_of_its_own() {
        let mut before = (0, usize::MAX);
        for place in (0..10_000).chain([u32::MAX - 1, u32::MAX]) {
            let (page, offset) = position(place);
            assert!(page < PAGES && (offset as u64) < page_size(page));
            assert_ne!((page, offset), before);
            assert_eq!(page_size(page) - page_size(0) + offset as u64, u64::from(place));
            before = (page, offset);
        }
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_counted_twice() {
        const ROUNDS: u64 = 20_000;
        let counters = Counters::new();
        let places = counters.reserve(3_000).unwrap();
        let mut total = BTreeMap::new();
        std::thread::scope(|scope| {
            let count = || (0..ROUNDS).for_each(|n| counters.add(places + (n % 3_000) as u32));
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
            while threads.iter().any(|thread| !thread.is_finished()) {
                counters.drain().into_iter().for_each(|(at, n)| *total.entry(at).or_default() += n);
            }
        });
        counters.drain().into_iter().for_each(|(at, n)| *total.entry(at).or_insert(0) += n);
        assert_eq!(total.values().sum::<u64>(), 4 * ROUNDS);
        assert!(total.iter().all(|(at, n)| *n == 4 * if *at < 2_000 { 7 } else { 6 }));
        assert!(counters.drain().is_empty());
    }

    #[test]
    fn released_places_are_taken_again() {
        let counters = Counters::new();
        let (a, b) = (counters.reserve(4).unwrap(), counters.reserve(2).unwrap());
        counters.release(a, 4);
        assert_eq!((counters.reserve(2), counters.reserve(4)), (Some(b + 2), Some(a)));
    }
}
