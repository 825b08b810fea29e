//! Texts in single quotes that are offered: events, codes of errors, zones.

use jiff::tz;

use super::asked::Asked;
use super::candidate::{Candidate, CandidateKind, candidate};
use crate::error::ErrorCode;
use crate::model::{Aggregate, Literal, Unit};

/// The functions that have a zone as an argument behind a comma, besides the aggregates.
const OF_ZONES: [&str; 5] = ["TO_TIMESTAMP", "ADD_MONTHS", "HOUR", "WEEKDAY", "DATE_TRUNC"];

/// The texts that may stand behind some tokens.
pub(super) fn texts(tokens: &[&str], asked: &Asked) -> Vec<Candidate> {
    let last = tokens.last().map(|token| token.to_ascii_uppercase()).unwrap_or_default();
    match last.as_str() {
        "EVENT" | "DID" | "TRACK" => {
            asked.events.iter().map(|event| quoted(CandidateKind::Event, event)).collect()
        }
        "ERROR" => {
            let codes = ErrorCode::ALL.iter().map(|code| code.as_str());
            codes.map(|code| quoted(CandidateKind::Code, code)).collect()
        }
        "(" if function(tokens)
            .is_some_and(|function| function.eq_ignore_ascii_case("DATE_TRUNC")) =>
        {
            Unit::ALL.iter().map(|unit| quoted(CandidateKind::Unit, unit.name())).collect()
        }
        "," if function(tokens).is_some_and(has_zone) => {
            zones().iter().map(|zone| quoted(CandidateKind::Zone, zone)).collect()
        }
        _ => Vec::new(),
    }
}

/// The timestamps that one is which is begun up to somewhere in its zone.
pub(super) fn in_zones(begun: &str) -> Vec<Candidate> {
    let is_time = |text: &str| text.starts_with('\'') && !text.contains(']');
    let Some((time, _)) = begun.rsplit_once('[').filter(|(time, _)| is_time(time)) else {
        return Vec::new();
    };
    let whole = |zone: &String| candidate(CandidateKind::Zone, format!("{time}[{zone}]'"));
    zones().iter().map(whole).collect()
}

fn has_zone(function: &str) -> bool {
    let is_it = |name: &str| name.eq_ignore_ascii_case(function);
    OF_ZONES.into_iter().any(is_it) || Aggregate::ALL.iter().any(|f| is_it(&f.to_string()))
}

/// The function in whose arguments somebody is.
fn function<'t>(tokens: &[&'t str]) -> Option<&'t str> {
    let mut depth = 0_u32;
    let mut back = tokens.iter().rev();
    while let Some(token) = back.next() {
        match *token {
            ")" => depth += 1,
            "(" if depth == 0 => return back.next().copied(),
            "(" => depth -= 1,
            _ => {}
        }
    }
    None
}

fn zones() -> Vec<String> {
    tz::db().available().map(|zone| zone.to_string()).collect()
}

fn quoted(kind: CandidateKind, text: &str) -> Candidate {
    candidate(kind, Literal::from(text).to_string())
}
