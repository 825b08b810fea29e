//! Errors of parsing: what was expected, what was found, and a hint where SQL or another language was meant.

use pest::error::{Error as PestError, ErrorVariant, InputLocation};

use super::habit::{self, Spot, habit};
use super::rules::{Reading, Rule};
use super::token::{TokenKind, Tokens, is_word};
use super::words::{FIRST_WORDS, PREVIEWED};
use crate::error::{Error, ErrorKind, Short};
use crate::model::{Name, NameError, Span, json_words};

/// Makes an error of what pest reports about a statement.
pub(super) fn explain(text: &str, error: &PestError<Rule>) -> Error {
    let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
    let rest = text.get(at..).unwrap_or_default();
    let token = token(rest);
    let span = Span::new(at, at + token.len());
    match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => {
            let known = bad_name(token).or_else(|| bad_json(rest, at, positives));
            known.unwrap_or_else(|| expected(text, at, token, positives).at(span))
        }
        // the only other thing it reports: its guard of the stack
        ErrorVariant::CustomError { .. } => {
            Error::new(ErrorKind::NestingTooDeep { what: "conditions" }).at(span)
        }
    }
    .at(span)
}

/// The token that a text starts with; of what is longer than a token of the grammar, its first character.
fn token(rest: &str) -> &str {
    let Some(token) = Tokens::new(rest).next() else { return "" };
    let length = match token.kind {
        TokenKind::Json | TokenKind::Blank | TokenKind::LineComment | TokenKind::BlockComment => {
            rest.chars().next().map_or(0, char::len_utf8)
        }
        _ if rest.starts_with(':') => rest.find(|c| c != ':' && !is_word(c)).unwrap_or(rest.len()),
        _ => token.text.len(),
    };
    rest.get(..length).unwrap_or(rest)
}

/// Error of a token in double quotes that is no valid name.
fn bad_name(token: &str) -> Option<Error> {
    let name = token.strip_prefix('"')?.strip_suffix('"')?;
    let error = Name::new(name).err()?;
    (!matches!(error, NameError::TooLong(_))).then(|| Error::from(error))
}

/// Error of JSON that is not valid, which says more than that JSON was expected.
fn bad_json(rest: &str, at: usize, positives: &[Rule]) -> Option<Error> {
    let wanted = positives.iter().any(|rule| {
        let operand = matches!(rule.reading(), Reading::Operand);
        operand
            || matches!(
                rule,
                Rule::json | Rule::literal | Rule::sum | Rule::comparison | Rule::condition
            )
    });
    if !wanted || !rest.starts_with(['{', '[']) {
        return None;
    }
    let mut json = serde_json::Deserializer::from_str(rest).into_iter::<serde::de::IgnoredAny>();
    let error = json.next()?.err()?;
    let lines = rest.split_inclusive('\n').take(error.line().saturating_sub(1));
    let before = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
    let offset = (0..=before.min(rest.len())).rev().find(|&i| rest.is_char_boundary(i))?;
    let found = describe(token(rest.get(offset..)?));
    let expected = vec!["JSON".to_owned()];
    let (why, _) = json_words(&error);
    let why = habit::json(rest, offset, &why).map_or(why, str::to_owned);
    let made = Error::new(ErrorKind::Expected { expected, found }).hint(why);
    Some(made.at(Span::new(at + offset, at + offset + 1)))
}

fn expected(text: &str, at: usize, token: &str, positives: &[Rule]) -> Error {
    let kind = ErrorKind::Expected { expected: words(positives), found: describe(token) };
    let error = Error::new(kind);
    let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    let after = rest.get(token.len()..).unwrap_or_default();
    let spot = Spot { before, token, after, positives };
    let error = match open_bracket(before).filter(|_| positives.contains(&Rule::rparen)) {
        Some(open) => error.label(open, "opened here"),
        None => error,
    };
    match habit(spot).or_else(|| hint(text, at, token, positives)) {
        Some(hint) => error.hint(hint),
        None => suggest(error, token, positives),
    }
}

