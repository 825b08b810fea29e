//! Axis of time: steps of equal length, over all that was counted.

use pcq::Timestamp;

/// Minutes of the units of time.
const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;
pub(super) const WEEK: i64 = 7 * DAY;
/// The length of the longest month.
pub(super) const MONTH: i64 = 31 * DAY;

/// 1970 began on a Thursday, weeks begin on Mondays.
const FIRST_MONDAY: i64 = 4 * DAY;

/// The lengths that people think in, in minutes; above them come doubled weeks.
const STEPS: [i64; 13] =
    [1, 2, 5, 10, 15, 30, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY];

/// Steps of equal length, without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Axis {
    /// The start of the first step, in minutes since 1970.
    start: i64,
    /// The length of a step, in minutes; of months as many as it has.
    step: i64,
    /// Whether steps are months of the calendar.
    is_monthly: bool,
    /// How many steps there are: at least one.
    pub(super) len: usize,
}

/// A count over some time: the minute in which it begins, and how many minutes it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) start: i64,
    pub(super) minutes: i64,
}

impl Axis {
    /// Makes one that holds all spans in a number of steps, none shorter than the longest span: what is
    /// counted for a day cannot be told by the hour.
    pub(super) fn over(spans: impl Iterator<Item = Span> + Clone, most: usize) -> Option<Self> {
        let first = spans.clone().map(|span| span.start).min()?;
        let last = spans.clone().map(|span| span.start).max()?;
        let shortest = spans.map(|span| span.minutes).max()?;
        if shortest >= MONTH {
            return Some(Self::monthly(first, last, most));
        }
        let fitting = |step| Self::fitting(first, last, step, most);
        let step = last - first + shortest;
        let whole = Self { start: first, step, is_monthly: false, len: 1 };
        Some(steps().filter(|step| *step >= shortest).find_map(fitting).unwrap_or(whole))
    }

    fn fitting(first: i64, last: i64, step: i64, most: usize) -> Option<Self> {
        let start = floor(first, step);
        let len = usize::try_from((last - start) / step).ok()?.checked_add(1)?;
        (len <= most.max(1)).then_some(Self { start, step, is_monthly: false, len })
    }

    /// Makes one of months, or of as many together as it takes.
    fn monthly(first: i64, last: i64, most: usize) -> Self {
        let count = month(last) - month(first) + 1;
        let step = count.div_euclid(i64::try_from(most.max(1)).unwrap_or(i64::MAX));
        let last = |step: i64| usize::try_from((count - 1).div_euclid(step));
        let fits = |step: &i64| last(*step).is_ok_and(|last| last < most.max(1));
        let step = (step.max(1)..=count).find(fits).unwrap_or(count);
        let len = last(step).unwrap_or(0) + 1;
        Self { start: month_start(month(first)), step, is_monthly: true, len }
    }

    /// The step in which a minute is, of those that there are.
    pub(super) fn index(&self, minute: i64) -> usize {
        let past =
            if self.is_monthly { month(minute) - month(self.start) } else { minute - self.start };
        let index = past.div_euclid(self.step);
        usize::try_from(index).unwrap_or(0).min(self.len - 1)
    }

    /// The time at which a step begins, in as few characters as its length allows.
    pub(super) fn time(&self, index: usize) -> String {
        let minute = self.minute(index);
        let text = written(minute);
        if self.is_monthly || self.step % DAY == 0 {
            day(&text)
        } else {
            format!("{} {}", day(&text), clock(&text))
        }
    }

    /// The first and the last step and the length of all, in words.
    pub(super) fn caption(&self) -> String {
        let (first, last) = (self.time(0), self.time(self.len - 1));
        let per = self.per();
        if self.len == 1 {
            return format!("{first} (UTC), {per}");
        }
        format!("{first} – {last} (UTC), {per}")
    }

    /// The length of a step, in words.
    pub(super) fn per(&self) -> String {
        if self.is_monthly {
            return if self.step == 1 {
                "per month".to_owned()
            } else {
                format!("per {} months", self.step)
            };
        }
        let units = [(WEEK, "week"), (DAY, "day"), (HOUR, "hour"), (1, "minute")];
        let (unit, name) =
            units.into_iter().find(|(unit, _)| self.step % unit == 0).unwrap_or((1, "minute"));
        match self.step / unit {
            1 => format!("per {name}"),
            count => format!("per {count} {name}s"),
        }
    }

