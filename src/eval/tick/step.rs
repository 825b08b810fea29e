//! Steps: where parts of the day end, and where a truth turns.

use jiff::tz::TimeZone;

use crate::eval::operand::Truth;
use crate::model::Timestamp;

/// How many microseconds a minute has.
pub(super) const MINUTE: i64 = 60_000_000;

/// Part of the day in a zone, whose number a function gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// How long it is, in microseconds.
    pub(super) length: i64,
    pub(super) zone: TimeZone,
    /// By how many microseconds the instant is moved before it is read.
    pub(super) moved: i64,
}

impl Step {
    /// The first instant after one at which another part of the day may begin.
    pub(super) fn next(&self, at: Timestamp) -> Timestamp {
        let moved = at.as_micros().saturating_add(self.moved);
        let next =
            jiff::Timestamp::from_microsecond(moved).map_or(i64::MAX, |moved| self.end(moved));
        Timestamp::clamped(next.saturating_sub(self.moved))
    }

    /// The end of the part of the day that an instant is in, or of what its clocks show without a break.
    fn end(&self, at: jiff::Timestamp) -> i64 {
        let time = self.zone.to_datetime(at).time();
        let secs = (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60;
        let micros = (secs + i64::from(time.second())) * 1_000_000
            + i64::from(time.subsec_nanosecond()) / 1_000;
        let end = at.as_microsecond() + self.length - micros % self.length;
        let change = self.zone.following(at).next().map(|change| change.timestamp());
        change.map_or(end, |change| end.min(change.as_microsecond()))
    }
}

/// The first multiple of a number of microseconds after an instant.
pub(super) fn next_multiple(at: Timestamp, length: i64) -> Timestamp {
    let at = at.as_micros();
    Timestamp::clamped(at - at.rem_euclid(length) + length)
}

/// The instant after one and before another from which on a truth is another one, if it turns once.
pub(super) fn turn(
    truth: impl Fn(Timestamp) -> Truth,
    at: Timestamp,
    end: Timestamp,
) -> Option<Timestamp> {
    let (mut low, mut high) = (at.as_micros(), end.as_micros() - 1);
    let truth = |micros| truth(Timestamp::clamped(micros));
    if low >= high {
        return None;
    }
    let first = truth(low);
    if truth(high) == first {
        return None;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if truth(middle) == first { low = middle } else { high = middle }
    }
    Some(Timestamp::clamped(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(length: i64, zone: &str, from: &str, count: usize) -> Vec<String> {
        let step = Step { length, zone: TimeZone::get(zone).unwrap(), moved: 0 };
        let first = Timestamp::parse(from).unwrap();
        let all = std::iter::successors(Some(first), |at| Some(step.next(*at)));
        all.skip(1).take(count).map(|at| at.to_string()).collect()
    }

    #[test]
    fn parts_of_the_day_end_where_the_clocks_of_the_zone_say() {
        let hours = ends(60 * MINUTE, "Asia/Kolkata", "2026-01-01T00:10:00.5Z", 2);
        assert_eq!(hours, ["2026-01-01T00:30:00Z", "2026-01-01T01:30:00Z"]);
        // the clocks go forward at one o'clock UTC
        let days = ends(24 * 60 * MINUTE, "Europe/Oslo", "2026-03-28T12:00:00Z", 3);
        assert_eq!(days, ["2026-03-28T23:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T22:00:00Z"]);
        assert_eq!(
            ends(60 * MINUTE, "UTC", "9999-12-31T23:59:59Z", 1),
            ["9999-12-31T23:59:59.999999Z"]
        );
    }

    #[test]
    fn a_turn_is_found_to_the_microsecond() {
        let at = |micros| Timestamp::from_micros(micros).unwrap();
        let truth = |now: Timestamp| Some(now.as_micros() >= 1_234_567);
        assert_eq!(turn(truth, at(0), at(9_000_000)), Some(at(1_234_567)));
        assert_eq!(turn(truth, at(1_234_566), at(1_234_568)), Some(at(1_234_567)));
        assert_eq!(turn(truth, at(1_234_567), at(9_000_000)), None);
        assert_eq!(turn(truth, at(0), at(1_234_567)), None);
    }
}
