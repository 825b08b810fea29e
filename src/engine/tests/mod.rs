//! Tests of the engine from within.

mod commit;
mod follow;
mod group;
mod stats;
