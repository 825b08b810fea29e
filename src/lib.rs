//! pcq is an embedded, versioned, transactional store for product configs, with a query language of its
//! own: what value does this user get, why, and what was it last Tuesday.
//!
//! ```
//! let db = pcq::Database::in_memory()?;                 // or Database::open("app.pcdb")?
//! db.execute(
//!     "CREATE KEY theme STRING DEFAULT 'light' CHECK (VALUE IN ('light', 'dark'));
//!      CREATE SEGMENT testers WHERE email ENDS WITH '@example.com';
//!      CREATE CONFIG look SEGMENTS testers, EVERYONE 10% KEY theme = 'dark';
//!      PUBLISH CONFIG look COMMENT 'first trial';",
//! )?;
//! let user = pcq::Context::new("u1").with("email", "ann@example.com");
//! let theme = db.evaluate("theme", &user);
//! assert_eq!(theme.value().as_str(), Some("dark"));
//! assert_eq!(theme.reason(), pcq::Reason::TargetingMatch);
//! # Ok::<(), pcq::Error>(())
//! ```
//!
//! The language is described in `grammar/README.md`. Everything that it can do goes through
//! [`Session::run`], whether it comes as text, from the shell or from the typed builders in [`statement`].
//!
//! # What to know
//!
//! - A [`Database`] is one open store: cheap to clone, and shared by all threads. One process writes to a file; others may
//!   open it with [`Builder::read_only`] meanwhile, and follow.
//! - What may fail returns an [`Error`]: one word, with a stable [code](Error::code), the place in the text, and hints. An
//!   evaluation never fails: of a key that does not exist its [reason](Reason) says so.
//! - A statement is a transaction of its own. For several, open a [`Session`] and run `BEGIN` and `COMMIT` in it: all or
//!   nothing, on disk when `COMMIT` returns, and `conflict` if another session wrote meanwhile.
//! - [`Database::snapshot`] is for many reads of one state, [`Client`] for an app that is to see new values only when it
//!   says so, [`Database::prepare`] for a statement that is run again and again.
//! - [`Database::preview`] tells who would get other values by a write, before it is made.
//! - [`Database::close`] writes what was counted and says whether that worked; dropping the last clone does the same in
//!   silence.
//!
//! # The two ways through
//!
//! A statement: [`Script`] cuts a text into pieces and makes each a node of [`statement`]; [`Script::check`] does so for
//! all of them before any is run, and keeps them as far as they fit in a bound. [`Session::run`] takes a statement on:
//! `Statement::check` binds it to the [catalog](model) and gives a `Command`, and changes nothing.
//! - A write is a plan, a list of [changes](Change) as data. `Session::write` hands it to `Database::commit`: the log
//!   agrees on it as one revision, durable when that returns (`store::Log::append`), then it is applied. The snapshot
//!   in which what it touched is compiled anew (`eval::Snapshot::update`) takes the place of the one before.
//! - A read is a `statement::Query`. `query::answer` answers it over a `query::View`: the snapshot, the instant, one
//!   reader of the file (`store::Reader`), and what the open transaction wrote. `SHOW` selects from relations
//!   (`query::relation`); a `SELECT` is planned and hands its rows over as they are found (`query::hand_over`), to
//!   [`Session::stream_parsed`] or a [`Cursor`]. As of an earlier instant the objects are read out of the history (`query::past`).
//! - A preview is both: `Session::foresee` plans the write and compiles the state with it, which nobody sees, and
//!   `query::preview` compares what everybody gets from that state and from the one without it.
//!
//! An evaluation: [`Database::evaluate`] loads the current snapshot, finds the plan of the key, and tries its
//! rows (`eval::Run`): the segment's compiled condition, the rollout's bucket, the cell. It takes no lock,
//! does no I/O, allocates nothing and cannot fail; an [`Evaluation`] is value, reason, config, version, segment
//! and variant. Then it is counted (`stats::Counters`): one addition in a counter that is almost the thread's
//! own. Every few seconds `engine::delivery` drains the counters and `Store::add_deliveries` keeps what they
//! held, by minute, for `SHOW STATS`.
//!
//! What users did: [`Database::track`] and `TRACK` append to what is known of a user (`Log::append`, of many at once
//! `Store::add_batch`); it is in no revision. [`Database::context_for`] and `GET … FOR USER` read it
//! (`behaviour::UserHistory`) and give it to the context: the profile as attributes, the events as a past that the
//! functions of conditions ask
//! (`eval::Measure`). Answers that were found with the context are not looked for again.
//!
//! Lists of users: [`Database::load_list`] puts the ids into the store (`Store::add_list`), and then commits a segment
//! whose condition is `IN LIST` and the number of the list. The lists in force are in memory (`listing::Lists`):
//! the engine reads them and hands them to the snapshot, which asks them by number.
//!
//! Imports point down only: client → engine → query, transfer → script → statement → syntax, store, eval → behaviour, listing,
//! stats → model → error, limits, clock, shard, stack.
//!
//! # Features
//!
//! `cli` (on by default) builds the program `pcq`. The library needs none of what that brings:
//! `pcq = { version = "0.1", default-features = false }`. The program is a user of the library like any other.

