//! Tests of the engine from within.

mod commit;
mod disk;
mod follow;
mod group;
mod model;
mod past;
mod progress;
mod query;
mod stats;
mod stream;
mod traffic;
mod turn;
