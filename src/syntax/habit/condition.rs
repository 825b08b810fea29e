//! Operators of conditions in other languages.

use super::spot::{Spot, is_bare, solid};
use crate::error::Short;
use crate::syntax::rules::Rule;
use crate::syntax::token::is_word;

/// Operators of SQL and of programming languages.
pub(super) fn operator(spot: Spot<'_>) -> Option<String> {
    let is_negated = spot.comes_after(&["NOT"]) && spot.wants(Rule::k_contains);
    if !spot.wants_any(&[Rule::compare_op, Rule::k_and]) && !is_negated {
        return None;
    }
    let hint = match spot.token.to_ascii_uppercase().as_str() {
        "LIKE" => return Some(like(spot.after, is_negated)),
        "ILIKE" => return Some(like_in_any_case(spot, is_negated)),
        "STARTSWITH" | "BEGINS" => "write `STARTS WITH`",
        "ENDSWITH" => "write `ENDS WITH`",
        "INCLUDES" | "HAS" => "write `CONTAINS`",
        "REGEXP" | "RLIKE" | "SIMILAR" | "~" => "write `MATCHES`",
        "EQUALS" | "EQ" | "=" if is_negated => "write `!=` without `NOT`",
        "EQUALS" | "EQ" => "write `=`",
        "NULL" if spot.comes_after(&["NOT"]) => "write `IS NOT NULL`",
        "ISNULL" => "write `IS NULL`",
        "NOTNULL" => "write `IS NOT NULL`",
        "XOR" => "write `!=` between two conditions in parentheses",
        "," if is_list_compared(spot) => "several values stand after `IN`: `city IN ('a', 'b')`",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// What `LIKE` and its pattern are here.
fn like(after: &str, is_negated: bool) -> String {
    let pattern = solid(after).next().filter(|pattern| pattern.starts_with('\'')).unwrap_or("''");
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

/// What `ILIKE` and its pattern are here: both sides in one case.
fn like_in_any_case(spot: Spot<'_>, is_negated: bool) -> String {
    let hint = like(&spot.after.to_lowercase(), is_negated);
    let words: Vec<_> = solid(spot.before).collect();
    let operand = words.iter().rev().nth(usize::from(is_negated));
    let operand = operand.copied().filter(|word| is_bare(word)).unwrap_or("…");
    hint.replacen("write `", &format!("write `CASEFOLD({}) ", Short(operand)), 1)
}

/// Whether a list in parentheses is open that stands right after `=`.
fn is_list_compared(spot: Spot<'_>) -> bool {
    let words = spot.words_before();
    let open = words.iter().position(|word| word == "(");
    open.and_then(|open| words.get(open + 1))
        .is_some_and(|word| matches!(word.as_str(), "=" | "!="))
}

/// Brackets: elements of lists, lists without them, and what is asked of the elements of a list.
pub(super) fn bracket(spot: Spot<'_>) -> Option<String> {
    if spot.wants(Rule::lparen) && spot.comes_after(&["IN"]) {
        return Some(format!("a list stands in parentheses: `IN ({})`", Short(spot.token)));
    }
    if !spot.wants_any(&[Rule::compare_op, Rule::k_and]) {
        return None;
    }
    element(spot).or_else(|| quantified(spot))
}

/// `tags[0]`, an element of a list.
fn element(spot: Spot<'_>) -> Option<String> {
    let path = solid(spot.before).last().filter(|_| spot.before.ends_with(is_word))?;
    let index = spot.next().filter(|_| spot.token == "[")?;
    if let Some(name) = index.strip_prefix(['\'', '"']) {
        let name = name.trim_end_matches(['\'', '"']);
        return Some(format!("dots lead into JSON: `{}.{}`", Short(path), Short(name)));
    }
    let number = index.parse::<u32>().ok()?.checked_add(1)?;
    Some(format!("an element of a list is `ELEMENT({}, {number})`: they count from 1", Short(path)))
}

/// `1 = ANY(x)` and `EVERY(x) = 1`.
fn quantified(spot: Spot<'_>) -> Option<String> {
    let words: Vec<_> = solid(spot.before).collect();
    match *words {
        [.., value, operator @ ("=" | "!="), any]
            if spot.token == "(" && any.eq_ignore_ascii_case("ANY") =>
        {
            let list = Short(spot.next().filter(|name| is_bare(name)).unwrap_or("…"));
            let (operator, value) = (Short(operator), Short(value));
            Some(format!("the list stands on the left: `ANY({list}) {operator} {value}`"))
        }
        [.., every, "(", list] if spot.token == ")" && every.eq_ignore_ascii_case("EVERY") => {
            let test: Vec<_> = solid(spot.after).take(2).collect();
            let test = if test.len() == 2 { test.join(" ") } else { "= …".to_owned() };
            let (list, test) = (Short(list), Short(&test));
            Some(format!("what each is to meet stands inside: `EVERY({list} WHERE VALUE {test})`"))
        }
        _ => None,
    }
}
