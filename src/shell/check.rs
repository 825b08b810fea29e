//! `pcq check`: what is wrong with scripts, and what of them is likely a slip; nothing of them is run on a store.

use super::args::CheckArgs;
use super::exit::{Exit, Stop, finish};
use super::report::Reporter;
use super::source::{ScriptSource, open_all, open_all_in};
use super::store;
use pcq::{Checked, Checker, Parameters, Session};

/// Checks scripts, and tells all errors and slips of all of them.
pub(super) fn check(args: &CheckArgs, reporter: &Reporter) -> Result<(), Stop> {
    let sources = open_all_in(&args.scripts)?;
    let mut check = Check { args, reporter, worst: Exit::Fine };
    if let Some(session) = after(args, reporter)? {
        let mut checker = Checker::of(session);
        for source in &sources {
            check.source(&mut checker, source)?;
        }
    } else {
        for source in &sources {
            let mut checker = Checker::new().map_err(Stop::failed)?;
            check.source(&mut checker, source)?;
        }
    }
    finish(check.worst)
}

/// A session of what there is before the scripts: a copy of a store, and what other scripts make.
fn after(args: &CheckArgs, reporter: &Reporter) -> Result<Option<Session>, Stop> {
    if args.db.is_none() && args.after.is_empty() {
        return Ok(None);
    }
    let database = store::open_copy(args.db.as_deref(), reporter)?;
    let parameters = args.parameters.iter().fold(Parameters::new(), |parameters, (name, value)| {
        parameters.with(name.as_str(), value.clone())
    });
    let session = || database.session().with_parameters(parameters.clone());
    for source in &open_all(&args.after)? {
        let mut session = session();
        for statement in source.script()? {
            let statement = statement.map_err(|error| source.stop(error))?;
            session.run_parsed(&statement).map_err(|error| {
                let (file, exit) = (Some(source.name().to_owned()), Exit::of(&error));
                Stop::Error { file, error, exit }
            })?;
        }
    }
    Ok(Some(session()))
}

struct Check<'a> {
    args: &'a CheckArgs,
    reporter: &'a Reporter,
    worst: Exit,
}

impl Check<'_> {
    fn source(&mut self, checker: &mut Checker, source: &ScriptSource) -> Result<(), Stop> {
        for statement in source.script()?.going_on() {
            match statement {
                Ok(statement) => self.tell(source, &checker.check(&statement)),
                Err(error) => {
                    let exit = source.stop(error).told(self.reporter);
                    self.worst = self.worst.max(exit);
                }
            }
        }
        let errors = checker.end().into_iter().collect();
        self.tell(source, &Checked { errors, notes: Vec::new() });
        Ok(())
    }

    fn tell(&mut self, source: &ScriptSource, found: &Checked) {
        let file = Some(source.name());
        for note in found.notes.iter().filter(|note| note.is_slip()) {
            match note.as_error().filter(|_| self.args.slips.strict) {
                Some(error) => self.fail(file, &error),
                None => self.reporter.note(file, note),
            }
        }
        found.errors.iter().for_each(|error| self.fail(file, error));
    }

    fn fail(&mut self, file: Option<&str>, error: &pcq::Error) {
        self.reporter.tell(file, error);
        self.worst = self.worst.max(Exit::of(error));
    }
}
