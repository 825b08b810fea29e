//! Catalog: every key, segment, config and declared attribute as it stands at one revision, cheap to clone.
//!
//! Writes are checked against a catalog and applied to it; the store's current state, the state inside a
//! transaction and the state as of an earlier revision are all catalogs. What no question about the
//! present or the future needs (older versions, spent publications) is left to the store.

use std::ops::Bound;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use super::vocabulary::Vocabulary;
use super::{
    Attribute, AttributeId, Change, Condition, Config, ConfigHead, ConfigId, Expr, ExprKind, Key,
    KeyId, Name, ObjectKind, Publication, Recording, Reference, Referrer, Retention, Segment,
    SegmentId, Timestamp, Version,
};
use crate::error::Error;

/// Reader of the versions that the catalog does not keep.
pub(crate) trait VersionReader {
    /// Reads a version; `None` if there is none of that number.
    fn version(&self, config: ConfigId, number: u32) -> Result<Option<Arc<Version>>, Error>;

    /// The changes of an object so far with the numbers of their revisions, oldest first: for who checks statements.
    fn changes_of(&self, _kind: ObjectKind, _id: u32) -> Result<Vec<(u64, Change)>, Error> {
        Err(Error::bug("a history is read where none is kept"))
    }

    /// The number of the newest revision up to an instant: for who checks statements.
    fn revision_at(&self, _at: Timestamp) -> Result<u64, Error> {
        Err(Error::bug("a history is read where none is kept"))
    }
}

/// Every object as it stands at one revision.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Catalog {
    /// The number of the revision; 0 is the empty store.
    pub(crate) revision: u64,
    /// The time of the revision.
    pub(crate) time: Option<Timestamp>,
    /// Number of publications so far.
    pub(crate) sequence: u64,
    /// How long events are kept.
    pub(crate) retention: Retention,
    /// Whether new conditions may only read declared attributes.
    pub(crate) strict: bool,
    /// How traffic is recorded, if it is.
    pub(crate) recording: Option<Recording>,
    keys: OrdMap<KeyId, Arc<Key>>,
    key_names: OrdMap<Name, KeyId>,
    segments: OrdMap<SegmentId, Arc<Segment>>,
    segment_names: OrdMap<Name, SegmentId>,
    /// The names that segments had.
    former_segment_names: OrdMap<Name, SegmentId>,
    configs: OrdMap<ConfigId, Arc<Config>>,
    /// Every name that a config has or had.
    config_names: OrdMap<Name, ConfigId>,
    attributes: OrdMap<AttributeId, Arc<Attribute>>,
    attribute_names: OrdMap<Name, AttributeId>,
    /// Referrers by what they refer to, archived or not. Of a config it may hold more than is still used: time passes.
    referrers: OrdSet<(Reference, Referrer)>,
    /// The attributes that conditions use.
    vocabulary: Vocabulary,
}

impl Catalog {
    /// An empty catalog of a revision, to be filled from the history.
    pub(crate) fn at(revision: u64, time: Timestamp) -> Self {
        Self { revision, time: Some(time), ..Self::default() }
    }

    /// A key by its number.
    pub(crate) fn key(&self, id: KeyId) -> Option<&Arc<Key>> {
        self.keys.get(&id)
    }

    /// A key by its name.
    pub(crate) fn key_named(&self, name: &str) -> Option<&Arc<Key>> {
        self.key_names.get(name).and_then(|id| self.keys.get(id))
    }

