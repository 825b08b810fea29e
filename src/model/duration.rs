//! Lengths of time, in microseconds.

use std::fmt;

/// A length of time: whole microseconds. `Display` writes it as a literal, in the largest unit that is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i64);

impl Duration {
    /// Makes a duration from microseconds.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Makes a duration of whole units of so many seconds; `None` past 64 bits of microseconds.
    #[must_use]
    pub fn from_units(count: i64, unit_secs: i64) -> Option<Self> {
        count.checked_mul(unit_secs)?.checked_mul(1_000_000).map(Self)
    }

    /// Microseconds.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// The duration as a value: `2 DAYS 3 HOURS 0.5 SECONDS`, `-1 HOURS`. Days are the largest unit, and the sign is
    /// that of the whole.
    #[must_use]
    pub fn to_text(self) -> String {
        let mut parts = Vec::new();
        let mut rest = self.0.unsigned_abs();
        for (unit, name) in [(86_400, "DAY"), (3_600, "HOUR"), (60, "MINUTE")] {
            let count = rest / (unit * 1_000_000);
            rest %= unit * 1_000_000;
            parts.extend((count > 0).then(|| (count.to_string(), name)));
        }
        if rest > 0 || parts.is_empty() {
            parts.push((seconds(rest), "SECOND"));
        }
        let sign = if self.0 < 0 { "-" } else { "" };
        let words = parts.iter().enumerate().map(|(index, (count, name))| {
            let one = count == "1" && (index > 0 || sign.is_empty());
            format!("{count} {name}{}", if one { "" } else { "S" })
        });
        format!("{sign}{}", words.collect::<Vec<_>>().join(" "))
    }
}

/// Seconds, with as many decimals as are needed.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(604_800, "WEEK"), (86_400, "DAY"), (3_600, "HOUR"), (60, "MINUTE")];
        let secs = self.0 / 1_000_000;
        let exact = units.iter().find(|(unit, _)| secs != 0 && secs % unit == 0);
        let (count, unit) = exact.map_or((secs, "SECOND"), |(unit, name)| (secs / unit, *name));
        write!(f, "{count} {unit}{}", if count == 1 { "" } else { "S" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_in_the_largest_exact_unit() {
        let written = |count, unit| Duration::from_units(count, unit).unwrap().to_string();
        assert_eq!(written(7, 86_400), "1 WEEK");
        assert_eq!(written(90, 1), "90 SECONDS");
        assert_eq!(written(36, 3_600), "36 HOURS");
        assert_eq!(written(0, 60), "0 SECONDS");
        assert_eq!(Duration::from_units(i64::MAX, 60), None);
    }

    #[test]
    fn as_values_they_have_all_their_units() {
        let text = |micros| Duration::from_micros(micros).to_text();
        assert_eq!(text(183_600_500_000), "2 DAYS 3 HOURS 0.5 SECONDS");
        assert_eq!(text(-3_600_000_000), "-1 HOURS");
        assert_eq!(text(-90_000_001), "-1 MINUTES 30.000001 SECONDS");
        assert_eq!(text(86_461_000_000), "1 DAY 1 MINUTE 1 SECOND");
        assert_eq!(text(1_209_600_000_000), "14 DAYS");
        assert_eq!(text(0), "0 SECONDS");
        assert_eq!(text(i64::MIN), "-106751991 DAYS 4 HOURS 54.775808 SECONDS");
    }
}
