//! Tables on standard output.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use super::format::Format;
use pcq::Rows;

/// The width of a terminal that does not tell.
const USUAL_WIDTH: u16 = 80;

/// Prints the tables of statements to standard output, buffered.
#[derive(Debug)]
pub(super) struct Printer {
    stdout: BufWriter<Stdout>,
    format: Format,
    width: Option<u16>,
    is_first: bool,
}

impl Printer {
    /// Makes one that wraps tables to the width of the terminal, if there is one.
    pub(super) fn new(format: Format) -> Self {
        Self { stdout: buffered_stdout(), format, width: terminal_width(), is_first: true }
    }

    /// Whether a remark may follow a table: a program reads nothing but the rows, and a chart says it all.
    pub(super) fn takes_remark(&self, rows: &Rows) -> bool {
        self.format.is_for_people() && !self.format.draws(rows, self.width)
    }

    /// Prints tables from now on in another format.
    pub(super) fn set_format(&mut self, format: Format) {
        self.format = format;
    }

    /// Prints a table.
    pub(super) fn print(&mut self, rows: &Rows) -> io::Result<()> {
        let is_seen = self.format.shows(rows);
        if is_seen && !self.is_first && self.format.wants_blank_line_between_tables() {
            writeln!(self.stdout)?;
        }
        self.is_first &= !is_seen;
        self.format.write(rows, self.width, &mut self.stdout)
    }

    /// Prints a line of text.
    pub(super) fn say(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.stdout, "{text}")
    }

    /// Shows what is printed so far: before an error is told, and whenever a person waits.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()
    }

    /// Looks again how wide the terminal is: it may have been resized.
    pub(super) fn measure(&mut self) {
        self.width = terminal_width();
    }
}

/// Standard output with a buffer of its own: that of the standard library is flushed at every line.
pub(super) fn buffered_stdout() -> BufWriter<Stdout> {
    BufWriter::with_capacity(1 << 16, io::stdout())
}

/// The width of the terminal that standard output is, if it is one.
fn terminal_width() -> Option<u16> {
    if !io::stdout().is_terminal() {
        return None;
    }
    Some(terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| width.0))
}
