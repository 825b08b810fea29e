//! `track`: loads profiles and events from files of other programs.
//!
//! A file is read row by row, and what a row says goes straight to [`Database::track_all`], which keeps it in
//! batches. A row that says nothing is counted and told; the rest goes on.

mod cells;
mod column;
pub(super) mod csv;
pub(super) mod flaw;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzz;
mod input;
mod instant;
mod jsonl;
pub(super) mod lines;
pub(super) mod progress;
pub(super) mod rejects;
pub(super) mod traffic;

use std::io;
use std::path::Path;

use super::args::{LoadArgs, TrackArgs};
use super::exit::{Exit, Stop, finish};
use super::format::Format;
use super::output::Printer;
use super::report::Reporter;
use super::store;
use super::text::counted;
use flaw::Flaw;
use input::Input;
use pcq::{Column, ColumnKind, Database, Error, Fact, Rows, Tracked, Value, limits};
use progress::Progress;
use rejects::Rejects;

/// The most bytes of a row: the longest value, even if half of its characters are escaped.
pub(super) const ROW_BYTES: usize = 2 * limits::VALUE_BYTES;

/// The columns of what was done.
const COLUMNS: [&str; 4] = ["events", "profiles", "repeated", "rejected"];

/// What to do after an error of the store.
const AGAIN: &str =
    "what was kept before stays: run it again, and events with ids are not added twice";

/// A row of a file.
#[derive(Debug)]
struct Row {
    /// Its first line, from 1.
    line: u64,
    fact: Result<Fact, Flaw>,
}

/// Reads a file row by row.
trait ReadRows {
    /// Reads the next row that is not empty.
    fn read(&mut self) -> io::Result<Option<Row>>;

    /// The row that was read last as it is in the file, if it is short enough to be held.
    fn text(&self) -> Option<&[u8]>;
}

/// Loads files into a store.
pub(super) fn track(args: &TrackArgs, reporter: &Reporter) -> Result<(), Stop> {
    let inputs: Vec<_> =
        args.files.iter().map(|path| Input::of(path, args)).collect::<Result<_, _>>()?;
    let database = store::open_to_write(&args.store, args.load.wait, reporter)?;
    let progress = Input::progress(&inputs, args.load.quiet);
    let rejects = rejects(&args.load, &inputs, reporter, &progress)?;
    let mut load = Load { progress: &progress, rejects, counts: Counts::default(), stop: None };
    let loaded = load.files(&database, &inputs);
    let closed = store::close(database);
    // what was rejected is told, whatever became of the rest
    let finished = load.finish(args);
    loaded.and(closed).and(finished)
}

/// Where rejected rows of files go.
fn rejects<'a>(
    args: &LoadArgs,
    inputs: &[Input],
    reporter: &'a Reporter,
    progress: &'a Progress,
) -> Result<Rejects<'a>, Stop> {
    let is_loaded = |path: &Path| inputs.iter().any(|input| input.is_at(path));
    Rejects::new(&args.rejects, args.max_rejected, is_loaded, reporter, progress)
}

/// State of a load.
struct Load<'a> {
    progress: &'a Progress,
    rejects: Rejects<'a>,
    counts: Counts,
    /// Why nothing more is read.
    stop: Option<Stop>,
}

/// Counts of what was added so far.
#[derive(Debug, Default)]
struct Counts {
    added: u64,
    profiles: u64,
    repeated: u64,
}