/// What was expected, in words, the general before the particular.
fn words(positives: &[Rule]) -> Vec<String> {
    let mut rules: Vec<_> = positives.iter().filter(|r| r.reading() != Reading::Nothing).collect();
    if rules.iter().any(|r| r.reading() == Reading::Operand) {
        return vec![Rule::sum.words().into_owned()]; // all others are what an operand can be, too
    }
    let operator = rules.iter().any(|r| r.reading() == Reading::Operator);
    let minor = |rule: Rule| {
        matches!(rule, Rule::dot)
            || operator && matches!(rule, Rule::lparen | Rule::unit | Rule::k_not | Rule::k_is)
    };
    if rules.iter().any(|&&rule| !minor(rule)) {
        rules.retain(|&&rule| !minor(rule));
    }
    rules.sort_by_key(|rule| match rule.reading() {
        Reading::Operand | Reading::Operator => 0,
        Reading::Is(_) if **rule != Rule::EOI => 1,
        Reading::Keyword => 2,
        _ => 3,
    });
    let mut words: Vec<String> = Vec::new();
    for word in rules.iter().map(|rule| rule.words().into_owned()) {
        // one that is part of another says nothing more
        if !words.iter().any(|other| other.contains(&word)) {
            words.push(word);
        }
    }
    words
}

