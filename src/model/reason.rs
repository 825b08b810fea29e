//! Reasons of evaluations: why a key has its value.

use std::fmt;
use std::sync::{Arc, LazyLock};

/// Reason why a key has the value that it has.
///
/// `Display` writes it as the language does: `TARGETING_MATCH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A row gave the value.
    TargetingMatch,
    /// An arm of a row's split gave it.
    Split,
    /// A live version has the key, and no row gave it a value.
    Default,
    /// No live version has the key.
    Static,
    /// A live version has the key, but its config is disabled.
    Disabled,
    /// The key is archived.
    Archived,
    /// There is no such key.
    UnknownKey,
}

impl Reason {
    /// The word for it in the language.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TargetingMatch => "TARGETING_MATCH",
            Self::Split => "SPLIT",
            Self::Default => "DEFAULT",
            Self::Static => "STATIC",
            Self::Disabled => "DISABLED",
            Self::Archived => "ARCHIVED",
            Self::UnknownKey => "UNKNOWN_KEY",
        }
    }

    /// The word for it, shared by all that is given for the reason.
    pub(crate) fn to_arc(self) -> Arc<str> {
        use Reason::{Archived, Default, Disabled, Split, Static, TargetingMatch, UnknownKey};
        static WORDS: LazyLock<[Arc<str>; 7]> = LazyLock::new(|| {
            [TargetingMatch, Split, Default, Static, Disabled, Archived, UnknownKey]
                .map(|reason| reason.as_str().into())
        });
        WORDS.get(self as usize).map_or_else(|| self.as_str().into(), Arc::clone)
    }

    /// Whether a row of a config gave the value.
    pub(crate) fn is_targeted(self) -> bool {
        matches!(self, Self::TargetingMatch | Self::Split)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
