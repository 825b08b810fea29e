//! Concealment: what errors and notes say of a statement that is about what is sensitive, without the values in it.

use std::sync::Arc;

use super::kind::ErrorKind;
use super::slip::Slip;
use crate::model::{HIDDEN, JsonError, Literal, Span, TimestampError};

/// Veil over texts of the language: finds what in one may be a value of something sensitive.
pub(crate) struct Veil<'v>(&'v dyn Fn(&str) -> Vec<Span>);

impl<'v> Veil<'v> {
    /// Veil over what a function finds in a text, in order.
    pub(crate) fn new(parts: &'v dyn Fn(&str) -> Vec<Span>) -> Self {
        Self(parts)
    }

    /// What of a statement is hidden: not the names that the sentence about it has.
    pub(super) fn parts(&self, statement: &str, sentence: &str) -> Vec<Span> {
        let is_told = |part: &Span| {
            let text = statement.get(part.start as usize..part.end as usize);
            let name = text.and_then(|text| text.strip_prefix('"')?.strip_suffix('"'));
            name.is_some_and(|name| sentence.contains(&format!("`{}`", name.replace("\"\"", "\""))))
        };
        self.0(statement).into_iter().filter(|part| !is_told(part)).collect()
    }

    /// Whether a text has nothing to hide.
    pub(super) fn spares(&self, text: &str) -> bool {
        self.0(text).is_empty()
    }

    /// A text with `***` for what is hidden of it.
    fn over(&self, text: &str) -> String {
        let (mut shown, mut end) = (String::new(), 0);
        for part in self.0(text) {
            shown.push_str(text.get(end..part.start as usize).unwrap_or_default());
            shown.push_str(HIDDEN);
            end = part.end as usize;
        }
        shown.push_str(text.get(end..).unwrap_or_default());
        shown
    }
}

impl ErrorKind {
    /// Hides what of it may be a value of something sensitive. Names stay, and so do the types of values, and numbers
    /// that are of no attribute.
    #[expect(clippy::too_many_lines, reason = "a table")]
    pub(super) fn hide(&mut self, veil: &Veil<'_>) {
        match self {
            Self::Expected { found: text, .. } => {
                if !veil.spares(text) {
                    hide(text);
                }
            }
            Self::Misplaced { what: text, .. }
            | Self::NotGrouped { what: text }
            | Self::Type { found: text, .. } => {
                *text = veil.over(text);
            }
            Self::KeyType { value, .. } | Self::AttributeType { value, .. } => {
                *value = Literal::hidden();
            }
            Self::CheckFailed { value, check, .. }
            | Self::AttributeCheckFailed { value, check, .. } => {
                *value = Literal::hidden();
                *check = Arc::from(veil.over(check));
            }
            // what is empty is no value, and is what is wrong with it
            Self::BadLiteral { text, why, .. } => {
                if !text.is_empty() {
                    hide(text);
                    hide(why);
                }
            }
            Self::Json(error) => hide_json(error),
            Self::BadTimestamp(error) => hide_timestamp(error),
            Self::ShareDecimals { text }
            | Self::NoShare { text }
            | Self::ShareTooLarge { text }
            | Self::IntegerRange { text }
            | Self::DurationRange { text } => hide(text),
            Self::Suspicious(slip) => slip.hide(),
            // values of sensitive keys are hidden where these are known to be some
            Self::AssertionFailed { .. }
            | Self::CheckViolated { .. }
            // syntax
            | Self::Unterminated { .. }
            | Self::NotUtf8
            | Self::BadName(_)
            // names
            | Self::Unknown { .. }
            | Self::NotInConfig { .. }
            | Self::InConfigAlready { .. }
            | Self::UnknownVersion { .. }
            | Self::UnknownObjectVersion { .. }
            | Self::AlreadyExists { .. }
            | Self::EveryoneIsBuiltIn
            | Self::UserIdIsBuiltIn
            | Self::Archived { .. }
            | Self::Duplicate { .. }
            | Self::UserIdIsGiven
            | Self::UnknownFunction { .. }
            | Self::UnknownColumn { .. }
            | Self::AmbiguousColumn { .. }
            | Self::UnknownTable { .. }
            | Self::TooManyRows
            | Self::ColumnCount { .. }
            | Self::UnknownParameter { .. }
            | Self::NothingActive { .. }
            | Self::KeyGone { .. }
            // types
            | Self::OtherType { .. }
            | Self::OtherAttributeType { .. }
            | Self::NotComparable { .. }
            | Self::NullComparison
            | Self::EmptyList
            | Self::ArgumentCount { .. }
            // instants of statements, versions and shares of configs
            | Self::Past { .. }
            | Self::EmptyWindow { .. }
            | Self::EmptySpan { .. }
            | Self::ClockBack { .. }
            | Self::ClockOverrun
            | Self::SplitSum { .. }
            | Self::EveryoneNotLast
            | Self::VersionConflict { .. }
            | Self::RevisionConflict { .. }
            | Self::KeyInUse { .. }
            | Self::InUse { .. }
            | Self::Cycle { .. }
            | Self::NothingToPublish { .. }
            | Self::NothingBefore { .. }
            | Self::NotValidNow { .. }
            // limits
            | Self::StatementTooLong { .. }
            | Self::TooLong { .. }
            | Self::NestingTooDeep { .. }
            | Self::TooMany { .. }
            | Self::RegexTooLarge
            | Self::RegexesTooLarge
            | Self::ChainTooDeep
            | Self::QueryTooLarge { .. }
            | Self::NotAState
            | Self::PlanConflict { .. }
            // sessions and files
            | Self::TransactionState(_)
            | Self::ReadOnly
            | Self::RoleTooSmall { .. }
            | Self::WriteInListener
            | Self::ClockNotManual
            | Self::Interrupted
            | Self::Bug { .. }
            | Self::StoreLocked { .. }
            | Self::StoreFailed { .. }
            | Self::NotAStore { .. }
            | Self::NewerFormat { .. }
            | Self::Corrupt { .. }
            | Self::Io { .. } => {}
        }
    }
}

