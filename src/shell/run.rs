//! Runs of scripts: the syntax of all of them is checked first, then one statement runs after the other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::args::{Deliveries, SessionArgs};
use super::exit::{Exit, Stop, finish};
use super::gauge;
use super::output::Printer;
use super::printing::Printing;
use super::report::Reporter;
use super::source::ScriptSource;
use super::store::{self, Missing};
use super::text::near;
use pcq::limits::KEPT_SCRIPT_BYTES;
use pcq::statement::{Begin, Commit};
use pcq::{
    CheckedScript, Database, Error, Note, NoteKind, Outcome, Role, ScriptEnd, ScriptStatement,
    Session, Slip, Statement, Streamed, TransactionState,
};

/// Checks the syntax of scripts, and keeps of their statements what has room.
fn check_and_keep(
    sources: &[ScriptSource],
    mut room: usize,
    reporter: &Reporter,
) -> Result<Vec<CheckedScript>, Stop> {
    let (mut scripts, mut worst) = (Vec::new(), Exit::Fine);
    for source in sources {
        match source.script()?.check(&mut room) {
            Ok(script) => scripts.push(script),
            Err(error) => worst = worst.max(source.stop(error).told(reporter)),
        }
    }
    finish(worst).map(|()| scripts)
}

/// What is wanted of a run besides that the statements are run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RunOptions {
    /// Whether all scripts are one transaction.
    pub(super) single_transaction: bool,
    /// Whether it is said what each write did.
    pub(super) echo: bool,
    /// Whether it is said at the end how many assertions there were.
    pub(super) count_assertions: bool,
    /// What becomes of deliveries.
    pub(super) deliveries: Deliveries,
}

/// Checks the syntax of scripts, then runs them.
pub(super) fn run(
    sources: &[ScriptSource],
    path: Option<&Path>,
    args: &SessionArgs,
    options: RunOptions,
    reporter: &Reporter,
) -> Result<(), Stop> {
    let scripts = check_and_keep(sources, KEPT_SCRIPT_BYTES, reporter)?;
    tell_unused(&scripts, args, reporter)?;
    let writes = scripts.iter().any(|script| script.role() > Role::Read);
    let missing = if writes { Missing::Made } else { Missing::Refused };
    let database = store::open(path, args, options.deliveries, missing, reporter)?;
    let mut runner = Runner {
        database: &database,
        args,
        options,
        session: session(&database, args)?,
        assertions: Assertions::default(),
        printer: Printer::new(args.format),
        reporter,
        began: (1, 1),
        gauge: gauge::Scripts::new(bytes(sources)),
        worst: Exit::Fine,
    };
    let result = runner.run_all(sources, scripts);
    runner.gauge.end();
    runner.tell_assertions();
    let worst = runner.worst;
    drop(runner);
    store::close(database)?;
    result.and_then(|()| finish(worst))
}

/// Tells which parameters stand in no statement: a slip, or an error where that is wanted.
fn tell_unused(
    scripts: &[CheckedScript],
    args: &SessionArgs,
    reporter: &Reporter,
) -> Result<(), Stop> {
    let used = scripts.iter().flat_map(CheckedScript::parameters).map(|name| &**name);
    let used: BTreeSet<_> = used.collect();
    for (name, _) in args.parameters.iter().filter(|(name, _)| !used.contains(name.as_str())) {
        let note = Note::new(NoteKind::Slip(Slip::UnusedParameter { name: name.clone() }));
        let note = note.hint(match near(name, used.iter().copied()) {
            Some(near) => format!("did you mean `-v {near}=…`?"),
            None => format!("a statement uses it as `:{name}`"),
        });
        match note.as_error().filter(|_| args.slips.strict) {
            Some(error) => return Err(Stop::failed(error)),
            None => reporter.note(None, &note),
        }
    }
    Ok(())
}

