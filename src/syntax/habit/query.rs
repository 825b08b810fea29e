//! Clauses of queries as other languages have them.

use super::spot::{Spot, solid};

/// A clause that queries have not, or elsewhere.
pub(super) fn clause(spot: Spot<'_>) -> Option<String> {
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
