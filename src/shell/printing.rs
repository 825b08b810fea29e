//! Table that is printed while its rows are found.
//!
//! One of few rows is held until all are there, and is laid out by all of them. One of more goes by its first rows, and
//! no more of the others is held than is written at once.

use std::io;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::format::{HELD, Parts, WRITTEN};
use super::output::{Printer, Way};
use pcq::{Column, RowSink, Rows, Value};

/// How long a row waits at most for others to be written with, where it need not wait for many.
const PACE: Duration = Duration::from_millis(100);

/// Table that is printed while its rows are found.
pub(super) struct Printing<'p> {
    printer: &'p mut Printer,
    /// Takes away what else is on the screen.
    clear: &'p mut dyn FnMut(),
    table: Option<Table>,
    /// When rows were written last, or the first was looked for.
    since: Instant,
    /// How long the writing took.
    writing: Duration,
    failure: Option<io::Error>,
}

/// Table that is being found.
struct Table {
    columns: Vec<Column>,
    /// The rows that are not yet written.
    rows: Vec<Vec<Value>>,
    count: u64,
    parts: Parts,
    /// Where it is written, once that has begun.
    way: Option<Way>,
    /// Whether nobody wants to see more of it.
    is_left: bool,
}

/// What was printed.
#[derive(Debug)]
pub(super) enum Printed {
    /// A table whose rows were held.
    Whole(Rows),
    /// One of so many rows that they were not.
    Parts(u64),
    /// The beginning of one of which nobody wanted to see more.
    Left,
}

impl<'p> Printing<'p> {
    /// A table that is still to be found.
    pub(super) fn new(printer: &'p mut Printer, clear: &'p mut dyn FnMut()) -> Self {
        let (since, writing) = (Instant::now(), Duration::ZERO);
        Self { printer, clear, table: None, since, writing, failure: None }
    }

    /// Writes what is left, and says what was printed. `is_whole`: whether all rows were found.
    pub(super) fn end(mut self, is_whole: bool) -> io::Result<Option<Printed>> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let Some(mut table) = self.table.take() else { return Ok(None) };
        if table.is_left {
            return Ok(Some(Printed::Left));
        }
        if table.way.is_none() {
            if !is_whole {
                return Ok(None);
            }
            (self.clear)();
            let rows = Rows::new(table.columns, table.rows);
            self.printer.print(&rows)?;
            return Ok(Some(Printed::Whole(rows)));
        }
        let is_over = table.way.as_ref().is_some_and(Way::is_over);
        table.parts.end(is_whole);
        table.write(self.printer, true)?;
        table.way.map_or(Ok(()), |way| self.printer.end_way(way))?;
        let is_left = table.is_left || is_over && !is_whole;
        Ok(Some(if is_left { Printed::Left } else { Printed::Parts(table.count) }))
    }

    /// How long the writing took, which is no time of the statement.
    pub(super) fn writing(&self) -> Duration {
        self.writing
    }

    fn write(&mut self) -> io::Result<ControlFlow<()>> {
        let Some(table) = &mut self.table else { return Ok(ControlFlow::Continue(())) };
        let begin = Instant::now();
        (self.clear)();
        table.write(self.printer, false)?;
        self.since = Instant::now();
        self.writing += self.since - begin;
        Ok(if table.is_left { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

impl RowSink for Printing<'_> {
    fn begin(&mut self, columns: &[Column]) {
        let (columns, parts) = (columns.to_vec(), self.printer.parts());
        let (rows, count, way, is_left) = (Vec::new(), 0, None, false);
        self.table = Some(Table { columns, rows, count, parts, way, is_left });
        self.since = Instant::now();
    }

    fn take(&mut self, row: Vec<Value>) -> ControlFlow<()> {
        let Some(table) = &mut self.table else { return ControlFlow::Break(()) };
        table.count += 1;
        table.rows.push(row);
        if !table.is_due(self.since) {
            return ControlFlow::Continue(());
        }
        self.write().unwrap_or_else(|failure| {
            self.failure = Some(failure);
            ControlFlow::Break(())
        })
    }
}

impl Table {
    /// Whether rows are to be written.
    fn is_due(&self, since: Instant) -> bool {
        let most = match (&self.way, self.parts.wants_many()) {
            (None, _) => HELD + 1,
            (Some(_), true) => HELD,
            (Some(_), false) => WRITTEN,
        };
        self.rows.len() >= most || !self.parts.wants_many() && since.elapsed() >= PACE
    }

    /// Writes rows; of the last ones all.
    fn write(&mut self, printer: &mut Printer, are_last: bool) -> io::Result<()> {
        loop {
            let rows = Rows::new(self.columns.clone(), std::mem::take(&mut self.rows));
            let (written, count) = self.parts.write(&rows, are_last)?;
            self.rows = rows.rows().get(count..).unwrap_or_default().to_vec();
            let way = match self.way.take() {
                Some(way) => way,
                None => printer.begin_way(&written)?,
            };
            self.way = printer.put(way, &written)?;
            self.is_left = self.way.is_none();
            if self.is_left || self.rows.is_empty() || !are_last {
                return Ok(());
            }
        }
    }
}
