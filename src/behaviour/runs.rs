//! Summaries of sequences of numbers: of any part of one in logarithmic time.

use std::ops::Range;

use super::number::{Number, Summary};

/// Number of runs in the next longer one.
const FAN: usize = 4;

/// A number or none for each event, and a summary of every whole run of 4, 16, 64 … of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Runs<S> {
    numbers: Vec<Option<Number>>,
    /// From the shortest runs to the longest.
    levels: Vec<Vec<S>>,
}

impl<S: Summary> Runs<S> {
    pub(super) fn push(&mut self, number: Option<Number>) {
        self.numbers.push(number);
        let (mut run, mut level) = (FAN, 0);
        while self.numbers.len().is_multiple_of(run) {
            self.close_run(level);
            (run, level) = (run * FAN, level + 1);
        }
    }

    /// Adds the summary of the runs below that have become a whole one.
    fn close_run(&mut self, level: usize) {
        let mut summary = S::default();
        match level.checked_sub(1).and_then(|below| self.levels.get(below)) {
            Some(shorter) => last_of(shorter).iter().for_each(|run| summary.merge(run)),
            None => last_of(&self.numbers).iter().flatten().for_each(|n| summary.add(*n)),
        }
        match self.levels.get_mut(level) {
            Some(runs) => runs.push(summary),
            None => self.levels.push(vec![summary]),
        }
    }

    /// Forgets all from the `len`-th on.
    pub(super) fn truncate(&mut self, len: usize) {
        self.numbers.truncate(len);
        let mut runs = len;
        for level in &mut self.levels {
            runs /= FAN;
            level.truncate(runs);
        }
    }

    /// Tells of a part, from its first to its last.
    pub(super) fn summary(&self, range: Range<usize>) -> S {
        let mut summary = S::default();
        let mut at = range.start;
        while at < range.end {
            at += self.add_run(at, range.end, &mut summary);
        }
        summary
    }

    /// Takes in the longest run that begins at `at` and is within `end`; returns its length.
    fn add_run(&self, at: usize, end: usize, summary: &mut S) -> usize {
        let (mut run, mut longest) = (1, None);
        for level in &self.levels {
            let longer = run * FAN;
            if !at.is_multiple_of(longer) || at + longer > end {
                break;
            }
            (run, longest) = (longer, level.get(at / longer));
        }
        match longest {
            Some(longest) => summary.merge(longest),
            None => self.numbers.get(at).into_iter().flatten().for_each(|n| summary.add(*n)),
        }
        run
    }

    pub(super) fn bytes(&self) -> usize {
        let summaries: usize = self.levels.iter().map(Vec::capacity).sum();
        self.numbers.capacity() * size_of::<Option<Number>>() + summaries * size_of::<S>()
    }
}

fn last_of<T>(items: &[T]) -> &[T] {
    items.last_chunk::<FAN>().map_or(items, |last| last)
}
