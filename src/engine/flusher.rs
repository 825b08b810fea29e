//! Flusher: the thread that writes deliveries to the store every few seconds and at the end of each minute.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::bell::Call;
use super::delivery::{Deliveries, MINUTE, minute};
use crate::model::Timestamp;

/// A thread that flushes deliveries every few seconds and at the end of each minute.
#[derive(Debug)]
pub(super) struct Flusher {
    thread: Option<JoinHandle<()>>,
    process: u32,
}

impl Flusher {
    /// Starts the thread, if anything is counted. A manual clock moves when it is told to, so it needs none.
    pub(super) fn start(deliveries: &Arc<Deliveries>, interval: Duration) -> Self {
        let process = std::process::id();
        if !deliveries.counts || deliveries.clock.is_manual() {
            return Self { thread: None, process };
        }
        let deliveries = Arc::clone(deliveries);
        let work = move || flush_in_turn(&deliveries, interval);
        // without it deliveries are flushed when they are asked for, and at the end
        let thread = thread::Builder::new().name("pcq-flush".into()).spawn(work).ok();
        Self { thread, process }
    }

    /// Whether this process is a fork of the one that has the thread. Nothing that the thread holds is given back here,
    /// and it never ends.
    pub(super) fn is_of_parent(&self) -> bool {
        self.process != std::process::id()
    }

    /// Ends the thread: it has the file open, too.
    pub(super) fn stop(&mut self, deliveries: &Deliveries) {
        let Some(thread) = self.thread.take() else { return };
        if self.is_of_parent() {
            std::mem::forget(thread);
        } else {
            deliveries.bell.ring(Call::Stop);
            let _ = thread.join(); // what it could not flush is flushed at the end
        }
    }
}

fn flush_in_turn(deliveries: &Deliveries, interval: Duration) {
    let mut last = deliveries.clock.now();
    // loading a dump may make the clock a manual one
    while !deliveries.clock.is_manual() {
        if deliveries.bell.wait(next_turn(deliveries.clock.now(), interval)) == Call::Stop {
            return;
        }
        let now = deliveries.clock.now();
        // what fails waits for the next turn
        let _ = deliveries.flush_as_of(minute_between(last, now));
        last = now;
    }
}

/// The time to the next flush: the interval, but no longer than to the end of the minute.
fn next_turn(now: Timestamp, interval: Duration) -> Duration {
    let left = MINUTE - now.as_micros().rem_euclid(MINUTE);
    interval.min(Duration::from_micros(left.unsigned_abs()))
}

/// The minute of what was counted between two instants: that which just ended, if one did within a second.
fn minute_between(last: Timestamp, now: Timestamp) -> i64 {
    let just = now.as_micros().rem_euclid(MINUTE) < 1_000_000;
    let current = minute(now);
    if just && minute(last) < current { current - 1 } else { current }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_turn_ends_with_the_minute() {
        let (now, long) = (at("2026-03-01T09:00:58.5Z"), Duration::from_secs(5));
        assert_eq!(next_turn(now, long), Duration::from_millis(1_500));
        assert_eq!(next_turn(at("2026-03-01T09:00:00Z"), long), long);
    }

    #[test]
    fn what_was_counted_before_a_minute_ended_is_of_that_minute() {
        let (before, nine) = (at("2026-03-01T08:59:58Z"), minute(at("2026-03-01T09:00:00Z")));
        assert_eq!(minute_between(before, at("2026-03-01T08:59:59Z")), nine - 1);
        assert_eq!(minute_between(before, at("2026-03-01T09:00:00.01Z")), nine - 1);
        assert_eq!(minute_between(before, at("2026-03-01T09:00:30Z")), nine); // the machine was asleep
    }
}
