//! Notes about a store: what whoever opens it, or commits to it, should know.

use super::{Database, Outcome};
use crate::error::{Note, NoteKind};
use crate::model::{Duration, Timestamp};

impl Database {
    /// What should be known of the store; nothing, as a rule.
    ///
    /// If the system's clock is more than a minute behind the newest revision, that is said here and with the outcome
    /// of every commit. A commit under a clock that was ahead is one cause: times of commits never go back, so until
    /// the clock has passed that instant, `NOW()` and new commits stand there.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        let newest = self.state().catalog().time;
        let lag = newest.and_then(|newest| Some((newest, self.shared.clock.lag(newest)?)));
        lag.map(|(newest, lag)| behind(newest, lag)).into_iter().collect()
    }

    /// An outcome with the notes, if it is that of a commit.
    pub(super) fn with_notes(&self, outcome: Outcome) -> Outcome {
        if outcome.effect().is_some() { outcome.noting(self.notes()) } else { outcome }
    }
}

/// Tells that the clock is behind the newest revision, and the way out.
fn behind(newest: Timestamp, lag: Duration) -> Note {
    let kind = NoteKind::ClockBehind { newest, by: rough(lag) };
    Note::new(kind).hint("`pcq repair --clock` takes a store out of the future")
}

/// A length of time in the largest unit of which it has two.
fn rough(length: Duration) -> String {
    let minutes = length.as_micros() / 60_000_000;
    let (count, unit) = match minutes {
        2_880.. => (minutes / 1_440, "day"),
        120.. => (minutes / 60, "hour"),
        _ => (minutes, "minute"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_roughly() {
        let told = |secs: i64| rough(Duration::from_micros(secs * 1_000_000));
        assert_eq!([61, 150, 7_199].map(told), ["1 minute", "2 minutes", "119 minutes"]);
        assert_eq!([7_200, 172_799, 172_800].map(told), ["2 hours", "47 hours", "2 days"]);
    }
}
