//! Values with their hashes. A hash table that grows asks again for the hash of all that it has: of a million rows that
//! would take most of a second, in which nobody could end the query.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};
use std::sync::LazyLock;

use foldhash::fast::RandomState;

/// Set of values that have their hashes.
pub(super) type Set<T> = HashSet<Hashed<T>, BuildHasherDefault<Known>>;
/// Map from values that have their hashes.
pub(super) type Map<K, V> = HashMap<Hashed<K>, V, BuildHasherDefault<Known>>;

static STATE: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// Value with its hash.
#[derive(Clone, Debug)]
pub(super) struct Hashed<T> {
    hash: u64,
    value: T,
}

impl<T: Hash> Hashed<T> {
    pub(super) fn new(value: T) -> Self {
        Self { hash: STATE.hash_one(&value), value }
    }

    pub(super) fn value(&self) -> &T {
        &self.value
    }

    pub(super) fn into_value(self) -> T {
        self.value
    }
}

impl<T: PartialEq> PartialEq for Hashed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.value == other.value
    }
}

impl<T: Eq> Eq for Hashed<T> {}

impl<T> Hash for Hashed<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Hasher that is told the hash.
#[derive(Default)]
pub(super) struct Known(u64);

impl Hasher for Known {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = STATE.hash_one((self.0, bytes));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    static HASHED: AtomicU32 = AtomicU32::new(0);

    /// Number that counts how often it is hashed.
    #[derive(Clone, PartialEq, Eq)]
    struct Counted(u32);

    impl Hash for Counted {
        fn hash<H: Hasher>(&self, state: &mut H) {
            HASHED.fetch_add(1, Ordering::Relaxed);
            self.0.hash(state);
        }
    }

    #[test]
    fn a_set_that_grows_hashes_nothing_again() {
        let mut set = Set::default();
        for number in 0..10_000 {
            assert!(set.insert(Hashed::new(Counted(number))));
        }
        assert_eq!(HASHED.load(Ordering::Relaxed), 10_000);
        assert!(set.contains(&Hashed::new(Counted(7))));
        assert!(!set.contains(&Hashed::new(Counted(10_000))));
    }
}