// what production code leaves out; tests may have it
#![cfg_attr(
    not(test),
    warn(
        clippy::dbg_macro,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::print_stderr,
        clippy::print_stdout,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used,
    )
)]

mod behaviour;
mod client;
mod clock;
mod engine;
mod error;
mod eval;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
pub mod limits;
mod listing;
pub mod model;
mod query;
mod script;
mod shard;
mod stack;
pub mod statement;
mod stats;
mod store;
mod syntax;
mod transfer;

pub use client::{Activation, Client, ClientSet, ClientValue, Fetch, FetchAndActivate, Source};
pub use engine::{
    AsKey, Builder, Candidate, CandidateKind, Checked, Checker, ClockRepair, Completer, Completion,
    Cursor, DamageRepair, Database, FromValue, KeyHandle, Outcome, Plan, Prepared, PreviewBuilder,
    PreviewChange, PreviewReport, PreviewUser, PreviewValue, Row, Saved, Session, Snapshot,
    Streamed, Subscription, Tracked, UserList, Verification,
};
pub use error::{
    Error, ErrorClass, ErrorCode, ErrorKind, Label, LockHolder, Note, NoteCode, NoteKind, Place,
    Result, ScriptEnd, Short, Slip, StoreFailure, TransactionState,
};
pub use eval::Evaluation;
pub use model::{
    Change, Context, Event, Fact, Name, Object, ObjectKind, Profile, Reason, RecordedContext,
    Revision, RevisionHash, Role, Timestamp, Value,
};
pub use query::{
    Column, ColumnKind, Form, Record, RowSink, Rows, STATS_COLUMNS, Schema, query_tables, tables,
};
pub use script::{CheckedScript, Formatted, Script, ScriptStatement, is_complete};
pub use statement::{Parameters, Statement};
pub use store::{InterruptHandle, Progress, ProgressHandle};
pub use syntax::{Token, TokenKind, Tokens};
pub use transfer::{DumpKind, Prune};

/// Parses a value as the language writes it: `'text'`, `5`, `TRUE`, `{"a": 1}`.
///
/// ```
/// assert_eq!(pcq::parse_value("'it''s'")?, pcq::Value::from("it's"));
/// # Ok::<(), pcq::Error>(())
/// ```
pub fn parse_value(text: &str) -> Result<Value> {
    syntax::value(text)
}

/// The program, so that the fuzzer reaches what that reads.
#[cfg(all(fuzzing, feature = "cli"))]
mod shell;
#[cfg(all(fuzzing, feature = "cli"))]
const _: fn() -> std::process::ExitCode = shell::main;
#[cfg(all(fuzzing, feature = "cli"))]
extern crate self as pcq;

/// The examples of the front page, run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
