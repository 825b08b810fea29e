//! Users, what is known of them, and who is meant.

use std::sync::Arc;

use super::spot::{Spot, is_bare, solid};
use crate::error::Short;
use crate::model::{Literal, Value};
use crate::syntax::rules::Rule;
use crate::syntax::token::{TokenKind, Tokens};

/// How many attributes are written as they would be.
const SHOWN: usize = 3;

/// `SET USER 'a' {"x": 1}`, as `WITH` takes attributes.
pub(super) fn attributes(spot: Spot<'_>) -> Option<String> {
    let words = spot.words_before();
    let is_setting = spot.token.starts_with('{')
        && matches!(words.as_slice(), [.., user, set] if user == "USER" && set == "SET");
    if !is_setting {
        return None;
    }
    let json = format!("{}{}", spot.token, spot.after);
    let json = Tokens::new(&json).next().filter(|token| token.kind == TokenKind::Json);
    let members = match json.and_then(|token| Value::from_json(token.text).ok()) {
        Some(Value::Object(members)) => members,
        _ => Arc::default(),
    };
    let setting = |(name, value): (&Arc<str>, &Value)| {
        let name = if is_bare(name) { name.to_string() } else { format!("\"{name}\"") };
        format!("{name} = {}", Literal::from(value.clone()))
    };
    let more = if members.len() > SHOWN { ", …" } else { "" };
    let settings: Vec<_> = members.iter().take(SHOWN).map(setting).collect();
    let settings =
        if settings.is_empty() { "city = 'Oslo'".to_owned() } else { settings.join(", ") + more };
    Some(format!("each attribute is given its value: `{}`", Short(&settings)))
}

/// `FOR 'ada'`, without the word `USER`.
pub(super) fn user(spot: Spot<'_>) -> Option<String> {
    if !spot.wants(Rule::k_user) || !spot.comes_after(&["FOR"]) {
        return None;
    }
    let id = spot.token;
    let is_text = id.starts_with('\'') && id.len() > 1 && id.ends_with('\'');
    if is_text || is_bare(id) && !spot.is_any(&["ALL", "USERS", "CONTEXTS", "TRAFFIC"]) {
        let quoted = if is_text { id.to_owned() } else { format!("'{id}'") };
        return Some(format!("write `FOR USER {}`", Short(&quoted)));
    }
    None
}

/// Whom a preview is about, and what `SHOW CHANGES` is of.
pub(super) fn population(spot: Spot<'_>) -> Option<String> {
    let first = solid(spot.before).next()?;
    let hint = if first.eq_ignore_ascii_case("PREVIEW") {
        match spot.token.to_ascii_uppercase().as_str() {
            "ALL" | "EVERYONE" if spot.comes_after(&["FOR"]) => "write `FOR USERS`",
            "WHERE" if spot.wants(Rule::k_for) => "it says who is meant: `FOR USERS WHERE …`",
            "GROUP" | "ORDER" if spot.wants(Rule::EOI) => {
                "a query does that: `SELECT * FROM (PREVIEW …) AS p ORDER BY …`"
            }
            "BY" | "FOR" if spot.wants(Rule::EOI) => {
                "clauses stand in this order: `FOR … BY USER AS OF … LIMIT …`"
            }
            _ if spot.wants(Rule::k_where) && spot.comes_after(&["USERS"]) => {
                "it says who is meant: `FOR USERS WHERE …`"
            }
            _ => return None,
        }
    } else if spot.comes_after(&["SHOW", "CHANGES"]) {
        "write `SHOW CHANGES OF <key> FOR USER '<id>'`"
    } else if spot.comes_after(&["CHANGES", "OF", "KEY"]) {
        return Some(format!("write `SHOW CHANGES OF {}`", Short(spot.token)));
    } else if spot.wants(Rule::k_since) && spot.is_any(&["BETWEEN", "FROM"]) {
        "write `SINCE '…' UNTIL '…'`"
    } else if spot.comes_after(&[",", "FOR"]) {
        return None;
    } else if spot.wants(Rule::k_for) && spot.words_before().iter().any(|word| word == "CHANGES") {
        "they are those of one user: `FOR USER '<id>'`"
    } else {
        return None;
    };
    Some(hint.to_owned())
}

/// What is recorded of the traffic, and for how long.
pub(super) fn traffic(spot: Spot<'_>) -> Option<String> {
    let words = spot.words_before();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let token = spot.token.to_ascii_uppercase();
    let hint = match (words.as_slice(), token.as_str()) {
        (["RECORD"], share) if share.starts_with(|c: char| c.is_ascii_digit()) => {
            return Some(format!("write `RECORD TRAFFIC {share}%`"));
        }
        (["TRAFFIC", "RECORD"], "ON" | "ALL" | "EVERYTHING" | "TRUE") => {
            "say of how many users: `RECORD TRAFFIC 100%`"
        }
        (["TRAFFIC", "RECORD"], "STOP" | "END" | "NONE" | "FALSE") => "write `RECORD TRAFFIC OFF`",
        (["TRAFFIC", "RECORD"], "-") => "a percentage is from 0% to 100%",
        (["TRAFFIC", "RECORD"], _) => "write `RECORD TRAFFIC 10%` or `RECORD TRAFFIC OFF`",
        ([.., "TRAFFIC", "RECORD"], "FOREVER") if spot.comes_after(&["KEEP"]) => {
            "contexts are kept for some time: `KEEP 365 DAYS`"
        }
        (["OFF", "TRAFFIC", "RECORD"], _) => "what was recorded stays, and nothing more is",
        ([.., "TRAFFIC", "RECORD"], "OF") => "it is of users anyway: `RECORD TRAFFIC 5%`",
        ([.., "TRAFFIC", "RECORD"], "FOR" | "FOREVER" | "DURING") if spot.wants(Rule::k_keep) => {
            "how long they are kept is `KEEP 30 DAYS`"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}
