//! Sorter of rows that ends when it is asked to: it sorts few at a time, and merges them step by step.

use std::cmp::Ordering;

use super::budget::Budget;
use super::bulk::Bulk;
use crate::error::Result;

/// How many are sorted at a time.
const RUN: usize = 4_096;

/// Sorter of rows by an order; those that are alike stay as they came.
pub(super) struct Sorter<'b, T: Send + 'static, O> {
    order: O,
    budget: &'b Budget<'b>,
    /// How many are wanted: the first.
    first: usize,
    /// What is done with those that are not wanted.
    dropped: Box<dyn Fn(&T) + 'b>,
    /// Sorted rows, each run longer than the next.
    runs: Vec<Bulk<Vec<T>>>,
    /// Those that came last.
    open: Vec<T>,
}

impl<'b, T: Send + 'static, O: Fn(&T, &T) -> Ordering> Sorter<'b, T, O> {
    pub(super) fn new(budget: &'b Budget<'b>, order: O) -> Self {
        Self {
            order,
            budget,
            first: usize::MAX,
            dropped: Box::new(|_| ()),
            runs: Vec::new(),
            open: Vec::new(),
        }
    }

    /// Keeps only the first; `dropped` is told of each of the others.
    pub(super) fn first(self, first: usize, dropped: impl Fn(&T) + 'b) -> Self {
        Self { first, dropped: Box::new(dropped), ..self }
    }

    /// How many rows it has.
    pub(super) fn len(&self) -> usize {
        self.runs.iter().map(|run| run.len()).sum::<usize>() + self.open.len()
    }

    /// Takes a row.
    pub(super) fn take(&mut self, row: T) -> Result<()> {
        let last = self.runs.first().filter(|run| run.len() >= self.first).map(|run| run.last());
        if last.is_some_and(|last| last.is_none_or(|last| (self.order)(&row, last).is_ge())) {
            (self.dropped)(&row);
            return Ok(());
        }
        self.open.push(row);
        if self.open.len() < RUN { Ok(()) } else { self.close(|long, short| long <= short) }
    }

    /// The rows in order.
    pub(super) fn finish(mut self) -> Result<Vec<T>> {
        self.close(|_, _| true)?;
        Ok(self.runs.pop().unwrap_or_default().into_inner())
    }

    /// Sorts those that came last, and merges the last two runs as long as their lengths ask for it.
    fn close(&mut self, are_merged: impl Fn(usize, usize) -> bool) -> Result<()> {
        self.budget.check()?;
        let mut run = Bulk::new(std::mem::take(&mut self.open));
        run.sort_by(&self.order);
        self.cut(&mut run);
        while let Some(before) = self.runs.pop_if(|before| are_merged(before.len(), run.len())) {
            run = self.merged(before, run)?;
        }
        self.runs.push(run);
        Ok(())
    }

    fn merged(&self, before: Bulk<Vec<T>>, after: Bulk<Vec<T>>) -> Result<Bulk<Vec<T>>> {
        let mut merged = Bulk::new(Vec::with_capacity(before.len() + after.len()));
        let [before, after] = [before, after].map(Bulk::into_inner);
        let (mut before, mut after) = (before.into_iter().peekable(), after.into_iter().peekable());
        loop {
            if let Err(ended) = self.budget.step() {
                merged.extend(before.chain(after)); // to be given back together
                return Err(ended);
            }
            let next = match (before.peek(), after.peek()) {
                (Some(a), Some(b)) if (self.order)(b, a).is_lt() => after.next(),
                (Some(_), _) => before.next(),
                (None, _) => after.next(),
            };
            match next {
                Some(row) => merged.push(row),
                None => break,
            }
        }
        self.cut(&mut merged);
        Ok(merged)
    }

    /// Lets those go that are not among the first.
    fn cut(&self, run: &mut Vec<T>) {
        run.drain(self.first.min(run.len())..).for_each(|row| (self.dropped)(&row));
    }
}

