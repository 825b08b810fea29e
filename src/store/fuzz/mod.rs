//! What the fuzzer asks of the store: its records, and its files.

mod file;
mod input;
mod record;
#[cfg(test)]
mod tests;

pub(crate) use file::{Change, changed};
pub(crate) use input::Input;
pub(crate) use record::record;
