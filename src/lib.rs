//! pcq, an embedded, versioned, transactional store for product configs: the parts below its engine.
#![allow(dead_code, unused_imports, missing_docs)] // what is above is yet to come

mod clock;
mod error;
mod eval;
pub mod limits;
pub mod model;
mod store;

pub use error::{Error, ErrorKind, ObjectKind, Place, Result};
pub use eval::{Evaluation, Reason};
pub use model::{Change, Context, Name, Object, Revision, Timestamp, Value};


/// The examples of the front page, run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
