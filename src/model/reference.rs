//! References: what objects refer to.

use super::{ConfigId, KeyId, SegmentId};

/// Object that a condition or a config refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Reference {
    Key(KeyId),
    Segment(SegmentId),
}

/// Object that refers to a key or a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Referrer {
    /// A segment's condition, by `IN SEGMENT` or `KEY(…)`.
    Segment(SegmentId),
    /// A config, by a row or a column of a version that still matters.
    Config(ConfigId),
}

impl Referrer {
    pub(super) const FIRST: Self = Self::Segment(SegmentId(0));
    pub(super) const LAST: Self = Self::Config(ConfigId(u32::MAX));
}
