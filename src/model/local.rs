//! Local times: instants by the clocks of a time zone.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use super::timestamp::{EPOCH, Timestamp, TimestampError, parse_local, utc_micros};

/// Unit of the calendar that instants are cut to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Minute,
    Hour,
    Day,
    /// From Monday on.
    Week,
    Month,
    Year,
}

impl Unit {
    pub(crate) const ALL: [Self; 6] =
        [Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year];

    /// Its name, as the text of a query has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

impl Timestamp {
    /// Parses an ISO date, which is its midnight, or a date and time, as the clocks of a zone show it. With an offset
    /// or a zone of its own it is as it is. Of what a clock change skips it is the later instant, of what one repeats
    /// the earlier.
    pub(crate) fn parse_in(text: &str, zone: &TimeZone) -> Result<Self, TimestampError> {
        let whole = completed(text);
        let (local, rest) = parse_local(&whole).map_err(|error| match error {
            TimestampError::NoSuchTime(_) => TimestampError::NoSuchTime(text.to_owned()),
            _ => TimestampError::Form(text.to_owned()),
        })?;
        if !rest.is_empty() {
            return Self::parse(&whole);
        }
        Self::at_local(local, zone).ok_or_else(|| TimestampError::Range(text.to_owned()))
    }

    /// The instant at which the clocks of a zone show the same as at this one, but so many months later; on the last
    /// day of a month that is too short. `None` outside the years 0001 to 9999.
    pub(crate) fn add_months(self, months: i64, zone: &TimeZone) -> Option<Self> {
        let months = jiff::Span::new().try_months(months).ok()?;
        Self::at_local(self.local(zone)?.checked_add(months).ok()?, zone)
    }

    /// The local time in a zone; past the year 9999 it is its last.
    pub(crate) fn in_zone(self, zone: &TimeZone) -> DateTime {
        self.local(zone).unwrap_or(DateTime::MAX)
    }

    fn local(self, zone: &TimeZone) -> Option<DateTime> {
        if let Ok(at) = jiff::Timestamp::from_microsecond(self.as_micros()) {
            return Some(zone.to_datetime(at));
        }
        let micros = self.as_micros() + micros_of(zone.to_offset(self.jiff()));
        DateTime::from(EPOCH).checked_add(SignedDuration::from_micros(micros)).ok()
    }

    /// The instant at which a unit of the local calendar began that this one is in: the first, if the clocks showed it
    /// twice, and the end of the gap, if they never did. `None` if it began before the year 0001, and past the year 9999.
    pub(crate) fn begin_of(self, unit: Unit, zone: &TimeZone) -> Option<Self> {
        let local = self.local(zone)?;
        let within = match unit {
            Unit::Minute => Some(0),
            Unit::Hour => Some(i64::from(local.minute())),
            _ => None,
        };
        if let Some(minutes) = within {
            let micros = (minutes * 60 + i64::from(local.second())) * 1_000_000;
            let micros = micros + i64::from(local.subsec_nanosecond()) / 1_000;
            return Self::from_micros(self.as_micros() - micros);
        }
        let day = local.date();
        let day = match unit {
            Unit::Week => day
                .checked_sub(jiff::Span::new().days(day.weekday().to_monday_zero_offset()))
                .ok()?,
            Unit::Month => day.first_of_month(),
            Unit::Year => day.first_of_year(),
            _ => day,
        };
        let midnight = day.at(0, 0, 0, 0);
        let offset = zone.to_ambiguous_timestamp(midnight).offset();
        let AmbiguousOffset::Gap { before, .. } = offset else {
            return Self::at_local(midnight, zone);
        };
        // the clocks went past midnight: the day begins where they went to
        let close = before.to_timestamp(midnight).ok()?;
        let after = close.checked_add(jiff::Span::new().nanoseconds(1)).ok()?;
        Self::from_micros(zone.preceding(after).next()?.timestamp().as_microsecond())
    }

