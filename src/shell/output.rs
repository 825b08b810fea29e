//! Tables on standard output.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use super::args::FormatArgs;
use super::format::{Format, Formulas, Sheet};
use super::screen::{Screen, buffered_stdout};
use pcq::Rows;

/// The width of a terminal that does not tell.
const USUAL_WIDTH: u16 = 80;

/// Prints the tables of statements to standard output, buffered.
#[derive(Debug)]
pub(super) struct Printer {
    stdout: Screen<BufWriter<Stdout>>,
    format: Format,
    sheet: Sheet,
    /// The width that was asked for, whatever the terminal's.
    fixed_width: Option<u16>,
    is_first: bool,
    /// Whether a terminal may be told to show some characters in another way.
    is_styled: bool,
}

impl Printer {
    /// Makes one that fits tables to the width that is asked for, else to that of the terminal, if there is one.
    pub(super) fn new(args: FormatArgs) -> Self {
        let mut printer = Self::of(args.format, args.formulas());
        printer.fixed_width = args.width;
        printer.measure();
        printer
    }

    /// Makes one of numbers and words.
    pub(super) fn of_numbers(format: Format) -> Self {
        Self::of(format, Formulas::Kept)
    }

    fn of(format: Format, formulas: Formulas) -> Self {
        let sheet = Sheet { width: terminal_width(), formulas, ..Sheet::default() };
        let is_wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let is_styled = is_wanted && io::stdout().is_terminal();
        Self {
            stdout: buffered_stdout(),
            format,
            sheet,
            fixed_width: None,
            is_first: true,
            is_styled,
        }
    }

    /// Whether a remark may follow a table: a program reads nothing but the rows, and a chart says it all.
    pub(super) fn takes_remark(&self, rows: &Rows) -> bool {
        self.format.is_for_people() && !self.format.draws(rows, self.sheet.width)
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
        let is_dimmed = self.is_styled && self.sheet.width.is_some();
        match is_dimmed.then(|| self.format.dimmed(rows, &self.sheet)).flatten() {
            Some(table) => self.stdout.write_styled(&table),
            None => self.format.write(rows, &self.sheet, &mut self.stdout),
        }
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
        self.sheet.width = self.fixed_width.or_else(terminal_width);
    }
}

/// The width of the terminal that standard output is, if it is one.
fn terminal_width() -> Option<u16> {
    if !io::stdout().is_terminal() {
        return None;
    }
    Some(terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| width.0))
}
