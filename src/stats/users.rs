//! Estimates of how many users each delivery went to.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::model::UserSketch;
use crate::shard::{shards, thread_number};

/// Estimates of the users of each counter, apart for each of a few threads.
#[derive(Debug)]
pub(crate) struct UserSketches {
    shards: Box<[Shard]>,
}

/// Only a drain, or one of few threads, waits for the lock.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(Mutex<HashMap<u32, UserSketch>>);

/// How many estimates, of at most 1.6 kB each, a shard has before they should be drained.
const MANY: usize = 4_096;

impl UserSketches {
    pub(crate) fn new() -> Self {
        Self { shards: (0..shards()).map(|_| Shard::default()).collect() }
    }

    /// Counts a user of a counter. Returns whether it is time to drain.
    pub(crate) fn insert(&self, counter: u32, user: &str) -> bool {
        let number = thread_number() & (self.shards.len() - 1);
        let Some(shard) = self.shards.get(number) else { return false };
        let mut sketches = shard.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = sketches.len();
        sketches.entry(counter).or_insert_with(UserSketch::new).insert(user);
        before < MANY && sketches.len() == MANY // told once: until the drain there are more
    }

    /// Takes estimates back that came too early.
    pub(crate) fn give_back(&self, early: BTreeMap<u32, UserSketch>) {
        let Some(shard) = self.shards.first().filter(|_| !early.is_empty()) else { return };
        let mut sketches = shard.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (counter, sketch) in early {
            sketches.entry(counter).and_modify(|known| known.merge(&sketch)).or_insert(sketch);
        }
    }

    /// Takes out the estimates since the last time, by counter.
    pub(crate) fn drain(&self) -> BTreeMap<u32, UserSketch> {
        let mut all = BTreeMap::<u32, UserSketch>::new();
        for shard in &self.shards {
            let sketches =
                std::mem::take(&mut *shard.0.lock().unwrap_or_else(PoisonError::into_inner));
            for (counter, sketch) in sketches {
                all.entry(counter).and_modify(|known| known.merge(&sketch)).or_insert(sketch);
            }
        }
        all
    }
}
