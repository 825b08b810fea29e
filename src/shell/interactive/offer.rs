//! Completion of the commands of the shell.

use clap::ValueEnum;
use rustyline::Result;
use rustyline::completion::{FilenameCompleter, Pair};

use super::dot::{COMMANDS, Dot, Takes};
use super::help;
use crate::shell::format::{Format, Zone};
use pcq::{Candidate, CandidateKind, Completer};

/// What a command that is typed may become; `None` if none is.
pub(super) fn complete(
    typed: &str,
    completer: &Completer,
    has_files: bool,
) -> Option<Result<(usize, Vec<String>)>> {
    if !typed.starts_with(['.', '\\']) {
        return None;
    }
    let Some((word, rest)) = typed.split_once(' ') else {
        return Some(Ok((0, begun(typed))));
    };
    let start = typed.len() - rest.len();
    let takes = COMMANDS.iter().find(|command| command.is_called(word)).map(|found| found.takes);
    let mut offered = match takes {
        Some(Takes::File) => {
            let found = has_files.then(|| FilenameCompleter::new().complete_path(rest, rest.len()));
            let found = found.unwrap_or_else(|| Ok((0, Vec::new())));
            let text = |pair: Pair| pair.replacement;
            return Some(found.map(|(at, all)| (start + at, all.into_iter().map(text).collect())));
        }
        Some(Takes::Statement) => {
            let (_, statement) = rest.split_once(' ')?;
            let found = completer.complete(statement);
            let start = typed.len() - statement.len() + found.start;
            let text = |found: Candidate| format!("{} ", found.text);
            return Some(Ok((start, found.candidates.into_iter().map(text).collect())));
        }
        Some(Takes::Object) => named(rest, completer),
        Some(Takes::Topic) => help::topics(),
        Some(Takes::Zone) => Zone::names(),
        Some(Takes::Format) => {
            let names = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            names.map(|value| value.get_name().to_owned()).collect()
        }
        Some(Takes::Words) => Vec::new(),
        None => return Some(Ok((start, Vec::new()))),
    };
    offered.extend(words(word));
    offered.retain(|text| begins(text, rest));
    Some(Ok((start, offered)))
}

/// The commands that begin so, and what commands are called here that do so in other shells.
fn begun(typed: &str) -> Vec<String> {
    let is_begun = |name: &&str| name.starts_with(typed);
    let own = COMMANDS.iter().map(|command| command.name).filter(is_begun);
    let mut found: Vec<_> = own.collect();
    if found.is_empty() || typed.starts_with('\\') {
        let has = |command: &&Dot| command.others.iter().any(is_begun);
        found = COMMANDS.iter().filter(has).map(|command| command.name).collect();
    }
    found.into_iter().map(|name| format!("{name} ")).collect()
}

fn begins(text: &str, begun: &str) -> bool {
    text.get(..begun.len()).is_some_and(|head| head.eq_ignore_ascii_case(begun))
        || text.strip_prefix('"').is_some_and(|name| name.starts_with(begun))
}

/// The words that stand in how a command is written.
fn words(command: &str) -> Vec<String> {
    let arguments =
        COMMANDS.iter().find(|known| known.is_called(command)).map(|known| known.arguments);
    let alternatives = arguments.unwrap_or_default().split(" | ");
    let first = alternatives.filter_map(|alternative| alternative.split(' ').next());
    let first = first.map(|word| word.trim_matches(['[', ']']));
    let is_word = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase()) && !word.is_empty();
    first.filter(is_word).map(str::to_owned).collect()
}

/// What is still to be said of a command that is typed.
pub(super) fn rest(typed: &str) -> Option<&'static str> {
    let name = typed.strip_suffix(' ')?;
    let command = COMMANDS.iter().find(|command| command.is_called(name))?;
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
            (".zone lo", "local"),
            (".fo", ".mode "),
            (".exi", ".quit "),
            ("\\", ".help "),
            ("\\t", ".timer "),
            ("\\timing o", "off"),
        ] {
            assert!(offered(typed).contains(&wanted.to_owned()), "{typed}: {:?}", offered(typed));
        }
        assert!(offered(".read ").is_empty() && offered(".pager C").is_empty());
        assert_eq!(rest(".watch "), Some("SECONDS STATEMENT"));
        assert_eq!(rest(".keys "), None);
    }
}
