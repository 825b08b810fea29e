//! Layout of tables for people: columns, rows and a width in, lines out.
//!
//! A table that fits is a frame. One that does not has its widest columns wrapped, and where they would get too narrow
//! to be read it becomes records: a column a line. Nothing is left out without a mark.

mod frame;
mod ongoing;
mod record;
mod share;
#[cfg(test)]
mod tests;
mod wrap;

use std::fmt;

use super::width::{pad, width, width as width_of};
pub(in crate::shell) use ongoing::Ongoing;

/// Table to be laid out.
#[derive(Debug, Default)]
pub(in crate::shell) struct Grid {
    pub(in crate::shell) heads: Vec<Head>,
    /// The rows; each has a cell for each head.
    pub(in crate::shell) rows: Vec<Vec<Content>>,
    /// Whether the last row is set apart.
    pub(in crate::shell) has_foot: bool,
    /// What is said below.
    pub(in crate::shell) notes: Vec<String>,
}

/// Head of a column.
#[derive(Debug)]
pub(in crate::shell) struct Head {
    pub(in crate::shell) name: String,
    pub(in crate::shell) side: Side,
    /// Whether the name may take several lines, so that the column need not be as wide as it is.
    pub(in crate::shell) wraps: bool,
}

/// Side on which the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::shell) enum Side {
    Left,
    Right,
}

/// Content of a cell: one line or more.
#[derive(Clone, Debug)]
pub(in crate::shell) struct Content {
    pub(in crate::shell) text: String,
    /// Whether it is shown dim, where that can be.
    pub(in crate::shell) is_faint: bool,
    /// Whether it says nothing, so that records leave it out.
    pub(in crate::shell) is_blank: bool,
}

impl Content {
    /// Content that is shown as it is.
    pub(in crate::shell) fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_faint: false, is_blank: false }
    }

    /// Content that is shown dim.
    pub(in crate::shell) fn faint(text: impl Into<String>) -> Self {
        Self { is_faint: true, ..Self::of(text) }
    }

    /// Mark of a place where there is nothing.
    pub(in crate::shell) fn blank(mark: &str) -> Self {
        Self { is_blank: true, ..Self::faint(mark) }
    }
}

/// Shape of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::shell) enum Shape {
    /// A frame, or records if it would be too wide.
    #[default]
    Fitting,
    /// Records: a column a line.
    Records,
}

/// Line of a laid out table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::shell) struct Line(Vec<Piece>);

/// Piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    text: String,
    is_faint: bool,
}

/// Lays a table out. Without a width nothing is cut or wrapped.
pub(in crate::shell) fn lay_out(grid: &Grid, width: Option<usize>, shape: Shape) -> Vec<Line> {
    let framed = if shape == Shape::Fitting { framed(grid, width) } else { None };
    framed.unwrap_or_else(|| recorded(grid, width))
}

/// Lays a table out as a frame; `None` if a column would get too narrow to be read.
pub(in crate::shell) fn framed(grid: &Grid, width: Option<usize>) -> Option<Vec<Line>> {
    let widths = share::widths(grid, width)?;
    let mut lines = frame::lines(grid, &widths, width.is_some());
    lines.extend(grid.notes.iter().flat_map(|note| written(note, width)));
    Some(lines)
}

/// Lays a table out as records.
pub(in crate::shell) fn recorded(grid: &Grid, width: Option<usize>) -> Vec<Line> {
    let mut lines = record::lines(grid, width);
    lines.extend(grid.notes.iter().flat_map(|note| written(note, width)));
    lines
}

/// The lines of a text that stands behind something: behind other things in all but its first line.
pub(in crate::shell) fn hung(first: &str, others: &str, text: &str, width: usize) -> Vec<Line> {
    let parts = wrap::wrapped(text, width.saturating_sub(width_of(first)).max(1), usize::MAX);
    let before = std::iter::once(first).chain(std::iter::repeat(others));
    parts.iter().zip(before).map(|(part, before)| Line::of(format!("{before}{part}"))).collect()
}

/// The lines of a text that is no table.
pub(in crate::shell) fn written(text: &str, width: Option<usize>) -> Vec<Line> {
    let parts = wrap::wrapped(text, width.unwrap_or(usize::MAX), usize::MAX);
    parts.into_iter().map(Line::of).collect()
}

impl Line {
    fn of(text: impl Into<String>) -> Self {
        Self(vec![Piece { text: text.into(), is_faint: false }])
    }

    fn with(mut self, text: &str, is_faint: bool) -> Self {
        self.0.push(Piece { text: text.to_owned(), is_faint });
        self
    }

    /// Adds the line of a cell, as wide as its column.
    fn with_cell(self, text: &str, is_faint: bool, side: Side, columns: usize) -> Self {
        let blanks = " ".repeat(columns.saturating_sub(width(text)));
        match side {
            Side::Left => self.with(text, is_faint).with(&blanks, false),
            Side::Right => self.with(&blanks, false).with(text, is_faint),
        }
    }

    /// The line with what a terminal takes to show its faint pieces dim.
    pub(in crate::shell) fn styled(&self) -> String {
        let shown = |Piece { text, is_faint }: &Piece| {
            if *is_faint && !text.is_empty() {
                format!("\u{1b}[2m{text}\u{1b}[22m")
            } else {
                text.clone()
            }
        };
        self.0.iter().map(shown).collect()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| f.write_str(&piece.text))
    }
}

/// A text that stands on the left of something, filled up.
fn left(text: &str, columns: usize) -> Line {
    Line::of(pad(text, columns))
}
