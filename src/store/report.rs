//! Report of a check of the file.

use crate::error::{ErrorKind, Result};
use crate::model::RevisionHash;

/// The most problems that are told one by one.
pub(super) const PROBLEMS: usize = 100;

/// Report of a check of the file: what there is, and what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VerifyReport {
    /// Whether the checksum of every page was compared; it is not while others use the file.
    pub(crate) pages_checked: bool,
    pub(crate) revisions: u64,
    pub(crate) changes: u64,
    pub(crate) keys: u64,
    pub(crate) segments: u64,
    pub(crate) configs: u64,
    pub(crate) attributes: u64,
    pub(crate) versions: u64,
    pub(crate) publications: u64,
    /// The lists of users that segments refer or referred to.
    pub(crate) lists: u64,
    /// The users with facts.
    pub(crate) users: u64,
    /// What users did.
    pub(crate) events: u64,
    /// The contexts that were recorded.
    pub(crate) contexts: u64,
    /// The hash of the newest revision.
    pub(crate) newest_hash: Option<RevisionHash>,
    /// The revision that has the hash from which the history is to go on.
    pub(crate) from: Option<u64>,
    /// What is wrong, in words; at most a hundred.
    pub(crate) problems: Vec<String>,
}

impl VerifyReport {
    pub(super) fn problem(&mut self, problem: impl Into<String>) {
        if !self.is_full() {
            self.problems.push(problem.into());
        }
    }

    /// Whether so much is wrong that no more is told: the check ends.
    pub(crate) fn is_full(&self) -> bool {
        self.problems.len() >= PROBLEMS
    }

    /// Notes damage and goes on; whatever else fails ends the check.
    pub(super) fn note<T>(&mut self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                let ErrorKind::Corrupt { what } = error.kind() else { return Err(error) };
                self.problem(what.clone());
                Ok(None)
            }
        }
    }
}
