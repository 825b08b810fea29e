//! Input files, opened by their formats.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::column::CellType;
use super::csv::{BadFile, Csv};
use super::jsonl::Jsonl;
use super::progress::Progress;
use super::{Exit, ReadRows, Stop, TrackArgs};
use crate::shell::file::is_same_file;
use crate::shell::row_format::{RowFormat, TimeUnit, extension};
use pcq::model::Literal;
use pcq::{Error, ErrorKind, Value};

/// Bytes of a file that are read at once.
const BUFFER_BYTES: usize = 1 << 18;

/// A file that is open.
pub(super) type Opened<'a> = BufReader<Box<dyn Read + 'a>>;

/// A file to load, or standard input.
#[derive(Debug)]
pub(super) struct Input {
    name: String,
    path: Option<PathBuf>,
    /// How long it is, unless it comes from a pipe.
    bytes: Option<u64>,
    format: RowFormat,
    delimiter: u8,
    unit: Option<TimeUnit>,
}

impl Input {
    /// Looks at a file, up to its header, before anything is loaded; `-` is standard input.
    pub(super) fn of(path: &Path, args: &TrackArgs) -> Result<Self, Stop> {
        let format = args.format.or_else(|| RowFormat::of(path)).unwrap_or(RowFormat::Jsonl);
        let usual = if extension(path) == "tsv" { b'\t' } else { b',' };
        let delimiter = args.delimiter.unwrap_or(usual);
        let name = path.display().to_string();
        let path = Some(path).filter(|path| path.as_os_str() != "-").map(Path::to_owned);
        let unit = args.load.time_unit;
        let mut input = Self { name, path, bytes: None, format, delimiter, unit };
        input.bytes = input.length().map_err(|error| input.unreadable(&error))?;
        if input.bytes.is_some() {
            input.open(&Progress::hidden())?;
        }
        Ok(input)
    }

    /// The same of JSON lines, whatever the file is called.
    pub(super) fn of_lines(path: &Path, unit: Option<TimeUnit>) -> Result<Self, Stop> {
        let name = path.display().to_string();
        let path = Some(path).filter(|path| path.as_os_str() != "-").map(Path::to_owned);
        let (format, delimiter) = (RowFormat::Jsonl, b',');
        let mut input = Self { name, path, bytes: None, format, delimiter, unit };
        input.bytes = input.length().map_err(|error| input.unreadable(&error))?;
        if input.bytes.is_some() {
            input.lines(&Progress::hidden())?;
        }
        Ok(input)
    }

    /// A bar for the reading of all.
    pub(super) fn progress(inputs: &[Self], quiet: bool) -> Progress {
        Progress::new(inputs.iter().map(|input| input.bytes).sum(), quiet)
    }

    /// The length of a file; a pipe has none, and can be read only once.
    fn length(&self) -> io::Result<Option<u64>> {
        let Some(path) = &self.path else { return Ok(None) };
        let there = fs::metadata(path)?;
        if there.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(there.is_file().then_some(there.len()))
    }

    /// The error of a fact in the file, with a hint if it is one of a column without a type, whose cells are texts.
    pub(super) fn advise(&self, error: Error) -> Error {
        let (RowFormat::Csv, ErrorKind::AttributeType { attribute, kind, value }) =
            (self.format, error.kind())
        else {
            return error;
        };
        let is_text = matches!(value, Literal::Value(Value::String(_)));
        let Some(word) = CellType::of(*kind).filter(|_| is_text).map(CellType::word) else {
            return error;
        };
        let column = format!("{}:{word}", attribute.as_str());
        error.hint(format!("`{column}` in the header says of which type its cells are"))
    }

    /// The name by which errors call it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is the file at a path.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        self.path.as_ref().is_some_and(|own| is_same_file(own, path))
    }

    /// Opens it, and reads the header if it has one.
    pub(super) fn open<'a>(
        &'a self,
        progress: &'a Progress,
    ) -> Result<Box<dyn ReadRows + 'a>, Stop> {
        match self.format {
            RowFormat::Jsonl => Ok(Box::new(self.lines(progress)?)),
            RowFormat::Csv => match Csv::open(self.reader(progress)?, self.delimiter, self.unit) {
                Ok(rows) => Ok(Box::new(rows)),
                Err(bad) => Err(self.bad(bad)),
            },
        }
    }

    /// Opens it as JSON lines.
    pub(super) fn lines<'a>(&'a self, progress: &'a Progress) -> Result<Jsonl<Opened<'a>>, Stop> {
        Ok(Jsonl::new(self.reader(progress)?, self.unit))
    }

    fn reader<'a>(&'a self, progress: &'a Progress) -> Result<Opened<'a>, Stop> {
        let from: Box<dyn Read> = match &self.path {
            Some(path) => Box::new(File::open(path).map_err(|error| self.unreadable(&error))?),
            None => Box::new(io::stdin().lock()),
        };
        Ok(BufReader::with_capacity(BUFFER_BYTES, progress.reader(from)))
    }

    fn bad(&self, file: BadFile) -> Stop {
        match file {
            BadFile::Io(error) => self.unreadable(&error),
            BadFile::Header { line, flaw } => {
                let file = Some(flaw.place(&self.name, line));
                Stop::Error { file, error: flaw.error, exit: Exit::Usage }
            }
        }
    }

    /// That it cannot be read is an error of the command line, which names it.
    pub(super) fn unreadable(&self, error: &io::Error) -> Stop {
        Stop::io(&self.name, error, Exit::Usage)
    }
}
