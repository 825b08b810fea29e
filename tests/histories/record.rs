//! Records of what writers and readers did, by a clock that all processes of the machine share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Values of registers by their numbers.
pub(crate) type Values = BTreeMap<usize, i64>;

/// Operation that has ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Operation {
    /// The process, so that readers of one can be held to what others of it saw.
    pub(crate) process: usize,
    /// When it was begun, in nanoseconds.
    pub(crate) start: u64,
    /// When its answer was there.
    pub(crate) end: u64,
    pub(crate) what: What,
}

/// What was done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum What {
    /// A commit: what it read before, and what it wrote.
    Commit { revision: u64, read: Values, wrote: Values },
    /// A commit that was refused, because another came first.
    Refused,
    /// A look at one state. Its revision is known to who has a snapshot. A fresh one looks for the newest state,
    /// the others go by what the process saw last.
    Look { revision: Option<u64>, seen: Values, is_fresh: bool },
}

/// The time of a clock that never goes back, in nanoseconds; the same in all processes.
pub(crate) fn now() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
}

/// Does something and records it.
pub(crate) fn record(process: usize, work: impl FnOnce() -> What) -> Operation {
    let start = now();
    let what = work();
    Operation { process, start, end: now(), what }
}