impl Slip {
    /// Hides what of it may be a value of something sensitive.
    pub(super) fn hide(&mut self) {
        match self {
            Self::NameForText { name: text }
            | Self::TextForNumber { text, .. }
            | Self::NumberFromTime { number: text } => hide(text),
            Self::EmptyRange { low: one, high: other }
            | Self::Contradiction { first: one, second: other } => {
                hide(one);
                hide(other);
            }
            Self::InsideUser { .. }
            | Self::TextForJson { .. }
            | Self::CloseName { .. }
            | Self::UnusedParameter { .. } => {}
        }
    }
}

/// Hides the names of members, which are part of a value.
fn hide_json(error: &mut JsonError) {
    match error {
        JsonError::Duplicate(member) => hide(member),
        JsonError::TooDeep | JsonError::NumberRange { .. } | JsonError::Syntax { .. } => {}
    }
}

fn hide_timestamp(error: &mut TimestampError) {
    match error {
        TimestampError::Form(text)
        | TimestampError::NoOffset(text)
        | TimestampError::NoSuchTime(text)
        | TimestampError::NoSuchZone(text)
        | TimestampError::LikeSeconds(text)
        | TimestampError::Range(text) => hide(text),
        TimestampError::Skipped { text, zone }
        | TimestampError::Repeated { text, zone }
        | TimestampError::OffsetNotOfZone { text, zone } => {
            hide(text);
            hide(zone);
        }
    }
}

fn hide(text: &mut String) {
    HIDDEN.clone_into(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_hidden_where_the_veil_covers_it() {
        let digits = |text: &str| {
            let found = text.char_indices().filter(|(_, c)| c.is_ascii_digit());
            found.map(|(at, _)| Span::new(at, at + 1)).collect()
        };
        let veil = Veil::new(&digits);
        assert_eq!(veil.over("é = 1 OR b < 2"), "é = *** OR b < ***");
        assert!(veil.spares("é = b") && !veil.spares("3"));
        assert_eq!(veil.over(""), "");
    }
}
