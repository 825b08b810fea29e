//! Instants, in microseconds.

use std::fmt;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Serialize};

use super::Duration;
use crate::error::Short;
use crate::limits::NAME_BYTES;

/// An instant: whole microseconds since 1970-01-01T00:00:00Z, from year 0001 to year 9999.
///
/// `Display` writes RFC 3339 in UTC, with as many digits of the second as are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

/// Reason why a text is not a timestamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// It has neither the form of RFC 3339 nor that of a local time with a zone in brackets.
    #[error("`{}` is not a timestamp", Short(.0))]
    Form(String),
    /// It has neither offset nor zone, so it names no instant.
    #[error("`{}` has no offset and no zone, so it names no instant", Short(.0))]
    NoOffset(String),
    /// There is no such day, hour, minute, second or offset.
    #[error("there is no such date, time or offset as `{}`", Short(.0))]
    NoSuchTime(String),
    /// The time zone is not known.
    #[error("there is no time zone `{}`", Short(.0))]
    NoSuchZone(String),
    /// A clock change skips this local time.
    #[error("a clock change in {} skips the local time `{}`", Short(zone), Short(text))]
    Skipped {
        /// The text as given.
        text: String,
        /// The zone in it.
        zone: String,
    },
    /// A clock change repeats this local time.
    #[error("a clock change in {} repeats the local time `{}`", Short(zone), Short(text))]
    Repeated {
        /// The text as given.
        text: String,
        /// The zone in it.
        zone: String,
    },
    /// The zone in brackets does not have the offset before it at that time.
    #[error("`{}` has an offset that {} does not have then", Short(text), Short(zone))]
    OffsetNotOfZone {
        /// The text as given.
        text: String,
        /// The zone in it.
        zone: String,
    },
    /// As milliseconds it is an instant before 1980, so it was likely meant as seconds.
    #[error("`{}` milliseconds since 1970 are before 1980, so they look like seconds", Short(.0))]
    LikeSeconds(String),
    /// It is not in the years 0001 to 9999.
    #[error("`{}` is outside the years 0001 to 9999", Short(.0))]
    Range(String),
}

impl Timestamp {
    /// The first instant of year 0001.
    pub const MIN: Self = Self(-62_135_596_800_000_000);
    /// The last microsecond of year 9999.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// Makes an instant from microseconds since 1970; `None` outside the years 0001 to 9999.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&micros).then_some(Self(micros))
    }

    /// Makes an instant from epoch milliseconds, with a fraction; `None` outside the years.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "checked to be in range just before")]
    pub fn from_millis(millis: f64) -> Option<Self> {
        let micros = (millis * 1000.0).floor();
        (micros.abs() < 9.0e18).then(|| Self::from_micros(micros as i64)).flatten()
    }

    /// Makes an instant, taking what is outside the years 0001 to 9999 to the nearest end.
    #[must_use]
    pub fn clamped(micros: i64) -> Self {
        Self(micros.clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Microseconds since 1970.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// Adds a duration; `None` outside the years 0001 to 9999.
    #[must_use]
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration.as_micros()).and_then(Self::from_micros)
    }

    /// The time from another instant to this one.
    #[must_use]
    pub fn since(self, other: Self) -> Duration {
        Duration::from_micros(self.0 - other.0) // within the years there is room
    }

    /// Takes a duration away; `None` outside the years 0001 to 9999.
    #[must_use]
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        self.0.checked_sub(duration.as_micros()).and_then(Self::from_micros)
    }

    /// Parses RFC 3339 with an offset or `Z`, or a local time with a zone in brackets
    /// (`2026-12-01T09:00:00[America/New_York]`), or both, of which the zone then has the offset
    /// (`2026-12-01T09:00:00-05:00[America/New_York]`, as RFC 9557 has it). A blank may stand for the `T`; digits past the
    /// microsecond are cut off.
    ///
    /// The time zones are those of the IANA database that is built in, so that a script means the
    /// same on every machine.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let (local, rest) = parse_local(text)?;
        let own = || text.to_owned();
        let (offset, zone) = rest.split_at(rest.find('[').unwrap_or(rest.len()));
        let zone = match zone.strip_prefix('[') {
            Some(zone) => Some(zone.strip_suffix(']').ok_or_else(|| TimestampError::Form(own()))?),
            None => None,
        };
        let micros = match (offset, zone) {
            ("", None) => return Err(TimestampError::NoOffset(own())),
            ("", Some(zone)) => in_zone(local, zone, text)?,
            (offset, zone) => {
                let secs = parse_offset(offset, text)?;
                zone.map_or(Ok(()), |zone| check_offset(local, secs, zone, text))?;
                utc_micros(local) - i64::from(secs) * 1_000_000
            }
        };
        Self::from_micros(micros).ok_or_else(|| TimestampError::Range(own()))
    }
}

