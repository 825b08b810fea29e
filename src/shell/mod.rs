//! The program `pcq`: arguments, scripts, the interactive shell, tables, charts and reports.
//!
//! It uses the library as any other program would, and does what the library must not: it reads the
//! environment and prints.

mod args;
mod chart;
mod check;
mod code;
mod command;
mod exit;
mod file;
mod fmt;
mod format;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod gauge;
mod interactive;
mod json;
mod layout;
mod list;
mod listener;
mod manual;
mod output;
mod pager;
mod plan;
mod printing;
mod program;
mod prose;
mod repair;
mod report;
mod row_format;
mod run;
mod screen;
mod source;
mod starter;
mod stats;
mod store;
mod text;
mod tour;
mod track;
mod width;
mod zone;

use std::process::ExitCode;

use args::{Cli, Command, Deliveries};
use exit::{Exit, Stop};
use report::Reporter;
use run::RunOptions;
use source::ScriptSource;

/// Runs the program on the arguments of the process.
pub(crate) fn main() -> ExitCode {
    quiet_panics();
    let cli = args::parse();
    let report = cli.report();
    let reporter = Reporter::to_stderr(report.color, report.errors);
    let result = dispatch(cli, &reporter);
    result.map_or_else(|stop| stop.told(&reporter), |()| Exit::Fine).into()
}

/// The library turns what redb makes of a damaged page into an error of its own; the panic behind it is
/// not for users.
fn quiet_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.location().is_some_and(|place| place.file().contains("redb")) {
            usual(panic);
        }
    }));
}

fn dispatch(cli: Cli, reporter: &Reporter) -> Result<(), Stop> {
    match cli.command {
        None => shell(cli.shell, reporter),
        Some(Command::Run(args)) => {
            let sources = source::open_all(&args.scripts)?;
            let options = RunOptions {
                single_transaction: args.single_transaction,
                echo: args.echo || args.session.dry_run,
                count_assertions: true,
                deliveries: Deliveries::Counted,
            };
            run::run(&sources, args.db.as_deref(), &args.session, options, reporter)
        }
        Some(Command::Check(args)) => check::check(&args, reporter),
        Some(Command::Fmt(args)) => fmt::fmt(&args, reporter),
        Some(Command::Dump(args)) => command::dump(&args, reporter),
        Some(Command::Stats(args)) => stats::stats(&args, reporter),
        Some(Command::Track(args)) => track::track(&args, reporter),
        Some(Command::Traffic(args)) => track::traffic::load(&args, reporter),
        Some(Command::List(args)) => list::list(&args, reporter),
        Some(Command::Verify(args)) => command::verify(&args, reporter),
        Some(Command::Backup(args)) => command::backup(&args, reporter),
        Some(Command::Compact(args)) => command::compact(&args, reporter),
        Some(Command::Plan(args)) => plan::plan(&args, reporter),
        Some(Command::Apply(args)) => plan::apply(&args, reporter),
        Some(Command::Repair(args)) => repair::repair(&args, reporter),
        Some(Command::New(args)) => starter::new(&args),
        Some(Command::Tour) => tour::tour(reporter),
        Some(Command::Help(args)) => manual::help(&args),
        Some(Command::Errors(args)) => code::errors(&args, reporter),
        Some(Command::Completions(args)) => manual::completions(&args),
        Some(Command::Man(args)) => manual::man(&args),
    }
}

/// `pcq [STORE]`: the statements of `-e`, else of a person at a terminal, else of standard input.
fn shell(args: args::ShellArgs, reporter: &Reporter) -> Result<(), Stop> {
    let store = args.store.as_deref();
    let options = RunOptions { deliveries: args.interactive.deliveries(), ..RunOptions::default() };
    if !args.statements.is_empty() {
        let sources: Vec<_> = args.statements.into_iter().map(ScriptSource::statements).collect();
        return run::run(&sources, store, &args.session, options, reporter);
    }
    if args::is_interactive() {
        return interactive::interact(store, &args.session, args.interactive, reporter);
    }
    let sources = [ScriptSource::piped()?];
    run::run(&sources, store, &args.session, options, reporter)
}
