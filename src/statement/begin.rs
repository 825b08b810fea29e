//! `BEGIN`: opens a transaction.

use std::fmt;

use super::Help;

/// `BEGIN`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Begin;

impl fmt::Display for Begin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BEGIN")
    }
}

/// What `help` says of it.
pub(super) const HELP: Help =
    Help { name: "BEGIN", syntax: "BEGIN", summary: "opens a transaction", example: "BEGIN" };
