//! Memo of the decisions in an evaluation: each segment and key is decided once for a user.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use crate::model::SegmentId;

/// A few things by number, without an allocation; more of them take one.
#[derive(Clone, Debug)]
pub(super) struct Memo<K, V> {
    first: SmallVec<[(K, V); FIRST]>,
    rest: BTreeMap<K, V>,
}

const FIRST: usize = 8;

impl<K: Copy + Ord, V: Copy> Memo<K, V> {
    #[inline]
    pub(super) fn new() -> Self {
        Self { first: SmallVec::new(), rest: BTreeMap::new() }
    }

    #[inline]
    pub(super) fn get(&self, key: K) -> Option<V> {
        let first = self.first.iter().find(|(known, _)| *known == key);
        first.map(|(_, value)| *value).or_else(|| self.rest.get(&key).copied())
    }

    /// All that is known.
    pub(super) fn entries(&self) -> impl Iterator<Item = (K, V)> {
        self.first.iter().copied().chain(self.rest.iter().map(|(key, value)| (*key, *value)))
    }

    pub(super) fn set(&mut self, key: K, value: V) {
        if let Some(entry) = self.first.iter_mut().find(|(known, _)| *known == key) {
            *entry = (key, value);
        } else if self.first.len() < FIRST {
            self.first.push((key, value));
        } else {
            self.rest.insert(key, value);
        }
    }
}

/// Whether a user is in segments.
#[derive(Clone, Debug)]
pub(super) enum Segments {
    /// Those that conditions refer to, for one evaluation.
    Few(Memo<SegmentId, bool>),
    /// Any, by number, for many evaluations: those of rows too.
    Many(Vec<Option<bool>>),
}

impl Segments {
    pub(super) fn get(&self, segment: SegmentId) -> Option<bool> {
        match self {
            Self::Few(memo) => memo.get(segment),
            Self::Many(known) => known.get(segment.0 as usize).copied().flatten(),
        }
    }

    pub(super) fn set(&mut self, segment: SegmentId, is_in: bool) {
        match self {
            Self::Few(memo) => memo.set(segment, is_in),
            Self::Many(known) => {
                let needed = segment.0 as usize + 1;
                if known.len() < needed {
                    known.resize(needed.next_power_of_two(), None);
                }
                if let Some(decided) = known.get_mut(segment.0 as usize) {
                    *decided = Some(is_in);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_that_was_set_is_known() {
        let mut memo = Memo::new();
        for n in 0..40 {
            assert_eq!(memo.get(n), None);
            memo.set(n, n);
            memo.set(n / 2, n);
        }
        let expected = |n: i32| if n < 20 { 2 * n + 1 } else { n };
        assert!((0..40).all(|n| memo.get(n) == Some(expected(n))));
    }
}
