//! Files of ids: lines, or comma-separated values.

use std::io::{self, BufRead, Cursor, Read as _};
use std::path::Path;

use super::column::{self, Found};
use super::id;
use crate::shell::args::{ColumnArg, ListArgs};
use crate::shell::exit::{Exit, Stop};
use crate::shell::row_format::{ListFormat, RowFormat};
use crate::shell::text::counted;
use crate::shell::track::ROW_BYTES;
use crate::shell::track::csv::Rows;
use crate::shell::track::flaw::Flaw;
use crate::shell::track::lines::{Lines, Raw};
use pcq::limits::LIST_IDS;
use pcq::{Error, ErrorKind, Short, UserList};

/// A file of ids, and what was said of it.
#[derive(Debug)]
pub(in crate::shell) struct Source<'a> {
    pub(in crate::shell) file: &'a Path,
    pub(in crate::shell) format: Option<ListFormat>,
    pub(in crate::shell) column: Option<&'a ColumnArg>,
    pub(in crate::shell) delimiter: Option<u8>,
}

/// The users of a file.
#[derive(Debug)]
pub(in crate::shell) struct Users {
    pub(in crate::shell) list: UserList,
    /// How the file was read, if that was guessed.
    pub(in crate::shell) note: Option<String>,
    count: u64,
}

/// How a file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// An id in each line, whatever it looks like or not.
    Lines {
        as_they_are: bool,
    },
    Csv {
        delimiter: u8,
    },
}

/// Reader of a file row by row.
trait ReadIds {
    /// The line of the next row, from 1.
    fn read(&mut self) -> io::Result<Option<u64>>;

    /// The id in it, if it has one.
    fn id(&self) -> Result<Option<&str>, Flaw>;

    /// The row as it is in the file, if it is short enough to be held.
    fn text(&self) -> Option<&[u8]>;
}

impl<'a> Source<'a> {
    /// What the arguments say.
    pub(in crate::shell) fn of(args: &'a ListArgs) -> Self {
        let (file, column) = (args.file.as_path(), args.column.as_ref());
        Self { file, format: args.format, column, delimiter: args.delimiter }
    }

    /// The layout, which the first line tells if nothing else does.
    fn layout(&self, first: &str) -> Layout {
        let is_csv = self.column.is_some() || self.delimiter.is_some();
        let is_csv = is_csv || RowFormat::of(self.file) == Some(RowFormat::Csv);
        let is_csv = is_csv || first.contains(id::SIGNS) || column::is_usual(first);
        match self.format {
            Some(ListFormat::Lines) => Layout::Lines { as_they_are: true },
            None if !is_csv => Layout::Lines { as_they_are: false },
            _ => Layout::Csv { delimiter: self.delimiter.unwrap_or_else(|| delimiter(first)) },
        }
    }

    fn stop(&self, line: u64, flaw: Flaw, exit: Exit) -> Stop {
        let place = flaw.place(&self.file.display().to_string(), line);
        Stop::Error { file: Some(place), error: flaw.error, exit }
    }
}

impl Users {
    /// Whether there are none.
    pub(in crate::shell) fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Reads the users of what is open. `reject` takes the line, the flaw and the text of each row that has no id.
pub(in crate::shell) fn read(
    source: &Source<'_>,
    input: impl BufRead,
    reject: impl FnMut(u64, &Flaw, Option<&[u8]>) -> Result<(), Stop>,
) -> Result<Users, Stop> {
    let (first, input) = first_line(input).map_err(|error| unreadable(source.file, &error))?;
    match source.layout(&first) {
        Layout::Lines { as_they_are } => {
            read_all(source, &mut LineIds::new(input, as_they_are), reject)
        }
        Layout::Csv { delimiter } => {
            let mut ids = CsvIds::open(source, input, delimiter)?;
            let note = source.format.is_none().then(|| ids.note());
            Ok(Users { note, ..read_all(source, &mut ids, reject)? })
        }
    }
}

/// That it cannot be read is an error of the command line, which names it.
pub(super) fn unreadable(file: &Path, error: &io::Error) -> Stop {
    Stop::io(&file.display().to_string(), error, Exit::Usage)
}

fn read_all(
    source: &Source<'_>,
    ids: &mut dyn ReadIds,
    mut reject: impl FnMut(u64, &Flaw, Option<&[u8]>) -> Result<(), Stop>,
) -> Result<Users, Stop> {
    let (mut list, mut count) = (UserList::new(), 0);
    while let Some(line) = ids.read().map_err(|error| unreadable(source.file, &error))? {
        let pushed = match ids.id() {
            Ok(Some(id)) => list.push(id).map_err(Flaw::from).map(|()| count += 1),
            Ok(None) => Ok(()),
            Err(flaw) => Err(flaw),
        };
        match pushed {
            // a row that is too long may have no end
            Err(flaw) if is_full(&flaw.error) || ids.text().is_none() => {
                return Err(source.stop(line, flaw, Exit::Failed));
            }
            Err(flaw) => reject(line, &flaw, ids.text())?,
            Ok(()) => {}
        }
    }
    Ok(Users { list, note: None, count })
}

/// Whether a list takes no more ids.
fn is_full(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::TooMany { limit: LIST_IDS, .. })
}

