//! Statements about objects, and actions on configs, in other words.

use super::spot::{Spot, is_bare, solid};
use crate::error::Short;
use crate::syntax::rules::Rule;
use crate::syntax::token::is_word;
use crate::syntax::words::{FIRST_WORDS, PREVIEWED};

/// Statements about one object that are another statement here.
pub(super) fn object(spot: Spot<'_>) -> Option<String> {
    if spot.comes_after(&["SHOW"])
        && let Some(hint) = shown(spot)
    {
        return Some(hint);
    }
    let is_kind = is_kind(&spot.token.to_ascii_uppercase());
    if spot.token == "(" && spot.wants(Rule::k_limit) {
        let words = spot.words_before();
        let [table, show] = words.as_slice() else { return None };
        let columns: Vec<_> = solid(spot.after).take_while(|token| *token != ")").collect();
        let columns = columns.join(" ").replace(" ,", ",");
        let (table, columns) = (table.to_lowercase(), Short(&columns));
        return (show == "SHOW").then(|| format!("write `SELECT {columns} FROM {table}`"));
    }
    if spot.is_any(&["DROP", "DELETE", "REMOVE"]) && spot.wants(Rule::statement) {
        let mut rest = solid(spot.after);
        let kind = rest.next().map(str::to_ascii_uppercase).filter(|kind| self::is_kind(kind))?;
        let name = dotted(rest)?;
        return Some(format!("nothing is ever deleted: write `ARCHIVE {kind} {}`", Short(&name)));
    }
    if spot.wants(Rule::k_config) && spot.comes_after(&["DISABLE"])
        || spot.comes_after(&["ENABLE"]) && is_kind
    {
        return Some("only a config has a kill switch, for all of its keys".to_owned());
    }
    if spot.is("CONFIG") && spot.comes_after(&["ROLLBACK"]) {
        let rest: Vec<_> = solid(spot.after).take(4).collect();
        return Some(format!("write `REVERT CONFIG {}`", Short(&rest.join(" "))));
    }
    if spot.is("WHERE") && spot.comes_after(&["SET"]) {
        return Some("write `WHERE` without `SET`".to_owned());
    }
    let words = spot.words_before();
    if words.last().is_some_and(|first| first == "SELECT") {
        return None;
    }
    if words.first().is_some_and(|word| word == "PRIORITY")
        && spot.comes_after(&["SET", "PRIORITY"])
    {
        let segment = Short(spot.token);
        return Some(format!(
            "the order of segments is their priority: `MOVE SEGMENT {segment} FIRST | LAST | BEFORE … | AFTER …`"
        ));
    }
    let is_key = words.len() == 3 && words.get(1).is_some_and(|word| word == "KEY");
    if is_key && spot.is("RENAME") || spot.is("TYPE") && words.iter().any(|word| word == "KEY") {
        return Some("name and type of a key never change".to_owned());
    }
    if spot.wants(Rule::action) || spot.wants(Rule::k_rename) {
        return other_action(spot);
    }
    None
}

/// What to write to see what `SHOW` has not.
fn shown(spot: Spot<'_>) -> Option<String> {
    let kind = spot.token.to_ascii_uppercase();
    if is_kind(&kind) {
        let name = dotted(solid(spot.after));
        let described = name.map(|name| format!("`DESCRIBE {kind} {}` or ", Short(&name)));
        return Some(format!("write {}`SHOW {kind}S`", described.unwrap_or_default()));
    }
    match kind.as_str() {
        "CREATE" => {
            let object: Vec<_> = solid(spot.after).take(2).collect();
            Some(format!("write `DESCRIBE {} AS STATEMENT`", Short(&object.join(" "))))
        }
        "TABLES" | "ALL" => Some("write `SHOW KEYS`, `SHOW SEGMENTS` or `SHOW CONFIGS`".to_owned()),
        table if TABLES_OF_SELECT.contains(&table) => {
            Some(format!("write `SELECT * FROM {}`", table.to_ascii_lowercase()))
        }
        _ => None,
    }
}

