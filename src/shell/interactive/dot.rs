//! Commands of the shell: words that begin with a dot, and what fingers know of other shells.

use std::fmt::Write as _;
use std::path::PathBuf;

use rustyline::Result;
use rustyline::completion::FilenameCompleter;

use clap::ValueEnum;
use pcq::{CandidateKind, Completer};

use crate::shell::format::Format;

/// Command of the shell, as its help has it.
#[derive(Debug)]
pub(super) struct Dot {
    pub(super) name: &'static str,
    pub(super) arguments: &'static str,
    pub(super) summary: &'static str,
}

const fn dot(name: &'static str, arguments: &'static str, summary: &'static str) -> Dot {
    Dot { name, arguments, summary }
}

/// The commands, by what they are about.
pub(super) const COMMANDS: &[Dot] = &[
    dot(".help", "[TOPIC]", "what the shell understands, or how a statement is written"),
    dot(".keys", "", "SHOW KEYS"),
    dot(".segments", "", "SHOW SEGMENTS"),
    dot(".configs", "", "SHOW CONFIGS"),
    dot(".users", "", "SHOW USERS"),
    dot(".attributes", "", "SHOW ATTRIBUTES"),
    dot(".schedule", "", "SHOW SCHEDULE"),
    dot(".show", "NAME", "DESCRIBE the key, segment, config or attribute with a name"),
    dot(
        ".open",
        "[STORE]",
        "goes on with another store; without a file, with an empty one in memory",
    ),
    dot(".read", "FILE", "runs the statements and commands of a file"),
    dot(".dump", "[FILE]", "writes a script that rebuilds the store"),
    dot(".backup", "FILE", "copies the store into a new file"),
    dot(".verify", "", "checks every page of the store, and every rule"),
    dot(".mode", "[FORMAT]", "prints tables in another format; without one, says which there are"),
    dot(".width", "[COLUMNS]", "fits tables to a width; without one, to the terminal"),
    dot(".null", "[TEXT]", "shows a text for a value that there is not; without one, NULL"),
    dot(".timer", "on | off | auto", "says how long each statement took; auto: if that was long"),
    dot(".echo", "on | off", "shows each statement of a file before it is run"),
    dot(".bail", "on | off", "ends a file at its first error, as at the start, or goes on"),
    dot(".output", "[FILE]", "writes tables into a file; without one, to the terminal again"),
    dot(".once", "FILE", "writes the next table into a file"),
    dot(".last", "", "prints the last table again, in the format of now"),
    dot(".param", "set NAME VALUE | list | clear [NAME]", "the values of :parameters"),
    dot(".color", "on | off", "colours what is typed, or not"),
    dot(".quit", "", "leaves, as Ctrl-D does"),
];

/// What is asked of the shell itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Help(String),
    /// To run a statement.
    Statement(&'static str),
    Show(String),
    Open(Option<PathBuf>),
    Read(PathBuf),
    Dump(Option<PathBuf>),
    Backup(PathBuf),
    Verify,
    /// To list the formats, and which is used.
    Modes,
    Mode(Format),
    /// To turn records on or off.
    Records,
    Width(Option<u16>),
    Null(Option<String>),
    /// Whether times are told; `None`: those of what took long.
    Timer(Option<bool>),
    Echo(bool),
    Bail(bool),
    Output(Option<PathBuf>),
    Once(PathBuf),
    Last,
    SetParameter(String, String),
    Parameters,
    ClearParameters(Option<String>),
    Color(bool),
    Leave,
    /// To be told something.
    Told(String),
}

/// What other shells call it, and what it is here.
const OTHERS: &[(&str, &str)] = &[
    (".format", ".mode"),
    (".exit", ".quit"),
    ("\\q", ".quit"),
    ("\\?", ".help"),
    ("\\h", ".help"),
    ("?", ".help"),
    ("help", ".help"),
    ("\\i", ".read"),
    ("\\o", ".output"),
    ("\\c", ".open"),
    ("\\timing", ".timer"),
    (".nullvalue", ".null"),
];

/// What there is instead of what other shells have.
const INSTEAD: &[(&str, &str)] = &[
    (".tables", "`.keys`, `.segments`, `.configs`, `.users` and `.schedule` list what there is"),
    ("\\dt", "`.keys`, `.segments`, `.configs`, `.users` and `.schedule` list what there is"),
    (".databases", "there is one store at a time: `.open STORE` goes on with another"),
    (".schema", "`.show NAME` describes something, and `.dump` writes all of it as a script"),
    (".import", "`pcq track STORE FILE` loads users and events, `pcq list` lists of users"),
    (".headers", "a table always has its header; `.mode jsonl` or `.mode line` have none"),
    (".save", "`.backup FILE` copies the store into a new file"),
    ("\\e", "Up brings a statement back, and within one Up and Down go from line to line"),
    ("\\l", "there is one store at a time: `.open STORE` goes on with another"),
    ("\\copy", "`.once FILE` and `.mode csv` write a table into a file"),
];

