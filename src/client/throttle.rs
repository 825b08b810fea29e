//! Throttle of fetches: a minimum interval between them, on a monotonic clock.

use std::fmt;
use std::time::{Duration, Instant};

/// Monotonic clock: the time since an instant of its own.
type Monotonic = dyn Fn() -> Duration + Send;

/// Minimum interval between the fetches of a client.
pub(super) struct Throttle {
    clock: Box<Monotonic>,
    minimum: Duration,
    last: Option<Duration>,
}

impl Throttle {
    /// A throttle on the monotonic clock of the system, which no change of the date moves.
    pub(super) fn system() -> Self {
        let start = Instant::now();
        Self::new(move || start.elapsed())
    }

    pub(super) fn new(clock: impl Fn() -> Duration + Send + 'static) -> Self {
        Self { clock: Box::new(clock), minimum: Duration::ZERO, last: None }
    }

    pub(super) fn now(&self) -> Duration {
        (self.clock)()
    }

    /// The time that a fetch would have to wait; `None` if it is let through.
    pub(super) fn wait(&self, now: Duration) -> Option<Duration> {
        let passed = now.saturating_sub(self.last?);
        self.minimum.checked_sub(passed).filter(|wait| !wait.is_zero())
    }

    /// Records that a fetch was let through at an instant.
    pub(super) fn count(&mut self, at: Duration) {
        self.last = Some(at);
    }

    /// Lets the next fetch through.
    pub(super) fn lift(&mut self) {
        self.last = None;
    }

    pub(super) fn minimum(&self) -> Duration {
        self.minimum
    }

    pub(super) fn set_minimum(&mut self, minimum: Duration) {
        self.minimum = minimum;
    }
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttle").field("minimum", &self.minimum).finish_non_exhaustive()
    }
}
