//! The commands of the shell: all there is to know of each, in one table.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::ask::{Ask, Setting};
use crate::shell::format::{Format, Zone};
use crate::shell::interactive::keys::Keys;
use crate::shell::text::near;

/// Command of the shell.
#[derive(Debug)]
pub(in crate::shell::interactive) struct Dot {
    pub(in crate::shell::interactive) name: &'static str,
    /// What other shells call it.
    pub(in crate::shell::interactive) others: &'static [&'static str],
    pub(in crate::shell::interactive) arguments: &'static str,
    /// What it does, as the help says it.
    pub(in crate::shell::interactive) summary: &'static str,
    pub(in crate::shell::interactive) takes: Takes,
    /// What it asks with its arguments; `None` if they are not what it takes.
    pub(super) understand: fn(&str) -> Option<Ask>,
}

/// What the arguments of a command are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::shell::interactive) enum Takes {
    /// The words that stand in how it is written, if any.
    Words,
    File,
    /// The name of an object.
    Object,
    /// A topic of the help.
    Topic,
    Format,
    Zone,
    /// A word, and then a statement.
    Statement,
}

impl Dot {
    /// How it is written.
    pub(in crate::shell::interactive) fn form(&self) -> String {
        format!("{} {}", self.name, self.arguments).trim_end().to_owned()
    }

    /// Whether it is called so, here or in other shells.
    pub(in crate::shell::interactive) fn is_called(&self, word: &str) -> bool {
        self.name == word || self.others.contains(&word)
    }
}

/// A command that lists a table.
const fn listing(
    name: &'static str,
    summary: &'static str,
    understand: fn(&str) -> Option<Ask>,
) -> Dot {
    Dot { name, others: &[], arguments: "", summary, takes: Takes::Words, understand }
}

/// A command that is turned on or off.
const fn switch(
    name: &'static str,
    summary: &'static str,
    understand: fn(&str) -> Option<Ask>,
) -> Dot {
    Dot { name, others: &[], arguments: "on | off", summary, takes: Takes::Words, understand }
}

