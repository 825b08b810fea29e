//! Dumps of stores as scripts, and the loads that make stores of them again.

mod config;
mod dump;
mod load;

pub(crate) use dump::Dump;
pub use dump::DumpKind;
pub(crate) use load::{LoadStep, Loading, check_format, list_number};