/// The time zone that is likely meant by a name that is none: the one of a city, or one that is written almost so.
pub(crate) fn zone_like(name: &str) -> Option<String> {
    let plain = |text: &str| text.replace(['_', '-'], " ").to_lowercase();
    let wanted = plain(name);
    let all = || jiff::tz::db().available().map(|zone| zone.to_string());
    let is_city = |zone: &String| zone.rsplit('/').next().is_some_and(|city| plain(city) == wanted);
    let short = SHORT_ZONES.iter().find(|(short, _)| plain(short) == wanted);
    let exact = short.map(|(_, zone)| (*zone).to_owned());
    let exact = exact.or_else(|| all().find(is_city));
    let exact = exact.or_else(|| all().find(|zone| plain(zone) == wanted));
    if exact.is_some() || name.len() > NAME_BYTES {
        return exact;
    }
    let scored = all().map(|zone| (strsim::jaro_winkler(&plain(&zone), &wanted), zone));
    let near = scored.filter(|(score, _)| *score > 0.93);
    near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, zone)| zone)
}

/// What people call zones that have another name, or none.
const SHORT_ZONES: &[(&str, &str)] = &[
    ("EDT", "America/New_York"),
    ("ET", "America/New_York"),
    ("CDT", "America/Chicago"),
    ("MDT", "America/Denver"),
    ("PST", "America/Los_Angeles"),
    ("PDT", "America/Los_Angeles"),
    ("PT", "America/Los_Angeles"),
    ("BST", "Europe/London"),
    ("CEST", "Europe/Berlin"),
    ("EEST", "Europe/Helsinki"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("AEST", "Australia/Sydney"),
    ("Z", "UTC"),
];

/// The day from which instants count.
pub(super) const EPOCH: Date = Date::constant(1970, 1, 1);

/// The instant at which a clock of UTC shows a local time.
pub(super) fn utc_micros(local: DateTime) -> i64 {
    let days = local.date().since(EPOCH).map_or(0, |s| i64::from(s.get_days()));
    let time = local.time();
    let secs =
        i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    (days * 86_400 + secs) * 1_000_000 + i64::from(time.subsec_nanosecond() / 1000)
}

fn in_zone(local: DateTime, zone: &str, text: &str) -> Result<i64, TimestampError> {
    let tz = TimeZone::get(zone).map_err(|_| TimestampError::NoSuchZone(zone.to_owned()))?;
    let both = || (text.to_owned(), zone.to_owned());
    match tz.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => {
            Ok(utc_micros(local) - i64::from(offset.seconds()) * 1_000_000)
        }
        AmbiguousOffset::Gap { .. } => {
            let (text, zone) = both();
            Err(TimestampError::Skipped { text, zone })
        }
        AmbiguousOffset::Fold { .. } => {
            let (text, zone) = both();
            Err(TimestampError::Repeated { text, zone })
        }
    }
}

