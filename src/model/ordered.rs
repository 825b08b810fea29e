//! A map in order whose copies share what they have in common, and which takes little while it is small.

use std::fmt;
use std::ops::RangeBounds;
use std::slice;

use imbl::OrdMap;
use imbl::ordmap::RangedIter;
use imbl::shared_ptr::DefaultSharedPtr;

/// From how many entries on it is a tree. One of the smallest size takes a kilobyte, and of every config there are
/// several such maps in memory, mostly with one to three entries.
const MANY: usize = 32;

/// A map in order: one sorted vector while it has few entries, then a tree.
#[derive(Clone)]
pub struct Ordered<K, V>(Entries<K, V>);

#[derive(Clone)]
enum Entries<K, V> {
    Few(Vec<(K, V)>),
    Many(OrdMap<K, V>),
}

impl<K, V> Default for Ordered<K, V> {
    fn default() -> Self {
        Self(Entries::Few(Vec::new()))
    }
}

impl<K: Ord + Clone, V: Clone> Ordered<K, V> {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        match &self.0 {
            Entries::Few(entries) => {
                let index = index(entries, key).ok()?;
                entries.get(index).map(|(_, value)| value)
            }
            Entries::Many(entries) => entries.get(key),
        }
    }

    /// Whether a key is there.
    #[must_use]
    pub fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// Gives a key a value, and returns the one that it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let entries = match &mut self.0 {
            Entries::Many(entries) => return entries.insert(key, value),
            Entries::Few(entries) => entries,
        };
        match index(entries, &key) {
            Ok(index) => entries.get_mut(index).map(|(_, known)| std::mem::replace(known, value)),
            Err(index) => {
                if entries.len() < 4 {
                    entries.reserve_exact(1);
                }
                entries.insert(index, (key, value));
                if entries.len() >= MANY {
                    self.0 = Entries::Many(entries.drain(..).collect());
                }
                None
            }
        }
    }

    /// Takes a key out, and returns its value.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        match &mut self.0 {
            Entries::Few(entries) => {
                let index = index(entries, key).ok()?;
                Some(entries.remove(index).1)
            }
            Entries::Many(entries) => {
                let gone = entries.remove(key);
                if entries.len() < MANY / 2 {
                    self.0 = Entries::Few(std::mem::take(entries).into_iter().collect());
                }
                gone
            }
        }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Entries::Few(entries) => entries.len(),
            Entries::Many(entries) => entries.len(),
        }
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries, in order of their keys.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, K, V> {
        self.range(..)
    }

    /// The entries whose keys are in a range, in order.
    #[must_use]
    pub fn range(&self, range: impl RangeBounds<K>) -> Iter<'_, K, V> {
        match &self.0 {
            Entries::Few(entries) => {
                use std::ops::Bound::{Excluded, Included, Unbounded};
                let start = match range.start_bound() {
                    Unbounded => 0,
                    Included(first) => entries.partition_point(|(key, _)| key < first),
                    Excluded(before) => entries.partition_point(|(key, _)| key <= before),
                };
                let end = match range.end_bound() {
                    Unbounded => entries.len(),
                    Included(last) => entries.partition_point(|(key, _)| key <= last),
                    Excluded(after) => entries.partition_point(|(key, _)| key < after),
                };
                Iter::Few(entries.get(start..end).unwrap_or_default().iter())
            }
            Entries::Many(entries) => Iter::Many(entries.range::<_, K>(range)),
        }
    }

    /// The keys, in order.
    #[must_use]
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// The values, in order of their keys.
    #[must_use]
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// The last entry.
    #[must_use]
    pub fn last(&self) -> Option<(&K, &V)> {
        self.iter().next_back()
    }
}

fn index<K: Ord, V>(entries: &[(K, V)], key: &K) -> Result<usize, usize> {
    entries.binary_search_by(|(other, _)| other.cmp(key))
}

/// Of entries with one key the last stays.
impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for Ordered<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut made = Self::default();
        for (key, value) in entries {
            made.insert(key, value);
        }
        made
    }
}

impl<'a, K: Ord + Clone, V: Clone> IntoIterator for &'a Ordered<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

impl<K: Ord + Clone, V: Clone + PartialEq> PartialEq for Ordered<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<K: Ord + Clone, V: Clone + Eq> Eq for Ordered<K, V> {}

impl<K: Ord + Clone + fmt::Debug, V: Clone + fmt::Debug> fmt::Debug for Ordered<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Entries of a map in order.
#[expect(missing_debug_implementations, reason = "the iterator of the tree has none")]
pub enum Iter<'a, K, V> {
    /// Of a vector.
    Few(slice::Iter<'a, (K, V)>),
    /// Of a tree.
    Many(RangedIter<'a, K, V, DefaultSharedPtr>),
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Few(entries) => entries.next().map(|(key, value)| (key, value)),
            Self::Many(entries) => entries.next(),
        }
    }
}

impl<K, V> DoubleEndedIterator for Iter<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Self::Few(entries) => entries.next_back().map(|(key, value)| (key, value)),
            Self::Many(entries) => entries.next_back(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_map_in_order(
            edits in prop::collection::vec((0_u8..90, prop::option::weighted(0.7, any::<u8>())), 0..300),
            (a, b) in (0_u8..90, 0_u8..90),
        ) {
            let (mut map, mut wanted) = (Ordered::default(), BTreeMap::new());
            let mut copies = Vec::new();
            for (key, value) in edits {
                let (found, known) = match value {
                    Some(value) => (map.insert(key, value), wanted.insert(key, value)),
                    None => (map.remove(&key), wanted.remove(&key)),
                };
                prop_assert_eq!(found, known);
                copies.push((map.clone(), wanted.clone()));
            }
            for (map, wanted) in copies.into_iter().step_by(20) {
                let (low, high) = (a.min(b), a.max(b));
                prop_assert!(map.iter().eq(&wanted) && map.len() == wanted.len());
                prop_assert!(map.iter().rev().eq(wanted.iter().rev()));
                prop_assert!(map.range(low..=high).eq(wanted.range(low..=high)));
                prop_assert!(map.range(..high).rev().eq(wanted.range(..high).rev()));
                prop_assert_eq!(map.get(&a), wanted.get(&a));
                prop_assert_eq!(map.last(), wanted.last_key_value());
                let again: Ordered<_, _> = wanted.into_iter().collect();
                prop_assert_eq!(map, again);
            }
        }
    }
}
