//! Habits of other languages, and of people in a hurry: what to write instead.

use super::rules::{Reading, Rule};
use super::token::{TokenKind, Tokens, is_word};
use crate::error::Short;

/// A place at which a statement does not parse.
#[derive(Clone, Copy)]
pub(super) struct Spot<'t> {
    /// The statement up to it.
    pub(super) before: &'t str,
    /// The token that stands there.
    pub(super) token: &'t str,
    /// What follows the token.
    pub(super) after: &'t str,
    /// What could stand there.
    pub(super) positives: &'t [Rule],
}

impl<'t> Spot<'t> {
    fn wants(self, rule: Rule) -> bool {
        self.positives.contains(&rule)
    }

    fn wants_any(self, rules: &[Rule]) -> bool {
        rules.iter().any(|rule| self.wants(*rule))
    }

    /// The last tokens before it, in capitals, the nearest first.
    fn words_before(self) -> Vec<String> {
        let mut words = solid(self.before).map(str::to_ascii_uppercase).collect::<Vec<_>>();
        words.reverse();
        words
    }

    /// Whether the tokens before it are these, the last of them right before it.
    fn comes_after(self, words: &[&str]) -> bool {
        self.words_before().iter().zip(words.iter().rev()).filter(|(a, b)| a == b).count()
            == words.len()
    }

    /// Whether a word follows the token.
    fn continues(self, word: &str) -> bool {
        self.next().is_some_and(|next| next.eq_ignore_ascii_case(word))
    }

    fn next(self) -> Option<&'t str> {
        solid(self.after).next()
    }

    fn is(self, word: &str) -> bool {
        self.token.eq_ignore_ascii_case(word)
    }

    fn is_any(self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }
}

/// The tokens of a text that mean something.
fn solid(text: &str) -> impl Iterator<Item = &str> {
    Tokens::new(text).filter(|token| !token.kind.is_trivia()).map(|token| token.text)
}

/// What to write instead of what stands at a spot, if somebody is likely to have meant it.
pub(super) fn habit(spot: Spot<'_>) -> Option<String> {
    let habits = [sign, query, operator, if_exists, object, surplus, name, text, clause, missing];
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

/// `.keys`, which the shell knows that people type into.
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
        _ => return "what begins with a dot is for the shell that a person types into".to_owned(),
    };
    format!(
        "what begins with a dot is for the shell that a person types into; here there is {instead}"
    )
}

/// `5.2.0`, of which `5.2` was taken for a number.
fn version(spot: Spot<'_>) -> Option<String> {
    let start = spot.before.rfind(|c: char| !c.is_ascii_digit() && c != '.')? + 1;
    let number = spot.before.get(start..)?;
    let digits: String = spot.after.chars().take_while(char::is_ascii_digit).collect();
    let is_version = number.contains('.') && !digits.is_empty();
    is_version.then(|| format!("a version is `SEMVER '{number}.{digits}'`"))
}

