//! Checks of arguments that make no sense together.

use std::collections::HashSet;
use std::io::{self, IsTerminal, Write as _};
use std::path::PathBuf;

use clap::error::{ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};

use super::{Cli, Command, Format, SessionArgs, TrackArgs, guess};
use crate::shell::row_format::{ListFormat, RowFormat};
use crate::shell::text::by_lines;
use pcq::limits::ECHO_CHARS;
use pcq::{Role, Short, Value};

/// Parses the arguments of the process, and ends it if they make no sense.
pub(in crate::shell) fn parse() -> Cli {
    let wrong = |kind, message| Err(Cli::command().error(kind, message));
    let parsed = Cli::try_parse();
    let guessed = match &parsed {
        Ok(cli) if cli.command.is_some() => None,
        Ok(cli) => cli.shell.store.as_deref().and_then(guess::of_store),
        Err(_) => {
            guessed(&std::env::args_os().skip(1).take(2).map(PathBuf::from).collect::<Vec<_>>())
        }
    };
    let parsed = match (guessed, parsed) {
        (Some(message), _) => wrong(ErrorKind::InvalidSubcommand, message),
        (None, Ok(cli)) => match nonsense(&cli) {
            Some(message) => wrong(ErrorKind::ArgumentConflict, message),
            None => Ok(cli),
        },
        (None, Err(error)) => Err(error),
    };
    parsed.unwrap_or_else(|error| end(&shortened(error)))
}

/// What the first arguments are likely meant to be, of which nothing can be made.
fn guessed(words: &[PathBuf]) -> Option<String> {
    match words {
        [word] => guess::of_word(word),
        [word, next, ..] => guess::of_word(word).or_else(|| guess::of_pair(word, next)),
        [] => None,
    }
}

/// Tells what is wrong and ends the program; what of the arguments cannot be seen is shown.
fn end(error: &clap::Error) -> ! {
    let text = error.to_string();
    let shown = by_lines(&text);
    if shown == text {
        error.exit();
    }
    // nothing can be done for somebody who does not read standard error
    let _ = io::stderr().write_all(shown.as_bytes());
    std::process::exit(error.exit_code())
}

/// The same error, which repeats of long arguments no more than is needed to know them.
fn shortened(mut error: clap::Error) -> clap::Error {
    let is_long = |text: &str| text.chars().nth(ECHO_CHARS).is_some();
    let long = error.context().filter_map(|(kind, value)| match value {
        ContextValue::String(text) if is_long(text) => {
            Some((kind, ContextValue::String(Short(text).to_string())))
        }
        // how to write the same argument otherwise
        ContextValue::StyledStrs(tips) if tips.iter().any(|tip| is_long(&tip.to_string())) => {
            Some((kind, ContextValue::None))
        }
        _ => None,
    });
    for (kind, value) in long.collect::<Vec<_>>() {
        error.insert(kind, value);
    }
    error
}

/// Whether a person types the statements.
pub(in crate::shell) fn is_interactive() -> bool {
    io::stdin().is_terminal()
}

/// What would be ignored though somebody asked for it, beyond what the declarations above can say.
fn nonsense(cli: &Cli) -> Option<String> {
    let (scripts, session) = match &cli.command {
        None => (None, Some(&cli.shell.session)),
        Some(Command::Run(args)) => (Some(&args.scripts), Some(&args.session)),
        Some(Command::Check(args)) => (Some(&args.scripts), None),
        Some(Command::Fmt(args)) => (Some(&args.scripts), None),
        Some(Command::Track(args)) => (Some(&args.files), None),
        Some(Command::Traffic(args)) => (Some(&args.files), None),
        Some(_) => (None, None),
    };
    let twice =
        scripts.is_some_and(|scripts| scripts.iter().filter(|s| s.as_os_str() == "-").count() > 1);
    if twice {
        return Some("standard input can be read only once: `-` is there twice".to_owned());
    }
    let in_shell = cli.command.is_none() && cli.shell.statements.is_empty() && is_interactive();
    if !in_shell && guards_nothing(cli.command.as_ref(), session) {
        return Some("--csv-guard is for --format csv".to_owned());
    }
    if in_shell && cli.shell.session.keep_going {
        return Some("--keep-going is for scripts: a shell always goes on".to_owned());
    }
    if !in_shell && let Some((option, so)) = cli.shell.interactive.for_people() {
        return Some(format!(
            "{option} is for the shell that a person types into: here {so} anyway"
        ));
    }
    if let Some(Command::Fmt(args)) = &cli.command
        && args.write
        && args.scripts.iter().any(|script| script.as_os_str() == "-")
    {
        return Some("standard input cannot be rewritten in place".to_owned());
    }
    if let Some(Command::Track(args)) = &cli.command {
        return unknown_format(args);
    }
    if let Some(Command::List(args)) = &cli.command
        && args.format == Some(ListFormat::Lines)
        && (args.column.is_some() || args.delimiter.is_some())
    {
        return Some("--column and --delimiter are for CSV".to_owned());
    }
    let blind =
        |session: &SessionArgs| session.access.show_sensitive && session.access.role != Role::Admin;
    if session.is_some_and(blind) {
        return Some("--show-sensitive needs the role admin".to_owned());
    }
    session.and_then(|session| repeated(&session.parameters))
}

/// Whether formulas are to be guarded where no CSV is written. A shell may go over to it.
fn guards_nothing(command: Option<&Command>, session: Option<&SessionArgs>) -> bool {
    let format = match command {
        Some(Command::Stats(args)) => Some(args.format),
        _ => session.map(|session| session.format),
    };
    format.is_some_and(|args| args.csv_guard && args.format != Format::Csv)
}

/// A file whose name does not tell what it is, or a delimiter for none.
fn unknown_format(args: &TrackArgs) -> Option<String> {
    let format = |path: &PathBuf| args.format.or_else(|| RowFormat::of(path));
    if let Some(file) = args.files.iter().find(|file| format(file).is_none()) {
        let file = file.display().to_string();
        let file = Short(&file);
        return Some(format!("the name of `{file}` does not tell what it is: --format says it"));
    }
    let has_csv = args.files.iter().any(|file| format(file) == Some(RowFormat::Csv));
    let is_useless = args.delimiter.is_some() && !has_csv;
    is_useless.then(|| "--delimiter is for CSV, and no file is that".to_owned())
}

/// The parameter that is given twice.
pub(super) fn repeated(parameters: &[(String, Value)]) -> Option<String> {
    let mut names = HashSet::new();
    let (name, _) = parameters.iter().find(|(name, _)| !names.insert(name))?;
    Some(format!("the parameter `{}` is given twice", Short(name)))
}
