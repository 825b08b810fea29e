//! Habits of other languages, and of people in a hurry: what to write instead.

mod condition;
mod object;
mod person;
mod query;
mod spot;

use super::rules::{Reading, Rule};
use super::token::{TokenKind, Tokens};
use crate::error::Short;
pub(super) use spot::Spot;
use spot::{is_bare, solid};

/// What to write instead of what stands at a spot, if somebody is likely to have meant it.
pub(super) fn habit(spot: Spot<'_>) -> Option<String> {
    let habits = [
        sign,
        query::clause,
        person::attributes,
        person::user,
        person::population,
        person::traffic,
        condition::operator,
        condition::bracket,
        object::if_exists,
        object::object,
        object::kind,
        object::action,
        surplus,
        object::name,
        text,
        share,
        clause,
        missing,
    ];
    habits.iter().find_map(|habit| habit(spot))
}

/// Signs that the language has not.
fn sign(spot: Spot<'_>) -> Option<String> {
    let first = spot.token.chars().next()?;
    match first {
        '‘' | '’' | '“' | '”' | '„' | '`' | '«' | '»' => {
            let closing = |c: char| matches!(c, '’' | '‘' | '“' | '”' | '`' | '«' | '»');
            let text = spot.after.split_once(closing).map_or("text", |(text, _)| text);
            Some(format!("a text stands in straight single quotes: `'{}'`", Short(text)))
        }
        '#' => Some("a comment begins with `--`".to_owned()),
        '/' if spot.after.starts_with('/') => Some("a comment begins with `--`".to_owned()),
        '.' if spot.wants(Rule::statement) => Some(command(spot)),
        '.' => version(spot),
        _ => None,
    }
}

const OF_SHELL: &str = "commands with a dot are for the interactive shell";

/// `.keys`, which the interactive shell knows.
fn command(spot: Spot<'_>) -> String {
    let word = spot.next().unwrap_or_default().to_ascii_lowercase();
    let instead = match word.as_str() {
        "keys" | "segments" | "configs" | "users" | "attributes" | "schedule" => {
            format!("`SHOW {}`", word.to_ascii_uppercase())
        }
        "show" => "`DESCRIBE`".to_owned(),
        "mode" | "format" => "the option `--format`".to_owned(),
        "width" => "the option `--width`".to_owned(),
        "param" => "the option `-v NAME=VALUE`".to_owned(),
        "read" => "`pcq run`, which takes several files".to_owned(),
        "dump" | "backup" | "verify" => format!("`pcq {word}`"),
        _ => return OF_SHELL.to_owned(),
    };
    format!("{OF_SHELL}; here it is {instead}")
}

/// `5.2.0`, of which `5.2` was taken for a number.
fn version(spot: Spot<'_>) -> Option<String> {
    let start = spot.before.rfind(|c: char| !c.is_ascii_digit() && c != '.')? + 1;
    let number = spot.before.get(start..)?;
    let digits: String = spot.after.chars().take_while(char::is_ascii_digit).collect();
    let is_version = number.contains('.') && !digits.is_empty();
    is_version.then(|| format!("a version is `SEMVER '{number}.{digits}'`"))
}

/// A comma after which nothing comes.
fn surplus(spot: Spot<'_>) -> Option<String> {
    let one_too_many = |before: &str| format!("the `,` before {before} is one too many");
    let words = spot.words_before();
    let mut words = words.iter().map(String::as_str);
    let last = words.next()?;
    match (last, spot.token) {
        (",", "") => Some("the `,` at the end is one too many".to_owned()),
        (",", ")") => Some(one_too_many("`)`")),
        ("KEY" | "FOR" | "WITH" | "UNDER" | "AS" | "WHERE", _) if words.next() == Some(",") => {
            Some(one_too_many(&format!("`{last}`")))
        }
        _ => None,
    }
}

/// Texts without quotes.
fn text(spot: Spot<'_>) -> Option<String> {
    if !spot.wants_any(&[Rule::string, Rule::literal, Rule::nullable]) {
        return None;
    }
    let truth = match spot.token.to_ascii_uppercase().as_str() {
        "ON" | "YES" | "ENABLED" => Some("TRUE"),
        "OFF" | "NO" | "DISABLED" => Some("FALSE"),
        _ => None,
    };
    if spot.is("BLANK") {
        return Some("a segment that is left out has a blank cell".to_owned());
    }
    let is_boolean = || spot.words_before().iter().any(|word| word == "BOOLEAN");
    if let Some(truth) = truth.filter(|_| is_boolean()) {
        return Some(format!("write `{truth}`"));
    }
    let is_text = is_bare(spot.token) && !spot.is_any(&["TIMESTAMP", "NOW", "SPLIT"]);
    is_text.then(|| format!("a text stands in single quotes: `'{}'`", Short(spot.token)))
}

/// Shares without a `%`, and names of arms that would be shares.
fn share(spot: Spot<'_>) -> Option<String> {
    let before = Some(spot.before.trim_end()).filter(|_| spot.wants(Rule::percent))?;
    let number = before.rsplit(|c: char| !c.is_ascii_digit() && c != '.').next()?;
    Some(match spot.token {
        _ if number.is_empty() => return None,
        ":" => {
            format!("a name that is a number stands in double quotes: `\"{}\": …`", Short(number))
        }
        _ if number.starts_with("0.") => "a share is a percentage: `50%` is a half".to_owned(),
        _ => format!("a share has a `%`: `{}%`", Short(number)),
    })
}

