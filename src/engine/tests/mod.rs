//! Tests of the engine from within.

mod commit;
mod disk;
mod follow;
mod group;
mod model;
mod past;
mod stats;
mod turn;
