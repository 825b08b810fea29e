//! Comma-separated values with a header: a file of events, or one of profiles.
//!
//! The parser is the core of the crate `csv`. That crate itself holds a row whole however long it is, so a
//! quote without an end would take the rest of the file into memory; here a row that is too long is read to
//! its end and let go of.

use std::io::{self, BufRead};

use csv_core::{ReadFieldResult, Reader};

use super::column::Columns;
use super::flaw::Flaw;
use super::lines::{Lines, Raw};
use super::{ReadRows, Row};
use pcq::{Error, ErrorKind};

/// How many bytes of a cell are taken at once.
const CELL_BYTES: usize = 1 << 9;

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
    Header { line: u64, error: Error },
}

impl From<io::Error> for BadFile {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<R: BufRead> Csv<R> {
    /// Reads the header. A file without a line has no rows either.
    pub(super) fn open(input: R, delimiter: u8) -> Result<Self, BadFile> {
        let mut rows = Rows::new(input, delimiter);
        let columns = match rows.read()? {
            Some(line) => rows
                .cells()
                .and_then(|cells| Columns::of(&cells))
                .map_err(|error| BadFile::Header { line, error })?,
            None => Columns::default(),
        };
        Ok(Self { columns, rows })
    }
}

impl<R: BufRead> ReadRows for Csv<R> {
    fn read(&mut self) -> io::Result<Option<Row>> {
        let Some(line) = self.rows.read()? else { return Ok(None) };
        let cells = self.rows.cells();
        let fact = cells.and_then(|cells| self.columns.fact(&cells)).map_err(Flaw::from);
        Ok(Some(Row { line, fact }))
    }

    fn text(&self) -> Option<&[u8]> {
        self.rows.raw.bytes()
    }
}

/// Cuts a text into rows of cells.
#[derive(Debug)]
struct Rows<R> {
    parser: Reader,
    lines: Lines<R>,
    piece: Vec<u8>,
    /// Where in the piece the next row goes on.
    at: usize,
    raw: Raw,
    cells: Cells,
}

/// The cells of a row, one behind the other.
#[derive(Debug, Default)]
struct Cells {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Whether the text ended within quotes.
    is_open: bool,
}

impl<R: BufRead> Rows<R> {
    fn new(input: R, delimiter: u8) -> Self {
        let parser = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        let (raw, cells) = (Raw::default(), Cells::default());
        Self { parser, lines: Lines::new(input), piece: Vec::new(), at: 0, raw, cells }
    }

    /// Reads the next row that is not an empty line, and returns the number of its first line.
    fn read(&mut self) -> io::Result<Option<u64>> {
        self.raw.clear();
        self.cells.clear();
        if !self.skip_breaks()? {
            return Ok(None);
        }
        let line = self.lines.number();
        while !self.parse_piece() {
            if !self.next_piece()? {
                self.end();
                break;
            }
        }
        Ok(Some(line))
    }

    /// Goes to the first byte of a row, if there is one more.
    fn skip_breaks(&mut self) -> io::Result<bool> {
        loop {
            if let Some(found) = self.rest().iter().position(|byte| !matches!(byte, b'\r' | b'\n'))
            {
                self.at += found;
                return Ok(true);
            }
            if !self.next_piece()? {
                return Ok(false);
            }
        }
    }

    /// What of the piece has not been parsed.
    fn rest(&self) -> &[u8] {
        self.piece.get(self.at..).unwrap_or_default()
    }

    fn next_piece(&mut self) -> io::Result<bool> {
        self.at = 0;
        self.lines.read(&mut self.piece)
    }

    /// Goes through the rest of the piece, and tells whether the row ends there.
    fn parse_piece(&mut self) -> bool {
        let begin = self.at;
        let mut is_end = false;
        while !is_end && self.at < self.piece.len() {
            let rest = self.piece.get(self.at..).unwrap_or_default();
            let (ends, read) = self.cells.parse(&mut self.parser, rest);
            self.at += read;
            is_end = ends;
        }
        self.raw.push(self.piece.get(begin..self.at).unwrap_or_default());
        if !self.raw.is_held() {
            self.cells.clear();
        }
        is_end
    }

    /// Ends the last row of a text; within quotes a line break does not.
    fn end(&mut self) {
        let (ends, _) = self.cells.parse(&mut self.parser, b"\n");
        self.cells.is_open = !ends;
    }

    /// The cells of the row that was read last.
    fn cells(&self) -> Result<Vec<&str>, Error> {
        if self.cells.is_open {
            let error = Error::new(ErrorKind::Unterminated { what: "a cell in quotes" });
            return Err(
                error.hint("all lines after it are in this cell, so none of them is loaded")
            );
        }
        if let Err(error) = self.raw.text() {
            let hint = "a quote without an end takes in all lines up to the next quote";
            return Err(if self.raw.is_held() { error } else { error.hint(hint) });
        }
        self.cells.texts().ok_or_else(|| ErrorKind::NotUtf8.into())
    }
}

impl Cells {
    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.is_open = false;
    }

    /// Parses up to the end of a cell, or less; tells whether the row ends there, and how much was read.
    fn parse(&mut self, parser: &mut Reader, text: &[u8]) -> (bool, usize) {
        let mut cell = [0; CELL_BYTES];
        let (result, read, written) = parser.read_field(text, &mut cell);
        self.bytes.extend_from_slice(cell.get(..written).unwrap_or_default());
        let ReadFieldResult::Field { record_end } = result else { return (false, read) };
        self.ends.push(self.bytes.len());
        (record_end, read)
    }

    /// The cells, if each is UTF-8.
    fn texts(&self) -> Option<Vec<&str>> {
        let text = str::from_utf8(&self.bytes).ok()?;
        let mut start = 0;
        let cells = self.ends.iter().map(|&end| text.get(std::mem::replace(&mut start, end)..end));
        cells.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// The rows with their lines, read a few bytes at a time.
    fn rows(text: &str, at_once: usize) -> Vec<(u64, Vec<String>)> {
        let input = BufReader::with_capacity(at_once, text.as_bytes());
        let mut rows = Rows::new(input, b',');
        let mut found = Vec::new();
        while let Some(line) = rows.read().unwrap() {
            let cells = rows.cells().map(|cells| cells.into_iter().map(str::to_owned).collect());
            found.push((line, cells.unwrap_or_else(|error| vec![error.code().to_owned()])));
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
        assert_rows("\u{feff}a\rb\n", &[(1, &["a"]), (1, &["b"])]);
        assert_rows("", &[]);
    }

    #[test]
    fn quotes_are_as_usual() {
        assert_rows("\"a \"\"b\"\"\",c\"d,\"é\r\n\"", &[(1, &["a \"b\"", "c\"d", "é\r\n"])]);
        assert_rows("a\n\"b\nc\n", &[(1, &["a"]), (2, &["syntax"])]);
        assert_rows("\"", &[(1, &["syntax"])]);
    }
}
