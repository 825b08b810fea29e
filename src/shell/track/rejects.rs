//! Rejected rows: the first are reported, all are counted, and a file may take them.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;

use super::flaw::Flaw;
use super::progress::Progress;
use crate::shell::args::RejectArgs;
use crate::shell::exit::{Exit, Stop};
use crate::shell::file::{self, refuse_store};
use crate::shell::json;
use crate::shell::report::Reporter;
use crate::shell::screen::buffered_stdout;
use crate::shell::text::counted;

/// Rejected rows, as far as they were reported, counted and written.
pub(in crate::shell) struct Rejects<'a> {
    reporter: &'a Reporter,
    progress: &'a Progress,
    file: Option<RejectsFile>,
    count: u64,
    /// How many are told.
    shown: u64,
    /// After how many nothing more is read.
    most: Option<u64>,
}

/// File that what is rejected is written to.
struct RejectsFile {
    name: String,
    to: Box<dyn Write>,
}

/// A line of that file.
#[derive(Serialize)]
struct Record<'a> {
    file: &'a str,
    line: u64,
    column: Option<usize>,
    code: &'a str,
    reason: String,
    text: Option<String>,
}

impl<'a> Rejects<'a> {
    /// Begins with none, and with an empty file if one is asked for, which must not be one that is loaded.
    pub(in crate::shell) fn new(
        args: &RejectArgs,
        most: Option<u64>,
        is_loaded: impl Fn(&Path) -> bool,
        reporter: &'a Reporter,
        progress: &'a Progress,
    ) -> Result<Self, Stop> {
        let path = args.rejected.as_deref();
        let file = path.map(|path| RejectsFile::create(path, is_loaded(path))).transpose()?;
        Ok(Self { reporter, progress, file, count: 0, shown: args.show_rejected, most })
    }

    /// Takes in a row; fails if it is the last that may be rejected.
    pub(in crate::shell) fn add(
        &mut self,
        file: &str,
        line: u64,
        flaw: &Flaw,
        text: Option<&[u8]>,
    ) -> Result<(), Stop> {
        self.count += 1;
        if self.count <= self.shown {
            let place = flaw.place(file, line);
            self.progress.aside(|| self.reporter.tell(Some(&place), &flaw.error));
        }
        if let Some(to) = &mut self.file {
            to.add(file, line, flaw, text)?;
        }
        if self.is_full() { Err(Stop::Told(Exit::Failed)) } else { Ok(()) }
    }

    /// Whether no more may be rejected.
    pub(in crate::shell) fn is_full(&self) -> bool {
        self.most.is_some_and(|most| self.count >= most)
    }

    /// Says what has not been told.
    pub(in crate::shell) fn finish(&mut self) -> Result<(), Stop> {
        let untold = self.count.saturating_sub(self.shown);
        if untold > 0 {
            let and = if self.shown == 0 { "" } else { "and " };
            let more = if self.shown == 0 { "" } else { " more" };
            self.reporter.remark(&format!("{and}{untold}{more} rejected"));
        }
        if self.is_full() {
            let lines = counted(self.count, "rejected line");
            self.reporter.remark(&format!("stopped after {lines}: the rest was not read"));
        }
        self.file.as_mut().map_or(Ok(()), RejectsFile::finish)
    }

    /// How many there are.
    pub(in crate::shell) fn count(&self) -> u64 {
        self.count
    }
}

impl RejectsFile {
    /// Makes the file, but not in place of one that is loaded or of a store; `-` is standard output.
    fn create(path: &Path, is_loaded: bool) -> Result<Self, Stop> {
        let name = path.display().to_string();
        if name == "-" {
            return Ok(Self {
                name: "standard output".to_owned(),
                to: Box::new(buffered_stdout()),
            });
        }
        refuse_store(path)?;
        if is_loaded {
            let error = io::Error::other("it is loaded, so what is rejected cannot go there");
            return Err(Stop::io(&name, &error, Exit::Usage));
        }
        let file = file::create(path).map_err(|error| Stop::io(&name, &error, Exit::Usage))?;
        Ok(Self { name, to: Box::new(BufWriter::new(file)) })
    }

    fn add(&mut self, file: &str, row: u64, flaw: &Flaw, text: Option<&[u8]>) -> Result<(), Stop> {
        let line = flaw.line.unwrap_or(row);
        let (column, code, reason) = (flaw.column, flaw.error.code(), flaw.error.to_string());
        let text = text.map(|text| String::from_utf8_lossy(text).into_owned());
        let record = Record { file, line, column, code, reason, text };
        let written = json::write(&record, &mut self.to);
        self.check(written)?;
        let written = self.to.write_all(b"\n");
        self.check(written)
    }

    fn finish(&mut self) -> Result<(), Stop> {
        let written = self.to.flush();
        self.check(written)
    }

    fn check(&self, written: io::Result<()>) -> Result<(), Stop> {
        written.map_err(|error| Stop::io(&self.name, &error, Exit::Failed))
    }
}
