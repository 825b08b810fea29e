//! Clock of a store: the system's, or a manual one that moves only when it is told to.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::{Duration, Timestamp};

/// How far the system's clock may be behind a store before that is worth a word: those of two machines never agree.
const TOLERANCE: Duration = Duration::from_micros(60_000_000);

/// Clock that gives statements and evaluations their instants.
#[derive(Debug)]
pub(crate) struct Clock {
    manual: AtomicBool,
    /// Where a manual clock stands, in microseconds since 1970.
    at: AtomicI64,
}

impl Clock {
    /// Returns the system's clock.
    pub(crate) fn system() -> Self {
        Self { manual: AtomicBool::new(false), at: AtomicI64::new(0) }
    }

    /// Returns a manual clock that stands at `at`.
    pub(crate) fn manual(at: Timestamp) -> Self {
        Self { manual: AtomicBool::new(true), at: AtomicI64::new(at.as_micros()) }
    }

    /// Returns the instant the clock shows, clamped to the years 0001 to 9999.
    pub(crate) fn now(&self) -> Timestamp {
        if self.is_manual() {
            Timestamp::clamped(self.at.load(Ordering::Acquire))
        } else {
            system_now()
        }
    }

    /// How far the system's clock is behind an instant of the store, if that is more than a minute. A manual clock is
    /// never before what was committed by it.
    pub(crate) fn lag(&self, newest: Timestamp) -> Option<Duration> {
        let lag = newest.as_micros().saturating_sub(self.now().as_micros());
        let lag = Duration::from_micros(lag);
        (!self.is_manual() && lag > TOLERANCE).then_some(lag)
    }

    /// Whether the clock moves only when it is told to.
    pub(crate) fn is_manual(&self) -> bool {
        self.manual.load(Ordering::Acquire)
    }

    /// Makes the clock a manual one that stands at `to`, or moves it there unless it is past that.
    pub(crate) fn advance(&self, to: Timestamp) {
        if !self.is_manual() || self.now() < to {
            self.set(to);
        }
    }

    /// Makes the clock the system's.
    pub(crate) fn follow_system(&self) {
        self.manual.store(false, Ordering::Release);
    }

    /// Makes the clock a manual one that stands at `to`, or moves it there.
    pub(crate) fn set(&self, to: Timestamp) {
        self.at.store(to.as_micros(), Ordering::Release);
        self.manual.store(true, Ordering::Release);
    }
}

fn system_now() -> Timestamp {
    let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |m| -m),
    };
    Timestamp::clamped(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_more_than_a_minute_behind_is_told() {
        let clock = Clock::system();
        let ahead = |secs: i64| {
            let at = Timestamp::clamped(clock.now().as_micros() + secs * 1_000_000);
            clock.lag(at).map(Duration::as_micros)
        };
        assert_eq!((ahead(-3_600), ahead(0), ahead(59)), (None, None, None));
        let hour = ahead(3_600).expect("it is behind");
        assert!((3_500_000_000..=3_600_000_000).contains(&hour), "{hour}");
        assert!(clock.lag(Timestamp::MAX).is_some());
        assert_eq!(Clock::manual(Timestamp::MIN).lag(Timestamp::MAX), None);
    }
}
