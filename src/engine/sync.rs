//! Synchronisation of the queue: what waits and wakes in it, so that a test can put a model of these in their place.

pub(super) use std::sync::{Condvar, Mutex, MutexGuard};