/// The first line, and all of the file again.
fn first_line<R: BufRead>(mut input: R) -> io::Result<(String, impl BufRead)> {
    let mut line = Vec::new();
    input.by_ref().take(ROW_BYTES as u64).read_until(b'\n', &mut line)?;
    let first = String::from_utf8_lossy(&line).trim_start_matches('\u{feff}').trim().to_owned();
    Ok((first, Cursor::new(line).chain(input)))
}

/// The delimiter that there is most of outside of quotes; a comma if there is as much of another.
fn delimiter(first: &str) -> u8 {
    let mut is_quoted = false;
    let bare = |c: &char| {
        is_quoted ^= *c == '"';
        !is_quoted
    };
    let bare: String = first.chars().filter(bare).collect();
    let count = |delimiter: &u8| bare.matches(char::from(*delimiter)).count();
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// Lines, each with an id.
struct LineIds<R> {
    lines: Lines<R>,
    piece: Vec<u8>,
    raw: Raw,
    as_they_are: bool,
}

impl<R: BufRead> LineIds<R> {
    fn new(input: R, as_they_are: bool) -> Self {
        let (piece, raw) = (Vec::new(), Raw::default());
        Self { lines: Lines::new(input), piece, raw, as_they_are }
    }
}

impl<R: BufRead> ReadIds for LineIds<R> {
    /// A line that is too long is not read to its end, for it may have none.
    fn read(&mut self) -> io::Result<Option<u64>> {
        self.raw.clear();
        while self.raw.is_held() && self.lines.read(&mut self.piece)? {
            self.raw.push(&self.piece);
            if self.lines.is_at_break() {
                break;
            }
        }
        Ok((!self.raw.is_empty()).then(|| self.lines.number()))
    }

    fn id(&self) -> Result<Option<&str>, Flaw> {
        let line = self.raw.text()?;
        if self.as_they_are { Ok(id::as_it_is(line)) } else { Ok(id::of_line(line)?) }
    }

    fn text(&self) -> Option<&[u8]> {
        self.raw.bytes()
    }
}

/// Rows of cells, of which one is an id.
struct CsvIds<R> {
    rows: Rows<R>,
    found: Found,
    /// What the column is called, in a header.
    name: String,
    /// How many cells a row has.
    width: usize,
    /// The line of the first row, as long as that is still to be read as one.
    first: Option<u64>,
}

impl<R: BufRead> CsvIds<R> {
    /// Looks at the first row. A file without one has no others either.
    fn open(source: &Source<'_>, input: R, delimiter: u8) -> Result<Self, Stop> {
        let mut rows = Rows::new(input, delimiter);
        let line = rows.read().map_err(|error| unreadable(source.file, &error))?;
        let Some(line) = line else {
            let found = Found { index: 0, has_header: false };
            return Ok(Self { rows, found, name: String::new(), width: 1, first: None });
        };
        let wrong = |flaw| source.stop(line, flaw, Exit::Usage);
        let cells = rows.cells().map_err(wrong)?;
        let found = column::find(&cells, source.column).map_err(|error| wrong(error.into()))?;
        let (width, name) = (cells.len(), cells.get(found.index).map_or("", |cell| cell.trim()));
        let (name, first) = (name.to_owned(), (!found.has_header).then_some(line));
        Ok(Self { rows, found, name, width, first })
    }

    /// How the file is read.
    fn note(&self) -> String {
        let number = self.found.index + 1;
        match (self.found.has_header, self.width) {
            (true, _) => {
                let name = Short(&self.name);
                format!("read as CSV: the ids are in column {number}, `{name}`, below its name")
            }
            (false, 1) => "read as CSV of one column, without a header".to_owned(),
            (false, _) => format!("read as CSV: the ids are in column {number}, without a header"),
        }
    }
}

impl<R: BufRead> ReadIds for CsvIds<R> {
    fn read(&mut self) -> io::Result<Option<u64>> {
        match self.first.take() {
            Some(line) => Ok(Some(line)),
            None => self.rows.read(),
        }
    }

    fn id(&self) -> Result<Option<&str>, Flaw> {
        let cells = self.rows.cells()?;
        if cells.len() != self.width {
            let cells = counted(self.width as u64, "cell");
            let expected = vec![format!("{cells}, as in the first line")];
            let found = cells.len().to_string();
            return Err(Error::from(ErrorKind::Expected { expected, found }).into());
        }
        let id = cells.get(self.found.index).map_or(Ok(None), |cell| id::of_cell(cell))?;
        if id.is_none() && cells.iter().any(|cell| !cell.trim().is_empty()) {
            let (what, why) = ("a user id", "it is empty, and other cells of the row are not");
            let (text, why) = (String::new(), why.to_owned());
            let error = Error::from(ErrorKind::BadLiteral { what, text, why });
            return Err(error.hint("give the row an id, or leave it out").into());
        }
        Ok(id)
    }

    fn text(&self) -> Option<&[u8]> {
        self.rows.text()
    }
}
