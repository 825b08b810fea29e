//! Table whose rows still come in: its shape and its widths go by the first of them.

use super::{Content, Grid, Head, Line, Shape, frame, record, share, written};

/// Table whose rows still come in.
#[derive(Debug)]
pub(in crate::shell) struct Ongoing {
    heads: Vec<Head>,
    notes: Vec<String>,
    /// The widths of the columns of a frame; `None` of records.
    widths: Option<Vec<usize>>,
    /// What there is for a line.
    width: Option<usize>,
    /// The number of the row that comes next.
    next: u64,
}

impl Ongoing {
    /// A table of which so many rows are there, and its first lines. `next`: the number of the first row.
    pub(in crate::shell) fn begin(
        grid: Grid,
        width: Option<usize>,
        shape: Shape,
        next: u64,
    ) -> (Self, Vec<Line>) {
        let is_framed = shape == Shape::Fitting;
        let widths = is_framed.then(|| share::widths(&grid, width)).flatten();
        let Grid { heads, rows, notes, .. } = grid;
        let mut lines = widths.as_ref().map(|w| frame::top(&heads, w)).unwrap_or_default();
        let mut table = Self { heads, notes, widths, width, next };
        lines.extend(table.go_on(&rows));
        (table, lines)
    }

    /// The lines of the rows that come next.
    pub(in crate::shell) fn go_on(&mut self, rows: &[Vec<Content>]) -> Vec<Line> {
        let first = self.next;
        self.next += rows.len() as u64;
        match &self.widths {
            Some(widths) => frame::more(&self.heads, widths, rows, self.width.is_some()),
            None => record::more(&self.heads, first, rows, self.width),
        }
    }

    /// The number of the row that would come next.
    pub(in crate::shell) fn next(&self) -> u64 {
        self.next
    }

    /// The last lines.
    pub(in crate::shell) fn end(&self) -> Vec<Line> {
        let bottom = self.widths.as_ref().map(|widths| frame::bottom(widths));
        let notes = self.notes.iter().flat_map(|note| written(note, self.width));
        bottom.into_iter().chain(notes).collect()
    }
}