/// Operators of SQL and of programming languages.
fn operator(spot: Spot<'_>) -> Option<String> {
    let is_negated = spot.comes_after(&["NOT"]) && spot.wants(Rule::k_contains);
    if !spot.wants_any(&[Rule::compare_op, Rule::k_and]) && !is_negated {
        return None;
    }
    let hint = match spot.token.to_ascii_uppercase().as_str() {
        "LIKE" | "ILIKE" => return Some(like(spot, is_negated)),
        "STARTSWITH" | "BEGINS" => "write `STARTS WITH`",
        "ENDSWITH" => "write `ENDS WITH`",
        "INCLUDES" | "HAS" => "write `CONTAINS`",
        "REGEXP" | "RLIKE" | "SIMILAR" | "~" => "write `MATCHES`",
        "EQUALS" | "EQ" | "=" if is_negated => "write `!=` without `NOT`",
        "EQUALS" | "EQ" => "write `=`",
        "XOR" => "write `!=` between two conditions in parentheses",
        "," if is_list_compared(spot) => "several values stand after `IN`: `city IN ('a', 'b')`",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// What `LIKE` and its pattern are here.
fn like(spot: Spot<'_>, is_negated: bool) -> String {
    let pattern = spot.next().filter(|pattern| pattern.starts_with('\'')).unwrap_or("''");
    let inner = pattern.trim_matches('\'');
    let text = inner.trim_matches('%');
    let operator = match (inner.starts_with('%'), inner.ends_with('%')) {
        _ if text.is_empty() || text.contains(['%', '_']) => {
            return "write `STARTS WITH`, `ENDS WITH`, `CONTAINS`, or `MATCHES` and a regex"
                .to_owned();
        }
        (true, true) => "CONTAINS",
        (true, false) => "ENDS WITH",
        (false, true) => "STARTS WITH",
        (false, false) if is_negated => "!=",
        (false, false) => "=",
    };
    let not = if is_negated && operator != "!=" { "NOT " } else { "" };
    format!("write `{not}{operator} '{}'`", Short(text))
}

/// Whether a list in parentheses is open that stands right after `=`.
fn is_list_compared(spot: Spot<'_>) -> bool {
    let words = spot.words_before();
    let open = words.iter().position(|word| word == "(");
    open.and_then(|open| words.get(open + 1))
        .is_some_and(|word| matches!(word.as_str(), "=" | "!="))
}

/// Clauses of queries as other languages have them.
fn query(spot: Spot<'_>) -> Option<String> {
    let first = solid(spot.before).next()?.to_ascii_uppercase();
    if !matches!(first.as_str(), "SELECT" | "WITH" | "EXPLAIN" | "ASSERT") {
        return None;
    }
    let hint = match spot.token.to_ascii_uppercase().as_str() {
        "RIGHT" => "there is no `RIGHT JOIN`: put the other source first and write `LEFT JOIN`",
        "FULL" => "there is no `FULL JOIN`: `UNION` puts two `LEFT JOIN`s together",
        "OUTER" => "write `LEFT JOIN`",
        "NATURAL" => "there is no `NATURAL JOIN`: `ON` says what is equal",
        "USING" => "there is no `USING`: write `ON a.key = b.key`",
        "OFFSET" => "it stands after `LIMIT`: `LIMIT 10 OFFSET 20`",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// Statements about one object that are another statement here.
fn object(spot: Spot<'_>) -> Option<String> {
    let kind = spot.token.to_ascii_uppercase();
    let is_kind = is_kind(&kind);
    if spot.comes_after(&["SHOW"]) && is_kind {
        let name = dotted(solid(spot.after));
        let described = name.map(|name| format!("`DESCRIBE {kind} {}` or ", Short(&name)));
        return Some(format!("write {}`SHOW {kind}S`", described.unwrap_or_default()));
    }
    if spot.comes_after(&["SHOW"]) && spot.is_any(&["TABLES", "ALL"]) {
        return Some("write `SHOW KEYS`, `SHOW SEGMENTS` or `SHOW CONFIGS`".to_owned());
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
        return action(spot);
    }
    None
}

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
fn if_exists(spot: Spot<'_>) -> Option<String> {
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

/// Actions of `ALTER CONFIG` in other words.
fn action(spot: Spot<'_>) -> Option<String> {
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
fn name(spot: Spot<'_>) -> Option<String> {
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

/// Whether a token is a word that could be a name.
fn is_bare(token: &str) -> bool {
    token.chars().all(is_word)
        && !token.starts_with(|c: char| c.is_ascii_digit())
        && !token.is_empty()
}

/// Whether a word follows the name of what is made.
fn follows_name(word: &str) -> bool {
    ["BOOLEAN", "INTEGER", "DOUBLE", "STRING", "JSON", "WHERE", "SEGMENTS", "DESCRIPTION"]
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
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

/// Clauses of other languages.
fn clause(spot: Spot<'_>) -> Option<String> {
    if let Some(instant) = relative(spot) {
        return Some(instant);
    }
    let hint = match spot.token.to_ascii_uppercase().as_str() {
        "REPLACE" if spot.comes_after(&["CREATE", "OR"]) => "write `CREATE OR ALTER`",
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
