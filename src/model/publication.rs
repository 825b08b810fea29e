//! Publications: which version of a config is live from when on.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ConfigId, Timestamp};

/// The decision that a version of a config is live from an instant on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Whose version it is.
    pub config: ConfigId,
    /// Its place in the order of commits, over all configs: 1, 2, …
    pub sequence: u64,
    /// The version that it makes live.
    pub version: u32,
    /// From when on it is in force.
    pub effective: Timestamp,
    /// Up to when, not including it, it is in force; `None` is for ever.
    pub until: Option<Timestamp>,
    /// Whether the statement said `AT`; if not, it takes effect at its commit.
    pub scheduled: bool,
    /// Why, if the statement said so.
    pub comment: Option<Arc<str>>,
}

/// Which of two publications in force is live: when it begins, and its place in the order of commits.
pub(super) type Rank = (Timestamp, u64);

impl Publication {
    /// Whether it is in force at an instant.
    #[must_use]
    pub fn in_force(&self, at: Timestamp) -> bool {
        self.effective <= at && self.until.is_none_or(|until| at < until)
    }

    /// Of those in force the latest effective one is live; of equals, the last committed.
    pub(super) fn rank(&self) -> Rank {
        (self.effective, self.sequence)
    }
}
