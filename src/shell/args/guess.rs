//! Words in the place of a command or a store that are likely meant to be something else.

use std::path::Path;

use clap::CommandFactory;

use super::Cli;
use pcq::Short;
use pcq::limits::ECHO_CHARS;

/// What other programs call it, and what it is here.
const OTHERS: &[(&str, &str)] = &[
    ("repl", "`pcq STORE` is a shell on a store"),
    ("shell", "`pcq STORE` is a shell on a store"),
    ("console", "`pcq STORE` is a shell on a store"),
    ("open", "`pcq STORE` opens a store, and makes it if it does not exist"),
    ("init", "`pcq STORE` makes a store that does not exist"),
    ("create", "`pcq STORE` makes a store that does not exist"),
    ("exec", "`pcq STORE -e STATEMENTS` runs statements"),
    ("execute", "`pcq STORE -e STATEMENTS` runs statements"),
    ("query", "`pcq STORE -e STATEMENTS` runs statements"),
    ("get", "`pcq STORE -e 'GET key'` reads a value"),
    ("show", "`pcq STORE -e 'SHOW KEYS'` shows a table"),
    ("format", "`pcq fmt` writes scripts in canonical form"),
    ("lint", "`pcq check` tells what is wrong with scripts"),
    ("validate", "`pcq check` tells what is wrong with scripts"),
    ("test", "`pcq run` runs scripts, and tells how many of their assertions failed"),
    ("import", "`pcq track` loads users and events, `pcq list` a list of users, `pcq run` a dump"),
    ("load", "`pcq track` loads users and events, `pcq list` a list of users, `pcq run` a dump"),
    ("export", "`pcq dump` writes a script that rebuilds a store"),
    ("diff", "`pcq plan` shows what would have to change"),
    ("vacuum", "`pcq compact` makes the file of a store smaller"),
    ("recover", "`pcq repair` saves what can be read of a damaged store"),
    ("version", "`pcq --version` says it"),
];

/// What a word is likely meant to be that begins arguments which make no sense.
pub(super) fn of_word(word: &Path) -> Option<String> {
    let name = bare(word)?;
    let is_command = Cli::command().get_subcommands().any(|command| command.get_name() == name);
    if is_command { None } else { Some(told(name, &meant(name)?)) }
}

/// What a script and a store are likely meant to be that stand one after the other, without a command.
pub(super) fn of_pair(first: &Path, second: &Path) -> Option<String> {
    let is_script = |word: &Path| word.extension().is_some_and(|extension| extension == "pcq");
    let (script, store) = match (is_script(first), is_script(second)) {
        (false, true) if is_no_option(first) => (second, first),
        (true, false) if is_no_option(second) => (first, second),
        _ => return None,
    };
    let (script, store) = (script.display().to_string(), store.display().to_string());
    let (script, store) = (Short(&script), Short(&store));
    Some(format!(
        "`{script}` is the name of a script: `pcq run {script} --db {store}` runs it on the store"
    ))
}

fn is_no_option(word: &Path) -> bool {
    let name = word.to_str().unwrap_or_default();
    !name.starts_with('-') && Cli::command().find_subcommand(name).is_none()
}

/// What the name of a store that does not exist is likely meant to be: a command, or a script.
pub(super) fn of_store(store: &Path) -> Option<String> {
    if let Some(name) = bare(store) {
        return Some(told(
            name,
            &meant(name).unwrap_or_else(|| "`pcq help` lists them".to_owned()),
        ));
    }
    let is_script = store.extension().is_some_and(|extension| extension == "pcq");
    let name = store.display().to_string();
    (is_script && !store.exists()).then(|| {
        let name = Short(&name);
        format!("`{name}` is the name of a script, and there is none: `pcq run SCRIPT` runs one")
    })
}

/// The word, if it is the name of no file, and could be that of a command.
fn bare(word: &Path) -> Option<&str> {
    let name = word.to_str().filter(|name| !name.is_empty() && !name.starts_with('-'))?;
    (!name.contains(['.', '/', '\\', ':']) && !word.exists()).then_some(name)
}

/// The command that is near to a word, or what other programs mean by it.
fn meant(word: &str) -> Option<String> {
    let word = word.to_lowercase();
    if let Some((_, ours)) = OTHERS.iter().find(|(other, _)| *other == word) {
        return Some((*ours).to_owned());
    }
    if word.len() > ECHO_CHARS {
        return None;
    }
    let cli = Cli::command();
    let distance = |name: &str| strsim::damerau_levenshtein(name, &word);
    let near = cli.get_subcommands().map(clap::Command::get_name).min_by_key(|n| distance(n))?;
    (distance(near) <= 2 && distance(near) < near.len()).then(|| format!("did you mean `{near}`?"))
}

fn told(name: &str, meant: &str) -> String {
    let name = Short(name);
    format!("`{name}` is no command, and no store: {meant}\n\n  a store of that name is `./{name}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_meant_is_guessed() {
        for (word, told) in [
            ("chekc", "did you mean `check`?"),
            ("dmup", "did you mean `dump`?"),
            ("Verfy", "did you mean `verify`?"),
            ("repl", "`pcq STORE` is a shell on a store"),
        ] {
            let found = of_word(Path::new(word)).unwrap_or_default();
            assert!(found.contains(told), "{word}: {found}");
        }
        for word in ["check", "zebra", "--chekc", "./chekc", "chekc.pcdb"] {
            assert_eq!(of_word(Path::new(word)), None, "{word}");
        }
        for (first, second) in [("x.pcdb", "base.pcq"), ("base.pcq", "x.pcdb")] {
            let found = of_pair(Path::new(first), Path::new(second)).unwrap_or_default();
            assert!(found.contains("`pcq run base.pcq --db x.pcdb`"), "{found}");
        }
        for (first, second) in
            [("run", "base.pcq"), ("--db", "a.pcq"), ("a.pcq", "-e"), ("a.pcdb", "b.pcdb")]
        {
            assert_eq!(of_pair(Path::new(first), Path::new(second)), None, "{first} {second}");
        }
        assert!(of_store(Path::new("zebra")).is_some_and(|told| told.contains("`./zebra`")));
        assert!(of_store(Path::new("a.pcq")).is_some_and(|told| told.contains("pcq run")));
        for store in ["a.pcdb", "./zebra", "src", "Cargo.toml"] {
            assert_eq!(of_store(Path::new(store)), None, "{store}");
        }
    }

    #[test]
    fn no_command_is_called_as_in_other_programs() {
        let cli = Cli::command();
        let names: Vec<_> = cli.get_subcommands().map(clap::Command::get_name).collect();
        assert!(OTHERS.iter().all(|(other, _)| !names.contains(other)));
    }
}