/// Refuses an offset that a zone does not have at a local time; one of two that it has then is fine.
fn check_offset(
    local: DateTime,
    offset_secs: i32,
    zone: &str,
    text: &str,
) -> Result<(), TimestampError> {
    let tz = TimeZone::get(zone).map_err(|_| TimestampError::NoSuchZone(zone.to_owned()))?;
    let has = match tz.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.seconds() == offset_secs,
        AmbiguousOffset::Fold { before, after } => {
            [before, after].iter().any(|offset| offset.seconds() == offset_secs)
        }
        AmbiguousOffset::Gap { .. } => false,
    };
    let (text, zone) = (text.to_owned(), zone.to_owned());
    if has { Ok(()) } else { Err(TimestampError::OffsetNotOfZone { text, zone }) }
}

/// Reads `YYYY-MM-DDTHH:MM:SS[.digits]` and returns what follows it.
pub(super) fn parse_local(text: &str) -> Result<(DateTime, &str), TimestampError> {
    let form = || TimestampError::Form(text.to_owned());
    let (fixed, rest) = text.split_at_checked(19).ok_or_else(form)?;
    let fixed = fixed.as_bytes();
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    let is_there = |&(index, separator): &(usize, u8)| fixed.get(index) == Some(&separator);
    if !separators.iter().all(is_there) || !matches!(fixed.get(10), Some(b'T' | b't' | b' ')) {
        return Err(form());
    }
    let part = |from: usize, to: usize| fixed.get(from..to).and_then(digits);
    let number = |from: usize, to: usize| part(from, to).ok_or_else(form);
    let (rest, nanos) = fraction(rest).ok_or_else(form)?;
    let made =
        Date::new(number(0, 4)?, narrow(number(5, 7)?), narrow(number(8, 10)?)).and_then(|d| {
            let [hour, minute, second] =
                [part(11, 13), part(14, 16), part(17, 19)].map(|n| narrow(n.unwrap_or(99)));
            Ok(d.to_datetime(Time::new(hour, minute, second, nanos)?))
        });
    number(11, 13).and(number(14, 16)).and(number(17, 19))?;
    let local = made.map_err(|_| TimestampError::NoSuchTime(text.to_owned()))?;
    if local.year() < 1 {
        return Err(TimestampError::Range(text.to_owned()));
    }
    Ok((local, rest))
}

fn narrow(n: i16) -> i8 {
    i8::try_from(n).unwrap_or(i8::MAX)
}

fn digits(bytes: &[u8]) -> Option<i16> {
    bytes.iter().try_fold(0_i16, |n, b| b.is_ascii_digit().then(|| n * 10 + i16::from(b - b'0')))
}

/// Reads `.digits` as nanoseconds, cut off to microseconds.
fn fraction(text: &str) -> Option<(&str, i32)> {
    let Some(rest) = text.strip_prefix('.') else { return Some((text, 0)) };
    let count = rest.bytes().take_while(u8::is_ascii_digit).count();
    if count == 0 {
        return None;
    }
    let (digits, rest) = rest.split_at(count);
    let micros: i32 = format!("{digits:0<6}").get(..6)?.parse().ok()?;
    Some((rest, micros * 1000))
}

