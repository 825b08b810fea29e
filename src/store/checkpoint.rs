//! Checkpoints: after which revisions the timeline of a config is listed.

use serde::{Deserialize, Serialize};

/// How many changes the timeline of a config had since it was listed, and how long that list is.
///
/// It is listed again once the changes are as many as the list has publications. So all lists together are no longer
/// than what happened, and from a list to any revision after it there are no more changes than it has publications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    changes: u64,
    listed: u64,
}

impl Checkpoint {
    /// Right after a list of so many publications.
    pub(super) fn listing(publications: usize) -> Self {
        Self { changes: 0, listed: publications as u64 }
    }

    /// After more changes; says whether the timeline is to be listed.
    pub(super) fn advance(&mut self, changes: usize) -> bool {
        self.changes = self.changes.saturating_add(changes as u64); // a file says anything
        changes > 0 && self.changes >= self.listed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many publications all lists have together, when each step adds or takes back some.
    fn listed(steps: impl IntoIterator<Item = (usize, usize)>) -> usize {
        let (mut checkpoint, mut all) = (Checkpoint::default(), 0);
        for (changes, length) in steps {
            if checkpoint.advance(changes) {
                checkpoint = Checkpoint::listing(length);
                all += length;
            }
        }
        all
    }

    #[test]
    fn lists_are_no_longer_than_the_log() {
        let growing = |n| listed((1..=n).map(|length| (1, length)));
        assert_eq!([1, 2, 3, 4, 1_024].map(growing), [1, 3, 3, 7, 2_047]);
        let up_and_down = (1..=500).chain((0..500).rev()).map(|length| (1, length));
        assert!(listed(up_and_down) < 2_000);
        let still = std::iter::once((500, 500)).chain((0..10_000).map(|_| (1, 500)));
        assert_eq!(listed(still), 21 * 500);
        assert_eq!(listed([(0, 5), (0, 5)]), 0);
    }
}