/// The last bracket of a text that is open at its end.
fn open_bracket(text: &str) -> Option<Span> {
    let (mut open, mut end) = (Vec::new(), 0);
    for token in Tokens::new(text) {
        let start = end;
        end += token.text.len();
        match token.text {
            "(" => open.push(Span::new(start, end)),
            ")" => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}

fn describe(token: &str) -> String {
    if token.is_empty() {
        return "the end of the statement".to_owned();
    }
    format!("`{}`", Short(token))
}

/// Hint at what to write instead of what other languages have.
fn hint(text: &str, at: usize, token: &str, positives: &[Rule]) -> Option<String> {
    let before = text.get(..at).unwrap_or_default();
    let wants = |rule: Rule| positives.contains(&rule);
    let owned = |hint: &str| Some(hint.to_owned());
    match token {
        _ if positives == [Rule::statement] => statement_hint(token),
        "=" | "==" if before.ends_with('=') => owned("write `=` to compare"),
        "&&" if wants(Rule::k_and) => owned("write `AND`"),
        "||" | "|" if wants(Rule::k_or) => owned("write `OR`"),
        "!" => owned("write `NOT`"),
        "=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=" if before.contains("||") => {
            owned("`||` joins texts; write `OR` between conditions")
        }
        "=" | "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=" if wants(Rule::k_and) => {
            owned("comparisons do not chain: write `AND` between two of them")
        }
        _ if token.starts_with('"')
            && (wants(Rule::string) || wants(Rule::timestamp) || wants(Rule::literal)) =>
        {
            owned("a text stands in single quotes, a name in double quotes")
        }
        _ if token.starts_with('\'') && (wants(Rule::name) || wants(Rule::simple)) => {
            owned("a name stands in double quotes, a text in single quotes")
        }
        _ if wants(Rule::key_type) || wants(Rule::attribute_type) => type_hint(token),
        _ if wants(Rule::EOI) && starts_statement(token) => owned("is a `;` missing before it?"),
        _ if wants(Rule::previewed) => preview_hint(token),
        _ if token.eq_ignore_ascii_case("WITH") && starts_with(before, "TRACK") => {
            owned("the properties are a JSON object: `{\"amount\": 3}`")
        }
        _ if before.trim_end().to_ascii_uppercase().ends_with("DROP") => {
            owned("nothing is ever deleted: write `ARCHIVE`")
        }
        _ => None,
    }
}

/// Whether a statement starts with a keyword.
fn starts_with(statement: &str, keyword: &str) -> bool {
    statement.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case(keyword))
}

/// Hint at what to ask instead of for a preview of what is no write of objects.
fn preview_hint(token: &str) -> Option<String> {
    let hint = match token.to_ascii_uppercase().as_str() {
        "SET" | "TRACK" | "FORGET" => {
            "what is known of users has no preview: `GET … FOR USER … WITH …` gives what other attributes would"
        }
        "GET" | "SHOW" | "EXPLAIN" | "DESCRIBE" | "DIFF" | "SELECT" | "WITH" => {
            "a question changes nothing"
        }
        "CONFIG" | "KEY" | "SEGMENT" => "say what is done: `PREVIEW PUBLISH CONFIG …`",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// Hint at the type to write instead of one of another language.
fn type_hint(token: &str) -> Option<String> {
    let kind = match token.to_ascii_uppercase().as_str() {
        "BOOL" | "FLAG" => "BOOLEAN",
        "INT" | "BIGINT" | "LONG" => "INTEGER",
        "FLOAT" | "REAL" | "NUMBER" | "DECIMAL" | "NUMERIC" => "DOUBLE",
        "TEXT" | "VARCHAR" | "CHAR" | "STR" => "STRING",
        "OBJECT" | "JSONB" | "ARRAY" | "LIST" => "JSON",
        _ => return None,
    };
    Some(format!("write `{kind}`"))
}

/// Whether a word is the first of a statement, and hardly ever of a clause.
fn starts_statement(token: &str) -> bool {
    let is = |word: &&str| word.eq_ignore_ascii_case(token);
    FIRST_WORDS.iter().any(is) && !is(&"WITH")
}

/// What to write instead of the statements of other languages.
fn statement_hint(token: &str) -> Option<String> {
    let hint = match token.to_ascii_uppercase().as_str() {
        "DELETE" | "DROP" | "REMOVE" => "nothing is ever deleted: write `ARCHIVE`",
        "INSERT" | "ADD" => "write `CREATE` for something new, `ALTER` to change what is there",
        "UPDATE" | "MODIFY" | "CHANGE" | "EDIT" => "write `ALTER`",
        "LIST" => "write `SHOW`",
        "DESC" => "write `DESCRIBE`",
        "UNDO" => "write `REVERT CONFIG … TO VERSION …`",
        "START" => "write `BEGIN`",
        "ABORT" => "write `ROLLBACK`",
        "SCHEDULE" => "write `PUBLISH CONFIG … AT …`",
        "UNPUBLISH" => "write `DISABLE CONFIG …`",
        "RENAME" => "write `ALTER CONFIG … RENAME TO …` or `ALTER SEGMENT … RENAME TO …`",
        "COPY" | "CLONE" => {
            "`DESCRIBE CONFIG …` shows the statement that makes one: change its name, and run it"
        }
        "USE" | "CONNECT" | "OPEN" => {
            "there is one store at a time: `.open STORE` goes on with another"
        }
        "END" => "write `COMMIT`",
        "TRUNCATE" => "nothing is ever deleted but what is known of a user: `FORGET USER`",
        "GRANT" | "REVOKE" => "what a session may do is said when it is opened: `--role`",
        "EXPORT" => "`pcq dump` writes a script that rebuilds a store",
        "IMPORT" | "LOAD" => "`pcq run` runs a dump, `pcq track` loads users and events",
        "EVALUATE" | "READ" | "FETCH" => "write `GET`",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// The types of keys.
const TYPES: &[&str] = &["BOOLEAN", "INTEGER", "DOUBLE", "STRING", "JSON"];

/// The types of attributes.
const ATTRIBUTE_TYPES: &[&str] =
    &["BOOLEAN", "INTEGER", "DOUBLE", "STRING", "JSON", "TIMESTAMP", "SEMVER", "VERSION"];

/// The tables of `SHOW` that are one word.
const TABLES: &[&str] =
    &["KEYS", "SEGMENTS", "CONFIGS", "SCHEDULE", "USERS", "EVENTS", "RETENTION", "ATTRIBUTES"];

/// The words that actions of `ALTER CONFIG` begin with.
const ACTIONS: &[&str] = &["SET", "ADD", "MOVE", "DROP", "RENAME"];

/// Asks for the keyword that is close to what was found.
fn suggest(error: Error, token: &str, positives: &[Rule]) -> Error {
    if positives.contains(&Rule::statement) {
        return error.suggest(token, FIRST_WORDS.iter().copied());
    }
    if !token.starts_with(is_word) {
        return error;
    }
    let keywords = positives.iter().filter(|rule| rule.reading() == Reading::Keyword);
    let mut words: Vec<_> = keywords.map(|rule| rule.keyword()).collect();
    let groups = [
        (Rule::key_type, TYPES),
        (Rule::attribute_type, ATTRIBUTE_TYPES),
        (Rule::table, TABLES),
        (Rule::show_table, TABLES),
        (Rule::action, ACTIONS),
        (Rule::previewed, PREVIEWED),
    ];
    for (rule, known) in groups {
        let known = known.iter().filter(|_| positives.contains(&rule));
        words.extend(known.map(|word| (*word).to_owned()));
    }
    error.suggest(token, words.iter().map(String::as_str))
}