/// The commands, by what they are about.
pub(in crate::shell::interactive) const COMMANDS: &[Dot] = &[
    Dot {
        name: ".help",
        others: &["\\?", "\\h", "?", "help"],
        arguments: "[TOPIC]",
        summary: "what the shell understands, or how a statement is written",
        takes: Takes::Topic,
        understand: |rest| Some(Ask::Help(rest.to_owned())),
    },
    listing(".keys", "SHOW KEYS", |rest| alone(rest, Ask::Statement("SHOW KEYS"))),
    listing(".segments", "SHOW SEGMENTS", |rest| alone(rest, Ask::Statement("SHOW SEGMENTS"))),
    listing(".configs", "SHOW CONFIGS", |rest| alone(rest, Ask::Statement("SHOW CONFIGS"))),
    listing(".users", "SHOW USERS", |rest| alone(rest, Ask::Statement("SHOW USERS"))),
    listing(".attributes", "SHOW ATTRIBUTES", |rest| {
        alone(rest, Ask::Statement("SHOW ATTRIBUTES"))
    }),
    listing(".schedule", "SHOW SCHEDULE", |rest| alone(rest, Ask::Statement("SHOW SCHEDULE"))),
    Dot {
        name: ".show",
        others: &[],
        arguments: "NAME",
        summary: "DESCRIBE the key, segment, config or attribute with a name",
        takes: Takes::Object,
        understand: |rest| text(rest).map(Ask::Show),
    },
    Dot {
        name: ".open",
        others: &["\\c"],
        arguments: "[STORE]",
        summary: "goes on with another store; without a file, with an empty one in memory",
        takes: Takes::File,
        understand: |rest| Some(Ask::Open(file(rest))),
    },
    Dot {
        name: ".read",
        others: &["\\i"],
        arguments: "FILE",
        summary: "runs the statements and commands of a file",
        takes: Takes::File,
        understand: |rest| file(rest).map(Ask::Read),
    },
    Dot {
        name: ".dump",
        others: &[],
        arguments: "[FILE]",
        summary: "writes a script that rebuilds the store",
        takes: Takes::File,
        understand: |rest| Some(Ask::Dump(file(rest))),
    },
    Dot {
        name: ".backup",
        others: &[],
        arguments: "FILE",
        summary: "copies the store into a new file",
        takes: Takes::File,
        understand: |rest| file(rest).map(Ask::Backup),
    },
    listing(".verify", "checks every page of the store, and every rule", |rest| {
        alone(rest, Ask::Verify)
    }),
    Dot {
        name: ".mode",
        others: &[".format"],
        arguments: "[FORMAT]",
        summary: "prints tables in another format; without one, says which there are",
        takes: Takes::Format,
        understand: |rest| Some(if rest.is_empty() { Ask::Modes } else { mode(rest) }),
    },
    Dot {
        name: ".width",
        others: &[],
        arguments: "[COLUMNS]",
        summary: "fits tables to a width, of 20 at least; without one, to the terminal",
        takes: Takes::Words,
        understand: width,
    },
    Dot {
        name: ".null",
        others: &[".nullvalue"],
        arguments: "[TEXT]",
        summary: "shows a text for a value that there is not; without one, NULL",
        takes: Takes::Words,
        understand: |rest| Some(Setting::Null(text(rest.trim_matches('\''))).into()),
    },
    Dot {
        name: ".zone",
        others: &[],
        arguments: "[ZONE | local]",
        summary: "shows times in a zone, as Europe/Paris or that of the system; without one, says which it is",
        takes: Takes::Zone,
        understand: |rest| Some(if rest.is_empty() { Ask::Zone } else { zone(rest) }),
    },
    Dot {
        name: ".pager",
        others: &[],
        arguments: "on | off | COMMAND",
        summary: "shows what is taller than the screen with a program, or not",
        takes: Takes::Words,
        understand: |rest| {
            Some(match rest {
                "" => Ask::Pager,
                "on" | "off" => Setting::Paging(rest == "on").into(),
                command => Setting::Pager(command.to_owned()).into(),
            })
        },
    },
    Dot {
        name: ".timer",
        others: &["\\timing"],
        arguments: "on | off | auto",
        summary: "says how long each statement took; auto: if that was long",
        takes: Takes::Words,
        understand: |rest| {
            let timer = if rest == "auto" { Some(None) } else { is_on(rest).map(Some) };
            timer.map(|timer| Setting::Timer(timer).into())
        },
    },
    switch(".echo", "shows each statement of a file before it is run", |rest| {
        is_on(rest).map(|on| Setting::Echo(on).into())
    }),
    switch(".bail", "ends a file at its first error, as at the start, or goes on", |rest| {
        is_on(rest).map(|on| Setting::Bail(on).into())
    }),
    Dot {
        name: ".output",
        others: &["\\o"],
        arguments: "[FILE]",
        summary: "writes tables into a file; without one, to the terminal again",
        takes: Takes::File,
        understand: |rest| Some(Ask::Output(file(rest).filter(|_| rest != "stdout"))),
    },
    Dot {
        name: ".once",
        others: &[],
        arguments: "FILE",
        summary: "writes the next table into a file",
        takes: Takes::File,
        understand: |rest| file(rest).map(Ask::Once),
    },
    Dot {
        name: ".edit",
        others: &["\\e"],
        arguments: "",
        summary: "edits the open statement, or the last one, with $VISUAL or $EDITOR",
        takes: Takes::Words,
        understand: |rest| alone(rest, Ask::Edit),
    },
    Dot {
        name: ".watch",
        others: &["\\watch"],
        arguments: "SECONDS STATEMENT",
        summary: "runs a statement every so often, until Ctrl-C",
        takes: Takes::Statement,
        understand: watch,
    },
    listing(".last", "prints the last table again, in the format of now", |rest| {
        alone(rest, Ask::Last)
    }),
    Dot {
        name: ".param",
        others: &[],
        arguments: "set NAME VALUE | list | clear [NAME]",
        summary: "the values of :parameters",
        takes: Takes::Words,
        understand: parameter,
    },
    switch(".color", "colours what is typed, or not", |rest| {
        is_on(rest).map(|on| Setting::Color(on).into())
    }),
    Dot {
        name: ".editing",
        others: &[],
        arguments: "vi | emacs",
        summary: "the keys that lines are edited with",
        takes: Takes::Words,
        understand: |rest| match rest {
            "" => Some(Ask::Keys),
            "vi" => Some(Setting::Keys(Keys::Vi).into()),
            "emacs" => Some(Setting::Keys(Keys::Emacs).into()),
            _ => None,
        },
    },
    Dot {
        name: ".quit",
        others: &[".exit", "\\q"],
        arguments: "",
        summary: "leaves, as Ctrl-D does",
        takes: Takes::Words,
        understand: |rest| alone(rest, Ask::Leave),
    },
];

