//! The one error type, and every sentence of it that a user can read.

use std::fmt;
use std::sync::Arc;

use crate::limits;
use crate::model::{
    JsonError, KeyType, Literal, Name, NameError, Span, Timestamp, TimestampError, Value,
};

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where, and what would be right.
///
/// One word wide. [`Error::code`] is stable and is what scripts rely on; the wording is not.
///
/// ```
/// let db = pcq::Database::in_memory()?;
/// let error = db.execute("PUBLISH CONFIG chekout;").unwrap_err();
/// assert_eq!(error.code(), "unknown-config");
/// assert_eq!(error.place().map(|p| (p.line, p.column)), Some((1, 16)));
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    span: Option<Span>,
    place: Option<Place>,
    hints: Vec<String>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// Where in a script an error is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line of the script, from 1.
    pub line: u32,
    /// The column in that line, in code points, from 1.
    pub column: u32,
    /// The text of the statement.
    pub statement: Arc<str>,
    /// The line of the script at which the statement starts, from 1.
    pub statement_line: u32,
    /// The column at which the statement starts, from 1.
    pub statement_column: u32,
    /// The part of the statement that is wrong, in bytes.
    pub span: Span,
}

/// What kind of object a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say all")]
pub enum ObjectKind {
    Key,
    Segment,
    Config,
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "key",
            Self::Segment => "segment",
            Self::Config => "config",
        })
    }
}

