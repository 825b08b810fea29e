//! Kept versions: those of a config that still matter, and what they refer to.

use std::sync::Arc;

use super::{Ordered, Reference, Version};

/// The versions of a config that still matter, by number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeptVersions {
    versions: Ordered<u32, Arc<Version>>,
    /// How many of them have a key or a segment.
    references: Ordered<Reference, usize>,
}

impl KeptVersions {
    /// A version by its number.
    #[must_use]
    pub fn get(&self, number: u32) -> Option<&Arc<Version>> {
        self.versions.get(&number)
    }

    /// Whether there is a version of a number.
    #[must_use]
    pub fn contains(&self, number: u32) -> bool {
        self.versions.contains_key(&number)
    }

    /// The versions, in order.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Version>> {
        self.versions.values()
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

    /// Whether any of them has a key or a segment.
    pub(crate) fn refers_to(&self, reference: Reference) -> bool {
        self.references.contains_key(&reference)
    }

    /// Adds a version, which never changes: one that is there stays.
    pub(crate) fn insert(&mut self, version: Arc<Version>) {
        if self.contains(version.number) {
            return;
        }
        for reference in references_of(&version) {
            let count = self.references.get(&reference).copied().unwrap_or_default();
            self.references.insert(reference, count + 1);
        }
        self.versions.insert(version.number, version);
    }

    /// Takes a version out.
    pub(crate) fn remove(&mut self, number: u32) -> Option<Arc<Version>> {
        let version = self.versions.remove(&number)?;
        for reference in references_of(&version) {
            match self.references.get(&reference).copied() {
                None | Some(0 | 1) => drop(self.references.remove(&reference)),
                Some(count) => drop(self.references.insert(reference, count - 1)),
            }
        }
        Some(version)
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
pub(super) fn references_of(version: &Version) -> Vec<Reference> {
    let segments = version.rows.iter().map(|row| row.segment).filter(|s| !s.is_everyone());
    let keys = version.columns.iter().map(|column| Reference::Key(column.key));
    let mut found: Vec<_> = segments.map(Reference::Segment).chain(keys).collect();
    found.sort_unstable();
    found.dedup();
    found
}
