//! Completion of the commands of the shell.

use clap::ValueEnum;
use rustyline::Result;
use rustyline::completion::{FilenameCompleter, Pair};

use super::dot::COMMANDS;
use super::help;
use crate::shell::format::{Format, Zone};
use pcq::{CandidateKind, Completer};

/// What a command that is typed may become; `None` if none is.
pub(super) fn complete(
    typed: &str,
    completer: &Completer,
    has_files: bool,
) -> Option<Result<(usize, Vec<String>)>> {
    if !typed.starts_with('.') {
        return None;
    }
    let Some((word, rest)) = typed.split_once(' ') else {
        let names = COMMANDS.iter().map(|command| command.name);
        let begun = names.filter(|name| name.starts_with(typed)).map(|name| format!("{name} "));
        return Some(Ok((0, begun.collect())));
    };
    let start = typed.len() - rest.len();
    if FILES.contains(&word) {
        let found = has_files.then(|| FilenameCompleter::new().complete_path(rest, rest.len()));
        let found = found.unwrap_or_else(|| Ok((0, Vec::new())));
        let replaced = |pairs: Vec<Pair>| pairs.into_iter().map(|pair| pair.replacement).collect();
        return Some(found.map(|(at, pairs)| (start + at, replaced(pairs))));
    }
    if word == ".watch" {
        let (_, statement) = rest.split_once(' ')?;
        let found = completer.complete(statement);
        let start = typed.len() - statement.len() + found.start;
        let texts = found.candidates.into_iter().map(|candidate| format!("{} ", candidate.text));
        return Some(Ok((start, texts.collect())));
    }
    let mut offered = match word {
        ".show" => named(rest, completer),
        ".help" => help::topics(),
        ".zone" => Zone::names(),
        ".mode" => {
            let names = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            names.map(|value| value.get_name().to_owned()).collect()
        }
        word => words(word),
    };
    offered.retain(|text| begins(text, rest));
    Some(Ok((start, offered)))
}

/// The commands that name a file.
const FILES: [&str; 6] = [".read", ".open", ".dump", ".backup", ".output", ".once"];

fn begins(text: &str, begun: &str) -> bool {
    text.get(..begun.len()).is_some_and(|head| head.eq_ignore_ascii_case(begun))
        || text.strip_prefix('"').is_some_and(|name| name.starts_with(begun))
}

/// The words that stand in how a command is written.
fn words(command: &str) -> Vec<String> {
    let arguments =
        COMMANDS.iter().find(|known| known.name == command).map(|known| known.arguments);
    let alternatives = arguments.unwrap_or_default().split(" | ");
    let first = alternatives.filter_map(|alternative| alternative.split(' ').next());
    let is_word = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase()) && !word.is_empty();
    first.filter(is_word).map(str::to_owned).collect()
}

/// What is still to be said of a command that is typed.
pub(super) fn rest(typed: &str) -> Option<&'static str> {
    let name = typed.strip_suffix(' ')?;
    let command = COMMANDS.iter().find(|command| command.name == name)?;
    (!command.arguments.is_empty()).then_some(command.arguments)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(typed: &str) -> Vec<String> {
        let db = pcq::Database::in_memory().unwrap();
        db.execute("CREATE KEY title STRING DEFAULT 'a';").unwrap();
        complete(typed, &db.completer(), false).unwrap().unwrap().1
    }

    #[test]
    fn arguments_of_commands_are_offered() {
        for (typed, wanted) in [
            (".wa", ".watch "),
            (".zone asia/tok", "Asia/Tokyo"),
            (".editing v", "vi"),
            (".pager o", "off"),
            (".param ", "clear"),
            (".mode js", "jsonl"),
            (".show ti", "title"),
            (".help publ", "PUBLISH CONFIG"),
            (".help unknown-k", "unknown-key"),
            (".watch 2 GET ti", "title "),
        ] {
            assert!(offered(typed).contains(&wanted.to_owned()), "{typed}: {:?}", offered(typed));
        }
        assert!(offered(".read ").is_empty() && offered(".pager C").is_empty());
        assert_eq!(rest(".watch "), Some("SECONDS STATEMENT"));
        assert_eq!(rest(".keys "), None);
    }
}
