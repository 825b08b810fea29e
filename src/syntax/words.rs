//! Words that statements begin with.

/// The words that a statement starts with.
pub(crate) const FIRST_WORDS: &[&str] = &[
    "CREATE", "ALTER", "ARCHIVE", "RESTORE", "PUBLISH", "REVERT", "CANCEL", "DISABLE", "ENABLE",
    "RECORD", "SET", "TRACK", "FORGET", "GET", "EXPLAIN", "SHOW", "DESCRIBE", "DIFF", "PREVIEW",
    "SELECT", "WITH", "BEGIN", "COMMIT", "ROLLBACK", "ASSERT", "ADVANCE",
];

/// The words that what a preview is of may start with.
pub(super) const PREVIEWED: &[&str] = &[
    "CREATE", "ALTER", "ARCHIVE", "RESTORE", "PUBLISH", "REVERT", "CANCEL", "DISABLE", "ENABLE",
    "RECORD", "COMMIT",
];