    /// The keys, by name in byte order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Arc<Key>> {
        self.key_names.values().filter_map(|id| self.keys.get(id))
    }

    /// The keys from a name on, by name in byte order.
    pub(crate) fn keys_from(&self, first: &str) -> impl Iterator<Item = &Arc<Key>> {
        from(&self.key_names, first).filter_map(|(_, id)| self.keys.get(id))
    }

    /// A segment by its number; `EVERYONE` is none.
    pub(crate) fn segment(&self, id: SegmentId) -> Option<&Arc<Segment>> {
        self.segments.get(&id)
    }

    /// A segment by its name; `EVERYONE` is none.
    pub(crate) fn segment_named(&self, name: &str) -> Option<&Arc<Segment>> {
        self.segment_names.get(name).and_then(|id| self.segments.get(id))
    }

    /// The segment that has, or ever had, a name.
    pub(crate) fn segment_ever_named(&self, name: &str) -> Option<&Arc<Segment>> {
        let former = || self.segments.get(self.former_segment_names.get(name)?);
        self.segment_named(name).or_else(former)
    }

    /// The segments, by name in byte order.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &Arc<Segment>> {
        self.segment_names.values().filter_map(|id| self.segments.get(id))
    }

    /// The segments from a name on, by name in byte order.
    pub(crate) fn segments_from(&self, first: &str) -> impl Iterator<Item = &Arc<Segment>> {
        from(&self.segment_names, first).filter_map(|(_, id)| self.segments.get(id))
    }

    /// The name of a segment, `EVERYONE` too.
    pub(crate) fn segment_name(&self, id: SegmentId) -> Name {
        self.segments.get(&id).map_or_else(Name::everyone, |s| s.name.clone())
    }

    /// A config by its number.
    pub(crate) fn config(&self, id: ConfigId) -> Option<&Arc<Config>> {
        self.configs.get(&id)
    }

    /// The config that has a name now.
    pub(crate) fn config_named(&self, name: &str) -> Option<&Arc<Config>> {
        let config = self.configs.get(self.config_names.get(name)?)?;
        (config.head.name.as_str() == name).then_some(config)
    }

    /// The config that has, or ever had, a name.
    pub(crate) fn config_ever_named(&self, name: &str) -> Option<ConfigId> {
        self.config_names.get(name).copied()
    }

    /// The configs, by number.
    pub(crate) fn configs(&self) -> impl Iterator<Item = &Arc<Config>> {
        self.configs.values()
    }

    /// The configs from a name on, by name in byte order.
    pub(crate) fn configs_from(&self, first: &str) -> impl Iterator<Item = &Arc<Config>> {
        from(&self.config_names, first).filter_map(|(name, id)| {
            let config = self.configs.get(id)?;
            (config.head.name == *name).then_some(config)
        })
    }

    /// A declared attribute by its number, archived or not.
    pub(crate) fn attribute(&self, id: AttributeId) -> Option<&Arc<Attribute>> {
        self.attributes.get(&id)
    }

    /// A declared attribute by its name, archived or not; `user_id` is none.
    pub(crate) fn attribute_named(&self, name: &str) -> Option<&Arc<Attribute>> {
        self.attribute_names.get(name).and_then(|id| self.attributes.get(id))
    }

    /// The declared attributes, archived or not, by name in byte order; `user_id` is none.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &Arc<Attribute>> {
        self.attribute_names.values().filter_map(|id| self.attributes.get(id))
    }

    /// The declared attributes from a name on, archived or not, by name in byte order; `user_id` is none.
    pub(crate) fn attributes_from(&self, first: &str) -> impl Iterator<Item = &Arc<Attribute>> {
        from(&self.attribute_names, first).filter_map(|(_, id)| self.attributes.get(id))
    }

    /// Referrers of a key or segment. Of configs it may name more than still use it: ask
    /// [`Config::used`] for the present.
    pub(crate) fn referrers(&self, of: Reference) -> impl Iterator<Item = Referrer> + '_ {
        let all = (of, Referrer::FIRST)..=(of, Referrer::LAST);
        self.referrers.range(all).map(|(_, referrer)| *referrer)
    }

    /// The names of the attributes that the conditions of segments use, each with how many do, archived segments aside.
    /// Who asks first reads all conditions; from then on it costs nothing.
    pub(crate) fn used_attributes(&self) -> &OrdMap<Arc<str>, usize> {
        self.vocabulary.of(self.segments.values())
    }

    /// The number that the next key gets.
    pub(crate) fn next_key(&self) -> KeyId {
        KeyId(self.keys.get_max().map_or(1, |(id, _)| id.0 + 1))
    }

    /// The number that the next segment gets.
    pub(crate) fn next_segment(&self) -> SegmentId {
        SegmentId(self.segments.get_max().map_or(1, |(id, _)| id.0 + 1))
    }

    /// The number that the next config gets.
    pub(crate) fn next_config(&self) -> ConfigId {
        ConfigId(self.configs.get_max().map_or(1, |(id, _)| id.0 + 1))
    }

    /// The number that the next declared attribute gets.
    pub(crate) fn next_attribute(&self) -> AttributeId {
        AttributeId(self.attributes.get_max().map_or(1, |(id, _)| id.0 + 1))
    }

    /// Applies changes as of `now`. Versions that a publication makes live and the catalog does not
    /// have are read from `versions`.
    pub(crate) fn apply(
        &mut self,
        changes: &[Change],
        now: Timestamp,
        versions: &dyn VersionReader,
    ) -> Result<(), Error> {
        changes.iter().try_for_each(|change| self.apply_one(change, now, versions))
    }

    fn apply_one(
        &mut self,
        change: &Change,
        now: Timestamp,
        versions: &dyn VersionReader,
    ) -> Result<(), Error> {
        match change {
            Change::Key(key) => self.put_key(key),
            Change::Segment(segment) => self.put_segment(segment),
            Change::Config { head, .. } => self.put_head(head),
            Change::Salt { config, segment, salt } => self.edit(*config, now, None, |config| {
                config.salts.insert(*segment, Arc::clone(salt));
                None
            }),
            Change::Version(version) => self.edit(version.config, now, Some(version), |config| {
                let before = std::mem::replace(&mut config.newest, version.number);
                config.newest = config.newest.max(before);
                Some(before)
            }),
            Change::Publication(publication) => self.put_publication(publication, now, versions)?,
            Change::Cancel { config, sequence } => self.edit(*config, now, None, |config| {
                config.timeline.cancel(*sequence).map(|publication| publication.version)
            }),
            Change::Keep { event, keep } => self.retention.set(event.as_ref(), *keep),
            Change::Attribute(attribute) => self.put_attribute(attribute),
            Change::Strict(strict) => self.strict = *strict,
            Change::Record(recording) => self.recording = *recording,
        }
        Ok(())
    }

    /// Puts a key in place.
    pub(crate) fn put_key(&mut self, key: &Arc<Key>) {
        self.key_names.insert(key.name.clone(), key.id);
        self.keys.insert(key.id, Arc::clone(key));
    }

    /// Puts a declared attribute in place.
    pub(crate) fn put_attribute(&mut self, attribute: &Arc<Attribute>) {
        self.attribute_names.insert(attribute.name.clone(), attribute.id);
        self.attributes.insert(attribute.id, Arc::clone(attribute));
    }

    /// Puts a segment in place.
    pub(crate) fn put_segment(&mut self, segment: &Arc<Segment>) {
        let referrer = Referrer::Segment(segment.id);
        if let Some(old) = self.segments.get(&segment.id).cloned() {
            for reference in self.references(old.condition.expr()) {
                self.referrers.remove(&(reference, referrer));
            }
        }
        let references = self.references(segment.condition.expr());
        self.put_new_segment(segment, references);
    }

    /// Puts a segment in place that was not there, and of which is known what its condition refers to: the
    /// condition itself is not read.
    pub(crate) fn put_new_segment(
        &mut self,
        segment: &Arc<Segment>,
        references: impl IntoIterator<Item = Reference>,
    ) {
        let referrer = Referrer::Segment(segment.id);
        if let Some(old) = self.segments.get(&segment.id).filter(|old| old.name != segment.name) {
            self.segment_names.remove(&old.name);
            self.former_segment_names.insert(old.name.clone(), segment.id);
            self.former_segment_names.remove(&segment.name);
        }
        self.segment_names.insert(segment.name.clone(), segment.id);
        let old = self.segments.insert(segment.id, Arc::clone(segment));
        self.vocabulary.follow(old.as_deref(), segment);
        self.referrers.extend(references.into_iter().map(|reference| (reference, referrer)));
    }

    /// Keys and segments that a condition refers to directly, `EVERYONE` aside.
    pub(crate) fn references(&self, expr: &Expr) -> Vec<Reference> {
        let mut found = Vec::new();
        let mut todo = vec![expr];
        while let Some(expr) = todo.pop() {
            let reference = match &expr.node {
                ExprKind::Key(name) => {
                    self.key_named(name.node.as_str()).map(|key| Reference::Key(key.id))
                }
                ExprKind::InSegment(Some(name)) => {
                    self.segment_ever_named(name.node.as_str()).map(|s| Reference::Segment(s.id))
                }
                _ => None,
            };
            found.extend(reference);
            todo.extend(expr.node.operands());
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// A condition with the names that segments have today in place of those that they had.
    pub(crate) fn named_today(&self, condition: &Condition) -> Condition {
        if self.former_segment_names.is_empty() {
            return condition.clone();
        }
        let mut expr = condition.expr().clone();
        let (mut todo, mut renamed) = (vec![&mut expr], false);
        while let Some(expr) = todo.pop() {
            if let ExprKind::InSegment(Some(name)) = &mut expr.node {
                let today = self.segment_ever_named(name.node.as_str()).map(|s| s.name.clone());
                if let Some(today) = today.filter(|today| *today != name.node) {
                    (name.node, renamed) = (today, true);
                }
            }
            todo.extend(expr.node.operands_mut());
        }
        if renamed { Condition::new(expr) } else { condition.clone() }
    }

    fn put_head(&mut self, head: &ConfigHead) {
        self.config_names.insert(head.name.clone(), head.id);
        match self.configs.get_mut(&head.id) {
            Some(config) => Arc::make_mut(config).head = head.clone(),
            None => drop(self.configs.insert(head.id, Arc::new(Config::new(head.clone())))),
        }
    }

    fn put_publication(
        &mut self,
        publication: &Publication,
        now: Timestamp,
        versions: &dyn VersionReader,
    ) -> Result<(), Error> {
        self.sequence = self.sequence.max(publication.sequence);
        let (id, number) = (publication.config, publication.version);
        let known = self.configs.get(&id).and_then(|c| c.versions.get(number)).cloned();
        let version = match known {
            Some(version) => Some(version),
            None => versions.version(id, number)?,
        };
        self.edit(id, now, version.as_ref(), |config| {
            config.timeline.push(publication.clone());
            Some(number)
        });
        Ok(())
    }

    /// Changes a config, keeps a version that is needed from now on, forgets what is no longer needed, and keeps the
    /// index of referrers in step. A config that only this catalog has is changed in place. `change` says which
    /// version may be one that nothing needs any more.
    fn edit(
        &mut self,
        id: ConfigId,
        now: Timestamp,
        version: Option<&Arc<Version>>,
        change: impl FnOnce(&mut Config) -> Option<u32>,
    ) {
        let Some(config) = self.configs.get_mut(&id) else { return };
        let config = Arc::make_mut(config);
        let new = version.map(|version| config.versions.insert(Arc::clone(version)));
        let candidate = change(config);
        let candidates = candidate.into_iter().chain(version.map(|version| version.number));
        let gone = config.settle(now, candidates);
        let referrer = Referrer::Config(id);
        self.referrers.extend(new.into_iter().flatten().map(|reference| (reference, referrer)));
        for reference in gone {
            self.referrers.remove(&(reference, referrer));
        }
    }

    /// Puts a whole config in place.
    pub(crate) fn put_config(&mut self, config: Arc<Config>) {
        let (id, name) = (config.head.id, config.head.name.clone());
        let referrer = Referrer::Config(id);
        for reference in self.configs.get(&id).iter().flat_map(|old| old.versions.references()) {
            self.referrers.remove(&(reference, referrer));
        }
        for reference in config.versions.references() {
            self.referrers.insert((reference, referrer));
        }
        self.config_names.insert(name, id);
        self.configs.insert(id, config);
    }

    /// Remembers a name that a segment once had.
    pub(crate) fn put_former_segment_name(&mut self, name: Name, id: SegmentId) {
        self.former_segment_names.insert(name, id);
    }

    /// Remembers a name that a config once had.
    pub(crate) fn put_former_name(&mut self, name: Name, id: ConfigId) {
        self.config_names.insert(name, id);
    }
}

/// The names from one on, with what they name.
fn from<'n, Id>(
    names: &'n OrdMap<Name, Id>,
    first: &str,
) -> impl Iterator<Item = (&'n Name, &'n Id)> {
    names.range::<_, str>((Bound::Included(first), Bound::Unbounded))
}
