//! Times things in turn, so that what else the machine does meets all of them alike.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How long each is measured at a time: long enough for its data to come back into the caches.
const TURN: Duration = Duration::from_millis(30);
/// The part of that which each runs before it is measured.
const WARM_UP: usize = 3;
/// How often each has its turn.
const TURNS: usize = 21;

/// Something to be timed: does itself a number of times.
pub type Work<'a> = Box<dyn FnMut(usize) + 'a>;

/// Returns the median times of one round of each, in nanoseconds.
pub fn medians<const N: usize>(mut works: [Work<'_>; N]) -> [f64; N] {
    let rounds = works.each_mut().map(rounds);
    let mut times = [const { Vec::new() }; N];
    for _ in 0..TURNS {
        for ((work, rounds), times) in works.iter_mut().zip(rounds).zip(&mut times) {
            work(rounds / WARM_UP);
            times.push(time(work, rounds));
        }
    }
    times.map(median)
}

/// How many rounds fill a turn.
fn rounds(work: &mut Work<'_>) -> usize {
    let mut rounds = 1;
    while timed(|| work(rounds)) < TURN {
        rounds *= 2;
    }
    rounds
}

fn time(work: &mut Work<'_>, rounds: usize) -> f64 {
    timed(|| work(rounds)).as_nanos() as f64 / rounds as f64
}

/// The middle one.
pub fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The time that something takes on a core: waiting for one costs nothing.
pub fn timed(work: impl FnOnce()) -> Duration {
    let start = cpu_time();
    work();
    cpu_time().saturating_sub(start)
}

/// The time that this thread has run so far.
fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or_default())
}