/// How many bytes scripts have together, if all of them are files.
fn bytes(sources: &[ScriptSource]) -> Option<u64> {
    let bytes = |source: &ScriptSource| Some(fs::metadata(source.path()?).ok()?.len());
    sources.iter().map(bytes).sum()
}

/// Begins a session. When it goes on after errors, a transaction in which one was is not committed.
fn session(database: &Database, args: &SessionArgs) -> Result<Session, Stop> {
    let session = store::session(database, args)?;
    Ok(if args.keep_going { session.failing_whole() } else { session })
}

/// Assertions that were run.
#[derive(Clone, Copy, Debug, Default)]
struct Assertions {
    count: u64,
    failed: u64,
}

struct Runner<'a> {
    database: &'a Database,
    args: &'a SessionArgs,
    options: RunOptions,
    session: Session,
    assertions: Assertions,
    printer: Printer,
    gauge: gauge::Scripts,
    reporter: &'a Reporter,
    /// Where the open transaction began.
    began: (u32, u32),
    worst: Exit,
}

impl Runner<'_> {
    fn run_all(
        &mut self,
        sources: &[ScriptSource],
        scripts: Vec<CheckedScript>,
    ) -> Result<(), Stop> {
        let single = self.options.single_transaction;
        if single {
            self.session.run(&Begin.into()).map_err(Stop::failed)?;
        }
        let mut scripts = sources.iter().zip(scripts).peekable();
        while let Some((source, script)) = scripts.next() {
            if let Err(stop) = self.run_one(source, script) {
                self.tell_not_run(&stop, scripts.map(|(source, _)| source));
                return Err(stop);
            }
            let goes_on = source.is_piece() && scripts.peek().is_some();
            if !goes_on && !single {
                self.end_session(source)?;
            }
        }
        if single {
            self.commit(sources)?;
        }
        Ok(self.printer.flush()?)
    }

    /// Names the scripts that were not run because one before them failed.
    fn tell_not_run<'s>(&self, stop: &Stop, left: impl Iterator<Item = &'s ScriptSource>) {
        let names: Vec<_> =
            left.filter(|source| !source.is_piece()).map(ScriptSource::name).collect();
        if matches!(stop, Stop::Told(_)) && !names.is_empty() {
            self.reporter.remark(&format!("not run: {}", names.join(", ")));
        }
    }

    /// Commits the transaction of all scripts.
    fn commit(&mut self, sources: &[ScriptSource]) -> Result<(), Stop> {
        let last = sources.last().map_or("-", ScriptSource::name);
        match self.session.run(&Commit.into()) {
            Ok(_) => Ok(()),
            Err(error) => self.fail(last, &error),
        }
    }

    fn run_one(&mut self, source: &ScriptSource, script: CheckedScript) -> Result<(), Stop> {
        for statement in script.statements(|| source.reader())? {
            let statement = statement.map_err(|error| source.stop(error))?;
            self.run_statement(source, &statement)?;
        }
        Ok(())
    }

    /// Runs a statement and prints its table; that a write was done is not worth a line in a script.
    fn run_statement(
        &mut self,
        source: &ScriptSource,
        statement: &ScriptStatement,
    ) -> Result<(), Stop> {
        if !self.session.in_transaction() {
            self.began = (statement.line(), statement.column());
        }
        let known = statement.result().ok();
        if self.options.single_transaction && known.is_some_and(is_about_transaction) {
            let place = place(source, statement);
            return self.fail(&place, &TransactionState::Single.into());
        }
        let outcome = self.answer(statement)?;
        self.gauge.step(statement.text().len());
        if known.is_some_and(is_assertion) {
            self.assertions.count += 1;
            self.assertions.failed += u64::from(outcome.is_err());
        }
        match outcome {
            Ok(Streamed::Outcome(outcome)) => self.tell(source, statement, &outcome),
            Ok(Streamed::Rows(notes)) => self.tell_notes(source, &notes),
            Err(error) => self.fail(source.name(), &error),
        }
    }

    /// Runs a statement; the rows of a query are printed as they are found.
    fn answer(&mut self, statement: &ScriptStatement) -> Result<pcq::Result<Streamed>, Stop> {
        let (session, gauge) = (&mut self.session, &mut self.gauge);
        let mut clear = || gauge.end();
        let mut printing = Printing::new(&mut self.printer, &mut clear);
        let outcome = session.stream_parsed(statement, &mut printing);
        printing.end(outcome.is_ok())?;
        Ok(outcome)
    }

    /// Prints a table; what a write did is said if that is wanted.
    fn tell(
        &mut self,
        source: &ScriptSource,
        statement: &ScriptStatement,
        outcome: &Outcome,
    ) -> Result<(), Stop> {
        if let Some(rows) = outcome.rows() {
            self.gauge.end();
            self.printer.print(rows)?;
            return self.tell_notes(source, outcome.notes());
        }
        let is_write = matches!(outcome, Outcome::Changed { .. } | Outcome::Unchanged { .. });
        if let Some(message) = outcome.message().filter(|_| self.options.echo && is_write) {
            self.gauge.end();
            self.printer.flush()?;
            let dry = if self.args.dry_run { "dry run: " } else { "" };
            self.reporter.remark(&format!("{dry}{}: {message}", place(source, statement)));
        }
        self.tell_notes(source, outcome.notes())
    }

    /// Tells notes, after what was printed before them. What only completes a sentence is told with it.
    fn tell_notes(&mut self, source: &ScriptSource, notes: &[Note]) -> Result<(), Stop> {
        let completes = |note: &&Note| matches!(note.kind(), NoteKind::Overwritten { .. });
        let mut notes =
            notes.iter().filter(|note| self.options.echo || !completes(note)).peekable();
        if notes.peek().is_some() {
            self.gauge.end();
            self.printer.flush()?;
        }
        notes.for_each(|note| self.reporter.note(Some(source.name()), note));
        Ok(())
    }

    /// Says how many assertions there were, if there were any.
    fn tell_assertions(&self) {
        let Assertions { count, failed } = self.assertions;
        if self.options.count_assertions && count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            self.reporter.remark(&format!("{count} assertion{plural}, {failed} failed"));
        }
    }

    /// Begins a new session for the next script: an open transaction, the actor and the comment of one
    /// script are none of the next one's business.
    fn end_session(&mut self, source: &ScriptSource) -> Result<(), Stop> {
        let was_open = self.session.in_transaction();
        self.session = session(self.database, self.args)?;
        if !was_open {
            return Ok(());
        }
        let error = Error::from(TransactionState::LeftOpen(ScriptEnd::File));
        let (line, column) = self.began;
        let place = format!("{}:{line}:{column}", source.name());
        self.fail(&place, &error.hint("it begins here; end it with COMMIT or ROLLBACK"))
    }

    /// Tells an error, after what was printed before it; goes on if that is wanted and makes sense.
    fn fail(&mut self, file: &str, error: &Error) -> Result<(), Stop> {
        self.gauge.end();
        self.printer.flush()?;
        self.reporter.tell(Some(file), error);
        let exit = Exit::of(error);
        self.worst = self.worst.max(exit);
        if self.args.keep_going && exit == Exit::Failed { Ok(()) } else { Err(Stop::Told(exit)) }
    }
}

/// Where a statement stands.
fn place(source: &ScriptSource, statement: &ScriptStatement) -> String {
    format!("{}:{}:{}", source.name(), statement.line(), statement.column())
}

fn is_about_transaction(statement: &Statement) -> bool {
    matches!(statement, Statement::Begin(_) | Statement::Commit(_) | Statement::Rollback(_))
}

fn is_assertion(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::AssertGet(_) | Statement::AssertError(_) | Statement::AssertCondition(_)
    )
}
