//! `pcq plan` and `pcq apply`: what would have to change so that a store is as state files say.

use std::io::{self, BufRead, IsTerminal, Write};

use super::args::{ApplyArgs, PlanArgs, StateArgs};
use super::exit::{Exit, Stop, finish};
use super::report::{self, Reporter};
use super::screen::buffered_stdout;
use super::source::open_all;
use super::store;
use pcq::{Database, Note, NoteKind, Outcome, Parameters, Place, Plan, Prune};

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
    let outcomes = plan.apply().map_err(Stop::failed)?;
    let plural = if count == 1 { "" } else { "s" };
    reporter.remark(&format!("applied {count} statement{plural}"));
    for note in outcomes.iter().flat_map(Outcome::notes).filter(|note| !is_told(note)) {
        reporter.note(None, note);
    }
    store::close(database)
}

/// Whether a note was told with the plan, or is of a draft, which the plan shows.
fn is_told(note: &Note) -> bool {
    note.is_slip() || matches!(note.kind(), NoteKind::Overwritten { .. })
}

/// Finds the plan. Errors are told with the file in which they are.
fn find(database: &Database, args: &StateArgs, reporter: &Reporter) -> Result<Plan, Stop> {
    let mut statements = Vec::new();
    for source in &open_all(&args.files)? {
        for statement in source.script()?.named(source.name()) {
            statements.push(statement.map_err(|error| source.stop(error))?);
        }
    }
    let parameters = args.parameters.iter().fold(Parameters::new(), |parameters, (name, value)| {
        parameters.with(name.as_str(), value.clone())
    });
    let mut session = database.session().with_parameters(parameters).strict(args.slips.strict);
    if let Some(actor) = &args.actor {
        session = session.with_actor(actor.as_str());
    }
    if let Some(comment) = &args.comment {
        session = session.with_comment(comment.as_str());
    }
    let prune = if args.prune { Prune::Yes } else { Prune::No };
    let plan = session.plan(statements, prune).map_err(|error| {
        reporter.tell(file_of(error.place()), &error);
        Stop::Told(Exit::of(&error))
    })?;
    for note in plan.notes() {
        reporter.note(file_of(note.place()), note);
    }
    Ok(plan)
}

fn file_of(place: Option<&Place>) -> Option<&str> {
    place?.file.as_deref()
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
