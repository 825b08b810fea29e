//! Keys that lines are edited with.

/// Habit by which keys edit a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    Emacs,
    Vi,
}