/// The tables that queries read, and `SHOW` has not.
const TABLES_OF_SELECT: &[&str] = &[
    "CELLS",
    "DELIVERIES",
    "EVALUATIONS",
    "MEMBERSHIPS",
    "PUBLICATIONS",
    "ROWS",
    "TRAFFIC",
    "USES",
];

fn is_kind(word: &str) -> bool {
    matches!(word, "KEY" | "SEGMENT" | "CONFIG" | "ATTRIBUTE")
}

/// The name that tokens begin with, dots and all.
fn dotted<'t>(mut tokens: impl Iterator<Item = &'t str>) -> Option<String> {
    let mut name = tokens.next()?.to_owned();
    while tokens.next() == Some(".")
        && let Some(part) = tokens.next()
    {
        name.push('.');
        name.push_str(part);
    }
    Some(name)
}

const ONE_OF_BOTH: &str =
    "one of the two: `IF NOT EXISTS` leaves what is there as it is, `OR ALTER` changes it";

/// `IF NOT EXISTS` in a wrong place, and `IF EXISTS`, which there is not.
pub(super) fn if_exists(spot: Spot<'_>) -> Option<String> {
    if spot.is("EXISTS") && spot.comes_after(&["IF"]) || spot.is("IF") && spot.continues("EXISTS") {
        return Some("there is no `IF EXISTS`; `CREATE OR ALTER` changes what is there".to_owned());
    }
    if spot.is("NOT") && spot.comes_after(&["IF"]) && spot.continues("EXISTS") {
        return Some(ONE_OF_BOTH.to_owned());
    }
    if !spot.is("IF") || !spot.continues("NOT") {
        return None;
    }
    let words: Vec<_> = solid(spot.before).collect();
    let upper = |word: &str| Short(&word.to_ascii_uppercase()).to_string();
    Some(match *words {
        ["CREATE" | "create" | "Create"] => {
            "write `CREATE KEY IF NOT EXISTS …`: what is made goes first".to_owned()
        }
        [_, kind, name, ..] if !spot.comes_after(&["OR", "ALTER", &upper(kind)]) => format!(
            "it stands before the name: `CREATE {} IF NOT EXISTS {}`",
            upper(kind),
            Short(name)
        ),
        _ => ONE_OF_BOTH.to_owned(),
    })
}

/// A name without the word for what it is the name of.
pub(super) fn kind(spot: Spot<'_>) -> Option<String> {
    let words = spot.words_before();
    let name = dotted(std::iter::once(spot.token).chain(solid(spot.after)))?;
    let is_kind = is_kind(&spot.token.to_ascii_uppercase());
    let [verb] = words.strip_suffix(&["PREVIEW".to_owned()]).unwrap_or(&words) else {
        return None;
    };
    if verb == "DESCRIBE" && spot.is("TABLE") {
        let table = Short(spot.next().unwrap_or("…")).to_string();
        return Some(format!("`SELECT * FROM {table} LIMIT 1` shows the columns of a table"));
    }
    if verb == "EXPLAIN"
        && let Some(hint) = explained(spot)
    {
        return Some(hint);
    }
    let is_word = is_kind || FIRST_WORDS.iter().any(|word| spot.is(word));
    let is_name = !is_word && is_bare(spot.token) || spot.token.starts_with('"');
    let (verb, name) = (verb.as_str(), Short(&name));
    match verb {
        _ if !is_name => None,
        "EXPLAIN" => Some(format!("write `EXPLAIN GET {name}`")),
        "PUBLISH" | "DISABLE" | "ENABLE" => Some(format!("write `{verb} CONFIG {name}`")),
        "DESCRIBE" | "DIFF" | "ARCHIVE" | "RESTORE" | "REVERT" => Some(format!(
            "say what it is: `{verb} CONFIG {name}`, or `KEY`, `SEGMENT`, `ATTRIBUTE`"
        )),
        _ => None,
    }
}

