//! Evaluation: conditions compiled to programs, and the snapshots that evaluate keys by them.
//!
//! [`compile`](compile()) checks a condition and makes it a [`Program`]: flat data, with names resolved and literals
//! read. A [`Snapshot`] holds the programs of all segments and a plan for each key: which rows are tried
//! from which instant on. It is compiled from a catalog, never changes, and is replaced whole; an
//! evaluation takes no lock, does no I/O and cannot fail.
//!
//! Whether a user is in a segment is kept in the context, for whoever asks again. What one key alone asks is not: if it is
//! simple, it is tested in place, on the [`Tape`](tape::Tape) of the key.
//!
//! A function over events is compiled to a [`Measure`](measure::Measure), which asks what a context has of the past of its
//! user. Most are answered before the evaluation: the snapshot says which ([`Snapshot::questions`]).

mod bucket;
mod check;
mod compile;
mod compiled;
mod counted;
mod declared;
mod draft;
mod element;
mod entry;
mod era;
mod evaluation;
mod evaluator;
mod field;
mod finder;
mod fit;
mod flow;
mod function;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod group;
mod hash;
mod key_group;
mod keys;
mod literal;
mod literals;
mod lookup;
mod measure;
mod memo;
mod misfit;
mod needs;
mod number;
mod operand;
mod pattern;
mod pin;
mod plan;
mod plan_row;
mod pool;
mod program;
mod questions;
mod reading;
mod run;
mod schedule;
mod scope;
mod served;
mod signature;
mod slot;
mod snapshot;
mod tally;
mod tape;
mod tape_layout;
mod tick;
mod trace;
mod trie;
mod word_set;

#[cfg(test)]
mod tests;

pub(crate) use bucket::Bucketer;
pub(crate) use compile::{check, check_asked, compile, compile_asked, compile_check};
pub(crate) use counted::{Counted, Meter, NoMeter, Replaced, UNCOUNTED};
pub(crate) use declared::{Declaration, Declarations};
pub(crate) use draft::Draft;
pub use evaluation::Evaluation;
pub(crate) use evaluation::Source;
pub(crate) use key_group::SlotRef;
pub(crate) use literal::{Type, unknown_parameter};
pub(crate) use lookup::Lookup;
pub(crate) use misfit::Misfit;
pub(crate) use needs::Needs;
pub(crate) use operand::{Truth, instant, is_member};
pub(crate) use program::{Environment, Program, passes_check};
pub(crate) use reading::put_readings;
pub(crate) use run::Moment;
pub(crate) use scope::{CatalogScope, CheckScope, Scope};
pub(crate) use signature::functions;
pub(crate) use snapshot::{Decider, Snapshot};
pub(crate) use tally::Tally;
pub(crate) use tick::{Beside, Standing, Ticker};
pub(crate) use trace::{
    Hashed, KeyTrace, Part, RolloutTrace, RowTrace, RowVerdict, Sight, SplitTrace, Step, What,
};
