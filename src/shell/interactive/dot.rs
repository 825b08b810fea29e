//! Commands of the shell: words that begin with a dot, and what fingers know of other shells.

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use super::keys::Keys;
use crate::shell::format::{Format, Zone};
use crate::shell::text::near;

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
    dot(
        ".width",
        "[COLUMNS]",
        "fits tables to a width, of 20 at least; without one, to the terminal",
    ),
    dot(".null", "[TEXT]", "shows a text for a value that there is not; without one, NULL"),
    dot(".zone", "[ZONE]", "shows times in a zone, as Europe/Paris; without one, says which it is"),
    dot(
        ".pager",
        "on | off | COMMAND",
        "shows what is taller than the screen with a program, or not",
    ),
    dot(".timer", "on | off | auto", "says how long each statement took; auto: if that was long"),
    dot(".echo", "on | off", "shows each statement of a file before it is run"),
    dot(".bail", "on | off", "ends a file at its first error, as at the start, or goes on"),
    dot(".output", "[FILE]", "writes tables into a file; without one, to the terminal again"),
    dot(".once", "FILE", "writes the next table into a file"),
    dot(".edit", "", "edits the open statement, or the last one, with $VISUAL or $EDITOR"),
    dot(".watch", "SECONDS STATEMENT", "runs a statement every so often, until Ctrl-C"),
    dot(".last", "", "prints the last table again, in the format of now"),
    dot(".param", "set NAME VALUE | list | clear [NAME]", "the values of :parameters"),
    dot(".color", "on | off", "colours what is typed, or not"),
    dot(".editing", "vi | emacs", "the keys that lines are edited with"),
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
    /// To edit the last statement, or the one that is open.
    Edit,
    /// To run a statement every so often.
    Watch(Duration, String),
    /// To show times in a zone; `None`: to say in which.
    Zone(Option<Zone>),
    Pager(PagerAsk),
    /// To edit with other keys; `None`: to say with which.
    Keys(Option<Keys>),
    Leave,
    /// To be told something.
    Told(String),
}

/// What is asked of the pager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PagerAsk {
    Which,
    Turn(bool),
    Use(String),
}

impl Ask {
    /// Whether it touches a file besides the store, or starts a program.
    pub(super) fn reaches_out(&self) -> bool {
        match self {
            Self::Open(path) | Self::Dump(path) | Self::Output(path) => path.is_some(),
            Self::Read(_) | Self::Backup(_) | Self::Once(_) | Self::Edit | Self::Pager(_) => true,
            _ => false,
        }
    }
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
    ("\\e", ".edit"),
    ("\\watch", ".watch"),
];

const NO_PROGRAM: &str = "the shell starts no program but the pager and the editor";
const NO_INDEX: &str =
    "there are no indexes to take care of; `SHOW COUNT OF USERS` and the like count rows";

/// What there is instead of what other shells have.
const INSTEAD: &[(&str, &str)] = &[
    ("\\g", "a statement runs at its `;`"),
    ("\\conninfo", "the prompt and `.open` say which store this is; `.verify` checks it"),
    ("\\set", "`.param set NAME VALUE` gives `:NAME` a value"),
    ("\\!", NO_PROGRAM),
    (".shell", NO_PROGRAM),
    (".system", NO_PROGRAM),
    (".cd", "names of files are taken from where the shell was started"),
    ("\\cd", "names of files are taken from where the shell was started"),
    ("\\di", NO_INDEX),
    (".indexes", NO_INDEX),
    (".indices", NO_INDEX),
    ("\\du", "there are no accounts: `--role` says what a session may do, and `--actor` who it is"),
    (".stats", "`SHOW STATS FOR CONFIG name` and `SHOW STATS FOR KEYS` tell what was delivered"),
    (".print", "a comment begins with `--`, and `.echo on` shows what is read from a file"),
    (".separator", "`.mode csv` has commas between values; other formats are in `.mode`"),
    (".changes", "each statement says what it changed, and `SHOW HISTORY LIMIT 1` the last change"),
    (".log", "`SHOW HISTORY` tells who changed what and when"),
    (".prompt", "the prompt names the store, and with a `*` that a transaction is open"),
    (".maxrows", "`LIMIT n` at the end of a SHOW gives no more rows than that"),
    (".version", "the first line says it, and so does `pcq --version`"),
    (".clear", "Ctrl-L clears the screen"),
    (".tables", "`.keys`, `.segments`, `.configs`, `.users` and `.schedule` list what there is"),
    ("\\dt", "`.keys`, `.segments`, `.configs`, `.users` and `.schedule` list what there is"),
    (".databases", "there is one store at a time: `.open STORE` goes on with another"),
    (".schema", "`.show NAME` describes something, and `.dump` writes all of it as a script"),
    (".import", "`pcq track STORE FILE` loads users and events, `pcq list` lists of users"),
    (".headers", "a table always has its header; `.mode jsonl` or `.mode line` have none"),
    (".save", "`.backup FILE` copies the store into a new file"),
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
    let form = format!("{} {}", command.name, command.arguments);
    format!("{}: {}", form.trim_end(), command.summary)
}

fn unknown(word: &str) -> String {
    let word = pcq::Short(word).to_string();
    let guess = near(&word, COMMANDS.iter().map(|command| command.name));
    let guess = guess.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default();
    format!("`{word}` is no command of the shell{guess}; `.help` lists them")
}

fn no_format(word: &str) -> Ask {
    let names: Vec<_> =
        Format::value_variants().iter().filter_map(Format::to_possible_value).collect();
    let guess = near(word, names.iter().map(clap::builder::PossibleValue::get_name));
    let guess = guess.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default();
    Ask::Told(format!("there is no format `{}`{guess}; `.mode` lists them", pcq::Short(word)))
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
        ".mode" => Some(Format::from_str(rest, true).map_or_else(|_| no_format(rest), Ask::Mode)),
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
        ".edit" => none(Ask::Edit),
        ".watch" => watch(rest),
        ".zone" if rest.is_empty() => Some(Ask::Zone(None)),
        ".zone" => Some(zone(rest)),
        ".pager" => Some(Ask::Pager(match rest {
            "" => PagerAsk::Which,
            "on" | "off" => PagerAsk::Turn(rest == "on"),
            command => PagerAsk::Use(command.to_owned()),
        })),
        ".editing" => match rest {
            "" => Some(Ask::Keys(None)),
            "vi" => Some(Ask::Keys(Some(Keys::Vi))),
            "emacs" => Some(Ask::Keys(Some(Keys::Emacs))),
            _ => None,
        },
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

/// How often, from every tenth of a second to every day, and what.
fn watch(rest: &str) -> Option<Ask> {
    let (seconds, statement) = rest.split_once(char::is_whitespace)?;
    let seconds = seconds.parse().ok().filter(|seconds| (0.1..=86_400.0).contains(seconds))?;
    Some(Ask::Watch(Duration::from_secs_f64(seconds), statement.trim().to_owned()))
}

fn zone(name: &str) -> Ask {
    let name = name.trim_matches('\'');
    if let Some(zone) = Zone::named(name) {
        return Ask::Zone(Some(zone));
    }
    let part = name.replace(' ', "_").to_lowercase();
    let near = Zone::names().into_iter().find(|zone| zone.to_lowercase().contains(&part));
    let guess = near.map(|zone| format!(", did you mean `{zone}`?")).unwrap_or_default();
    Ask::Told(format!("there is no time zone `{}`{guess}", pcq::Short(name)))
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
