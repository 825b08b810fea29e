//! Versions of configs as they are served.

use std::sync::Arc;

use super::bucket::Bucketer;
use crate::model::{Catalog, Config, KeyId, Name, SegmentId, Share, Version};

/// A version of a config as it is served: rows with salts that are hashed already.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) config: Name,
    pub(super) disabled: bool,
    pub(super) version: Arc<Version>,
    pub(super) rows: Box<[ServedRow]>,
}

/// A row as it is served, for every key alike.
#[derive(Debug)]
pub(super) struct ServedRow {
    pub(super) segment: SegmentId,
    pub(super) name: Name,
    /// Number of buckets that get the row; `None` is all, users without an id too.
    pub(super) rollout: Option<u32>,
    pub(super) rollout_salt: Bucketer,
    pub(super) split_salt: Bucketer,
}

impl Served {
    pub(super) fn new(
        catalog: &Catalog,
        config: &Config,
        version: &Arc<Version>,
        disabled: bool,
    ) -> Self {
        let rows = version.rows.iter().map(|row| ServedRow {
            segment: row.segment,
            name: catalog.segment_name(row.segment),
            rollout: row.rollout.filter(|share| *share < Share::FULL).map(Share::thousandths),
            rollout_salt: Bucketer::new(&row.salt),
            split_salt: Bucketer::of_split(&row.salt),
        });
        Self {
            config: config.head.name.clone(),
            disabled,
            version: Arc::clone(version),
            rows: rows.collect(),
        }
    }

    /// Whether the version has a key.
    pub(super) fn has(&self, key: KeyId) -> bool {
        self.version.column(key).is_some()
    }
}