    /// The seconds since 1970.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a double has microseconds for a thousand years from 1970"
    )]
    pub(crate) fn as_secs(self) -> f64 {
        self.as_micros() as f64 / 1_000_000.0
    }

    fn at_local(local: DateTime, zone: &TimeZone) -> Option<Self> {
        let (AmbiguousOffset::Unambiguous { offset }
        | AmbiguousOffset::Gap { before: offset, .. }
        | AmbiguousOffset::Fold { before: offset, .. }) =
            zone.to_ambiguous_timestamp(local).offset();
        Self::from_micros(utc_micros(local) - micros_of(offset))
    }

    /// The instant as the library of zones has it, which ends a day before the years do: no clock changes on that day.
    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.as_micros()).unwrap_or(jiff::Timestamp::MAX)
    }

    /// The number of the local day, and the first microsecond that may be of another one: the end of the day, or a
    /// clock change before it.
    pub(crate) fn local_day(self, zone: &TimeZone) -> (i64, i64) {
        const DAY: i64 = 86_400_000_000;
        let at = self.jiff();
        let offset = micros_of(zone.to_offset(at));
        let day = (self.as_micros() + offset).div_euclid(DAY);
        let change = zone.following(at).next();
        let change = change.map_or(i64::MAX, |change| change.timestamp().as_microsecond());
        (day, ((day + 1) * DAY - offset).min(change))
    }
}

fn micros_of(offset: Offset) -> i64 {
    i64::from(offset.seconds()) * 1_000_000
}

