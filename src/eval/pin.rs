//! Pins: what keeps a compiled state in memory for as long as somebody looks at it.

use std::ops::Deref;
use std::sync::Arc;

use super::compiled::Compiled;
use crate::shard::{shards, thread_number};

/// Handle of a compiled state. Few threads share one, so that they do not contend for its count of owners.
#[repr(align(128))]
#[derive(Debug)]
pub(super) struct Pin(Arc<Compiled>);

impl Deref for Pin {
    type Target = Compiled;

    fn deref(&self) -> &Compiled {
        &self.0
    }
}

/// A compiled state and its handles. Evaluations that are kept keep the state that they were made of. Each thread
/// counts its own, or the threads would wait for one another to count.
#[derive(Clone)]
pub(super) struct Pins {
    state: Arc<Compiled>,
    pins: Arc<[Arc<Pin>]>,
}

impl Pins {
    pub(super) fn new(state: Compiled) -> Self {
        let state = Arc::new(state);
        let pin = |_| Arc::new(Pin(Arc::clone(&state)));
        Self { pins: (0..shards()).map(pin).collect(), state }
    }

    /// The state.
    #[inline]
    pub(super) fn state(&self) -> &Compiled {
        &self.state
    }

    /// The handle that is this thread's.
    #[inline]
    pub(super) fn own(&self) -> Arc<Pin> {
        match self.pins.get(thread_number() & (self.pins.len() - 1)) {
            Some(pin) => Arc::clone(pin),
            None => Arc::new(Pin(Arc::clone(&self.state))), // there is always one
        }
    }
}
