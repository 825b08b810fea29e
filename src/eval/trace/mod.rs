//! Traces: how the values of keys come about, for `EXPLAIN`.
//!
//! A trace is a tree of [`Step`]s, laid out flat: each comes before those below it, which are one deeper, so that no
//! depth takes more of the stack. A key is the answer, and below it the rows that were tried; below a row is the
//! condition of its segment, part by part; below a part are the segments and keys that it refers to. Each segment and key
//! is there once, so a trace is never larger than what it is about.

mod blame;
mod flaw;
mod look;
mod sight;
mod step;
mod tracer;

pub(crate) use sight::Sight;
pub(crate) use step::{
    Hashed, KeyTrace, Part, RolloutTrace, RowTrace, RowVerdict, SplitTrace, Step, What,
};
pub(crate) use tracer::Tracer;
