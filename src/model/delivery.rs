//! Deliveries: what evaluations gave, counted.

use std::sync::Arc;

use super::{ConfigId, KeyId, Reason, Recorded, SegmentId, Timestamp, UserSketch, Value};

/// Delivery: the value that a counted evaluation gave, and what gave it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Delivery {
    pub(crate) key: KeyId,
    /// The config whose live version has the key, and the number of that version.
    pub(crate) owner: Option<(ConfigId, u32)>,
    /// The segment of the row that gave the value.
    pub(crate) segment: Option<SegmentId>,
    /// The arm of the row's split that gave it, by its label.
    pub(crate) variant: Option<Arc<str>>,
    pub(crate) value: Value,
    pub(crate) reason: Reason,
}

/// Count of a delivery within a minute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Delivered {
    pub(crate) delivery: Delivery,
    /// In minutes since 1970.
    pub(crate) minute: i64,
    pub(crate) count: u64,
    /// To how many different users; `None` if they are not tracked.
    pub(crate) users: Option<UserSketch>,
}

impl Delivered {
    /// Adds what was delivered of the same in the same minute.
    pub(crate) fn add(&mut self, more: Self) {
        self.count = self.count.saturating_add(more.count);
        match (&mut self.users, more.users) {
            (Some(users), Some(others)) => users.merge(&others),
            (users @ None, others) => *users = others,
            (_, None) => {}
        }
    }
}

/// Batch of deliveries, and of the contexts that were asked with, which is added at once, or not at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DeliveryBatch {
    /// Batches are numbered from 1 as they are made; one that was added already is not added again.
    pub(crate) number: u64,
    pub(crate) delivered: Vec<Delivered>,
    pub(crate) contexts: Contexts,
}

/// Contexts that are added to those that were recorded before.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Contexts {
    pub(crate) seen: Vec<Recorded>,
    /// What was seen last before this is kept no longer; `None`: everything is kept.
    pub(crate) oldest: Option<Timestamp>,
}