/// What went wrong: the data; the sentence is its `Display`.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each variant is documented by its sentence; the fields by their names"
)]
pub enum ErrorKind {
    // -- syntax
    #[error("expected {}, found {found}", OrList(expected))]
    Expected { expected: Vec<String>, found: String },
    #[error("{what} has no end")]
    Unterminated { what: &'static str },
    #[error("the script is not UTF-8")]
    NotUtf8,
    #[error("{what} cannot stand here: {why}")]
    Misplaced { what: String, why: &'static str },
    #[error(transparent)]
    BadName(NameError),
    // -- names
    #[error("{kind} `{}` does not exist", name.as_str())]
    Unknown { kind: ObjectKind, name: Name },
    #[error("config `{}` has no {kind} `{}`", config.as_str(), name.as_str())]
    NotInConfig { kind: ObjectKind, name: Name, config: Name },
    #[error("config `{}` has {kind} `{}` already", config.as_str(), name.as_str())]
    InConfigAlready { kind: ObjectKind, name: Name, config: Name },
    #[error("config `{}` has no version {number}; its newest is {newest}", config.as_str())]
    UnknownVersion { config: Name, number: u64, newest: u32 },
    #[error("{kind} `{}` has no version {number}; its newest is {newest}", name.as_str())]
    UnknownObjectVersion { kind: ObjectKind, name: Name, number: u64, newest: u32 },
    #[error("{kind} `{}` exists already", name.as_str())]
    AlreadyExists { kind: ObjectKind, name: Name },
    #[error("`EVERYONE` is the built-in segment, so no other can have that name")]
    EveryoneIsBuiltIn,
    #[error("{kind} `{}` is archived", name.as_str())]
    Archived { kind: ObjectKind, name: Name },
    #[error("{what} `{name}` is there twice")]
    Duplicate { what: &'static str, name: String },
    #[error("`user_id` is the id of the user and cannot be set as an attribute")]
    UserIdIsGiven,
    #[error("function `{name}` does not exist")]
    UnknownFunction { name: String },
    #[error("column `{name}` does not exist")]
    UnknownColumn { name: String },
    #[error("no value was given for the parameter `:{name}`")]
    UnknownParameter { name: String },
    #[error("nothing was activated, and key `{}` has no default", key.as_str())]
    NothingActive { key: Name },
    #[error("key `{}` is gone from the store, and it has no default", key.as_str())]
    KeyGone { key: Name },
    // -- types and values
    #[error("key `{}` is {kind}, and {} is not", key.as_str(), Abridged(value))]
    KeyType { key: Name, kind: KeyType, value: Value },
    #[error("{place} wants {wanted}, and this is {found}")]
    Type { place: String, wanted: String, found: String },
    #[error("{left} and {right} cannot be compared")]
    NotComparable { left: String, right: String },
    #[error("a comparison with NULL is never true")]
    NullComparison,
    #[error("nothing is in an empty list")]
    EmptyList,
    #[error("`{function}` takes {wanted}, and here {} {found}", if *found == 1 { "is" } else { "are" })]
    ArgumentCount { function: String, wanted: String, found: usize },
    #[error("{} does not pass the CHECK of key `{}`: {check}", Abridged(value), key.as_str())]
    CheckFailed { key: Name, value: Value, check: Arc<str> },
    #[error("values of key `{}` do not pass the new CHECK: {}", key.as_str(), offenders.join("; "))]
    CheckViolated { key: Name, offenders: Vec<String> },
    #[error("{what} `{text}` is not valid: {why}")]
    BadLiteral { what: &'static str, text: String, why: String },
    #[error("{0}")]
    Json(JsonError),
    #[error("{0}")]
    BadTimestamp(TimestampError),
    #[error("{what} {at} is in the past: it is {now}")]
    Past { what: &'static str, at: Timestamp, now: Timestamp },
    #[error("UNTIL {until} is not after AT {at}")]
    EmptyWindow { at: Timestamp, until: Timestamp },
    #[error("the clock shows {now} and does not go back to {to}")]
    ClockBack { now: Timestamp, to: Timestamp },
    #[error("the years end with 9999")]
    ClockOverrun,
    // -- configs
    #[error("the arms sum to {total}, not to 100%")]
    SplitSum { total: String },
    #[error("a percentage has at most three decimals, and `{text}` has more")]
    ShareDecimals { text: String },
    #[error("a share is at most 100%, and this is {text}%")]
    ShareTooLarge { text: String },
    #[error("`EVERYONE` is the last segment of a config: nobody is left for those after it")]
    EveryoneNotLast,
    #[error("config `{}` is at version {newest}, not {expected}", config.as_str())]
    VersionConflict { config: Name, newest: u32, expected: u64 },
    #[error("the store is at revision {now}, and the transaction began at {began}")]
    RevisionConflict { began: u64, now: u64 },
    #[error("{}", OwnedKeys(owners))]
    KeyInUse { owners: Vec<(Name, Name)> },
    #[error("{kind} `{}` is used by {}", name.as_str(), users.join(", "))]
    InUse { kind: ObjectKind, name: Name, users: Vec<String> },
    #[error("these depend on themselves: {}", path.join(" → "))]
    Cycle { path: Vec<String> },
    #[error("config `{}` has nothing to publish: {}", config.as_str(), NoCell(keys))]
    NothingToPublish { config: Name, keys: Vec<Name> },
    #[error("config `{}` cannot be served today: {}", config.as_str(), reasons.join("; "))]
    NotValidNow { config: Name, reasons: Vec<String> },
    // -- limits
    #[error("a statement has at most {} bytes, and this one has {found}", limits::STATEMENT_BYTES)]
    StatementTooLong { found: u64 },
    #[error("{what} nest at most {} deep", limits::NESTING)]
    NestingTooDeep { what: &'static str },
    #[error("{what} has at most {limit} {unit}, and here are {found}")]
    TooMany { what: &'static str, limit: usize, unit: &'static str, found: usize },
    #[error("the regex is too large: compiled it has at most {} bytes", limits::REGEX_BYTES)]
    RegexTooLarge,
    #[error("`{text}` is past the range of 64-bit integers")]
    IntegerRange { text: String },
    #[error("`{text}` is longer than any duration: at most about 292,000 years")]
    DurationRange { text: String },
    #[error(
        "these conditions refer to one another too deeply: more than {} levels",
        limits::CHAIN_DEPTH
    )]
    ChainTooDeep,
    // -- sessions
    #[error("{}", AssertionMessage { wanted, got })]
    AssertionFailed { wanted: String, got: String },
    #[error("{0}")]
    TransactionState(&'static str),
    #[error("the store is open for reading only")]
    ReadOnly,
    #[error("the clock of this store is the system's and moves by itself")]
    ClockNotManual,
    #[error("it was interrupted")]
    Interrupted,
    #[error("{0} stands only in a dump")]
    OnlyInDump(&'static str),
    #[error("this is a mistake in pcq itself: {what}")]
    Bug { what: String },
    // -- the file
    #[error("`{path}` is in use by another process")]
    StoreLocked { path: String },
    #[error("`{path}` is not a pcq store: {why}")]
    NotAStore { path: String, why: String },
    #[error("`{path}` has format {found}, and this version of pcq reads formats up to {known}")]
    NewerFormat { path: String, found: u32, known: u32 },
    #[error("the store is damaged: {what}")]
    Corrupt { what: String },
    #[error("{path}: {message}")]
    Io { path: String, message: String },
}

impl ErrorKind {
    /// The stable code of the error, in kebab-case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        use ObjectKind as O;
        match self {
            Self::Expected { .. }
            | Self::Unterminated { .. }
            | Self::NotUtf8
            | Self::Misplaced { .. }
            | Self::BadName(NameError::Empty | NameError::Control(_)) => "syntax",
            Self::Unknown { kind: O::Key, .. } | Self::NotInConfig { kind: O::Key, .. } => {
                "unknown-key"
            }
            Self::Unknown { kind: O::Segment, .. } | Self::NotInConfig { kind: O::Segment, .. } => {
                "unknown-segment"
            }
            Self::Unknown { kind: O::Config, .. } | Self::NotInConfig { kind: O::Config, .. } => {
                "unknown-config"
            }
            Self::UnknownVersion { .. } | Self::UnknownObjectVersion { .. } => "unknown-version",
            Self::AlreadyExists { .. } | Self::EveryoneIsBuiltIn => "already-exists",
            Self::Archived { .. } => "archived",
            Self::Duplicate { .. }
            | Self::InConfigAlready { .. }
            | Self::UserIdIsGiven
            | Self::Json(JsonError::Duplicate(_)) => "duplicate",
            Self::UnknownFunction { .. } => "unknown-function",
            Self::UnknownColumn { .. } => "unknown-column",
            Self::UnknownParameter { .. } => "unknown-parameter",
            Self::NothingActive { .. } | Self::KeyGone { .. } => "no-value",
            Self::KeyType { .. }
            | Self::Type { .. }
            | Self::NotComparable { .. }
            | Self::NullComparison
            | Self::EmptyList
            | Self::ArgumentCount { .. } => "type-mismatch",
            Self::CheckFailed { .. } | Self::CheckViolated { .. } => "check-failed",
            Self::BadLiteral { .. } | Self::Json(JsonError::NumberRange | JsonError::Syntax(_)) => {
                "bad-literal"
            }
            Self::BadTimestamp(_)
            | Self::Past { .. }
            | Self::EmptyWindow { .. }
            | Self::ClockBack { .. }
            | Self::ClockOverrun => "bad-time",
            Self::SplitSum { .. } | Self::ShareDecimals { .. } | Self::ShareTooLarge { .. } => {
                "bad-split"
            }
            Self::EveryoneNotLast => "bad-order",
            Self::VersionConflict { .. } | Self::RevisionConflict { .. } => "conflict",
            Self::KeyInUse { .. } | Self::InUse { kind: O::Key | O::Config, .. } => "key-in-use",
            Self::InUse { kind: O::Segment, .. } => "segment-in-use",
            Self::Cycle { .. } => "cycle",
            Self::NothingToPublish { .. } => "nothing-to-publish",
            Self::NotValidNow { .. } => "not-valid-now",
            Self::StatementTooLong { .. }
            | Self::NestingTooDeep { .. }
            | Self::TooMany { .. }
            | Self::RegexTooLarge
            | Self::IntegerRange { .. }
            | Self::DurationRange { .. }
            | Self::ChainTooDeep
            | Self::BadName(NameError::TooLong(_))
            | Self::Json(JsonError::TooDeep) => "limit",
            Self::AssertionFailed { .. } => "assertion-failed",
            Self::TransactionState(_) | Self::OnlyInDump(_) => "transaction-state",
            Self::ReadOnly => "read-only",
            Self::ClockNotManual => "clock-not-manual",
            Self::Interrupted => "interrupted",
            Self::Bug { .. } => "bug",
            Self::StoreLocked { .. } => "store-locked",
            Self::NotAStore { .. } | Self::NewerFormat { .. } | Self::Corrupt { .. } => {
                "store-corrupt"
            }
            Self::Io { .. } => "io",
        }
    }
}

impl Error {
    /// Makes an error of what went wrong.
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner { kind, span: None, place: None, hints: Vec::new(), source: None }))
    }

    /// Attaches the place in the statement, unless a lower layer already did.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.0.span.get_or_insert(span);
        self
    }

    /// Forgets the place in the statement: it was that of another text.
    #[must_use]
    pub(crate) fn unplaced(mut self) -> Self {
        self.0.span = None;
        self
    }

    /// Adds what the user might do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    /// Attaches the error of a lower layer.
    #[must_use]
    pub fn because(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// Completes what went wrong by what a higher layer knows of it.
    #[must_use]
    pub(crate) fn completed(mut self, complete: impl FnOnce(&mut ErrorKind)) -> Self {
        complete(&mut self.0.kind);
        self
    }

    /// Adds `did you mean`, if a name is close to the one that does not exist.
    #[must_use]
    pub fn suggest<'a>(self, wrong: &str, right: impl IntoIterator<Item = &'a str>) -> Self {
        match closest(wrong, right) {
            Some(name) => self.hint(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// Attaches the place in the script, given the text of the statement and where it starts there.
    ///
    /// ```
    /// # use pcq::model::Span;
    /// let error = pcq::Error::new(pcq::ErrorKind::ReadOnly).at(Span::new(4, 5));
    /// let place = error.locate(&"GET k".into(), 7, 1).place().map(|p| (p.line, p.column));
    /// assert_eq!(place, Some((7, 5)));
    /// ```
    #[must_use]
    pub fn locate(mut self, statement: &Arc<str>, line: u32, column: u32) -> Self {
        if self.0.place.is_some() {
            return self;
        }
        let span = self.0.span.unwrap_or_else(|| Span::new(0, first_word(statement)));
        let end = floor_boundary(statement, span.start as usize);
        let before = &statement[..end];
        let breaks = before.matches('\n').count();
        let last = before.rsplit('\n').next().unwrap_or_default().chars().count();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.0.place = Some(Place {
            line: line.saturating_add(count(breaks)),
            column: count(last) + if breaks == 0 { column } else { 1 },
            statement: Arc::clone(statement),
            statement_line: line,
            statement_column: column,
            span,
        });
        self
    }

    /// What went wrong, as data.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The stable code, in kebab-case: `unknown-key`, `syntax`, …
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// Where in the statement it is, in bytes.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.0.span
    }

    /// Where in the script it is, if it came from one.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// What the user might do about it.
    #[must_use]
    pub fn hints(&self) -> &[String] {
        &self.0.hints
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.kind.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place() {
            write!(f, "{}:{}: ", place.line, place.column)?;
        }
        write!(f, "error[{}]: {self}", self.code())?;
        self.hints().iter().try_for_each(|hint| write!(f, " ({hint})"))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|e| e as &(dyn std::error::Error + 'static))
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

/// So that what takes a name also takes one that was checked before.
impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl From<NameError> for Error {
    fn from(error: NameError) -> Self {
        ErrorKind::BadName(error).into()
    }
}

impl From<TimestampError> for Error {
    fn from(error: TimestampError) -> Self {
        let hint = match &error {
            TimestampError::Form(_) | TimestampError::NoOffset(_) => Some(
                "write '2026-12-01T09:00:00Z', '…+01:00' or '2026-12-01T09:00:00[Europe/Paris]'",
            ),
            TimestampError::Skipped { .. } => Some("write a time before or after the change"),
            TimestampError::Repeated { .. } => {
                Some("write it with the offset that is meant, '…-04:00', in place of the zone")
            }
            _ => None,
        };
        let made = Self::new(ErrorKind::BadTimestamp(error));
        match hint {
            Some(hint) => made.hint(hint),
            None => made,
        }
    }
}

/// The name that is nearest to a wrong one, if any is near enough to be meant.
fn closest<'a>(wrong: &str, right: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = wrong.to_lowercase();
    let scored =
        right.into_iter().map(|name| (strsim::jaro_winkler(&lower, &name.to_lowercase()), name));
    let best = scored.filter(|(score, _)| *score > 0.85).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, name)| name)
}

fn first_word(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len())
}

/// The greatest character boundary that is not after an offset.
fn floor_boundary(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

/// Writes alternatives: `a`, `b` or `c`.
struct OrList<'a>(&'a [String]);

impl fmt::Display for OrList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("something else"),
            [one] => f.write_str(one),
            [init @ .., last] => write!(f, "{} or {last}", init.join(", ")),
        }
    }
}

