//! Parts of a table that is written while its rows still come in.

use std::borrow::Cow;
use std::io;

use super::super::layout::{Line, Ongoing};
use super::super::screen::as_seen;
use super::table::Choice;
use super::{Format, Part, Sheet};
use pcq::Rows;

/// How many rows a table has at most that is laid out by all of them.
pub(in crate::shell) const HELD: usize = 1_000;

/// How many rows of a longer one are written at once.
pub(in crate::shell) const WRITTEN: usize = 250;

/// Table that is written in parts.
#[derive(Debug)]
pub(in crate::shell) struct Parts {
    format: Format,
    sheet: Sheet,
    /// Whether it is for a terminal that shows more than characters do.
    is_styled: bool,
    /// Whether nothing was written yet.
    is_first: bool,
    /// Whether all rows were found, as far as is known.
    is_whole: bool,
    /// How the rows are laid out, if that is known and goes by the first of them.
    layout: Option<Layout>,
    /// The columns of a table for people that have had a value.
    known: Vec<usize>,
    /// The number of the row that comes next in one.
    next: u64,
}

/// How the rows of a table for people are laid out.
#[derive(Debug)]
struct Layout {
    choice: Choice,
    table: Ongoing,
}

/// Part of a table as it is written.
#[derive(Debug)]
pub(in crate::shell) enum Written {
    /// With what a terminal takes to show some of it in another way.
    Styled(String),
    Plain(Vec<u8>),
}

impl Written {
    /// The part as a terminal shows it, for a program that passes it on to one.
    pub(in crate::shell) fn seen(&self) -> Cow<'_, str> {
        match self {
            Self::Styled(text) => Cow::Borrowed(text),
            Self::Plain(bytes) => Cow::Owned(as_seen(bytes)),
        }
    }

    /// The part as it stands in a file.
    pub(in crate::shell) fn bytes(&self) -> &[u8] {
        match self {
            Self::Styled(text) => text.as_bytes(),
            Self::Plain(bytes) => bytes,
        }
    }
}

impl Parts {
    /// A table of which nothing is written yet.
    pub(in crate::shell) fn new(format: Format, sheet: Sheet, is_styled: bool) -> Self {
        let known = Vec::new();
        let is_styled = is_styled && format.is_for_people();
        let (is_first, is_whole, layout, next) = (true, true, None, 1);
        Self { format, sheet, is_styled, is_first, is_whole, layout, known, next }
    }

    /// Says before the last part whether all rows were found: what a program reads must not look whole if they were not.
    pub(in crate::shell) fn end(&mut self, is_whole: bool) {
        self.is_whole = is_whole;
    }

    /// Whether many rows are wanted for the next part, because others will look like they do.
    pub(in crate::shell) fn wants_many(&self) -> bool {
        match self.format {
            Format::Markdown => self.is_first,
            format => format.is_for_people() && self.layout.is_none(),
        }
    }

    /// Writes the rows that come next; tells how many of them: the others belong to the part after it.
    pub(in crate::shell) fn write(
        &mut self,
        rows: &Rows,
        is_last: bool,
    ) -> io::Result<(Written, usize)> {
        let part = Part { is_first: self.is_first, is_last: is_last && self.is_whole };
        self.is_first = false;
        if self.format.is_for_people() {
            let (lines, count) = self.lay_out(rows, is_last);
            return Ok((self.written(&lines), count));
        }
        let mut bytes = Vec::new();
        self.format.write_part(rows, part, &self.sheet, &mut bytes)?;
        Ok((Written::Plain(bytes), rows.len()))
    }

    fn written(&self, lines: &[Line]) -> Written {
        if self.is_styled {
            return Written::Styled(lines.iter().map(|line| line.styled() + "\n").collect());
        }
        let lines: Vec<_> = lines.iter().map(|line| line.to_string() + "\n").collect();
        Written::Plain(lines.concat().into_bytes())
    }

    /// Lays rows out, as far as they suit those before them; how many did.
    fn lay_out(&mut self, rows: &Rows, is_last: bool) -> (Vec<Line>, usize) {
        let Some(Layout { choice, mut table }) = self.layout.take() else {
            let lines = self.begin(rows);
            return (self.ended(lines, is_last), rows.len());
        };
        let count = choice.suits(rows);
        let lines = table.go_on(&choice.contents(&rows.part(0..count), &self.sheet));
        self.next = table.next();
        self.layout = Some(Layout { choice, table });
        // a column that was left out has a value now: a new table begins
        let is_over = count < rows.len() || is_last;
        (self.ended(lines, is_over), count)
    }

    /// Begins a table, whose first rows are there.
    fn begin(&mut self, rows: &Rows) -> Vec<Line> {
        let (sheet, width) = (&self.sheet, self.sheet.width.map(usize::from));
        let choice = Choice::of_first(rows, sheet, &self.known);
        let grid = choice.grid(rows, sheet);
        let (table, lines) = Ongoing::begin(grid, width, self.format.shape(), self.next);
        self.next = table.next();
        choice.shown().clone_into(&mut self.known);
        self.layout = Some(Layout { choice, table });
        lines
    }

    /// Lines, and those at the end of the table if it is over.
    fn ended(&mut self, mut lines: Vec<Line>, is_over: bool) -> Vec<Line> {
        let ended = self.layout.take_if(|_| is_over);
        lines.extend(ended.map(|layout| layout.table.end()).unwrap_or_default());
        lines
    }
}

#[cfg(test)]
mod tests;
