//! `traffic`: loads contexts that an app asked with, as if they had been recorded.

use std::io;

use super::input::{Input, Opened};
use super::jsonl::{Jsonl, context};
use super::progress::Progress;
use super::rejects::Rejects;
use super::{ReadRows as _, flaw::Flaw, not_kept, rejects};
use crate::shell::args::TrafficArgs;
use crate::shell::exit::{Exit, Stop, finish};
use crate::shell::output::Printer;
use crate::shell::report::Reporter;
use crate::shell::store;
use crate::shell::text::counted;
use pcq::{Column, ColumnKind, Database, RecordedContext, Rows, Value};

/// Loads files into a store.
pub(in crate::shell) fn load(args: &TrafficArgs, reporter: &Reporter) -> Result<(), Stop> {
    let input = |path| Input::of_lines(path, args.load.time_unit);
    let inputs: Vec<_> = args.files.iter().map(|path| input(path)).collect::<Result<_, _>>()?;
    let database = store::open_to_write(&args.store, args.load.wait, reporter)?;
    let progress = Input::progress(&inputs, args.load.quiet);
    let rejects = rejects(&args.load, &inputs, reporter, &progress)?;
    let mut load = Load { args, progress: &progress, rejects, count: 0, stop: None };
    let loaded = load.files(&database, &inputs);
    let closed = store::close(database);
    // what was rejected is told, whatever became of the rest
    let finished = load.finish();
    loaded.and(closed).and(finished)
}

/// State of a load.
struct Load<'a> {
    args: &'a TrafficArgs,
    progress: &'a Progress,
    rejects: Rejects<'a>,
    /// How many contexts were recorded.
    count: u64,
    /// Why nothing more is read.
    stop: Option<Stop>,
}

impl Load<'_> {
    fn files(&mut self, database: &Database, inputs: &[Input]) -> Result<(), Stop> {
        for input in inputs {
            if self.stop.is_none() {
                match input.lines(self.progress) {
                    Ok(lines) => Contexts { load: self, input, lines }.record(database)?,
                    Err(stop) => self.stop = Some(stop),
                }
            }
        }
        Ok(())
    }

    /// Says what was done, and ends as that went.
    fn finish(mut self) -> Result<(), Stop> {
        self.progress.end();
        self.rejects.finish()?;
        let rejected = self.rejects.count();
        if !self.args.load.quiet {
            self.print(rejected)?;
        }
        self.stop.map_or(Ok(()), Err)?;
        finish(if rejected == 0 { Exit::Fine } else { Exit::Failed })
    }

    fn print(&self, rejected: u64) -> Result<(), Stop> {
        let mut printer = Printer::of_numbers(self.args.summary.unwrap_or_default());
        if self.args.summary.is_some() {
            let column = |name| Column::new(name, ColumnKind::Integer);
            let columns = ["contexts", "rejected"].map(column).to_vec();
            let row = [self.count, rejected]
                .map(|count| Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)));
            printer.print(&Rows::new(columns, vec![row.into()]))?;
        } else {
            let contexts = counted(self.count, "context");
            printer.say(&format!("{contexts} recorded, {rejected} rejected"))?;
        }
        Ok(printer.flush()?)
    }
}

/// What to do after an error of the store.
const AGAIN: &str = "what was recorded before stays, and is counted once more if the file is loaded again from its start";

/// How many contexts are recorded at once.
const BATCH: usize = 16_384;

/// The contexts of a file, as they are read. Ends early where nothing more can or should be read, and leaves the reason in
/// [`Load::stop`].
struct Contexts<'a, 'b> {
    load: &'a mut Load<'b>,
    input: &'a Input,
    lines: Jsonl<Opened<'a>>,
}

impl Contexts<'_, '_> {
    /// Records them; if a batch fails, those of the batches before it are counted.
    fn record(mut self, database: &Database) -> Result<(), Stop> {
        loop {
            let recorded = database.record_traffic(self.by_ref().take(BATCH));
            let recorded = recorded.map_err(|error| not_kept(error, AGAIN))?;
            self.load.count += recorded;
            if recorded < BATCH as u64 {
                return Ok(());
            }
        }
    }

    /// Reads up to the next context, if there is one more.
    fn read(&mut self) -> Result<Option<RecordedContext>, Stop> {
        let unreadable = |error: io::Error| self.input.unreadable(&error);
        while let Some((line, object)) = self.lines.read_object().map_err(unreadable)? {
            self.load.progress.row();
            let unit = self.load.args.load.time_unit;
            let context = object.and_then(|members| {
                let context = context(members, unit)?;
                context.check()?;
                Ok::<_, Flaw>(context)
            });
            match context {
                Ok(context) => return Ok(Some(context)),
                Err(flaw) => {
                    self.load.rejects.add(self.input.name(), line, &flaw, self.lines.text())?;
                }
            }
        }
        Ok(None)
    }
}

impl Iterator for Contexts<'_, '_> {
    type Item = RecordedContext;

    fn next(&mut self) -> Option<RecordedContext> {
        if self.load.stop.is_some() {
            return None;
        }
        self.read().unwrap_or_else(|stop| {
            self.load.stop = Some(stop);
            None
        })
    }
}
