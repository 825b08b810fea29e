//! Sliding window over the values of events, which moves from one question to the next.

use std::collections::BTreeSet;
use std::ops::Range;

use super::answer::small;

/// Counts of the values in a range of events. To move it costs as much as there are events that come in
/// or go out, so questions of instants near each other are cheap; a jump costs a pass over the new range. Without
/// it every question would: over 100,000 events of 10,000 values that takes some 500 times as long.
#[derive(Debug, Default)]
pub(super) struct Sliding {
    range: Range<usize>,
    /// By number of the value.
    seen: Vec<Seen>,
    /// The values that are in the range, by count, then by last position; with their numbers.
    order: BTreeSet<(Seen, u32)>,
}

/// Count and last position of a value. Of two the greater is the favorite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen {
    pub(super) count: u32,
    pub(super) last: u32,
}

impl Sliding {
    pub(super) fn distinct(&self) -> usize {
        self.order.len()
    }

    /// The number of the most frequent value, of equals of the one seen last.
    pub(super) fn favorite(&self) -> Option<u32> {
        self.order.last().map(|(_, number)| *number)
    }

    /// Moves the window to a range of events, whose values have these numbers, and these positions.
    pub(super) fn move_to(&mut self, range: Range<usize>, numbers: &[u32], positions: &[Vec<u32>]) {
        let moves = self.range.start.abs_diff(range.start) + self.range.end.abs_diff(range.end);
        // a step in the ordered set takes some ten times as long as one of a pass
        if moves > range.len() / 10 {
            return self.restart(range, numbers, positions.len());
        }
        self.seen.resize(positions.len(), Seen::default());
        self.grow(&range, numbers);
        self.shrink(&range, numbers, positions);
        self.range = range;
    }

    /// Takes in what is in the range and not here.
    fn grow(&mut self, range: &Range<usize>, numbers: &[u32]) {
        for (position, number) in part(numbers, self.range.end..range.end) {
            self.change(number, |seen| Seen { count: seen.count + 1, last: small(position) });
        }
        // from behind: of a value that is there already the last position is further on
        for (position, number) in part(numbers, range.start..self.range.start).rev() {
            self.change(number, |seen| Seen {
                count: seen.count + 1,
                last: if seen.count == 0 { small(position) } else { seen.last },
            });
        }
    }

    /// Drops what is here and not in the range.
    fn shrink(&mut self, range: &Range<usize>, numbers: &[u32], positions: &[Vec<u32>]) {
        for (_, number) in part(numbers, self.range.start..range.start) {
            self.change(number, |seen| Seen { count: seen.count - 1, ..seen });
        }
        for (position, number) in part(numbers, range.end..self.range.end).rev() {
            let last = positions
                .get(number as usize)
                .map_or(0, |positions| last_before(positions, position));
            self.change(number, |seen| Seen { count: seen.count - 1, last });
        }
    }

    fn change(&mut self, number: u32, change: impl FnOnce(Seen) -> Seen) {
        let Some(seen) = self.seen.get_mut(number as usize) else { return };
        self.order.remove(&(*seen, number));
        *seen = change(*seen);
        if seen.count > 0 {
            self.order.insert((*seen, number));
        }
    }

    fn restart(&mut self, range: Range<usize>, numbers: &[u32], values: usize) {
        let mut seen = vec![Seen::default(); values];
        for (position, number) in part(numbers, range.clone()) {
            if let Some(seen) = seen.get_mut(number as usize) {
                *seen = Seen { count: seen.count + 1, last: small(position) };
            }
        }
        let there = seen.iter().copied().zip(0..).filter(|(seen, _)| seen.count > 0);
        *self = Self { range, order: there.collect(), seen };
    }

    pub(super) fn bytes(&self) -> usize {
        self.seen.capacity() * size_of::<Seen>() + self.order.len() * 2 * size_of::<(Seen, u32)>()
    }
}

/// The positions of a range, none if it ends before it begins, and the numbers there.
fn part(
    numbers: &[u32],
    range: Range<usize>,
) -> impl DoubleEndedIterator<Item = (usize, u32)> + ExactSizeIterator {
    let there = numbers.get(range.clone()).unwrap_or_default();
    (range.start..range.start + there.len()).zip(there.iter().copied())
}

/// The last of some positions before one.
fn last_before(positions: &[u32], position: usize) -> u32 {
    let before = positions.partition_point(|other| (*other as usize) < position);
    positions.get(..before).and_then(<[u32]>::last).copied().unwrap_or_default()
}
