//! Granularities: the sizes of the buckets of time that deliveries are summed up in.

/// A size of the buckets of time that deliveries are summed up in, all in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Granularity {
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days, and what is meant if nothing is said.
    #[default]
    Day,
    /// Weeks, from Monday on.
    Week,
    /// Months of the calendar.
    Month,
}

const DAY: i64 = 24 * 60;
const WEEK: i64 = 7 * DAY;

/// 1970 began on a Thursday.
const FIRST_MONDAY: i64 = 4 * DAY;

impl Granularity {
    /// The word for it, in small letters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// How many minutes a bucket has, at the most.
    pub(crate) fn minutes(self) -> i64 {
        match self {
            Self::Minute => 1,
            Self::Hour => 60,
            Self::Day => DAY,
            Self::Week => WEEK,
            Self::Month => 31 * DAY,
        }
    }

    /// The first minute of the bucket that a minute is in, both in minutes since 1970.
    pub(crate) fn start(self, minute: i64) -> i64 {
        let floor = |size: i64, origin: i64| minute - (minute - origin).rem_euclid(size);
        match self {
            Self::Week => floor(WEEK, FIRST_MONDAY),
            Self::Month => minute - minute.rem_euclid(DAY) - day_of_month(minute) * DAY,
            size => floor(size.minutes(), 0),
        }
    }

    /// The first minute after the bucket that a minute is in.
    pub(crate) fn end(self, minute: i64) -> i64 {
        let start = self.start(minute);
        match self {
            // the longest month ends in the next one, or begins it
            Self::Month => self.start(start + self.minutes()),
            size => start.saturating_add(size.minutes()),
        }
    }
}

/// The day in its month, from 0, that a minute since 1970 is in.
///
/// Days are counted from 1 March of the year 0, so that a leap day is the last of its year; then months follow a line of slope
/// 153/5 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn day_of_month(minute: i64) -> i64 {
    const MARCH_OF_YEAR_0: i64 = 719_468;
    const ERA: i64 = 146_097;
    let day = (minute.div_euclid(DAY) + MARCH_OF_YEAR_0).rem_euclid(ERA);
    let year = (day - day / 1_460 + day / 36_524 - day / (ERA - 1)) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    of_year - (153 * month + 2) / 5
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn minute(text: &str) -> i64 {
        Timestamp::parse(&format!("{text}:00Z")).unwrap().as_micros() / 60_000_000
    }

    #[test]
    fn weeks_begin_on_mondays_and_months_on_their_first_day() {
        let bounds = |size: Granularity, text| (size.start(minute(text)), size.end(minute(text)));
        let between = |from, to| (minute(from), minute(to));
        for (size, inside, from, to) in [
            (Granularity::Week, "2026-03-01T23:59", "2026-02-23T00:00", "2026-03-02T00:00"),
            (Granularity::Week, "2026-03-02T00:00", "2026-03-02T00:00", "2026-03-09T00:00"),
            (Granularity::Week, "1969-12-31T00:00", "1969-12-29T00:00", "1970-01-05T00:00"),
            (Granularity::Month, "2024-02-29T12:00", "2024-02-01T00:00", "2024-03-01T00:00"),
            (Granularity::Month, "2025-12-31T23:59", "2025-12-01T00:00", "2026-01-01T00:00"),
            (Granularity::Month, "1900-02-28T00:00", "1900-02-01T00:00", "1900-03-01T00:00"),
            (Granularity::Month, "0001-01-01T00:00", "0001-01-01T00:00", "0001-02-01T00:00"),
            (Granularity::Day, "2026-03-01T23:59", "2026-03-01T00:00", "2026-03-02T00:00"),
        ] {
            assert_eq!(bounds(size, inside), between(from, to), "{size:?} {inside}");
        }
    }

    #[test]
    fn every_day_of_400_years_is_in_the_month_that_its_date_says() {
        for day in 0..146_097 {
            let at = Timestamp::clamped(day * 86_400_000_000).to_string();
            let first: i64 = at[8..10].parse().unwrap();
            assert_eq!(day_of_month(day * DAY), first - 1, "{at}");
        }
    }
}
