//! Kept versions: those of a config that still matter, and what they refer to.

use std::sync::Arc;

use super::{Ordered, Reference, Version};

/// The versions of a config that still matter, by number.
#[derive(Clone, Debug, Default)]
pub struct KeptVersions {
    versions: Ordered<u32, Kept>,
    /// How many lists of [`Kept`] have a key or a segment.
    references: Ordered<Reference, usize>,
}

#[derive(Clone, Debug)]
struct Kept {
    version: Arc<Version>,
    /// Its keys and segments: most versions have those of the one before, and share the list.
    references: Arc<[Reference]>,
}

impl KeptVersions {
    /// A version by its number.
    #[must_use]
    pub fn get(&self, number: u32) -> Option<&Arc<Version>> {
        self.versions.get(&number).map(|kept| &kept.version)
    }

    /// Whether there is a version of a number.
    #[must_use]
    pub fn contains(&self, number: u32) -> bool {
        self.versions.contains_key(&number)
    }

    /// The versions, in order.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Version>> {
        self.versions.values().map(|kept| &kept.version)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.versions.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// The keys and segments that any of them has.
    pub(crate) fn references(&self) -> impl Iterator<Item = Reference> {
        self.references.keys().copied()
    }

    /// Adds a version, which never changes: one that is there stays. Returns the keys and segments that none had.
    pub(crate) fn insert(&mut self, version: Arc<Version>) -> Vec<Reference> {
        if self.contains(version.number) {
            return Vec::new();
        }
        let references = references_of(&version);
        let before = self.versions.range(..version.number).next_back();
        let known = before.filter(|(_, kept)| *kept.references == *references);
        let (references, new) = match known {
            Some((_, kept)) => (Arc::clone(&kept.references), Vec::new()),
            None => (Arc::from(&*references), self.count_up(&references)),
        };
        self.versions.insert(version.number, Kept { version, references });
        new
    }

    /// Takes a version out. Returns the keys and segments that none has any more.
    pub(crate) fn remove(&mut self, number: u32) -> Vec<Reference> {
        let Some(Kept { references, .. }) = self.versions.remove(&number) else {
            return Vec::new();
        };
        let shares = |kept: &Kept| Arc::ptr_eq(&kept.references, &references);
        if self.versions.values().rev().any(shares) {
            return Vec::new();
        }
        self.count_down(&references)
    }

    fn count_up(&mut self, references: &[Reference]) -> Vec<Reference> {
        let is_new = |reference: &Reference| {
            let count = self.references.get(reference).copied().unwrap_or_default();
            self.references.insert(*reference, count + 1);
            count == 0
        };
        references.iter().copied().filter(is_new).collect()
    }

    fn count_down(&mut self, references: &[Reference]) -> Vec<Reference> {
        let is_gone = |reference: &Reference| match self.references.get(reference).copied() {
            None | Some(0 | 1) => self.references.remove(reference).is_some(),
            Some(count) => self.references.insert(*reference, count - 1).is_none(),
        };
        references.iter().copied().filter(is_gone).collect()
    }
}

/// Lists that are shared, and those that are merely equal, say the same.
impl PartialEq for KeptVersions {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl FromIterator<Arc<Version>> for KeptVersions {
    fn from_iter<I: IntoIterator<Item = Arc<Version>>>(versions: I) -> Self {
        let mut kept = Self::default();
        for version in versions {
            kept.insert(version);
        }
        kept
    }
}

/// The keys and segments of a version, each once; `EVERYONE` is none.
fn references_of(version: &Version) -> Vec<Reference> {
    let segments = version.rows.iter().map(|row| row.segment).filter(|s| !s.is_everyone());
    let keys = version.columns.iter().map(|column| Reference::Key(column.key));
    let mut found: Vec<_> = segments.map(Reference::Segment).chain(keys).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::model::{Column, ConfigId, KeyId};

    fn version(number: u32, keys: &BTreeSet<u32>) -> Arc<Version> {
        let columns = keys.iter().map(|key| Column::new(KeyId(*key), Arc::default())).collect();
        let (config, description, rows) = (ConfigId(1), None, Vec::new());
        Arc::new(Version { config, number, description, rows, columns })
    }

    fn all(kept: &BTreeMap<u32, BTreeSet<u32>>) -> BTreeSet<Reference> {
        kept.values().flatten().map(|key| Reference::Key(KeyId(*key))).collect()
    }

    proptest! {
        #[test]
        fn it_tells_which_references_come_and_go(
            steps in prop::collection::vec(
                (1_u32..8, prop::option::of(prop::collection::btree_set(0_u32..3, 0..3))),
                0..60,
            ),
        ) {
            let (mut kept, mut wanted) = (KeptVersions::default(), BTreeMap::new());
            for (number, keys) in steps {
                let before = all(&wanted);
                if let Some(keys) = keys {
                    let new = kept.insert(version(number, &keys));
                    wanted.entry(number).or_insert(keys);
                    prop_assert!(all(&wanted).difference(&before).eq(&new));
                } else {
                    let gone = kept.remove(number);
                    wanted.remove(&number);
                    prop_assert!(before.difference(&all(&wanted)).eq(&gone));
                }
                prop_assert!(kept.references().eq(all(&wanted)));
                prop_assert!(kept.iter().map(|version| version.number).eq(wanted.keys().copied()));
            }
        }
    }
}
