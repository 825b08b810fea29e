//! Comma-separated values with a header: a file of events, or one of profiles.
//!
//! Rows are cut here, as the crates for CSV find a row in everything: text behind a closing quote belongs to the
//! cell for them, and so rows would melt into one. A row that is too long is read to its end and let go of.

use std::io::{self, BufRead};

use super::cells::Cells;
use super::column::Columns;
use super::flaw::Flaw;
use super::lines::{Lines, Raw};
use super::{ReadRows, Row};
use crate::shell::row_format::TimeUnit;
use pcq::ErrorKind;

/// Reads a file with a header.
#[derive(Debug)]
pub(super) struct Csv<R> {
    columns: Columns,
    rows: Rows<R>,
}

/// Reason why a file is not read: it cannot be, or its header makes no sense.
#[derive(Debug)]
pub(super) enum BadFile {
    Io(io::Error),
    Header { line: u64, flaw: Flaw },
}

impl From<io::Error> for BadFile {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<R: BufRead> Csv<R> {
    /// Reads the header. A file without a line has no rows either. `unit`: of times that are numbers, if it is said.
    pub(super) fn open(input: R, delimiter: u8, unit: Option<TimeUnit>) -> Result<Self, BadFile> {
        let mut rows = Rows::new(input, delimiter);
        let columns = match rows.read()? {
            Some(line) => rows
                .cells()
                .and_then(|cells| Ok(Columns::of(&cells, unit)?))
                .map_err(|flaw| BadFile::Header { line, flaw })?,
            None => Columns::default(),
        };
        Ok(Self { columns, rows })
    }
}

impl<R: BufRead> ReadRows for Csv<R> {
    fn read(&mut self) -> io::Result<Option<Row>> {
        let Some(line) = self.rows.read()? else { return Ok(None) };
        let fact = self.rows.cells().and_then(|cells| self.columns.fact(&cells));
        Ok(Some(Row { line, fact }))
    }

    fn text(&self) -> Option<&[u8]> {
        self.rows.text()
    }
}

/// Cuts a text into rows of cells.
#[derive(Debug)]
pub(in crate::shell) struct Rows<R> {
    lines: Lines<R>,
    piece: Vec<u8>,
    raw: Raw,
    cells: Cells,
}

impl<R: BufRead> Rows<R> {
    pub(in crate::shell) fn new(input: R, delimiter: u8) -> Self {
        let (raw, cells) = (Raw::default(), Cells::new(delimiter));
        Self { lines: Lines::new(input), piece: Vec::new(), raw, cells }
    }

