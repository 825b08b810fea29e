//! The manual: help, pages for `man`, and completion in other shells.

use std::fs;
use std::io::Write;
use std::path::Path;

use clap::CommandFactory;
use clap_mangen::Man;

use super::args::{Cli, CompletionsArgs, HelpArgs, ManArgs};
use super::exit::{Exit, Stop};
use super::interactive::help;
use super::output::columns;
use super::screen::buffered_stdout;
use pcq::Short;

/// The reference of the language, which goes with the program.
const REFERENCE: &str = include_str!("../../grammar/README.md");

/// Says how a command is used or a statement written.
pub(super) fn help(args: &HelpArgs) -> Result<(), Stop> {
    let topic = args.topic.join(" ");
    let text = match topic.to_lowercase().as_str() {
        "" => cli().render_long_help().to_string(),
        "reference" => REFERENCE.to_owned(),
        name => about(name, &topic)?,
    };
    let mut output = buffered_stdout();
    output.write_all(text.as_bytes())?;
    Ok(output.flush()?)
}

/// The help of the command and of the statements of a name: `track` is both.
fn about(name: &str, topic: &str) -> Result<String, Stop> {
    let command = cli().find_subcommand_mut(name).map(clap::Command::render_long_help);
    let texts = [command.map(|help| format!("{help}\n")), help::described(topic, columns())];
    let text = texts.into_iter().flatten().collect::<String>();
    if text.is_empty() {
        return Err(nothing_called("command or statement", topic, "`pcq help` lists them"));
    }
    Ok(text)
}

/// Writes what makes a shell complete commands and options.
pub(super) fn completions(args: &CompletionsArgs) -> Result<(), Stop> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "pcq", &mut script);
    let mut output = buffered_stdout();
    output.write_all(&script)?;
    Ok(output.flush()?)
}

/// Writes a page, or all of them.
pub(super) fn man(args: &ManArgs) -> Result<(), Stop> {
    if let Some(folder) = &args.into {
        let failed =
            |error: std::io::Error| Stop::io(&folder.display().to_string(), &error, Exit::Usage);
        return pages(folder).map_err(failed);
    }
    let mut cli = cli();
    let command = match &args.command {
        None => &cli,
        Some(name) => cli
            .find_subcommand_mut(name)
            .ok_or_else(|| nothing_called("command", name, "`pcq help` lists them"))?,
    };
    let mut output = buffered_stdout();
    Man::new(command.clone()).render(&mut output)?;
    Ok(output.flush()?)
}

/// Writes the pages of the program and of its commands: `pcq.1`, `pcq-run.1`, …
fn pages(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(Cli::command(), folder)
}

/// The command line, in which each command knows how it is called.
fn cli() -> clap::Command {
    let mut cli = Cli::command();
    cli.build();
    cli
}

/// That there is nothing of a name.
pub(super) fn nothing_called(what: &str, name: &str, hint: &str) -> Stop {
    Stop::Usage { message: format!("there is no {what} `{}`", Short(name)), hint: hint.to_owned() }
}