/// Clauses of other languages.
fn clause(spot: Spot<'_>) -> Option<String> {
    if let Some(instant) = relative(spot) {
        return Some(instant);
    }
    let hint = match spot.token.to_ascii_uppercase().as_str() {
        "REPLACE" if spot.comes_after(&["CREATE", "OR"]) => "write `CREATE OR ALTER`",
        "KEEPING" if spot.words_before().last().is_some_and(|word| word == "CREATE") => {
            "`KEEPING USERS` is for a split that is changed: `ALTER CONFIG` has it"
        }
        "WHERE" if spot.wants(Rule::k_with) => "attributes are given by `WITH`: `WITH city = 'x'`",
        "OFFSET" if spot.wants(Rule::EOI) => "there is no `OFFSET`: a condition says from where on",
        "GROUP" if spot.wants(Rule::EOI) => "nothing is grouped here: `SHOW COUNT OF` counts rows",
        "WORK" if spot.wants(Rule::EOI) => "write it without that word",
        "IN" if spot.wants(Rule::k_at) => return Some(later(spot)),
        length
            if spot.wants_any(&[Rule::duration, Rule::length])
                && short_length(length).is_some() =>
        {
            return short_length(length);
        }
        "" if spot.positives == [Rule::unit] => {
            let number = solid(spot.before).last().unwrap_or("30");
            return Some(format!("a length of time has a unit: `{} DAYS`", Short(number)));
        }
        "MONTH" | "MONTHS" if spot.wants(Rule::unit) => "months differ: write `30 DAYS`",
        "YEAR" | "YEARS" if spot.wants(Rule::unit) => "years differ: write `365 DAYS`",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// `7d`, as other programs write a duration.
fn short_length(token: &str) -> Option<String> {
    let (number, unit) = token.split_at_checked(token.find(|c: char| !c.is_ascii_digit())?)?;
    let unit = match unit {
        "S" | "SEC" => "SECONDS",
        "M" | "MIN" => "MINUTES",
        "H" | "HR" => "HOURS",
        "D" => "DAYS",
        "W" => "WEEKS",
        _ => return None,
    };
    (!number.is_empty()).then(|| format!("write `{} {unit}`", Short(number)))
}

/// `SINCE 7 DAYS`, which is an instant.
fn relative(spot: Spot<'_>) -> Option<String> {
    let words = spot.words_before();
    if spot.wants(Rule::timestamp) && spot.comes_after(&["SINCE"]) && spot.is("NOW") {
        let left: Vec<_> = solid(spot.after).filter(|word| !matches!(*word, "(" | ")")).collect();
        let ["-", number, unit, ..] = *left else { return None };
        let unit = unit.to_ascii_uppercase();
        return Some(format!("write `WITHIN {} {}`", Short(number), Short(&unit)));
    }
    let is_clause = matches!(words.first()?.as_str(), "SINCE" | "UNTIL" | "AT" | "OF");
    let is_number = spot.token.bytes().all(|byte| byte.is_ascii_digit());
    let unit = spot.next().filter(|unit| is_clause && is_number && is_bare(unit))?;
    let sign = if words.last().is_some_and(|word| word == "PUBLISH") { '+' } else { '-' };
    let unit = unit.to_ascii_uppercase();
    Some(format!("write `NOW() {sign} {} {}`", Short(spot.token), Short(&unit)))
}

/// `IN 2 HOURS`, which is an instant.
fn later(spot: Spot<'_>) -> String {
    let length: Vec<_> = solid(spot.after).take(2).map(str::to_ascii_uppercase).collect();
    let [number, unit] = &*length else {
        return "a time to come is `AT NOW() + 2 HOURS`".to_owned();
    };
    format!("a time to come is `AT NOW() + {} {}`", Short(number), Short(unit))
}

/// Commas and brackets that are missing.
fn missing(spot: Spot<'_>) -> Option<String> {
    if spot.token.is_empty() && spot.wants(Rule::rparen) {
        return Some("is a `)` missing?".to_owned());
    }
    let is_next_item = is_bare(spot.token) || spot.token.starts_with('"');
    let is_item = spot.wants(Rule::comma) && is_next_item && !spot.wants(Rule::k_and);
    let is_known = spot
        .positives
        .iter()
        .any(|rule| rule.reading() == Reading::Keyword && spot.is(&rule.keyword()));
    (is_item && !is_known && spot.wants_any(&[Rule::rollout, Rule::share]))
        .then(|| "is a `,` missing before it?".to_owned())
}

/// What is wrong with JSON, where the parser's words say little.
pub(super) fn json(rest: &str, offset: usize, why: &str) -> Option<&'static str> {
    let before = rest.get(..offset)?.trim_end();
    let found = rest.get(offset..)?.trim_start();
    let is_kind =
        |kind: TokenKind| Tokens::new(found).next().is_some_and(|token| token.kind == kind);
    if before.ends_with(',') && found.starts_with(['}', ']']) || why.contains("trailing comma") {
        return Some("no comma stands before the end of a list or an object");
    }
    if why.contains("key must be a string") || is_kind(TokenKind::Text) {
        return Some("in JSON texts and names stand in double quotes: {\"city\": \"x\"}");
    }
    None
}
