//! Tests of the engine from within.

mod commit;
