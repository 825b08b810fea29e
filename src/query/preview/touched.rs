//! Keys that changes can touch: what refers to what is followed up, from all that is changed.

use std::collections::BTreeSet;

use crate::model::{
    Catalog, Change, ConfigId, KeyId, Name, Reference, Referrer, SegmentId, Timestamp,
};
use crate::statement::usage::{AttributeUse, attribute_uses};

/// The keys whose values changes can touch, at any instant from now on.
pub(super) fn keys(
    before: &Catalog,
    after: &Catalog,
    changes: &[Change],
    now: Timestamp,
) -> BTreeSet<KeyId> {
    let (keys, segments, todo) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    let mut touched = Touched { catalogs: [before, after], now, keys, segments, todo };
    for change in changes {
        touched.change(change);
    }
    touched.follow();
    touched.keys
}

/// Every key of some catalogs.
pub(super) fn all_keys(catalogs: [&Catalog; 2]) -> BTreeSet<KeyId> {
    catalogs.iter().flat_map(|catalog| catalog.keys().map(|key| key.id)).collect()
}

/// What is touched, as far as it was followed.
struct Touched<'c> {
    /// The one before and the one after.
    catalogs: [&'c Catalog; 2],
    now: Timestamp,
    keys: BTreeSet<KeyId>,
    segments: BTreeSet<SegmentId>,
    todo: Vec<Reference>,
}

impl Touched<'_> {
    fn change(&mut self, change: &Change) {
        let [before, _] = self.catalogs;
        match change {
            Change::Key(key) => {
                let old = before.key(key.id).filter(|old| old.archived == key.archived);
                if old.is_none_or(|old| !old.default.same(&key.default)) {
                    self.key(key.id);
                }
            }
            Change::Segment(segment) => {
                let old = before.segment(segment.id);
                if old.is_none_or(|old| old.condition != segment.condition) {
                    self.segment(segment.id);
                }
            }
            Change::Config { head, .. } => {
                let switches =
                    before.config(head.id).map(|old| (old.head.disabled, old.head.archived));
                if switches != Some((head.disabled, head.archived)) {
                    self.config(head.id);
                }
            }
            Change::Publication(publication) => self.config(publication.config),
            Change::Cancel { config, .. } => self.config(*config),
            Change::Attribute(attribute) => self.attribute(&attribute.name),
            // a version is live, and a salt is used, when it is published
            Change::Version(_)
            | Change::Salt { .. }
            | Change::Keep { .. }
            | Change::Strict(_)
            | Change::Record(_) => {}
        }
    }

    fn key(&mut self, key: KeyId) {
        if self.keys.insert(key) {
            self.todo.push(Reference::Key(key));
        }
    }

    fn segment(&mut self, segment: SegmentId) {
        if self.segments.insert(segment) {
            self.todo.push(Reference::Segment(segment));
        }
    }

    /// All keys of a config that versions of it have which still matter.
    fn config(&mut self, config: ConfigId) {
        let known = self.catalogs.map(|catalog| catalog.config(config));
        for reference in known.iter().flatten().flat_map(|config| config.versions.references()) {
            if let Reference::Key(key) = reference {
                self.key(key);
            }
        }
    }

    /// What reads an attribute: a value that is not as declared is missing.
    fn attribute(&mut self, name: &Name) {
        for catalog in self.catalogs {
            let mut uses = attribute_uses(catalog, self.now);
            let AttributeUse { segments, configs } = uses.remove(name.as_str()).unwrap_or_default();
            for segment in segments {
                self.segment(segment.id);
            }
            for config in configs {
                self.config(config.head.id);
            }
        }
    }

    /// Follows what refers to what is touched.
    fn follow(&mut self) {
        while let Some(reference) = self.todo.pop() {
            for catalog in self.catalogs {
                for referrer in catalog.referrers(reference) {
                    match (referrer, reference) {
                        (Referrer::Segment(segment), _) => self.segment(segment),
                        (Referrer::Config(config), Reference::Segment(_)) => self.config(config),
                        // that a config has a key says nothing of its other keys
                        (Referrer::Config(_), Reference::Key(_)) => {}
                    }
                }
            }
        }
    }
}
