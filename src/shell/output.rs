//! Tables on standard output.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use super::args::FormatArgs;
use super::format::{Format, Formulas, HELD, Parts, Sheet, WRITTEN, Written, Zone};
use super::pager::Pager;
use super::program::Paging;
use super::prose::wrapped;
use super::screen::{Screen, as_seen, buffered_stdout};
use pcq::Rows;

/// The width of a terminal that does not tell.
const USUAL_WIDTH: u16 = 80;

/// Way that a table takes which is written in parts.
#[derive(Debug)]
pub(super) enum Way {
    /// Into the file that tables go into.
    File,
    Screen,
    Pager(Paging),
}

impl Way {
    /// Whether nobody reads any more.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Pager(paging) if paging.is_over())
    }
}

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
    /// What shows what is taller than the screen.
    pager: Option<Pager>,
    /// Whether it may: not while something is shown again and again.
    is_paging: bool,
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
            pager: None,
            is_paging: true,
            is_styled,
        }
    }

    /// Lets a pager show what is taller than the screen, if standard output is one.
    pub(super) fn with_pager(mut self, pager: Pager) -> Self {
        self.pager = io::stdout().is_terminal().then_some(pager);
        self
    }

    /// Lets the pager show what it is for, or not for a while.
    pub(super) fn set_paging(&mut self, is_paging: bool) {
        self.is_paging = is_paging;
    }

    pub(super) fn pager_mut(&mut self) -> Option<&mut Pager> {
        self.pager.as_mut()
    }

    /// Whether a remark may follow a table: a program reads nothing but the rows.
    pub(super) fn takes_remark(&self) -> bool {
        self.format.is_for_people()
    }

    /// Whether a table shows its rows as such, so that who counts them finds as many.
    pub(super) fn is_listed(&self, rows: &Rows) -> bool {
        self.format.lists(rows, &self.sheet)
    }

    /// How many columns a line of text should have at most.
    pub(super) fn columns(&self) -> usize {
        self.sheet.width.unwrap_or(USUAL_WIDTH).into()
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

    /// Shows times in tables for people in a zone from now on; `None`: in UTC.
    pub(super) fn set_zone(&mut self, zone: Option<Zone>) {
        self.sheet.zone = zone;
    }

    /// The zone in which times are shown.
    pub(super) fn zone(&self) -> Option<&Zone> {
        self.sheet.zone.as_ref()
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

    /// Prints a table; whether all of it: Ctrl-C ends one of many rows.
    pub(super) fn print(&mut self, rows: &Rows) -> io::Result<bool> {
        if self.print_to_file(rows)? {
            return Ok(true);
        }
        if rows.len() > HELD && io::stdout().is_terminal() && self.is_listed(rows) {
            return self.print_in_parts(rows);
        }
        self.print_whole(rows).map(|()| true)
    }

    fn print_whole(&mut self, rows: &Rows) -> io::Result<()> {
        let is_seen = self.format.shows(rows);
        if is_seen && !self.is_first && self.format.wants_blank_line_between_tables() {
            writeln!(self.stdout)?;
        }
        self.is_first &= !is_seen;
        match self.is_dimmed().then(|| self.format.dimmed(rows, &self.sheet)).flatten() {
            Some(table) if self.is_paged(&table)? => Ok(()),
            Some(table) => self.stdout.write_styled(&table),
            None if self.pager.is_some() => {
                let mut bytes = Vec::new();
                self.format.write(rows, &self.sheet, &mut bytes)?;
                self.write_or_page(&bytes)
            }
            None => self.format.write(rows, &self.sheet, &mut self.stdout),
        }
    }

    /// Prints a table part by part, so that nobody waits for the last row to see the first.
    fn print_in_parts(&mut self, rows: &Rows) -> io::Result<bool> {
        let (mut parts, mut way, mut start) = (self.parts(), None, 0);
        loop {
            let is_over = way.is_some() && self.pager.as_ref().is_some_and(Pager::is_asked_to_end);
            let most = if parts.wants_many() { HELD } else { WRITTEN };
            let end = if is_over { start } else { rows.len().min(start + most) };
            let is_last = is_over || end == rows.len();
            parts.end(!is_over);
            let (written, count) = parts.write(&rows.part(start..end), is_last)?;
            start += count;
            let begun = way.take().map_or_else(|| self.begin_way(&written), Ok)?;
            way = self.put(begun, &written)?;
            if way.is_none() || is_last && start == end {
                way.map_or(Ok(()), |way| self.end_way(way))?;
                return Ok(!is_over);
            }
        }
    }

    /// A table of which nothing is written yet, and whose rows still come in.
    pub(super) fn parts(&self) -> Parts {
        let (mut sheet, mut is_styled) = (self.sheet.clone(), self.is_dimmed());
        if self.file.is_some() {
            (sheet.width, is_styled) = (self.fixed_width, false);
        }
        Parts::new(self.format, sheet, is_styled)
    }

    /// Where a table is written whose first rows are these.
    pub(super) fn begin_way(&mut self, first: &Written) -> io::Result<Way> {
        if self.file.is_some() {
            return Ok(Way::File);
        }
        if !self.is_first && self.format.wants_blank_line_between_tables() {
            writeln!(self.stdout)?;
        }
        self.is_first = false;
        self.stdout.flush()?;
        let pager = self.pager.as_ref().filter(|_| self.is_paging);
        let paging = pager.map(|pager| pager.begin(&first.seen())).transpose()?.flatten();
        Ok(paging.map_or(Way::Screen, Way::Pager))
    }

    /// Writes a part of a table; gives the way for what comes next, unless nobody wants to see more.
    pub(super) fn put(&mut self, way: Way, part: &Written) -> io::Result<Option<Way>> {
        match (way, part) {
            (Way::File, part) => {
                self.file.as_mut().map_or(Ok(()), |(file, _)| file.write_all(part.bytes()))?;
                Ok(Some(Way::File))
            }
            (Way::Pager(mut paging), part) => {
                if paging.show(&part.seen())? {
                    return Ok(Some(Way::Pager(paging)));
                }
                self.end_pager(paging)
            }
            (Way::Screen, Written::Styled(text)) => self.show(|stdout| stdout.write_styled(text)),
            (Way::Screen, Written::Plain(bytes)) => self.show(|stdout| stdout.write_all(bytes)),
        }
    }

    fn show(
        &mut self,
        write: impl FnOnce(&mut Screen<BufWriter<Stdout>>) -> io::Result<()>,
    ) -> io::Result<Option<Way>> {
        write(&mut self.stdout)?;
        self.stdout.flush()?;
        Ok(Some(Way::Screen))
    }

    /// Waits until the pager has ended. If there is no such program the screen takes what it was given.
    fn end_pager(&mut self, paging: Paging) -> io::Result<Option<Way>> {
        paging.end()?.map_or(Ok(None), |text| self.show(|stdout| stdout.write_styled(&text)))
    }

    /// Ends a table that was written in parts.
    pub(super) fn end_way(&mut self, way: Way) -> io::Result<()> {
        match way {
            Way::Screen => Ok(()),
            Way::Pager(paging) => self.end_pager(paging).map(drop),
            Way::File => {
                self.file.as_mut().map_or(Ok(()), |(file, _)| file.flush())?;
                self.file.take_if(|(_, is_once)| *is_once);
                Ok(())
            }
        }
    }

    /// Whether tables for people show some of their cells dim.
    fn is_dimmed(&self) -> bool {
        self.is_styled && self.sheet.width.is_some()
    }

    /// Lets the pager show a text, if it is taller than the screen; whether it did.
    fn is_paged(&mut self, text: &str) -> io::Result<bool> {
        self.stdout.flush()?;
        let pager = self.pager.as_ref().filter(|_| self.is_paging);
        pager.map_or(Ok(false), |pager| pager.show(text))
    }

    fn write_or_page(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.is_paged(&as_seen(bytes))? { Ok(()) } else { self.stdout.write_all(bytes) }
    }

    /// Prints a line of text.
    pub(super) fn say(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.stdout, "{text}")
    }

    /// Prints what is said to a person, in lines that fit.
    pub(super) fn tell(&mut self, text: &str) -> io::Result<()> {
        let text = wrapped(text, self.columns());
        self.say(&text)
    }

    /// Prints a text that may be long.
    pub(super) fn say_all(&mut self, text: &str) -> io::Result<()> {
        self.write_or_page(format!("{}\n", text.trim_end()).as_bytes())
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

/// How many columns a line of text should have at most: as many as it likes where nobody sees it.
pub(super) fn columns() -> usize {
    terminal_width().map_or(usize::MAX, usize::from)
}

/// The width of the terminal that standard output is, if it is one.
fn terminal_width() -> Option<u16> {
    if !io::stdout().is_terminal() {
        return None;
    }
    Some(terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| width.0))
}
