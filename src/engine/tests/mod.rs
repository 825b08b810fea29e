//! Tests of the engine from within.

mod commit;
mod stats;
