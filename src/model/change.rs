//! Change sets: what a write does, as data, and the revisions that it ends up in.

use std::sync::Arc;

use super::{
    Attribute, ConfigHead, ConfigId, Duration, Key, Publication, Recording, Segment, SegmentId,
    Timestamp, Version,
};

/// One commit: a dense number with time, actor and comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// 1, 2, … without gaps.
    pub number: u64,
    /// When it was committed; never before the revision before it.
    pub time: Timestamp,
    /// Who did it.
    pub actor: Option<Arc<str>>,
    /// Why.
    pub comment: Option<Arc<str>>,
}

/// Change set of a write: the objects and their new values, in order; later changes stand on earlier ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChangeSet {
    /// The changes.
    pub changes: Vec<Change>,
}

impl ChangeSet {
    /// A change set of one change.
    #[must_use]
    pub fn one(change: Change) -> Self {
        Self { changes: vec![change] }
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// One object becomes one value.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A key is made, or becomes this.
    Key(Arc<Key>),
    /// A segment is made, or becomes this.
    Segment(Arc<Segment>),
    /// A config is made, or its name or a switch becomes this.
    Config {
        /// What it becomes.
        head: ConfigHead,
        /// Why, if the statement said so.
        comment: Option<Arc<str>>,
    },
    /// The salt of a segment in a config becomes this.
    Salt {
        /// The config.
        config: ConfigId,
        /// The segment.
        segment: SegmentId,
        /// The salt of its row.
        salt: Arc<str>,
    },
    /// A version is added to a config.
    Version(Arc<Version>),
    /// A publication is added.
    Publication(Publication),
    /// A publication whose time has not come is taken back.
    Cancel {
        /// Whose publication it is.
        config: ConfigId,
        /// Which one.
        sequence: u64,
    },
    /// How long events are kept becomes this.
    Keep {
        /// The name of the events; `None`: all whose name has no rule of its own.
        event: Option<Arc<str>>,
        /// How long; `None` is for ever.
        keep: Option<Duration>,
    },
    /// An attribute is declared, or becomes this.
    Attribute(Arc<Attribute>),
    /// Whether new conditions may only read declared attributes becomes this.
    Strict(bool),
    /// How traffic is recorded becomes this; `None`: not at all.
    Record(Option<Recording>),
}
