//! Command lines, and what they are taken for.

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use super::check::repeated;
use super::value::parameter;
use super::*;

fn parsed(arguments: &str) -> Result<Cli, ErrorKind> {
    let words = std::iter::once("pcq").chain(arguments.split_whitespace());
    Cli::try_parse_from(words).map_err(|error| error.kind())
}

#[test]
fn the_declarations_are_sound() {
    Cli::command().debug_assert();
}

#[test]
fn a_command_wins_over_a_store_of_its_name() {
    assert!(matches!(parsed("run a.pcq").unwrap().command, Some(Command::Run(_))));
    assert_eq!(parsed("run").unwrap_err(), ErrorKind::MissingRequiredArgument);
    let cli = parsed("./run").unwrap();
    assert_eq!((cli.command.is_none(), cli.shell.store), (true, Some("./run".into())));
}

#[test]
fn options_without_effect_are_refused() {
    for arguments in [
        "check a --format json",
        "fmt a -v x=1",
        "fmt a --check --write",
        "fmt a --diff --write",
        "dump s --actor me",
        "verify s --readonly",
        "stats s c --svg a --html b",
        "stats s c --html a --format json",
        "run a --dry-run",
        "run a --db s --readonly --dry-run",
        "run a --db s --readonly --actor me",
        "--readonly",
        "--format json run a",
        "s run a",
    ] {
        assert!(parsed(arguments).is_err(), "{arguments}");
    }
}

#[test]
fn statements_may_begin_with_a_comment() {
    let cli = Cli::try_parse_from(["pcq", "s", "-e", "-- x", "-e", "GET a"]).unwrap();
    assert_eq!(cli.shell.statements, ["-- x", "GET a"]);
}

#[test]
fn parameters_are_literals() {
    assert_eq!(parameter("a=5"), Ok(("a".to_owned(), Value::Integer(5))));
    assert_eq!(parameter("a_1='x=y'"), Ok(("a_1".to_owned(), "x=y".into())));
    for (text, plain) in [("a=x y", "x y"), ("a=50%", "50%"), ("a=", ""), ("a=b=c", "b=c")] {
        assert_eq!(parameter(text), Ok(("a".to_owned(), plain.into())), "{text}");
    }
    for wrong in ["a", "=1", "1a=1", "a b=1"] {
        assert!(parameter(wrong).is_err(), "{wrong}");
    }
    assert!(repeated(&[("a".into(), Value::Null), ("a".into(), Value::Null)]).is_some());
}

/// The commands in the examples of a help, as a shell takes them apart.
fn examples(help: &str) -> Vec<Vec<String>> {
    let lines =
        help.lines().filter_map(|line| line.trim().split(" | ").find(|c| c.starts_with("pcq ")));
    let commands = lines.map(|line| line.split("  ").next().unwrap_or(line));
    commands.map(words).collect()
}

/// The words of a command, of which some stand in quotes.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut quote) = (vec![String::new()], None);
    for c in command.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '\'' | '"') => quote = Some(c),
            None if c == ' ' => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words
}

#[test]
fn the_examples_of_the_help_are_commands() {
    let mut cli = Cli::command();
    let mut helps = vec![cli.render_long_help().to_string()];
    helps.extend(cli.get_subcommands_mut().map(|command| command.render_long_help().to_string()));
    let all: Vec<_> = helps.iter().flat_map(|help| examples(help)).collect();
    assert!(all.len() > 25, "{all:?}");
    for example in all {
        let parsed = Cli::try_parse_from(&example);
        assert!(parsed.is_ok(), "{example:?}: {}", parsed.unwrap_err());
    }
}
