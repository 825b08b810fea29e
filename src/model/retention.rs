//! Retention: how long events are kept, and how far back conditions look.

use std::fmt;
use std::sync::Arc;

use imbl::OrdMap;

use super::{Duration, Frame, Timestamp};

/// Rules of retention: how long events are kept, by their names; `None` is for ever.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Retention {
    /// The rule of the names that have none of their own.
    others: Option<Duration>,
    own: OrdMap<Arc<str>, Option<Duration>>,
}

impl Retention {
    /// Sets the rule of a name, or that of all names without one of their own.
    pub(crate) fn set(&mut self, event: Option<&Arc<str>>, keep: Option<Duration>) {
        match event {
            Some(event) => drop(self.own.insert(Arc::clone(event), keep)),
            None => self.others = keep,
        }
    }

    /// Whether the rule of a name of its own, or that of all others, is this one already.
    pub(crate) fn says(&self, event: Option<&str>, keep: Option<Duration>) -> bool {
        match event {
            Some(event) => self.own.get(event) == Some(&keep),
            None => self.others == keep,
        }
    }

    /// Whether a name has a rule of its own.
    pub(crate) fn has(&self, event: &str) -> bool {
        self.own.contains_key(event)
    }

    /// How long events of a name are kept.
    pub(crate) fn of(&self, event: &str) -> Option<Duration> {
        self.own.get(event).copied().unwrap_or(self.others)
    }

    /// How long those are kept whose name has no rule of its own.
    pub(crate) fn others(&self) -> Option<Duration> {
        self.others
    }

    /// The names with rules of their own, in byte order.
    pub(crate) fn own(&self) -> impl Iterator<Item = (&Arc<str>, Option<Duration>)> {
        self.own.iter().map(|(event, keep)| (event, *keep))
    }

    /// Whether all events are kept for ever.
    pub(crate) fn is_forever(&self) -> bool {
        self.others.is_none() && self.own.values().all(Option::is_none)
    }
}

/// Time for which events are kept, in words: `for 30 DAYS`, `forever`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetentionPeriod(pub(crate) Option<Duration>);

impl fmt::Display for RetentionPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(keep) => write!(f, "for {keep}"),
            None => f.write_str("forever"),
        }
    }
}

/// Reach of conditions: how far back they look, now and at any later instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    /// The longest time before the instant that they are asked at.
    within: Option<Duration>,
    /// The earliest instant from which on they look; the first of all if they look at everything.
    since: Option<Timestamp>,
}

impl Reach {
    /// The reach of conditions that look at all events.
    pub(crate) const EVERYTHING: Self = Self { within: None, since: Some(Timestamp::MIN) };

    pub(crate) fn of(frame: Frame) -> Self {
        match frame {
            Frame::All => Self::EVERYTHING,
            Frame::Within(duration) => Self { within: Some(duration), since: None },
            Frame::Since(from) | Frame::Span(from, _) => Self { within: None, since: Some(from) },
        }
    }

    /// The reach of two together.
    pub(crate) fn or(self, other: Self) -> Self {
        let since = self.since.into_iter().chain(other.since).min();
        Self { within: self.within.max(other.within), since }
    }

    /// An instant before which nothing is looked at, neither now nor later.
    pub(crate) fn start(self, now: Timestamp) -> Timestamp {
        let within = self.within.map(|within| before(now, within));
        within.into_iter().chain(self.since).min().unwrap_or(now)
    }

    /// The reach as it is at an instant, to be put into words.
    pub(crate) fn at(self, now: Timestamp) -> ReachAt {
        let start = self.start(now);
        match self.within {
            _ if start == Timestamp::MIN => ReachAt::Everything,
            Some(within) if start == before(now, within) => ReachAt::Within(within),
            _ => ReachAt::Since(start),
        }
    }
}

/// Reach of conditions at an instant: `everything`, `30 DAYS`, `since 2026-01-01T00:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReachAt {
    Everything,
    Within(Duration),
    Since(Timestamp),
}

impl ReachAt {
    /// The words after `it looks`.
    pub(crate) fn looks_back(self) -> String {
        match self {
            Self::Everything => "at everything".to_owned(),
            Self::Within(duration) => format!("back {duration}"),
            Self::Since(from) => format!("back to {from}"),
        }
    }
}

impl fmt::Display for ReachAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::Within(duration) => duration.fmt(f),
            Self::Since(from) => write!(f, "since {from}"),
        }
    }
}

/// An instant so long before another, or the first of all.
pub(crate) fn before(at: Timestamp, duration: Duration) -> Timestamp {
    Timestamp::clamped(at.as_micros().saturating_sub(duration.as_micros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros).unwrap()
    }

    fn micros(micros: i64) -> Duration {
        Duration::from_micros(micros)
    }

    #[test]
    fn names_without_a_rule_follow_that_of_the_others() {
        let mut retention = Retention::default();
        assert!(retention.is_forever() && retention.says(None, None));
        retention.set(Some(&"a".into()), None);
        assert!(retention.is_forever() && retention.says(Some("a"), None));
        assert!(!retention.says(Some("b"), None));
        retention.set(None, Some(micros(5)));
        assert!(!retention.is_forever());
        assert_eq!((retention.of("a"), retention.of("b")), (None, Some(micros(5))));
    }

    #[test]
    fn the_farther_reach_moves_with_time() {
        let reach = Reach::of(Frame::Within(micros(100))).or(Reach::of(Frame::Since(t(950))));
        assert_eq!(
            (reach.start(t(1_000)), reach.at(t(1_000))),
            (t(900), ReachAt::Within(micros(100)))
        );
        assert_eq!((reach.start(t(1_100)), reach.at(t(1_100))), (t(950), ReachAt::Since(t(950))));
        assert_eq!(reach.or(Reach::EVERYTHING).at(t(1_000)), ReachAt::Everything);
        assert_eq!(Reach::of(Frame::Span(t(5), t(9))).start(t(1_000)), t(5));
    }
}
