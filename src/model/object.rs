//! Kinds of objects, and the numbers by which objects refer to each other.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Kind of an object that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say all")]
pub enum ObjectKind {
    Key,
    Segment,
    Config,
    Attribute,
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "key",
            Self::Segment => "segment",
            Self::Config => "config",
            Self::Attribute => "attribute",
        })
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// The number of a key: dense, from 1, in order of creation; never used again.
    KeyId
}
id! {
    /// The number of a segment: dense, from 1, in order of creation; [`SegmentId::EVERYONE`] is 0.
    SegmentId
}
id! {
    /// The number of a list of users: dense, from 1, in order of loading.
    ListId
}
id! {
    /// The number of a config: dense, from 1, in order of creation; it survives renames.
    ConfigId
}

id! {
    /// The number of a declared attribute: dense, from 1, in order of declaration; never used again.
    AttributeId
}

impl ObjectKind {
    /// Every kind.
    pub(crate) const ALL: [Self; 4] = [Self::Key, Self::Segment, Self::Config, Self::Attribute];
}

impl SegmentId {
    /// The built-in segment that every user is in.
    pub const EVERYONE: Self = Self(0);

    /// Whether this is [`SegmentId::EVERYONE`].
    #[must_use]
    pub fn is_everyone(self) -> bool {
        self == Self::EVERYONE
    }
}
