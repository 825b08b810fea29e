//! Attempts to open a file that others may have open, or put another one in the place of.

use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, StoreFailure};

/// How often it is opened anew at once when it was replaced or written to meanwhile.
const AT_ONCE: u32 = 1_000;

/// How long at most nobody looks whether a lock is gone.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Attempts that are left, and the time for them.
#[derive(Debug)]
pub(super) struct Attempts {
    at_once: u32,
    /// When nobody waits for a lock any longer; `None`: that is too far off to be an instant.
    until: Option<Instant>,
    pause: Duration,
}

impl Attempts {
    /// Begins them, with so much time to wait for a lock.
    pub(super) fn new(wait: Duration) -> Self {
        let pause = Duration::from_millis(1);
        Self { at_once: AT_ONCE, until: Instant::now().checked_add(wait), pause }
    }

    /// Whether there is another one after an error; waits for it if somebody has the lock.
    pub(super) fn again(&mut self, error: &Error) -> bool {
        match error.kind() {
            ErrorKind::StoreLocked { .. } => self.wait(),
            ErrorKind::StoreFailed {
                why: StoreFailure::Replaced | StoreFailure::Changed, ..
            } => self.count_down(),
            _ => false,
        }
    }

    fn count_down(&mut self) -> bool {
        self.at_once = self.at_once.saturating_sub(1);
        self.at_once > 0
    }

    fn wait(&mut self) -> bool {
        let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
        let pause = left.map_or(self.pause, |left| left.min(self.pause));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        thread::sleep(pause);
        !pause.is_zero()
    }
}
