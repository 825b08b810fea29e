//! pcq, an embedded, versioned, transactional store for product configs: the parts below its engine.
#![allow(dead_code, unused_imports, missing_docs)] // what is above is yet to come

mod clock;
mod error;
mod eval;
pub mod limits;
pub mod model;
pub mod statement;
mod store;
mod syntax;

pub use error::{Error, ErrorKind, ObjectKind, Place, Result};
pub use eval::{Evaluation, Reason};
pub use model::{Change, Context, Name, Object, Revision, Timestamp, Value};
pub use statement::{Parameters, Statement};

/// Parses a value as the language writes it: `'text'`, `5`, `TRUE`, `{"a": 1}`.
///
/// ```
/// assert_eq!(pcq::parse_value("'it''s'")?, pcq::Value::from("it's"));
/// # Ok::<(), pcq::Error>(())
/// ```
pub fn parse_value(text: &str) -> Result<Value> {
    syntax::value(text)
}

/// The examples of the front page, run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