    /// Round times, in minutes since 1970, and what to write there.
    pub(super) fn marks(&self, most: usize) -> Vec<(i64, String)> {
        let last = self.minute(self.len);
        if self.is_monthly {
            return self.month_marks(most);
        }
        let apart = steps().filter(|step| *step >= self.step);
        let count = |step: i64| (last - self.start) / step;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let Some(apart) = apart.into_iter().find(|step| count(*step) < most) else {
            return Vec::new();
        };
        let marks = std::iter::successors(Some(floor(self.start, apart)), |at| Some(at + apart));
        let seen = marks.skip_while(|at| *at < self.start).take_while(|at| *at <= last);
        seen.map(|at| (at, mark(at))).collect()
    }

    /// The first days of months, as many as there is room for.
    fn month_marks(&self, most: usize) -> Vec<(i64, String)> {
        let apart = (self.len + 1).div_ceil(most.max(1)).max(1);
        let marks = (0..=self.len).step_by(apart).map(|index| self.minute(index));
        marks.map(|at| (at, mark(at))).collect()
    }

    /// The times at the start, in the middle and at the end, where the steps before them end in a number of columns.
    pub(super) fn ticks(&self, columns: usize) -> String {
        let at = |index: usize| (index * columns / self.len, self.time(index));
        let wanted = [at(0), at(self.len / 2), at(self.len - 1)];
        let mut line = String::new();
        for (index, (column, text)) in wanted.iter().enumerate() {
            // the last one may stand more to the left, so that it ends with the axis
            let column = if index == 2 {
                (*column).min(columns.saturating_sub(text.len()))
            } else {
                *column
            };
            let is_free = line.is_empty() || column >= line.len() + 2;
            let leaves_room = index != 1 || column + text.len() + 2 + text.len() <= columns;
            if is_free && leaves_room && column + text.len() <= columns.max(text.len()) {
                line = format!("{line:column$}{text}");
            }
        }
        line
    }

    /// The minute in which a step begins; that of the step past the last is the end.
    pub(super) fn minute(&self, index: usize) -> i64 {
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        let past = self.step.saturating_mul(index);
        if self.is_monthly {
            return month_start(month(self.start).saturating_add(past));
        }
        self.start.saturating_add(past)
    }
}

fn steps() -> impl Iterator<Item = i64> {
    STEPS.into_iter().chain(std::iter::successors(Some(WEEK), |step| step.checked_mul(2)))
}

/// The last minute at or before another at which a step can begin.
fn floor(minute: i64, step: i64) -> i64 {
    let origin = if step % WEEK == 0 { FIRST_MONDAY } else { 0 };
    minute - (minute - origin).rem_euclid(step)
}

/// A time of day, or the day at midnight.
fn mark(minute: i64) -> String {
    let text = written(minute);
    if minute.rem_euclid(DAY) == 0 { day(&text) } else { clock(&text) }
}

/// The number of the month that a minute is in.
fn month(minute: i64) -> i64 {
    let text = written(minute);
    let number = |range| text.get(range).and_then(|digits: &str| digits.parse::<i64>().ok());
    number(0..4).unwrap_or_default() * 12 + number(5..7).unwrap_or(1) - 1
}

/// The minute in which a month begins.
fn month_start(month: i64) -> i64 {
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
    let start = Timestamp::parse(&format!("{year:04}-{month:02}-01T00:00:00Z"));
    start.unwrap_or(Timestamp::MAX).as_micros().div_euclid(60_000_000)
}

fn written(minute: i64) -> String {
    Timestamp::clamped(minute.saturating_mul(60_000_000)).to_string()
}

/// The day of a time in RFC 3339.
fn day(text: &str) -> String {
    text.get(..10).unwrap_or_default().to_owned()
}

