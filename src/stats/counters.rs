//! Counters that threads add to without waiting for one another.
//!
//! Every counter has a number, and every shard a part of each counter: a thread adds in its own shard, with one
//! relaxed addition. Whoever drains the counters takes what is there out of every shard; nothing is
//! lost, for an addition is either before or after that.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::shard::{shards, thread_number};

/// Counters, whose numbers are reserved and released in rows.
#[derive(Debug)]
pub(crate) struct Counters {
    shards: Box<[Shard]>,
    numbers: Mutex<Numbers>,
}

/// The counters of few threads. The first page has [`FIRST`] of them, and each further one twice as many as
/// the one before; a page is made when it is first counted in.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard {
    pages: [OnceLock<Box<[AtomicU64]>>; PAGES],
}

const FIRST: u32 = 1 << 10;
/// Enough for every number.
const PAGES: usize = 23;

/// Numbers that are taken.
#[derive(Debug, Default)]
struct Numbers {
    /// The first that was never taken.
    end: u32,
    /// Those that were released, by the length of the row.
    free: BTreeMap<u32, Vec<u32>>,
}

impl Counters {
    pub(crate) fn new() -> Self {
        let shards = (0..shards()).map(|_| Shard::default()).collect();
        Self { shards, numbers: Mutex::default() }
    }

    /// Adds one to a counter.
    #[inline]
    pub(crate) fn add(&self, counter: u32) {
        let shard = self.shards.get(thread_number() & (self.shards.len() - 1));
        if let Some(part) = shard.and_then(|shard| shard.part(counter)) {
            part.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Reserves counters in a row, and returns the first of them; `None` if there are no more.
    pub(crate) fn reserve(&self, length: u32) -> Option<u32> {
        let mut numbers = self.numbers();
        if let Some(first) = numbers.free.get_mut(&length).and_then(Vec::pop) {
            return Some(first);
        }
        let first = numbers.end;
        numbers.end = first.checked_add(length)?;
        Some(first)
    }

    /// Gives counters back to which nobody adds any more, and of which nothing is left to drain.
    pub(crate) fn release(&self, first: u32, length: u32) {
        self.numbers().free.entry(length).or_default().push(first);
    }

    /// Takes out what was counted since the last time: counters, in order, and how often.
    pub(crate) fn drain(&self) -> BTreeMap<u32, u64> {
        let end = self.numbers().end;
        let mut counts = BTreeMap::new();
        for shard in &self.shards {
            shard.drain(end, &mut counts);
        }
        counts
    }

    /// A panic elsewhere leaves the lists whole.
    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    #[inline]
    fn part(&self, counter: u32) -> Option<&AtomicU64> {
        let (page, offset) = position(counter);
        let counters = self
            .pages
            .get(page)?
            .get_or_init(|| (0..page_size(page)).map(|_| AtomicU64::new(0)).collect());
        counters.get(offset)
    }

    fn drain(&self, end: u32, counts: &mut BTreeMap<u32, u64>) {
        for (page, parts) in self.pages.iter().enumerate() {
            let first = u32::try_from(page_size(page) - page_size(0)).unwrap_or(u32::MAX);
            let Some(parts) = parts.get().filter(|_| first < end) else { continue };
            for (part, counter) in parts.iter().zip(first..end) {
                if part.load(Ordering::Relaxed) > 0 {
                    *counts.entry(counter).or_default() += part.swap(0, Ordering::Relaxed);
                }
            }
        }
    }
}

/// How many counters a page has.
fn page_size(page: usize) -> u64 {
    u64::from(FIRST) << page
}

/// The page of a counter, and where in it the counter is.
#[inline]
fn position(counter: u32) -> (usize, usize) {
    let number = u64::from(counter) + u64::from(FIRST);
    let page = (number.ilog2() - FIRST.ilog2()) as usize;
    let offset = number - page_size(page);
    (page, usize::try_from(offset).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_counter_of_its_own() {
        let mut before = (0, usize::MAX);
        for counter in (0..10_000).chain([u32::MAX - 1, u32::MAX]) {
            let (page, offset) = position(counter);
            assert!(page < PAGES && (offset as u64) < page_size(page));
            assert_ne!((page, offset), before);
            assert_eq!(page_size(page) - page_size(0) + offset as u64, u64::from(counter));
            before = (page, offset);
        }
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_counted_twice() {
        const ROUNDS: u64 = 20_000;
        let counters = Counters::new();
        let first = counters.reserve(3_000).unwrap();
        let mut total = BTreeMap::new();
        std::thread::scope(|scope| {
            let count = || (0..ROUNDS).for_each(|n| counters.add(first + (n % 3_000) as u32));
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
    fn released_counters_are_taken_again() {
        let counters = Counters::new();
        let (a, b) = (counters.reserve(4).unwrap(), counters.reserve(2).unwrap());
        counters.release(a, 4);
        assert_eq!((counters.reserve(2), counters.reserve(4)), (Some(b + 2), Some(a)));
    }
}