/// A date with its midnight, and a time of day with its seconds.
fn completed(text: &str) -> String {
    const DATE: usize = "2026-03-01".len();
    const MINUTE: usize = "2026-03-01T09:00".len();
    match text.split_at_checked(MINUTE) {
        Some((start, rest)) if rest.is_empty() || rest.starts_with(['Z', 'z', '+', '-', '[']) => {
            format!("{start}:00{rest}")
        }
        None if text.len() == DATE => format!("{text}T00:00:00"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    #[test]
    fn units_begin_up_to_the_end_of_the_years() {
        let begin = |at: &str, unit, zone: &TimeZone| {
            Timestamp::parse(at).unwrap().begin_of(unit, zone).map(|at| at.to_string())
        };
        let some = |at: &str| Some(at.to_owned());
        let last = "9999-12-31T23:30:59Z";
        let (auckland, honolulu) = (zone("Pacific/Auckland"), zone("Pacific/Honolulu"));
        assert_eq!(begin(last, Unit::Minute, &TimeZone::UTC), some("9999-12-31T23:30:00Z"));
        assert_eq!(begin(last, Unit::Day, &TimeZone::UTC), some("9999-12-31T00:00:00Z"));
        assert_eq!(begin(last, Unit::Year, &honolulu), some("9999-01-01T10:00:00Z"));
        assert_eq!(begin(last, Unit::Day, &auckland), None);
        assert_eq!(begin("0001-01-01T00:30:00Z", Unit::Day, &auckland), None);
        assert_eq!(begin("0001-01-01T00:30:00Z", Unit::Day, &honolulu), None);
    }

    #[test]
    fn local_times_are_read_in_their_zone() {
        let new_york = zone("America/New_York");
        let read = |text: &str| Timestamp::parse_in(text, &new_york).unwrap().to_string();
        assert_eq!(read("2026-03-08"), "2026-03-08T05:00:00Z");
        assert_eq!(read("2026-03-08 00:00"), "2026-03-08T05:00:00Z");
        assert_eq!(read("2026-03-08T00:00:00.25"), "2026-03-08T05:00:00.25Z");
        assert_eq!(read("2026-03-08T06:00:00+01:00"), "2026-03-08T05:00:00Z");
        assert_eq!(read("2026-03-08 06:00+01:00"), "2026-03-08T05:00:00Z");
        assert_eq!(read("2026-03-08T06:00:00[Europe/Oslo]"), "2026-03-08T05:00:00Z");
        // a skipped time is as long after the change as it is after it on the clock before
        assert_eq!(read("2026-03-08 02:30"), "2026-03-08T07:30:00Z");
        assert_eq!(read("2026-11-01 01:30"), "2026-11-01T05:30:00Z");
        for text in [
            "",
            "Sunday",
            "2026-3-8",
            "2026-02-29",
            "2026-03-08T",
            "2026-03-08 00:00.5",
            "2026-03-08 24:00",
            "2026-03-0é",
        ] {
            assert!(Timestamp::parse_in(text, &new_york).is_err(), "{text}");
        }
        assert!(Timestamp::parse_in("0001-01-01", &zone("Asia/Tokyo")).is_err());
        assert!(Timestamp::parse_in("9999-12-31 23:00", &new_york).is_err());
    }

    /// The library of zones ends a day before the years do.
    #[test]
    fn the_first_day_and_the_last_have_local_times() {
        let utc = zone("UTC");
        for text in [
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00.000001Z",
            "9999-12-30T21:59:59Z",
            "9999-12-30T23:00:00Z",
            "9999-12-31T00:00:00Z",
            "9999-12-31T23:59:59.999999Z",
        ] {
            let at = Timestamp::parse(text).unwrap();
            let local = text.trim_end_matches('Z');
            assert_eq!(Timestamp::parse_in(local, &utc).unwrap(), at, "{text}");
            assert_eq!(at.in_zone(&utc).to_string(), local);
            assert_eq!(at.add_months(0, &utc), Some(at));
        }
        let new_york = zone("America/New_York");
        let last = Timestamp::parse("9999-12-31T03:00:00Z").unwrap();
        assert_eq!(last.in_zone(&new_york).to_string(), "9999-12-30T22:00:00");
        assert_eq!(Timestamp::parse_in("9999-12-30T22:00", &new_york).unwrap(), last);
        let (_, end) = last.local_day(&new_york);
        assert_eq!(Timestamp::clamped(end).to_string(), "9999-12-31T05:00:00Z");
        // what the clocks show past the years is told as their end
        assert_eq!(Timestamp::MAX.in_zone(&zone("Asia/Tokyo")), DateTime::MAX);
        let first = Timestamp::MIN.in_zone(&new_york).to_string();
        assert_eq!(first, "0000-12-31T19:03:58");
    }

    #[test]
    fn months_keep_the_time_of_day() {
        let add = |text: &str, months, name| {
            let at = Timestamp::parse(text).unwrap().add_months(months, &zone(name));
            at.map(|at| at.to_string())
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(add("2026-01-31T10:00:00Z", 1, "UTC"), some("2026-02-28T10:00:00Z"));
        assert_eq!(add("2024-03-31T10:00:00Z", -1, "UTC"), some("2024-02-29T10:00:00Z"));
        assert_eq!(add("2026-03-01T09:00:00Z", 1, "Europe/Oslo"), some("2026-04-01T08:00:00Z"));
        assert_eq!(add("2026-02-28T23:30:00Z", 12, "Europe/Oslo"), some("2027-02-28T23:30:00Z"));
        assert_eq!(
            add("2026-02-08T07:30:00Z", 1, "America/New_York"),
            some("2026-03-08T07:30:00Z")
        );
        assert_eq!(add("9999-11-30T23:00:00Z", 1, "UTC"), some("9999-12-30T23:00:00Z"));
        assert_eq!(add("9999-11-29T23:30:00Z", 1, "Asia/Tokyo"), some("9999-12-29T23:30:00Z"));
        assert_eq!(add("0001-02-01T00:00:00Z", -1, "UTC"), some("0001-01-01T00:00:00Z"));
        assert_eq!(add("9999-12-01T00:00:00Z", 1, "UTC"), None);
        assert_eq!(add("2026-01-01T00:00:00Z", 120_000, "UTC"), None);
        assert_eq!(add("2026-01-01T00:00:00Z", i64::MIN, "UTC"), None);
    }

    #[test]
    fn days_are_those_of_the_clocks() {
        let day = |text: &str, name| {
            let (day, end) = Timestamp::parse(text).unwrap().local_day(&zone(name));
            (day, Timestamp::clamped(end).to_string())
        };
        assert_eq!(day("1970-01-01T00:00:00Z", "UTC"), (0, "1970-01-02T00:00:00Z".into()));
        assert_eq!(day("1969-12-31T23:59:59Z", "UTC"), (-1, "1970-01-01T00:00:00Z".into()));
        assert_eq!(
            day("2026-02-27T23:30:00Z", "Europe/Oslo"),
            (20_512, "2026-02-28T23:00:00Z".into())
        );
        // of a day on which the clocks change, the part before it and the part after it
        assert_eq!(
            day("2026-03-29T00:30:00Z", "Europe/Oslo"),
            (20_541, "2026-03-29T01:00:00Z".into())
        );
        assert_eq!(
            day("2026-03-29T01:00:00Z", "Europe/Oslo"),
            (20_541, "2026-03-29T22:00:00Z".into())
        );
        assert_eq!(Timestamp::MAX.local_day(&zone("UTC")).0, 2_932_896);
    }
}
