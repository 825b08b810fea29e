//! Two versions of a config side by side, row by row and cell by cell.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::cell::{Part, parts};
use super::line::Line;
use crate::model::{Catalog, Cell, KeyId, Row, Secrets, SegmentId, Share, Value, Version};
use crate::query::value::{count, maybe, text};
use crate::statement::definition::{self, key_name};

/// Two versions of a config side by side.
pub(in crate::query) struct Comparison<'a> {
    pub(in crate::query) catalog: &'a Catalog,
    pub(in crate::query) secrets: Secrets<'a>,
    pub(in crate::query) old: &'a Version,
    pub(in crate::query) new: &'a Version,
}

impl Comparison<'_> {
    /// What differs, one thing after the other: a row, a move, a key, a cell, each with the lines that it takes.
    pub(in crate::query) fn things(&self) -> Vec<Vec<Line>> {
        let [from, to] = [self.old, self.new].map(|version| maybe(version.description.as_ref()));
        let mut things: Vec<_> =
            Line::of("description", from, to).into_iter().map(|line| vec![line]).collect();
        let rows = self.segments().into_iter().flat_map(|segment| self.segment(segment));
        things.extend(rows.chain(self.moves()).map(|line| vec![line]));
        things.extend(self.keys().into_iter().flat_map(|key| self.key(key)));
        things
    }

    /// What differs in words: the first thing, and how many more there are; `None` if it is nothing that is told.
    pub(in crate::query) fn phrase(&self) -> Option<String> {
        let things = self.things();
        let first = things.first()?.first()?.told();
        Some(match things.len() - 1 {
            0 => first,
            more => format!("{first}, {more} more"),
        })
    }

    /// The segments of either version: those of the new one in its order, then those that went.
    fn segments(&self) -> Vec<SegmentId> {
        in_order(self.new.rows.iter().map(|r| r.segment), self.old.rows.iter().map(|r| r.segment))
    }

    fn keys(&self) -> Vec<KeyId> {
        in_order(self.new.columns.iter().map(|c| c.key), self.old.columns.iter().map(|c| c.key))
    }

    /// What differs of a row, its place and its cells aside.
    fn segment(&self, segment: SegmentId) -> Vec<Line> {
        let find = |version: &Version| version.rows.iter().find(|r| r.segment == segment).cloned();
        let line = |item, from, to| self.of_segment(segment, item, from, to);
        let share = |row: &Row| text(&rollout(row));
        let lines = match (find(self.old), find(self.new)) {
            (Some(old), Some(new)) => {
                let salt = |row: &Row| Value::String(Arc::clone(&row.salt));
                let rollout = line("rollout", share(&old), share(&new));
                [rollout, line("salt", salt(&old), salt(&new))]
            }
            (old, new) => {
                let [old, new] = [old, new].map(|row| row.as_ref().map_or(Value::Null, share));
                [line("segment", old, new), None]
            }
        };
        lines.into_iter().flatten().collect()
    }

    fn of_segment(
        &self,
        segment: SegmentId,
        item: &'static str,
        from: Value,
        to: Value,
    ) -> Option<Line> {
        Some(Line { segment: self.name(segment), ..Line::of(item, from, to)? })
    }

    /// The segments that changed their place among those that are in both: the fewest that explain it.
    fn moves(&self) -> Vec<Line> {
        let places: Vec<_> = self.new.rows.iter().map(|row| self.old.row_of(row.segment)).collect();
        let stay = longest_rise(&places);
        let moved = places.iter().zip(&self.new.rows).enumerate();
        let moved = moved.filter(|(to, (from, _))| from.is_some() && !stay.contains(to));
        let line = |(to, (from, row)): (usize, (&Option<usize>, &Row))| {
            self.of_segment(row.segment, "move", count((*from)? + 1), count(to + 1))
        };
        let moved: Vec<_> = moved.collect();
        moved.into_iter().filter_map(line).collect()
    }

    fn key(&self, key: KeyId) -> Vec<Vec<Line>> {
        let (known, hidden) = (self.catalog.key(key), self.secrets.hide(key));
        let known = known.map(|key| &**key);
        let mut things = Vec::new();
        for segment in self.segments() {
            let (old, new) = (cell(self.old, key, segment), cell(self.new, key, segment));
            if old != new {
                let parts = parts(known, hidden, old, new).into_iter();
                things.push(parts.map(|part| self.part(segment, key, part)).collect());
            }
        }
        let [from, to] = [self.old, self.new].map(|version| version.column(key).is_some());
        let Some(line) = Line::of("key", Value::from(from), Value::from(to)) else { return things };
        // a key that comes or goes does so with all of its cells
        let line = Line { key: self.key_name(key), ..line };
        vec![std::iter::once(line).chain(things.into_iter().flatten()).collect()]
    }

    fn part(&self, segment: SegmentId, key: KeyId, part: Part) -> Line {
        let Part { item, path, from, to } = part;
        let (segment, key) = (self.name(segment), self.key_name(key));
        Line { item, segment, key, path, from, to }
    }

    fn key_name(&self, key: KeyId) -> Value {
        text(key_name(self.catalog, key).as_str())
    }

    fn name(&self, segment: SegmentId) -> Value {
        text(self.catalog.segment_name(segment).as_str())
    }
}

/// The items of one list in its order, then those that only the other has.
fn in_order<T: Copy + Ord>(
    first: impl Iterator<Item = T>,
    then: impl Iterator<Item = T>,
) -> Vec<T> {
    let mut seen = BTreeSet::new();
    first.chain(then).filter(|item| seen.insert(*item)).collect()
}

/// The indexes of as many numbers as possible that rise, of those that there are.
fn longest_rise(numbers: &[Option<usize>]) -> BTreeSet<usize> {
    // of each length the index where a rise of it ends lowest, and for each index the one before it
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; numbers.len()];
    let number = |index: &usize| numbers.get(*index).copied().flatten();
    for index in (0..numbers.len()).filter(|index| number(index).is_some()) {
        let length = ends.partition_point(|end| number(end) < number(&index));
        if let (Some(before), Some(last)) = (before.get_mut(index), length.checked_sub(1)) {
            *before = ends.get(last).copied();
        }
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let back = |index: &usize| before.get(*index).copied().flatten();
    std::iter::successors(ends.last().copied(), back).collect()
}

fn rollout(row: &Row) -> String {
    definition::rollout(row).map_or_else(|| Share::FULL.to_string(), |rollout| rollout.to_string())
}

fn cell(version: &Version, key: KeyId, segment: SegmentId) -> Option<&Cell> {
    let row = version.row_of(segment)?;
    version.column(key)?.cells().get(row)?.as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_that_moved_are_told() {
        let stay = |numbers: &[usize]| {
            let numbers: Vec<_> = numbers.iter().copied().map(Some).collect();
            longest_rise(&numbers).into_iter().collect::<Vec<_>>()
        };
        assert_eq!(stay(&[6, 0, 1, 2, 3, 4, 5, 7]), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(stay(&[1, 2, 3, 0]), [0, 1, 2]);
        assert_eq!(stay(&[1, 0]), [1]);
        assert_eq!(stay(&[2, 1, 0]), [2]);
        assert_eq!(stay(&[]), [] as [usize; 0]);
        assert_eq!(longest_rise(&[None, Some(4), None, Some(1), Some(5)]), BTreeSet::from([3, 4]));
    }
}
