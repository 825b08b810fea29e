//! Parts of a store that a dump without history has.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Attribute, Catalog, Config, ConfigId, Reference, Segment, Timestamp};
use crate::statement::usage::attributes_of;

/// Part of a store that a dump has.
pub(super) enum Wanted {
    /// All that stands.
    All,
    /// A config, and what it needs.
    Config {
        config: ConfigId,
        /// Its keys and segments, and what their conditions refer to, all the way down.
        needed: BTreeSet<Reference>,
        /// What its rollouts and splits go by, and what the conditions read.
        attributes: BTreeSet<Arc<str>>,
    },
}

impl Wanted {
    /// A config with what its newest, live and scheduled versions need.
    pub(super) fn of(catalog: &Catalog, config: &Config, now: Timestamp) -> Self {
        let needed = needed_by_config(catalog, config, now);
        let mut attributes: BTreeSet<_> = config.used(now).flat_map(|v| attributes_of(v)).collect();
        for segment in needed.iter().filter_map(|reference| segment(catalog, *reference)) {
            attributes.extend(segment.condition.expr().node.attributes());
        }
        Self::Config { config: config.head.id, needed, attributes }
    }

    pub(super) fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }

    pub(super) fn has(&self, reference: Reference) -> bool {
        match self {
            Self::All => true,
            Self::Config { needed, .. } => needed.contains(&reference),
        }
    }

    pub(super) fn config(&self, of: &Config) -> bool {
        match self {
            Self::All => true,
            Self::Config { config, .. } => *config == of.head.id,
        }
    }

    pub(super) fn attribute(&self, of: &Attribute) -> bool {
        match self {
            Self::All => true,
            Self::Config { attributes, .. } => attributes.contains(of.name.as_str()),
        }
    }
}

/// The keys and segments of the newest, live and scheduled versions of a config, and what these need.
pub(super) fn needed_by_config(
    catalog: &Catalog,
    config: &Config,
    now: Timestamp,
) -> BTreeSet<Reference> {
    let mut todo = Vec::new();
    for version in config.used(now) {
        todo.extend(version.columns.iter().map(|column| Reference::Key(column.key)));
        todo.extend(version.rows.iter().map(|row| Reference::Segment(row.segment)));
    }
    needed(catalog, todo)
}

/// Keys and segments, and what their conditions refer to, all the way down.
pub(super) fn needed(catalog: &Catalog, mut todo: Vec<Reference>) -> BTreeSet<Reference> {
    let mut needed = BTreeSet::new();
    while let Some(reference) = todo.pop() {
        if needed.insert(reference)
            && let Some(segment) = segment(catalog, reference)
        {
            todo.extend(catalog.references(segment.condition.expr()));
        }
    }
    needed
}

fn segment(catalog: &Catalog, reference: Reference) -> Option<&Arc<Segment>> {
    match reference {
        Reference::Segment(id) => catalog.segment(id),
        Reference::Key(_) => None,
    }
}
