//! The formats of files that are loaded, and of the times in them.

use std::path::Path;

use clap::ValueEnum;

/// A format of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RowFormat {
    /// One object on each line
    Jsonl,
    /// Comma-separated values with a header (RFC 4180)
    Csv,
}

/// A format of a list of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// An id in each line, as it is
    Lines,
    /// Comma-separated values (RFC 4180)
    Csv,
}

/// What a time that is a number counts, from 1970 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TimeUnit {
    /// Seconds
    S,
    /// Milliseconds
    Ms,
}

impl RowFormat {
    /// The format that the name of a file tells.
    pub(super) fn of(path: &Path) -> Option<Self> {
        if path.as_os_str() == "-" {
            return Some(Self::Jsonl);
        }
        match &*extension(path) {
            "jsonl" | "ndjson" | "json" => Some(Self::Jsonl),
            "csv" | "tsv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// The extension of a file, in lower case.
pub(super) fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}
