//! Tables on standard output.

use std::fs::File;
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
    /// The file that tables go into, and whether only the next does.
    file: Option<(BufWriter<File>, bool)>,
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
            file: None,
            is_first: true,
            is_styled,
        }
    }

    /// Whether a remark may follow a table: a program reads nothing but the rows, and a chart says it all.
    pub(super) fn takes_remark(&self, rows: &Rows) -> bool {
        self.format.is_for_people() && !self.format.draws(rows, self.sheet.width)
    }

    /// The format of tables.
    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// Fits tables from now on to a width; `None`: to the terminal.
    pub(super) fn set_width(&mut self, width: Option<u16>) {
        self.fixed_width = width;
        self.measure();
    }

    /// Shows another text from now on for a value that there is not; `None`: the usual one.
    pub(super) fn set_null(&mut self, null: Option<String>) {
        self.sheet.null = null.unwrap_or_else(|| Sheet::default().null);
    }

    /// Prints tables from now on, or the next one, into a file.
    pub(super) fn begin_file(&mut self, file: File, is_once: bool) -> io::Result<()> {
        self.end_file()?;
        self.file = Some((BufWriter::new(file), is_once));
        Ok(())
    }

    /// Prints tables to standard output again.
    pub(super) fn end_file(&mut self) -> io::Result<()> {
        self.file.take().map_or(Ok(()), |(mut file, _)| file.flush())
    }

    /// Prints a table into the file, if there is one; whether it did.
    fn print_to_file(&mut self, rows: &Rows) -> io::Result<bool> {
        let Some((file, is_once)) = &mut self.file else { return Ok(false) };
        let sheet = Sheet { width: self.fixed_width, ..self.sheet.clone() };
        self.format.write(rows, &sheet, file)?;
        file.flush()?;
        if *is_once {
            self.file = None;
        }
        Ok(true)
    }

    /// Prints tables from now on in another format.
    pub(super) fn set_format(&mut self, format: Format) {
        self.format = format;
    }

    /// Prints a table.
    pub(super) fn print(&mut self, rows: &Rows) -> io::Result<()> {
        if self.print_to_file(rows)? {
            return Ok(());
        }
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