/// The hour and the minute of a time in RFC 3339.
fn clock(text: &str) -> String {
    text.get(11..16).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-02, a Monday.
    const MONDAY: i64 = 29_539_740 + 420;

    /// 2026-01-01.
    const JANUARY: i64 = MONDAY - 60 * DAY;

    fn over(spans: &[(i64, i64)], most: usize) -> Axis {
        let spans = spans.iter().map(|&(start, minutes)| Span { start, minutes });
        Axis::over(spans, most).unwrap()
    }

    #[test]
    fn steps_are_as_long_as_the_longest_span() {
        assert_eq!(
            over(&[(MONDAY, 1), (MONDAY + 9, 1)], 10).caption(),
            "2026-03-02 00:00 – 2026-03-02 00:09 (UTC), per minute"
        );
        let mixed = over(&[(MONDAY - 2 * DAY, DAY), (MONDAY + 90, HOUR)], 10);
        assert_eq!(mixed.caption(), "2026-02-28 – 2026-03-02 (UTC), per day");
        assert_eq!(mixed.len, 3);
        assert_eq!(over(&[(MONDAY, DAY)], 10).caption(), "2026-03-02 (UTC), per day");
    }

    #[test]
    fn neighbours_are_joined_until_all_fit() {
        let spans = [(MONDAY + 1, 1), (MONDAY + 119, 1)];
        assert_eq!(over(&spans, 119).len, 119);
        assert_eq!(
            over(&spans, 24).caption(),
            "2026-03-02 00:00 – 2026-03-02 01:55 (UTC), per 5 minutes"
        );
        assert_eq!(over(&spans, 1).caption(), "2026-03-02 00:00 (UTC), per 2 hours");
        let weeks = over(&[(MONDAY - 1, DAY), (MONDAY + 20 * DAY, DAY)], 4);
        assert_eq!(weeks.caption(), "2026-02-23 – 2026-03-16 (UTC), per week");
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let months = [(JANUARY, MONTH), (JANUARY + 31 * DAY, MONTH), (JANUARY + 365 * DAY, MONTH)];
        let axis = over(&months, 20);
        assert_eq!(axis.len, 13);
        assert_eq!(axis.caption(), "2026-01-01 – 2027-01-01 (UTC), per month");
        assert_eq!(
            [0, 1, 12].map(|index| axis.time(index)),
            ["2026-01-01", "2026-02-01", "2027-01-01"]
        );
        assert_eq!([JANUARY + 30 * DAY, JANUARY + 59 * DAY].map(|at| axis.index(at)), [0, 2]);
        let joined = over(&months, 5);
        assert_eq!(
            (joined.len, joined.caption()),
            (5, "2026-01-01 – 2027-01-01 (UTC), per 3 months".to_owned())
        );
        assert!(axis.marks(8).len() <= 8 && axis.marks(8)[1].1 == "2026-03-01");
    }

    #[test]
    fn two_or_three_times_stand_under_an_axis() {
        let axis = over(&[(MONDAY, DAY), (MONDAY + 9 * DAY, DAY)], 72);
        assert_eq!(axis.ticks(50), "2026-03-02               2026-03-07     2026-03-11");
        assert_eq!(axis.ticks(24), "2026-03-02    2026-03-11");
        assert_eq!(axis.ticks(10), "2026-03-02");
        assert_eq!(over(&[(MONDAY, DAY)], 72).ticks(72), "2026-03-02");
    }

    #[test]
    fn all_of_time_fits() {
        let [first, last] = [Timestamp::MIN, Timestamp::MAX].map(|t| t.as_micros() / 60_000_000);
        for most in [0, 1, 2, 100] {
            let axis = over(&[(first, 1), (last, 1)], most);
            assert!(axis.len <= most.max(1), "{axis:?}");
            assert_eq!(axis.index(last), axis.len - 1);
            assert!(axis.marks(8).len() <= 8 && axis.caption().contains("(UTC)"), "{axis:?}");
        }
    }

    #[test]
    fn marks_are_at_round_times() {
        let texts =
            |axis: Axis| axis.marks(8).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        let hours = over(&[(MONDAY - 5 * HOUR, HOUR), (MONDAY + 8 * HOUR, HOUR)], 100);
        assert_eq!(
            texts(hours),
            ["20:00", "22:00", "2026-03-02", "02:00", "04:00", "06:00", "08:00"]
        );
        assert_eq!(hours.marks(8)[0].0, MONDAY - 4 * HOUR);
        assert_eq!(texts(over(&[(MONDAY, DAY)], 9)), ["2026-03-02", "2026-03-03"]);
    }
}