/// What to write for an explanation of what is no `SELECT` and no `GET`.
fn explained(spot: Spot<'_>) -> Option<String> {
    if solid(spot.after).any(|word| word.eq_ignore_ascii_case("SELECT")) {
        return Some("nothing is run: write `EXPLAIN SELECT …`".to_owned());
    }
    let word = spot.token.to_ascii_uppercase();
    match word.as_str() {
        "SHOW" => Some("write `EXPLAIN SELECT * FROM (SHOW …) AS shown`".to_owned()),
        word if PREVIEWED.contains(&word) => {
            Some(format!("`PREVIEW {word} …` says what it would change"))
        }
        word if FIRST_WORDS.contains(&word) => {
            Some("it says why a user gets a value, or how a query is answered".to_owned())
        }
        _ => None,
    }
}

/// Actions of `ALTER CONFIG` that have no such statement around them, or no word for what they are about.
pub(super) fn action(spot: Spot<'_>) -> Option<String> {
    let words = spot.words_before();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let (token, name) = (spot.token.to_ascii_uppercase(), Short(spot.token));
    match words.as_slice() {
        [] if matches!(token.as_str(), "MOVE" | "ADD") => {
            Some(format!("it is an action: `ALTER CONFIG name {token} …`"))
        }
        ["SET"] if matches!(token.as_str(), "ROLLOUT" | "SEGMENTS") => {
            Some(format!("it is an action: `ALTER CONFIG name SET {token} …`"))
        }
        ["SET"] if matches!(spot.next(), Some("=" | ".")) => {
            let name = dotted(std::iter::once(spot.token).chain(solid(spot.after)))?;
            Some(format!("a config gives values: `ALTER CONFIG name SET {} = …`", Short(&name)))
        }
        ["MOVE", ..] if spot.wants(Rule::k_segment) => Some(format!("write `MOVE SEGMENT {name}`")),
        [verb @ ("ADD" | "DROP"), .., "ALTER"] if spot.wants(Rule::k_segment) => {
            Some(format!("write `{verb} SEGMENT {name}` or `{verb} KEY {name}`"))
        }
        _ => None,
    }
}

/// Actions of `ALTER CONFIG` in other words.
fn other_action(spot: Spot<'_>) -> Option<String> {
    let hint = match spot.token.to_ascii_uppercase().as_str() {
        "REMOVE" | "DELETE" => "write `DROP SEGMENT` or `DROP KEY`",
        "INSERT" | "APPEND" => "write `ADD SEGMENT` or `ADD KEY`",
        "VERSION" => {
            "an edit is made on top of the newest version: `IF VERSION 1` makes sure which that is"
        }
        "UPDATE" | "CHANGE" | "MODIFY" => "write `SET`",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// Names that need quotes.
pub(super) fn name(spot: Spot<'_>) -> Option<String> {
    let quoted =
        |name: &str| Some(format!("such a name stands in double quotes: `\"{}\"`", Short(name)));
    if spot.wants_any(&[Rule::name, Rule::simple]) {
        let word: String = spot.token.chars().take_while(|c| is_word(*c)).collect();
        let is_word = !word.is_empty() && !spot.token.starts_with('\'');
        let is_whole = is_word && word == spot.token && !spot.is("EVERYONE");
        return if is_whole { quoted(&word) } else { None };
    }
    let words = spot.words_before();
    let names_one = matches!(words.get(1).map(String::as_str), Some("KEY" | "SEGMENT" | "CONFIG"));
    if !names_one || words.last().is_none_or(|word| word != "CREATE") {
        return None;
    }
    let last = solid(spot.before).last().filter(|name| is_bare(name))?;
    match (spot.token, spot.next()) {
        ("-", Some(next)) if next.starts_with(is_word) => quoted(&format!("{last}-{next}")),
        (word, Some(next)) if word.starts_with(is_word) && follows_name(next) => {
            quoted(&format!("{last} {word}"))
        }
        _ => None,
    }
}

/// Whether a word follows the name of what is made.
fn follows_name(word: &str) -> bool {
    ["BOOLEAN", "INTEGER", "DOUBLE", "STRING", "JSON", "WHERE", "SEGMENTS", "DESCRIPTION"]
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
}
