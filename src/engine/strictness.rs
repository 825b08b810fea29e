//! Strictness: whether slips are errors.

/// What becomes of a statement that is likely a slip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Slips {
    /// It is run, and its outcome has a note.
    #[default]
    Noted,
    /// It fails.
    Refused,
}

impl Slips {
    /// Whether they are refused.
    pub(super) fn refused(strict: bool) -> Self {
        if strict { Self::Refused } else { Self::Noted }
    }
}