/// Reads `Z` or `±HH:MM` as seconds east of UTC.
fn parse_offset(rest: &str, text: &str) -> Result<i32, TimestampError> {
    if matches!(rest, "Z" | "z") {
        return Ok(0);
    }
    let form = || TimestampError::Form(text.to_owned());
    let bytes: &[u8; 6] = rest.as_bytes().try_into().map_err(|_| form())?;
    let sign = match bytes[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return Err(form()),
    };
    if bytes[3] != b':' {
        return Err(form());
    }
    let hours = i32::from(digits(&bytes[1..3]).ok_or_else(form)?);
    let minutes = i32::from(digits(&bytes[4..6]).ok_or_else(form)?);
    if hours > 23 || minutes > 59 {
        return Err(TimestampError::NoSuchTime(text.to_owned()));
    }
    Ok(sign * (hours * 60 + minutes) * 60)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.in_zone(&TimeZone::UTC);
        let (y, mo, d) = (t.year(), t.month(), t.day());
        write!(f, "{y:04}-{mo:02}-{d:02}T{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second())?;
        let micros = t.subsec_nanosecond() / 1000;
        if micros > 0 {
            write!(f, ".{}", format!("{micros:06}").trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_written_as_read() {
        for text in [
            "2026-03-01T09:00:00Z",
            "2026-03-01T09:00:00.25Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999Z",
            "1969-12-31T23:59:59.999999Z",
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        }
        let written = |text: &str| Timestamp::parse(text).unwrap().to_string();
        assert_eq!(written("2026-03-10T00:00:00[America/New_York]"), "2026-03-10T04:00:00Z");
        assert_eq!(written("2026-03-01t09:00:00.123456789+05:30"), "2026-03-01T03:30:00.123456Z");
        assert_eq!(written("2026-03-10 00:00:00[America/New_York]"), "2026-03-10T04:00:00Z");
    }

    #[test]
    fn an_offset_may_stand_before_its_zone() {
        let parsed = |text: &str| Timestamp::parse(text).map(|at| at.to_string());
        for (text, at) in [
            ("2026-03-01T10:30:00+02:00[Africa/Johannesburg]", "2026-03-01T08:30:00Z"),
            ("2026-03-01T10:30:00.5Z[UTC]", "2026-03-01T10:30:00.5Z"),
            // a clock change repeats this hour
            ("2026-11-01T01:30:00-04:00[America/New_York]", "2026-11-01T05:30:00Z"),
            ("2026-11-01T01:30:00-05:00[America/New_York]", "2026-11-01T06:30:00Z"),
        ] {
            assert_eq!(parsed(text).as_deref(), Ok(at), "{text}");
        }
        for text in [
            "2026-03-01T10:30:00+01:00[Africa/Johannesburg]",
            "2026-11-01T01:30:00-06:00[America/New_York]",
            "2026-03-08T02:30:00-05:00[America/New_York]",
        ] {
            assert!(matches!(parsed(text), Err(TimestampError::OffsetNotOfZone { .. })), "{text}");
        }
        for text in ["2026-03-01T10:30:00+02:00[Africa/Johannesburg", "2026-03-01T10:30:00[UTC]Z"] {
            assert!(matches!(parsed(text), Err(TimestampError::Form(_))), "{text}");
        }
        assert!(matches!(
            parsed("2026-03-01T10:30:00+02:00[Mars/Base]"),
            Err(TimestampError::NoSuchZone(_))
        ));
    }

    #[test]
    fn what_names_no_instant_is_refused() {
        let error = |text: &str| Timestamp::parse(text).unwrap_err();
        assert!(matches!(error("2026-04-01T00:00:00"), TimestampError::NoOffset(_)));
        assert!(matches!(
            error("2026-03-08T02:30:00[America/New_York]"),
            TimestampError::Skipped { .. }
        ));
        assert!(matches!(
            error("2026-11-01T01:30:00[America/New_York]"),
            TimestampError::Repeated { .. }
        ));
        assert!(matches!(error("2026-02-29T00:00:00Z"), TimestampError::NoSuchTime(_)));
        assert!(matches!(error("2026-02-28T24:00:00Z"), TimestampError::NoSuchTime(_)));
        assert!(matches!(error("2026-02-28T00:00:00+24:00"), TimestampError::NoSuchTime(_)));
        assert!(matches!(error("2026-02-28T00:00:00[Mars/Base]"), TimestampError::NoSuchZone(_)));
        assert!(matches!(error("0001-01-01T00:00:00+01:00"), TimestampError::Range(_)));
        assert!(matches!(error("0000-01-01T00:00:00Z"), TimestampError::Range(_)));
        for text in
            ["", "soon", "2026-02-28  00:00:00Z", "2026-02-28T00:00:00.Z", "2026-02-2éT00:00:00Z"]
        {
            assert!(matches!(error(text), TimestampError::Form(_)), "{text}");
        }
    }
}
