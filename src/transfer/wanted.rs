//! Parts of a store that a dump without history has.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Attribute, Catalog, Config, ConfigId, Reference, Timestamp};
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
        let (mut needed, mut attributes, mut todo) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        for version in config.used(now) {
            todo.extend(version.columns.iter().map(|column| Reference::Key(column.key)));
            todo.extend(version.rows.iter().map(|row| Reference::Segment(row.segment)));
            attributes.extend(attributes_of(version));
        }
        while let Some(reference) = todo.pop() {
            if !needed.insert(reference) {
                continue;
            }
            if let Reference::Segment(id) = reference
                && let Some(segment) = catalog.segment(id)
            {
                todo.extend(catalog.references(segment.condition.expr()));
                attributes.extend(segment.condition.expr().node.attributes());
            }
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
