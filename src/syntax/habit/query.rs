//! Clauses of queries as other languages have them.

use super::spot::{Spot, is_bare, solid};
use crate::error::Short;
use crate::model::{QUERY_WORDS, Unit};
use crate::syntax::rules::Rule;

/// A clause that queries have not, or elsewhere.
pub(super) fn clause(spot: Spot<'_>) -> Option<String> {
    let first = solid(spot.before).next()?.to_ascii_uppercase();
    if !matches!(first.as_str(), "SELECT" | "WITH" | "EXPLAIN" | "ASSERT") {
        return None;
    }
    let others = [within, length_of_time, case, rest, column];
    if let Some(hint) = others.iter().find_map(|other| other(spot)) {
        return Some(hint);
    }
    let hint = match spot.token.to_ascii_uppercase().as_str() {
        "RIGHT" => "there is no `RIGHT JOIN`: put the other source first and write `LEFT JOIN`",
        "FULL" => "there is no `FULL JOIN`: `UNION` puts two `LEFT JOIN`s together",
        "OUTER" => "write `LEFT JOIN`",
        "NATURAL" => "there is no `NATURAL JOIN`: `ON` says what is equal",
        "USING" => "there is no `USING`: write `ON a.key = b.key`",
        "OFFSET" => "it stands after `LIMIT`: `LIMIT 10 OFFSET 20`",
        "FROM" | "WHERE" | "GROUP" | "HAVING" | "ORDER" | "JOIN"
            if spot.wants(Rule::EOI) && spot.words_before().iter().any(|word| word == "SELECT") =>
        {
            "clauses stand in this order: `SELECT … FROM … WHERE … GROUP BY … HAVING … ORDER BY … LIMIT`"
        }
        "ALL" if spot.comes_after(&["LIMIT"]) => "without `LIMIT` it is all rows",
        "ALL" if spot.comes_after(&["EXCEPT"]) || spot.comes_after(&["INTERSECT"]) => {
            "each row is there once: only `UNION` has an `ALL`"
        }
        "SELECT" if spot.comes_after(&["MINUS"]) => "write `EXCEPT`",
        "(" if spot.comes_after(&["OVER"]) => {
            "there are no functions over windows: a query in `FROM` and a join say the same"
        }
        "(" if spot.comes_after(&["*", "EXCEPT"]) => "name the columns that are wanted",
        "INT" | "BIGINT" if spot.wants(Rule::cast_type) => "write `INTEGER`",
        "FLOAT" | "REAL" | "DECIMAL" | "NUMERIC" if spot.wants(Rule::cast_type) => "write `DOUBLE`",
        "TEXT" | "VARCHAR" | "CHAR" if spot.wants(Rule::cast_type) => "write `STRING`",
        "BOOL" if spot.wants(Rule::cast_type) => "write `BOOLEAN`",
        "TIMESTAMP" | "DATE" | "DATETIME" if spot.wants(Rule::cast_type) => {
            "a text is read as an instant by `TIMESTAMP x`"
        }
        text if text.starts_with('\'') && spot.comes_after(&["DATE"]) => {
            "an instant is `TIMESTAMP '2026-03-01T00:00:00Z'`"
        }
        text if text.starts_with('\'') && spot.comes_after(&["AS"]) => {
            "a name stands in double quotes or in none, a text in single quotes"
        }
        _ if spot.comes_after(&["WITH", "RECURSIVE"]) => {
            "there is no recursion: a query of `WITH` reads those before it"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// `CASE` without all of its words.
fn case(spot: Spot<'_>) -> Option<String> {
    let words = spot.words_before();
    let nearest = |word: &str| words.iter().position(|known| known == word);
    if nearest("CASE")? > nearest("END").unwrap_or(usize::MAX) {
        return None;
    }
    let hint = if words.first().is_some_and(|word| word == "IF") && nearest("ELSE") == Some(1) {
        "there is no `ELSE IF`: another `WHEN … THEN …` is the next case"
    } else if spot.wants(Rule::k_end) {
        "is `END` missing? `CASE WHEN … THEN … ELSE … END`"
    } else if spot.wants(Rule::k_then) {
        "after `WHEN` and what is asked comes `THEN` and a value"
    } else if spot.wants(Rule::k_when) {
        "a case is `WHEN … THEN …`"
    } else {
        return None;
    };
    Some(hint.to_owned())
}

/// A word of queries where a column of that name may be meant.
fn column(spot: Spot<'_>) -> Option<String> {
    let is_word = QUERY_WORDS.iter().any(|word| spot.is(word));
    let ends = |next: &str| {
        matches!(next, "," | ")" | "=" | "!=" | "<" | ">") || next.eq_ignore_ascii_case("FROM")
    };
    let is_whole = is_word && spot.next().is_none_or(ends);
    let wanted = [Rule::condition, Rule::row_condition, Rule::item, Rule::first_block];
    (is_whole && spot.wants_any(&wanted)).then(|| {
        let word = Short(spot.token);
        format!("it is a word of queries: a column of that name is written `\"{word}\"`")
    })
}

/// Queries within queries without parentheses or names.
fn within(spot: Spot<'_>) -> Option<String> {
    let words = spot.words_before();
    let last = words.first()?.as_str();
    if spot.is_any(&["SELECT", "WITH"]) && matches!(last, "EXISTS" | "IN" | "ASSERT" | "=" | "AS") {
        let before = if matches!(last, "EXISTS" | "IN" | "AS") { last } else { "" };
        let written = format!("{before} (SELECT …)");
        return Some(format!(
            "a query within a query stands in parentheses: `{}`",
            written.trim_start()
        ));
    }
    if last == ")" && spot.wants(Rule::alias_name) && !spot.wants(Rule::EOI) {
        return Some("what stands in parentheses has a name there: `(…) AS t`".to_owned());
    }
    None
}

/// Lengths of time and parts of instants as SQL has them.
fn length_of_time(spot: Spot<'_>) -> Option<String> {
    if spot.comes_after(&["INTERVAL"]) {
        let text = spot.token.trim_matches('\'');
        let mut words = text.split_whitespace().chain(spot.next());
        let (number, unit) = (words.next()?, words.next()?.to_ascii_uppercase());
        let is_length = number.bytes().all(|byte| byte.is_ascii_digit()) && is_bare(&unit);
        return is_length
            .then(|| format!("a length of time is `{} {}`", Short(number), Short(&unit)));
    }
    let words = spot.words_before();
    let [part, open, extract, ..] = words.as_slice() else { return None };
    if !spot.is("FROM") || open != "(" || extract != "EXTRACT" {
        return None;
    }
    if part == "EPOCH" {
        return Some("the seconds since 1970 are `EPOCH(x)`".to_owned());
    }
    let unit = Unit::ALL.iter().find(|unit| unit.name().eq_ignore_ascii_case(part));
    let unit = unit.map_or("month", |unit| unit.name());
    let time = spot.next().filter(|time| is_bare(time)).unwrap_or("time");
    Some(format!("an instant is cut by `DATE_TRUNC('{unit}', {})`", Short(time)))
}

/// What SQL writes otherwise.
fn rest(spot: Spot<'_>) -> Option<String> {
    let words = spot.words_before();
    let before = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let next = spot.next().unwrap_or("…");
    match spot.token {
        "," if before(1) == "LIMIT" => {
            Some(format!("write `LIMIT {} OFFSET {}`", Short(next), Short(before(0))))
        }
        token if before(0) == "TOP" && number(token) => {
            Some(format!("write `LIMIT {}` at the end", Short(token)))
        }
        _ if before(0) == "FETCH" && spot.is_any(&["FIRST", "NEXT"]) => {
            Some(format!("write `LIMIT {}`", Short(next)))
        }
        _ if before(0) == "DISTINCT" && spot.is("ON") => Some(
            "there is no `DISTINCT ON`: `GROUP BY` makes one row of each group, `MIN(…)` one of its values".to_owned(),
        ),
        ")" if before(0) == "(" && before(1) == "COUNT" => Some("write `COUNT(*)`".to_owned()),
        "." if before(1) == "FROM" || before(1) == "JOIN" => {
            Some(format!("tables stand alone: `{} {}`", Short(before(1)), Short(next)))
        }
        "," if matches!(before(1), "MAX" | "MIN") || before(1) == "(" && matches!(before(2), "MAX" | "MIN") => {
            Some("an aggregate is of one value in all rows; of two values it is `IF(a > b, a, b)`".to_owned())
        }
        "," if before(1) == "DISTINCT" && before(2) == "(" => {
            Some("an aggregate is of one value: `SELECT DISTINCT` in `FROM` has several".to_owned())
        }
        "*" if before(0) == "(" || before(0) == "DISTINCT" && before(1) == "(" => {
            Some("a `*` stands in `COUNT(*)` alone".to_owned())
        }
        _ if before(0) == "UNDER" && spot.wants(Rule::k_config) => {
            Some(format!("write `UNDER CONFIG {}`", Short(spot.token)))
        }
        _ if before(0) == "FOR" && spot.wants(Rule::k_traffic) && spot.is_any(&["USER", "USERS"]) => {
            Some("a condition says of whom: `WHERE user = '…'`".to_owned())
        }
        ">" | ">>" if before(0) == "-" => Some("dots lead into JSON: `properties.amount`".to_owned()),
        token if token.starts_with("::") => {
            let kind = token.trim_start_matches(':').to_ascii_uppercase();
            let operand = solid(spot.before).last().filter(|word| is_bare(word)).unwrap_or("…");
            Some(format!("write `CAST({} AS {})`", Short(operand), Short(&kind)))
        }
        _ if before(0) == "," && spot.is_any(&["FROM", "WHERE", "GROUP", "ORDER", "LIMIT", "DESC", "ASC"]) && !spot.continues(",") => {
            let word = spot.token.to_ascii_uppercase();
            Some(format!("the `,` before `{}` is one too many", Short(&word)))
        }
        _ => None,
    }
}
