//! Granularities: the sizes of the buckets of time that deliveries are counted in.

/// A size of the buckets of time that deliveries are counted in, all in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Granularity {
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days, and what is meant if nothing is said.
    #[default]
    Day,
}

impl Granularity {
    /// The word for it, in small letters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// How many minutes a bucket has.
    pub(crate) fn minutes(self) -> i64 {
        match self {
            Self::Minute => 1,
            Self::Hour => 60,
            Self::Day => 1_440,
        }
    }

    /// The first minute of the bucket that a minute is in, both in minutes since 1970.
    pub(crate) fn start(self, minute: i64) -> i64 {
        minute.div_euclid(self.minutes()).saturating_mul(self.minutes())
    }
}