/// What a line asks of the shell; `None` if it is one of statements. `quit` and `help` are words that people try first.
pub(super) fn ask(line: &str) -> Option<Ask> {
    let line = line.trim().trim_end_matches(';').trim_end();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let (word, rest) = (word.to_lowercase(), rest.trim());
    if matches!(word.as_str(), "quit" | "exit") {
        return rest.is_empty().then_some(Ask::Leave);
    }
    if !word.starts_with(['.', '\\', '?']) && word != "help" {
        return None;
    }
    Some(meant(&word, rest))
}

fn meant(word: &str, rest: &str) -> Ask {
    let other = OTHERS.iter().find(|(other, _)| *other == word);
    let name = other.map_or(word, |(_, ours)| *ours);
    if let Some((_, instead)) = INSTEAD.iter().find(|(other, _)| *other == name) {
        return Ask::Told((*instead).to_owned());
    }
    if word == "\\d" {
        return if rest.is_empty() { meant(".tables", "") } else { Ask::Show(rest.to_owned()) };
    }
    if word == "\\x" {
        return Ask::Records;
    }
    if word == "\\timing" && rest.is_empty() {
        return Ask::Timer(Some(true));
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        return Ask::Told(unknown(word));
    };
    understood(command.name, rest).unwrap_or_else(|| Ask::Told(usage(command)))
}

/// How a command is written.
fn usage(command: &Dot) -> String {
    format!("{} {}: {}", command.name, command.arguments, command.summary)
}

fn unknown(word: &str) -> String {
    let word = pcq::Short(word).to_string();
    let near = COMMANDS.iter().map(|command| command.name).min_by_key(|name| distance(name, &word));
    let near = near.filter(|name| distance(name, &word) <= 2);
    let guess = near.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default();
    format!("`{word}` is no command of the shell{guess}; `.help` lists them")
}

fn distance(a: &str, b: &str) -> usize {
    strsim::damerau_levenshtein(a, b)
}

/// A command with its arguments; `None` if they are not what it takes.
fn understood(name: &str, rest: &str) -> Option<Ask> {
    let file = || (!rest.is_empty()).then(|| PathBuf::from(rest));
    let none = |ask| rest.is_empty().then_some(ask);
    match name {
        ".help" => Some(Ask::Help(rest.to_owned())),
        ".keys" => none(Ask::Statement("SHOW KEYS")),
        ".segments" => none(Ask::Statement("SHOW SEGMENTS")),
        ".configs" => none(Ask::Statement("SHOW CONFIGS")),
        ".users" => none(Ask::Statement("SHOW USERS")),
        ".attributes" => none(Ask::Statement("SHOW ATTRIBUTES")),
        ".schedule" => none(Ask::Statement("SHOW SCHEDULE")),
        ".show" => (!rest.is_empty()).then(|| Ask::Show(rest.to_owned())),
        ".open" => Some(Ask::Open(file())),
        ".read" => file().map(Ask::Read),
        ".dump" => Some(Ask::Dump(file())),
        ".backup" => file().map(Ask::Backup),
        ".verify" => none(Ask::Verify),
        ".mode" if rest.is_empty() => Some(Ask::Modes),
        ".mode" => Some(Format::from_str(rest, true).map_or(Ask::Modes, Ask::Mode)),
        ".width" if matches!(rest, "" | "auto" | "0") => Some(Ask::Width(None)),
        ".width" => {
            rest.parse().ok().filter(|width| *width >= 20).map(|width| Ask::Width(Some(width)))
        }
        ".null" => Some(Ask::Null((!rest.is_empty()).then(|| rest.trim_matches('\'').to_owned()))),
        ".timer" if rest == "auto" => Some(Ask::Timer(None)),
        ".timer" => switch(rest).map(|on| Ask::Timer(Some(on))),
        ".echo" => switch(rest).map(Ask::Echo),
        ".bail" => switch(rest).map(Ask::Bail),
        ".color" => switch(rest).map(Ask::Color),
        ".output" => Some(Ask::Output(file().filter(|file| file.as_os_str() != "stdout"))),
        ".once" => file().map(Ask::Once),
        ".last" => none(Ask::Last),
        ".param" => parameter(rest),
        ".quit" => none(Ask::Leave),
        _ => None,
    }
}

