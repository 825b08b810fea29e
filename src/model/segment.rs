//! Segments: named conditions over users.

use std::sync::Arc;

use super::{Condition, Name, SegmentId};

/// A segment as it stands at one revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Its number.
    pub id: SegmentId,
    /// Its name now.
    pub name: Name,
    /// A user is in the segment when this is true.
    pub condition: Condition,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// Whether it is archived.
    pub archived: bool,
    /// How often it was created or altered: 1, 2, …
    pub version: u32,
}