impl Load<'_> {
    fn files(&mut self, database: &Database, inputs: &[Input]) -> Result<(), Stop> {
        for input in inputs {
            if self.stop.is_none() {
                self.file(database, input)?;
            }
        }
        Ok(())
    }

    /// Loads a file, as far as it can be read; fails if the store does.
    fn file(&mut self, database: &Database, input: &Input) -> Result<(), Stop> {
        let rows = match input.open(self.progress) {
            Ok(rows) => rows,
            Err(stop) => {
                self.stop = Some(stop);
                return Ok(());
            }
        };
        let tracked = database.track_all(Facts { database, load: self, input, rows });
        let Tracked { added, repeated, .. } = tracked.map_err(|error| not_kept(error, AGAIN))?;
        self.counts.added += added;
        self.counts.repeated += repeated;
        Ok(())
    }

    /// Takes in a row, and returns the fact in it if there is one.
    fn row(
        &mut self,
        database: &Database,
        input: &Input,
        row: Row,
        text: Option<&[u8]>,
    ) -> Result<Option<Fact>, Stop> {
        self.progress.row();
        let check = |fact| match database.check_fact(&fact) {
            Ok(()) => Ok(fact),
            Err(error) => Err(Flaw::from(input.advise(error))),
        };
        let concealed = |flaw: Flaw| flaw.concealed(|attribute| database.is_sensitive(attribute));
        let checked = row.fact.and_then(check).map_err(concealed);
        match checked {
            Ok(fact) => {
                self.counts.profiles += u64::from(matches!(fact, Fact::Profile(_)));
                Ok(Some(fact))
            }
            Err(flaw) => self.rejects.add(input.name(), row.line, &flaw, text).map(|()| None),
        }
    }

    /// Says what was done, and ends as that went.
    fn finish(mut self, args: &TrackArgs) -> Result<(), Stop> {
        self.progress.end();
        self.rejects.finish()?;
        let rejected = self.rejects.count();
        if !args.load.quiet {
            self.counts.print(rejected, args.summary)?;
        }
        self.stop.map_or(Ok(()), Err)?;
        finish(if rejected == 0 { Exit::Fine } else { Exit::Failed })
    }
}

impl Counts {
    fn print(&self, rejected: u64, format: Option<Format>) -> Result<(), Stop> {
        let events = self.added.saturating_sub(self.profiles);
        let counts = [events, self.profiles, self.repeated, rejected];
        let mut printer = Printer::of_numbers(format.unwrap_or_default());
        if format.is_some() {
            let column = |name| Column::new(name, ColumnKind::Integer);
            let row = counts.map(|count| Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)));
            printer.print(&Rows::new(COLUMNS.map(column).to_vec(), vec![row.into()]))?;
        } else {
            printer.say(&sentence(counts))?;
        }
        Ok(printer.flush()?)
    }
}

/// What was done, for people.
fn sentence([events, profiles, repeated, rejected]: [u64; 4]) -> String {
    let (events, profiles) = (counted(events, "event"), counted(profiles, "profile"));
    format!("{events} and {profiles} added, {repeated} seen before, {rejected} rejected")
}

/// The facts of a file, as they are read.
struct Facts<'a, 'b> {
    database: &'a Database,
    load: &'a mut Load<'b>,
    input: &'a Input,
    rows: Box<dyn ReadRows + 'a>,
}

impl Facts<'_, '_> {
    /// Reads up to the next fact, if there is one more.
    fn read(&mut self) -> Result<Option<Fact>, Stop> {
        while let Some(row) = self.rows.read().map_err(|error| self.input.unreadable(&error))? {
            if let Some(fact) = self.load.row(self.database, self.input, row, self.rows.text())? {
                return Ok(Some(fact));
            }
        }
        Ok(None)
    }
}

/// Ends early where nothing more can or should be read, and leaves the reason in [`Load::stop`].
impl Iterator for Facts<'_, '_> {
    type Item = Fact;

    fn next(&mut self) -> Option<Fact> {
        if self.load.stop.is_some() {
            return None;
        }
        self.read().unwrap_or_else(|stop| {
            self.load.stop = Some(stop);
            None
        })
    }
}

/// The store did not take what was read, all of which had been checked.
fn not_kept(error: Error, hint: &str) -> Stop {
    Stop::error(error.hint(hint), Exit::Store)
}