/// Writes a value as the language does, cut off if it is long.
struct Abridged<'a>(&'a Value);

impl fmt::Display for Abridged<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Literal::Value(self.0.clone()).to_string();
        match text.char_indices().nth(60) {
            Some((end, _)) => write!(f, "{}…", &text[..end]),
            None => f.write_str(&text),
        }
    }
}

struct OwnedKeys<'a>(&'a [(Name, Name)]);

impl fmt::Display for OwnedKeys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (key, owner)) in self.0.iter().enumerate() {
            let separator = if i > 0 { "; " } else { "" };
            let (key, owner) = (key.as_str(), owner.as_str());
            write!(f, "{separator}key `{key}` belongs to config `{owner}`")?;
        }
        Ok(())
    }
}

struct NoCell<'a>(&'a [Name]);

impl fmt::Display for NoCell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("it has no key");
        }
        let names: Vec<_> = self.0.iter().map(|n| format!("`{}`", n.as_str())).collect();
        write!(f, "no segment gives {} a value", names.join(", "))
    }
}

struct AssertionMessage<'a> {
    wanted: &'a str,
    got: &'a str,
}

impl fmt::Display for AssertionMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, got {}", self.wanted, self.got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn places_count_lines_and_code_points() {
        let text: Arc<str> = "CREATE KEY é\n  DEFAULT x".into();
        let found = |start, end| {
            let error = Error::new(ErrorKind::ReadOnly).at(Span::new(start, end));
            let place = error.locate(&text, 3, 5).place().cloned().unwrap();
            (place.line, place.column)
        };
        assert_eq!(found(7, 10), (3, 12));
        assert_eq!(found(13, 14), (3, 17));
        assert_eq!(found(24, 25), (4, 11));
        assert_eq!(found(900, 901).0, 4);
    }

    #[test]
    fn close_names_are_suggested() {
        let names = ["checkout", "home", "Dark_Key"];
        assert_eq!(closest("chekout", names), Some("checkout"));
        assert_eq!(closest("dark_key", names), Some("Dark_Key"));
        assert_eq!(closest("zebra", names), None);
    }
}
