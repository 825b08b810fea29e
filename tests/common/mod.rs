//! Hours and windows of time that tests of what users did have in common.

use pcq::Timestamp;

/// Where the clock starts.
const START: &str = "2026-01-01T00:00:00Z";

/// An hour after the start of the clock.
pub(crate) fn hour(hours: i64) -> Timestamp {
    let start = Timestamp::parse(START).unwrap();
    Timestamp::from_micros(start.as_micros() + hours * 3_600_000_000).unwrap()
}

/// A window of the language, in hours.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Window {
    All,
    Within(i64),
    Since(i64),
    Span(i64, i64),
}

impl Window {
    pub(crate) fn text(self) -> String {
        match self {
            Self::All => String::new(),
            Self::Within(hours) => format!(" WITHIN {hours} HOURS"),
            Self::Since(from) => format!(" SINCE '{}'", hour(from)),
            Self::Span(from, to) => format!(" FROM '{}' TO '{}'", hour(from), hour(to)),
        }
    }
}
