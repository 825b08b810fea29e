//! Keys that lines are edited with.

/// Habit by which keys edit a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    Emacs,
    Vi,
}

impl Keys {
    /// The word for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Emacs => "emacs",
            Self::Vi => "vi",
        }
    }
}
