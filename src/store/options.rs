//! Options by which a store is opened, and the clock that it has.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{ConditionParser, Timestamp};

/// Options by which a store is opened.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Whether nothing may be written.
    pub(crate) read_only: bool,
    /// Whether a file that does not exist is made.
    pub(crate) create: bool,
    /// How long a store that somebody else writes to is waited for.
    pub(crate) wait: Duration,
    /// Where a manual clock begins, or goes on.
    pub(crate) manual_clock: Option<Timestamp>,
    /// The size of the cache of pages; 64 MiB if not said.
    pub(crate) cache_bytes: Option<usize>,
    /// Reads the conditions in the file.
    pub(crate) parser: ConditionParser,
}

/// Clock that the store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClockMode {
    /// The system's.
    System,
    /// A manual one, and the instant at which it stands.
    Manual(Timestamp),
}

impl ClockMode {
    /// The instant of a manual clock.
    pub(crate) fn manual(self) -> Option<Timestamp> {
        match self {
            Self::System => None,
            Self::Manual(at) => Some(at),
        }
    }

    /// The clock moved forward.
    pub(super) fn moved(self, to: Timestamp) -> Result<Self> {
        match self {
            Self::System => Err(Error::from(ErrorKind::ClockNotManual)
                .hint("it was made without a manual clock: open it without one")),
            Self::Manual(now) if to < now => Err(ErrorKind::ClockBack { now, to }.into()),
            Self::Manual(_) => Ok(Self::Manual(to)),
        }
    }
}