/// Rows in order; those that are alike stay as they came.
pub(super) fn sorted<T: Send + 'static>(
    rows: impl IntoIterator<Item = T>,
    budget: &Budget<'_>,
    order: impl Fn(&T, &T) -> Ordering,
) -> Result<Vec<T>> {
    let mut sorter = Sorter::new(budget, order);
    let mut rows = rows.into_iter();
    if let Err(ended) = rows.try_for_each(|row| sorter.take(row)) {
        drop(Bulk::new(rows.collect::<Vec<_>>()));
        return Err(ended);
    }
    sorter.finish()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::store::Desk;

    /// Numbers that repeat, each with its place.
    fn rows(count: usize) -> Vec<(usize, usize)> {
        (0..count).map(|n| (n.wrapping_mul(7_919) % 1_009, n)).collect()
    }

    #[test]
    fn rows_come_in_order_and_those_that_are_alike_as_they_were() {
        let desk = Desk::default();
        let watch = desk.watch();
        let budget = Budget::new(usize::MAX, &watch);
        for count in [0, 1, RUN - 1, RUN, RUN + 1, 5 * RUN, 5 * RUN + 17] {
            let mut right = rows(count);
            right.sort_by_key(|row| row.0);
            let order = |a: &(usize, usize), b: &(usize, usize)| a.0.cmp(&b.0);
            assert_eq!(sorted(rows(count), &budget, order).unwrap(), right, "{count}");
            for first in [0, 1, 10, RUN, RUN + 5, 3 * RUN, usize::MAX] {
                let dropped = Cell::new(0);
                let count_dropped = |_: &_| dropped.set(dropped.get() + 1);
                let mut sorter = Sorter::new(&budget, order).first(first, count_dropped);
                rows(count).into_iter().try_for_each(|row| sorter.take(row)).unwrap();
                let kept = sorter.finish().unwrap();
                let wanted = right.get(..first.min(count)).unwrap();
                assert_eq!(kept, wanted, "{first} of {count}");
                assert_eq!(dropped.get(), count - kept.len(), "{first} of {count}");
            }
        }
    }

    #[test]
    fn few_rows_are_kept_of_which_the_first_are_wanted() {
        let desk = Desk::default();
        let watch = desk.watch();
        let budget = Budget::new(usize::MAX, &watch);
        let (kept, most) = (Cell::new(0_usize), Cell::new(0));
        let dropped = |_: &usize| kept.set(kept.get() - 1);
        let mut sorter = Sorter::new(&budget, |a: &usize, b: &usize| b.cmp(a)).first(10, dropped);
        for row in 0..20 * RUN {
            kept.set(kept.get() + 1);
            sorter.take(row).unwrap();
            most.set(most.get().max(kept.get()));
            assert_eq!(sorter.len(), kept.get());
        }
        assert!(most.get() <= RUN + 20, "{}", most.get());
        assert_eq!(sorter.finish().unwrap().first(), Some(&(20 * RUN - 1)));
    }

    /// Whoever asks for the end waits for one run at most, whatever is being done.
    #[test]
    fn sorting_ends_when_it_is_asked_to() {
        let count = 16 * RUN;
        for asked_at in [1, RUN, 7 * RUN * 12, count * 15] {
            let desk = Desk::default();
            let (watch, handle) = (desk.watch(), desk.interrupt_handle());
            let budget = Budget::new(usize::MAX, &watch);
            let compared = Cell::new(0);
            let order = |a: &(usize, usize), b: &(usize, usize)| {
                compared.set(compared.get() + 1);
                if compared.get() == asked_at {
                    handle.interrupt();
                }
                a.0.cmp(&b.0)
            };
            let ended = sorted(rows(count), &budget, order);
            assert_eq!(ended.unwrap_err().code(), "interrupted");
            let most = RUN * 14; // comparisons that sort one run
            assert!(compared.get() <= asked_at + most, "{} after {asked_at}", compared.get());
        }
    }
}
