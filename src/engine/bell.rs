//! Bell: the signal that wakes the thread of the flusher before its interval is over.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Call to the thread of the flusher.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Call {
    #[default]
    Wait,
    Flush,
    Stop,
}

/// Signal to the thread of the flusher.
#[derive(Debug, Default)]
pub(super) struct Bell {
    call: Mutex<Call>,
    rung: Condvar,
}

impl Bell {
    /// Calls the thread; once it is told to stop, nothing else counts.
    pub(super) fn ring(&self, call: Call) {
        let mut waits = self.call.lock().unwrap_or_else(PoisonError::into_inner);
        if *waits != Call::Stop {
            *waits = call;
        }
        self.rung.notify_one();
    }

    /// Waits for a call, no longer than a time.
    pub(super) fn wait(&self, time: Duration) -> Call {
        let call = self.call.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.rung.wait_timeout_while(call, time, |call| *call == Call::Wait);
        let (mut call, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match *call {
            Call::Stop => Call::Stop,
            _ => std::mem::replace(&mut *call, Call::Wait),
        }
    }
}
