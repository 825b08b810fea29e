//! Runs of scripts: the syntax of all of them is checked first, then one statement runs after the other.

use std::path::Path;

use super::args::SessionArgs;
use super::exit::{Exit, Stop, finish};
use super::output::Printer;
use super::report::Reporter;
use super::source::ScriptSource;
use super::store;
use pcq::limits::KEPT_SCRIPT_BYTES;
use pcq::{CheckedScript, Database, Error, ScriptEnd, ScriptStatement, Session, TransactionState};

/// Checks the syntax of scripts, and tells every script's first error.
pub(super) fn check(sources: &[ScriptSource], reporter: &Reporter) -> Result<(), Stop> {
    check_and_keep(sources, 0, reporter).map(drop)
}

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

/// Checks the syntax of scripts, then runs them.
pub(super) fn run(
    sources: &[ScriptSource],
    path: Option<&Path>,
    args: &SessionArgs,
    reporter: &Reporter,
) -> Result<(), Stop> {
    let scripts = check_and_keep(sources, KEPT_SCRIPT_BYTES, reporter)?;
    let database = store::open(path, args)?;
    let mut runner = Runner {
        database: &database,
        args,
        session: store::session(&database, args)?,
        printer: Printer::new(args.format),
        reporter,
        began: (1, 1),
        worst: Exit::Fine,
    };
    let result = runner.run_all(sources, scripts);
    let worst = runner.worst;
    drop(runner);
    store::close(database)?;
    result.and_then(|()| finish(worst))
}

struct Runner<'a> {
    database: &'a Database,
    args: &'a SessionArgs,
    session: Session,
    printer: Printer,
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
        let mut scripts = sources.iter().zip(scripts).peekable();
        while let Some((source, script)) = scripts.next() {
            self.run_one(source, script)?;
            let goes_on = source.is_piece() && scripts.peek().is_some();
            if !goes_on {
                self.end_session(source)?;
            }
        }
        Ok(self.printer.flush()?)
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
        match self.session.run_parsed(statement) {
            Ok(outcome) => Ok(outcome.rows().map_or(Ok(()), |rows| self.printer.print(rows))?),
            Err(error) => self.fail(source.name(), &error),
        }
    }

    /// Begins a new session for the next script: an open transaction, the actor and the comment of one
    /// script are none of the next one's business.
    fn end_session(&mut self, source: &ScriptSource) -> Result<(), Stop> {
        let was_open = self.session.in_transaction();
        self.session = store::session(self.database, self.args)?;
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
        self.printer.flush()?;
        self.reporter.tell(Some(file), error);
        let exit = Exit::of(error);
        self.worst = self.worst.max(exit);
        if self.args.keep_going && exit == Exit::Failed { Ok(()) } else { Err(Stop::Told(exit)) }
    }
}
