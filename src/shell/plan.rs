//! `pcq plan` and `pcq apply`: what would have to change so that a store is as state files say.

use std::io::{self, BufRead, IsTerminal, Write};

use super::args::{ApplyArgs, PlanArgs, StateArgs};
use super::exit::{Exit, Stop, finish};
use super::report::{self, Reporter};
use super::screen::buffered_stdout;
use super::source::open_all;
use super::store;
use pcq::{Database, Error, Parameters, Plan, Prune, ScriptStatement};

/// Prints the statements that are to be run, and runs none.
pub(super) fn plan(args: &PlanArgs, reporter: &Reporter) -> Result<(), Stop> {
    let database = store::open_to_read(&args.state.store, reporter)?;
    let plan = find(&database, &args.state, reporter)?;
    show(&plan)?;
    finish(if plan.is_empty() { Exit::Fine } else { Exit::Todo })
}

/// Shows the statements, and runs them once somebody agreed.
pub(super) fn apply(args: &ApplyArgs, reporter: &Reporter) -> Result<(), Stop> {
    let database = store::open_to_write(&args.state.store, args.wait, reporter)?;
    let plan = find(&database, &args.state, reporter)?;
    show(&plan)?;
    if plan.is_empty() {
        reporter.remark("nothing to do");
        return store::close(database);
    }
    if !args.yes && !agreed(reporter)? {
        reporter.remark("nothing was done");
        return Err(Stop::Told(Exit::Failed));
    }
    let count = plan.statements().len();
    plan.apply().map_err(Stop::failed)?;
    let plural = if count == 1 { "" } else { "s" };
    reporter.remark(&format!("applied {count} statement{plural}"));
    store::close(database)
}

/// Finds the plan. Errors are told with the file in which they are.
fn find(database: &Database, args: &StateArgs, reporter: &Reporter) -> Result<Plan, Stop> {
    let sources = open_all(&args.files)?;
    let mut statements: Vec<(&str, ScriptStatement)> = Vec::new();
    for source in &sources {
        for statement in source.script()? {
            statements.push((source.name(), statement.map_err(|error| source.stop(error))?));
        }
    }
    let files: Vec<_> = statements
        .iter()
        .map(|(file, s)| ((*file).to_owned(), s.line(), s.text().to_owned()))
        .collect();
    let parameters = args.parameters.iter().fold(Parameters::new(), |parameters, (name, value)| {
        parameters.with(name.as_str(), value.clone())
    });
    let mut session = database.session().with_parameters(parameters);
    if let Some(actor) = &args.actor {
        session = session.with_actor(actor.as_str());
    }
    if let Some(comment) = &args.comment {
        session = session.with_comment(comment.as_str());
    }
    let prune = if args.prune { Prune::Yes } else { Prune::No };
    let plan = session.plan(statements.into_iter().map(|(_, statement)| statement), prune);
    let plan = plan.map_err(|error| {
        reporter.tell(file_of(&files, &error), &error);
        Stop::Told(Exit::of(&error))
    })?;
    plan.notes().iter().for_each(|note| reporter.note(None, note));
    Ok(plan)
}

/// The file that has the statement with an error.
fn file_of<'f>(files: &'f [(String, u32, String)], error: &Error) -> Option<&'f str> {
    let place = error.place()?;
    let is_it = |(_, line, text): &&(String, u32, String)| {
        *line == place.statement_line && **text == *place.statement
    };
    files.iter().find(is_it).map(|(file, ..)| file.as_str())
}

fn show(plan: &Plan) -> Result<(), Stop> {
    let mut output = buffered_stdout();
    write!(output, "{plan}")?;
    Ok(output.flush()?)
}

/// Asks the person at the terminal; where there is none, nobody agrees.
fn agreed(reporter: &Reporter) -> Result<bool, Stop> {
    if !io::stdin().is_terminal() {
        reporter.remark("note: nobody can be asked here: --yes applies it");
        return Ok(false);
    }
    report::ask("apply? [y/N]");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