fn switch(word: &str) -> Option<bool> {
    match word {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn parameter(rest: &str) -> Option<Ask> {
    let (what, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    match (what, rest.trim()) {
        ("" | "list", "") => Some(Ask::Parameters),
        ("clear", "") => Some(Ask::ClearParameters(None)),
        ("clear", name) => {
            Some(Ask::ClearParameters(Some(name.trim_start_matches(':').to_owned())))
        }
        ("set", rest) => {
            let (name, value) = rest.split_once(char::is_whitespace)?;
            Some(Ask::SetParameter(
                name.trim_start_matches(':').to_owned(),
                value.trim().to_owned(),
            ))
        }
        _ => None,
    }
}

/// What a command that is typed may become; `None` if none is.
pub(super) fn complete(typed: &str, completer: &Completer) -> Option<Result<(usize, Vec<String>)>> {
    if !typed.starts_with('.') {
        return None;
    }
    let Some((word, rest)) = typed.split_once(' ') else {
        let names = COMMANDS.iter().map(|command| command.name);
        let begun = names.filter(|name| name.starts_with(typed)).map(|name| format!("{name} "));
        return Some(Ok((0, begun.collect())));
    };
    let start = typed.len() - rest.len();
    Some(match word {
        ".read" | ".open" | ".dump" | ".backup" | ".output" | ".once" => {
            let found = FilenameCompleter::new().complete_path(rest, rest.len());
            found
                .map(|(at, pairs)| (start + at, pairs.into_iter().map(|p| p.replacement).collect()))
        }
        ".show" => Ok((start, named(rest, completer))),
        ".mode" => {
            let names = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let names = names.map(|value| value.get_name().to_owned());
            Ok((start, names.filter(|name| name.starts_with(rest)).collect()))
        }
        _ => Ok((start, Vec::new())),
    })
}

/// The names of objects that begin so.
fn named(begun: &str, completer: &Completer) -> Vec<String> {
    let kinds = ["KEY", "SEGMENT", "CONFIG", "ATTRIBUTE"];
    let found =
        kinds.map(|kind| completer.complete(&format!("DESCRIBE {kind} {begun}")).candidates);
    let objects = found.into_iter().flatten();
    let objects = objects.filter(|found| matches!(found.kind, CandidateKind::Object(_)));
    objects.map(|found| found.text).collect()
}

/// The commands, a line each.
pub(super) fn overview() -> String {
    let form = |command: &Dot| format!("{} {}", command.name, command.arguments);
    let width =
        COMMANDS.iter().map(|c| form(c).chars().count()).filter(|w| *w < 24).max().unwrap_or(0);
    let mut text = String::new();
    for command in COMMANDS {
        let _ = writeln!(text, "  {:<width$}  {}", form(command), command.summary);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_those_of_other_shells_are_understood() {
        for (line, wanted) in [
            (".help", Ask::Help(String::new())),
            (" .help create key ", Ask::Help("create key".into())),
            ("help;", Ask::Help(String::new())),
            ("help get", Ask::Help("get".into())),
            ("\\h publish", Ask::Help("publish".into())),
            ("?", Ask::Help(String::new())),
            ("EXIT", Ask::Leave),
            ("quit;", Ask::Leave),
            (".quit", Ask::Leave),
            ("\\q", Ask::Leave),
            (".format json", Ask::Mode(Format::Json)),
            (".mode record", Ask::Mode(Format::Record)),
            ("\\x", Ask::Records),
            (".width 60", Ask::Width(Some(60))),
            (".width", Ask::Width(None)),
            (".null '-'", Ask::Null(Some("-".into()))),
            ("\\i a b.pcq", Ask::Read("a b.pcq".into())),
            ("\\timing", Ask::Timer(Some(true))),
            (".timer auto", Ask::Timer(None)),
            (".param set :n 5", Ask::SetParameter("n".into(), "5".into())),
            (".param", Ask::Parameters),
            ("\\d look", Ask::Show("look".into())),
            (".keys", Ask::Statement("SHOW KEYS")),
        ] {
            assert_eq!(ask(line), Some(wanted), "{line}");
        }
        for line in ["GET a;", "quit now", "helper", ""] {
            assert_eq!(ask(line), None, "{line}");
        }
    }

    #[test]
    fn what_is_unknown_is_answered() {
        for (line, told) in [
            (".kyes", "did you mean `.keys`?"),
            (".tables", "`.configs`"),
            (".width 5", ".width [COLUMNS]: "),
            (".read", ".read FILE: "),
            ("\\zzz", "is no command of the shell; `.help` lists them"),
        ] {
            let Some(Ask::Told(text)) = ask(line) else { panic!("{line}") };
            assert!(text.contains(told), "{line}: {text}");
        }
    }

    #[test]
    fn every_command_is_understood_with_what_its_help_says() {
        for command in COMMANDS {
            let argument = match command.name {
                ".show" | ".read" | ".backup" | ".once" => "x",
                ".timer" | ".echo" | ".bail" | ".color" => "on",
                _ => "",
            };
            let asked = ask(&format!("{} {argument}", command.name));
            assert!(!matches!(asked, None | Some(Ask::Told(_))), "{}", command.name);
        }
    }
}
