//! `ROLLBACK`: undoes a transaction.

use std::fmt;

use super::Help;

/// `ROLLBACK`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rollback;

impl fmt::Display for Rollback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ROLLBACK")
    }
}

/// What `help` says of it.
pub(super) const HELP: Help = Help {
    name: "ROLLBACK",
    syntax: "ROLLBACK",
    summary: "undoes a transaction",
    example: "ROLLBACK",
};