    /// Reads the next row that is not an empty line, and returns the number of its first line.
    pub(in crate::shell) fn read(&mut self) -> io::Result<Option<u64>> {
        while let Some(line) = self.read_row()? {
            if self.raw.bytes() != Some(b"") || self.cells.flaw().is_some() {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    fn read_row(&mut self) -> io::Result<Option<u64>> {
        self.raw.clear();
        if !self.lines.read(&mut self.piece)? {
            return Ok(None);
        }
        let line = self.lines.number();
        self.cells.begin(line);
        while !self.take_piece() {
            if !self.lines.read(&mut self.piece)? {
                self.cells.end();
                break;
            }
        }
        Ok(Some(line))
    }

    /// Takes the piece in, and tells whether the row ends with it.
    fn take_piece(&mut self) -> bool {
        self.raw.push(&self.piece);
        let is_end = self.cells.take(&self.piece);
        if !self.raw.is_held() {
            self.cells.let_go();
        }
        is_end
    }

    /// The row that was read last as it is in the file, if it is short enough to be held.
    pub(in crate::shell) fn text(&self) -> Option<&[u8]> {
        self.raw.bytes()
    }

    /// The cells of the row that was read last.
    pub(in crate::shell) fn cells(&self) -> Result<Vec<&str>, Flaw> {
        if let Some(flaw) = self.cells.flaw() {
            return Err(flaw);
        }
        if let Err(error) = self.raw.text() {
            let hint = "a quote without an end takes in all lines up to the next quote";
            return Err(if self.raw.is_held() { error } else { error.hint(hint) }.into());
        }
        self.cells.texts().ok_or_else(|| pcq::Error::from(ErrorKind::NotUtf8).into())
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// The rows with their lines, or the place of what is wrong, read a few bytes at a time.
    fn rows(text: &str, at_once: usize) -> Vec<(u64, Vec<String>)> {
        let input = BufReader::with_capacity(at_once, text.as_bytes());
        let mut rows = Rows::new(input, b',');
        let mut found = Vec::new();
        while let Some(line) = rows.read().unwrap() {
            let cells = rows.cells().map(|cells| cells.into_iter().map(str::to_owned).collect());
            found
                .push((line, cells.unwrap_or_else(|flaw| vec![flaw.place("", line).split_off(1)])));
        }
        found
    }

    fn assert_rows(text: &str, expected: &[(u64, &[&str])]) {
        for at_once in [1, 2, 3, 1000] {
            let found = rows(text, at_once);
            let found: Vec<_> = found
                .iter()
                .map(|(line, cells)| (*line, cells.iter().map(String::as_str).collect::<Vec<_>>()))
                .collect();
            let expected: Vec<_> =
                expected.iter().map(|(line, cells)| (*line, cells.to_vec())).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn rows_know_their_lines() {
        assert_rows("a,b\n\n\n1,2\n", &[(1, &["a", "b"]), (4, &["1", "2"])]);
        assert_rows("a\r\n1\r\n\r\n2", &[(1, &["a"]), (2, &["1"]), (4, &["2"])]);
        assert_rows("a,\"b\nc\"\n1,2", &[(1, &["a", "b\nc"]), (3, &["1", "2"])]);
        assert_rows("\r\n,\r\n\"\"\n", &[(2, &["", ""]), (3, &[""])]);
        assert_rows("\u{feff}a\nb\n", &[(1, &["a"]), (2, &["b"])]);
        assert_rows("", &[]);
    }

    #[test]
    fn quotes_are_around_whole_cells() {
        assert_rows("\"a \"\"b\"\"\",\"\",\"é\r\n,\r\"", &[(1, &["a \"b\"", "", "é\r\n,\r"])]);
        assert_rows("\"\"\"\"\r\n", &[(1, &["\""])]);
    }

    #[test]
    fn what_the_format_has_not_is_no_row() {
        let good: (u64, &[&str]) = (9, &["good"]);
        for (row, place) in [
            ("\"a\" ,b\n\n\n\n\n\n\n\n", "1:4"),
            ("\"a,1\nb,2\nc \"the king\",3\n\n\n\n\n\n", "3:4"),
            ("é\"d\n\n\n\n\n\n\n\n", "1:2"),
            (" \"a\"\n\n\n\n\n\n\n\n", "1:2"),
            ("x,\"a\n\"b,\"c\nd\",\"\n\"\n\n\n\n\n", "2:2"),
            ("a\rb\n\n\n\n\n\n\n\n", "1:2"),
            ("a,\r\"b\"\n\n\n\n\n\n\n\n", "1:3"),
            ("\"a\"\r\r\n\n\n\n\n\n\n\n", "1:4"),
            ("\r \n\n\n\n\n\n\n\n", "1:1"),
        ] {
            assert_rows(&format!("{row}good\n"), &[(1, &[place]), good]);
        }
        assert_rows("a\nb,\"c\"\"\nd\n", &[(1, &["a"]), (2, &["2:3"])]);
        assert_rows("\"", &[(1, &["1:1"])]);
        assert_rows("a\r", &[(1, &["1:2"])]);
        assert_rows("a\n\r", &[(1, &["a"]), (2, &["2:1"])]);
    }
}
