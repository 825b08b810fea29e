//! Objects as they stand at one revision.

use std::sync::Arc;

use crate::model::ObjectKind;
use crate::model::{
    Attribute, AttributeId, Catalog, Config, ConfigId, Key, KeyId, Reads, Reference, Segment,
    SegmentId, Timestamp,
};

/// A key, a segment, a config or a declared attribute.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object {
    Key(Arc<Key>),
    /// With what its condition refers to.
    Segment(Arc<Segment>, Vec<Reference>),
    Config(Arc<Config>),
    Attribute(Arc<Attribute>),
}

impl Object {
    pub(super) fn id(&self) -> u32 {
        match self {
            Self::Key(key) => key.id.0,
            Self::Segment(segment, _) => segment.id.0,
            Self::Config(config) => config.head.id.0,
            Self::Attribute(attribute) => attribute.id.0,
        }
    }

    /// Whether another is the same, with all that is stored of it.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        self == other && self.reads() == other.reads()
    }

    /// What the condition of a segment looks at besides what it refers to.
    fn reads(&self) -> Option<&Reads> {
        match self {
            Self::Segment(segment, _) => segment.condition.reads(),
            Self::Key(_) | Self::Config(_) | Self::Attribute(_) => None,
        }
    }

    /// Puts it into a catalog that does not have it.
    pub(super) fn put(self, catalog: &mut Catalog) {
        match self {
            Self::Key(key) => catalog.put_key(&key),
            Self::Segment(segment, references) => catalog.put_new_segment(&segment, references),
            Self::Config(config) => catalog.put_config(config),
            Self::Attribute(attribute) => catalog.put_attribute(&attribute),
        }
    }

    /// Finds it in a catalog.
    pub(super) fn find(catalog: &Catalog, kind: ObjectKind, id: u32) -> Option<Self> {
        match kind {
            ObjectKind::Key => catalog.key(KeyId(id)).cloned().map(Self::Key),
            ObjectKind::Segment => catalog.segment(SegmentId(id)).map(|segment| {
                let references = catalog.references(segment.condition.expr());
                Self::Segment(Arc::clone(segment), references)
            }),
            ObjectKind::Config => catalog.config(ConfigId(id)).cloned().map(Self::Config),
            ObjectKind::Attribute => {
                catalog.attribute(AttributeId(id)).cloned().map(Self::Attribute)
            }
        }
    }

    /// The object without what no longer matters at an instant: a transaction may have kept a little
    /// more or less of it than a replay does.
    pub(super) fn pruned(&self, at: Timestamp) -> Self {
        let Self::Config(config) = self else {
            return self.clone();
        };
        let mut config = (**config).clone();
        config.timeline.prune(at);
        let used = config.used_numbers(at);
        let versions = config.versions.iter().filter(|version| used.contains(&version.number));
        config.versions = versions.cloned().collect();
        Self::Config(Arc::new(config))
    }
}