/// What is asked by a command that takes nothing.
fn alone(rest: &str, ask: Ask) -> Option<Ask> {
    rest.is_empty().then_some(ask)
}

fn text(rest: &str) -> Option<String> {
    (!rest.is_empty()).then(|| rest.to_owned())
}

fn file(rest: &str) -> Option<PathBuf> {
    text(rest).map(PathBuf::from)
}

fn is_on(word: &str) -> Option<bool> {
    match word {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

/// A width, or that of the terminal.
fn width(rest: &str) -> Option<Ask> {
    if matches!(rest, "" | "auto" | "0") {
        return Some(Setting::Width(None).into());
    }
    let columns = rest.parse().ok().filter(|columns| *columns >= 20)?;
    Some(Setting::Width(Some(columns)).into())
}

fn mode(word: &str) -> Ask {
    if let Ok(format) = Format::from_str(word, true) {
        return Setting::Mode(format).into();
    }
    let names: Vec<_> =
        Format::value_variants().iter().filter_map(Format::to_possible_value).collect();
    let guess = near(word, names.iter().map(PossibleValue::get_name));
    let word = pcq::Short(word);
    Ask::Told(match guess {
        Some(name) => format!("there is no format `{word}`: did you mean `{name}`?"),
        None => format!("there is no format `{word}`; `.mode` lists them"),
    })
}

/// How often, from every tenth of a second to every day, and what.
fn watch(rest: &str) -> Option<Ask> {
    let (seconds, statement) = rest.split_once(char::is_whitespace)?;
    let seconds = seconds.parse().ok().filter(|seconds| (0.1..=86_400.0).contains(seconds))?;
    Some(Ask::Watch(Duration::from_secs_f64(seconds), statement.trim().to_owned()))
}

fn zone(name: &str) -> Ask {
    let name = name.trim_matches('\'');
    if name.eq_ignore_ascii_case("local") {
        return Zone::local().map_or_else(
            || {
                Ask::Told(
                    "the zone of the system is not known; `.zone Europe/Paris` names one"
                        .to_owned(),
                )
            },
            |zone| Setting::Zone(zone).into(),
        );
    }
    if let Some(zone) = Zone::named(name) {
        return Setting::Zone(zone).into();
    }
    let part = name.replace(' ', "_").to_lowercase();
    let near = Zone::names().into_iter().find(|zone| zone.to_lowercase().contains(&part));
    let guess = near.map(|zone| format!(": did you mean `{zone}`?")).unwrap_or_default();
    Ask::Told(format!("there is no time zone `{}`{guess}", pcq::Short(name)))
}

fn parameter(rest: &str) -> Option<Ask> {
    let (what, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let name = |name: &str| name.trim_start_matches(':').to_owned();
    match (what, rest.trim()) {
        ("" | "list", "") => Some(Ask::Parameters),
        ("clear", "") => Some(Setting::NoParameter(None).into()),
        ("clear", which) => Some(Setting::NoParameter(Some(name(which))).into()),
        ("set", rest) => {
            let (which, value) = rest.split_once(char::is_whitespace)?;
            Some(Setting::Parameter(name(which), value.trim().to_owned()).into())
        }
        _ => None,
    }
}
