//! Commands of the shell: words that begin with a dot, and what fingers know of other shells.

mod ask;
mod command;
#[cfg(test)]
mod tests;

use crate::shell::text::near;
pub(super) use ask::{Ask, Setting};
pub(super) use command::{COMMANDS, Dot, Takes};

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
    if let Some((_, instead)) = INSTEAD.iter().find(|(other, _)| *other == word) {
        return Ask::Told((*instead).to_owned());
    }
    match (word, rest) {
        ("\\d", "") => return meant(".tables", ""),
        ("\\d", name) => return Ask::Show(name.to_owned()),
        ("\\x", _) => return Setting::Records.into(),
        ("\\timing", "") => return Setting::Timer(Some(true)).into(),
        _ => {}
    }
    let Some(command) = COMMANDS.iter().find(|command| command.is_called(word)) else {
        return Ask::Told(unknown(word));
    };
    (command.understand)(rest).unwrap_or_else(|| Ask::Told(usage(command)))
}

/// How a command is written.
fn usage(command: &Dot) -> String {
    format!("{}: {}", command.form(), command.summary)
}

fn unknown(word: &str) -> String {
    let word = pcq::Short(word).to_string();
    match near(&word, COMMANDS.iter().map(|command| command.name)) {
        Some(name) => format!("`{word}` is no command of the shell: did you mean `{name}`?"),
        None => format!("`{word}` is no command of the shell; `.help` lists them"),
    }
}
