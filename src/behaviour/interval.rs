//! Intervals of time that questions look at, and the instants at which events enter and leave them.

use crate::model::{Frame, Timestamp};

/// Interval of time that a frame is at an instant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    frame: Frame,
    at: Timestamp,
    /// The first and the last microsecond in it; none if the first is after the last.
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Interval {
    pub(super) fn new(frame: Frame, at: Timestamp) -> Self {
        let (first, last) = frame.bounds(at);
        Self { frame, at, first, last }
    }

    /// The first instant after this one.
    pub(super) fn next_instant(self) -> Timestamp {
        Timestamp::clamped(self.at.as_micros().saturating_add(1))
    }

    /// The first instant at which other events are in it than now.
    pub(super) fn until(self, times: &[i64], range: std::ops::Range<usize>) -> Timestamp {
        let leaving =
            times.get(range).and_then(<[i64]>::first).and_then(|oldest| self.leaves(*oldest));
        let entering = self.entering(times);
        let first = [leaving, entering].into_iter().flatten().min();
        first.map_or(Timestamp::MAX, Timestamp::clamped)
    }

    /// When an event that is in it leaves it.
    fn leaves(self, time: i64) -> Option<i64> {
        match self.frame {
            Frame::Within(duration) => Some(time.saturating_add(duration.as_micros())),
            _ => None,
        }
    }

    /// The time of the next event that comes into it.
    fn entering(self, times: &[i64]) -> Option<i64> {
        let (from, to) = match self.frame {
            Frame::All | Frame::Within(_) => (i64::MIN, i64::MAX),
            Frame::Since(from) => (from.as_micros(), i64::MAX),
            Frame::Span(from, to) => (from.as_micros(), to.as_micros()),
        };
        let at = self.at.as_micros();
        let next = times.get(times.partition_point(|time| *time <= at || *time < from))?;
        (*next < to).then_some(*next)
    }
}
