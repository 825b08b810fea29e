//! Error of the library: kind, place, hints and source, in one word.

mod access;
mod class;
mod code;
mod hide;
mod kind;
mod note;
mod place;
mod sentence;
mod slip;
mod transaction;

use std::fmt;
use std::sync::Arc;

pub use access::{LockHolder, StoreFailure};
pub use class::ErrorClass;
pub use code::ErrorCode;
pub(crate) use hide::Veil;
pub use kind::ErrorKind;
pub use note::{Note, NoteCode, NoteKind};
pub use place::{Label, Place};
pub(crate) use sentence::Names;
pub use sentence::Short;
pub use slip::Slip;
pub use transaction::{ScriptEnd, TransactionState};

use crate::limits::NAME_BYTES;
use crate::model::{NameError, Span, Timestamp, TimestampError, zone_like};

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Error of the library: what went wrong, where, and what would be right.
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
    labels: Vec<Label>,
    hints: Vec<String>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
    /// Whether the text at its place is not repeated.
    concealed: bool,
}

impl Error {
    /// Makes an error of what went wrong.
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            span: None,
            place: None,
            labels: Vec::new(),
            hints: Vec::new(),
            source: None,
            concealed: false,
        }))
    }

    /// The error of what cannot be: told, rather than answered wrongly.
    pub(crate) fn bug(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Bug { what: what.into() })
    }

    /// Attaches the place in the statement, unless a lower layer already did.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.0.span.get_or_insert(span);
        self
    }

    /// Points at another part of the statement that matters.
    #[must_use]
    pub(crate) fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.0.labels.push(Label { span, text: text.into() });
        self
    }

    /// Moves the place by so many bytes: it was that in a part of the statement.
    #[must_use]
    pub(crate) fn moved(mut self, by: u32) -> Self {
        self.0.span = self.0.span.map(|span| span.moved(by));
        for label in &mut self.0.labels {
            label.span = label.span.moved(by);
        }
        self
    }

    /// Forgets the place in the statement: it was that of another text.
    #[must_use]
    pub(crate) fn unplaced(mut self) -> Self {
        self.0.span = None;
        self.0.labels.clear();
        self
    }

    /// Keeps the text at its place out of what is told of it.
    #[must_use]
    pub(crate) fn concealed(mut self) -> Self {
        self.0.concealed = true;
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

    /// The same, unless it is known what is meant.
    pub(crate) fn suggest_unless<'a>(
        self,
        wrong: &str,
        right: impl IntoIterator<Item = &'a str>,
        meant: Option<&'static str>,
    ) -> Self {
        match meant {
            Some(hint) => self.hint(hint),
            None => self.suggest(wrong, right),
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
        let (span, concealed) = (self.0.span, self.0.concealed);
        let place = || match span.filter(|_| concealed) {
            Some(span) => Place::of_concealed(statement, line, column, span),
            None => Place::of(statement, line, column, span).labelled(&self.0.labels),
        };
        if self.0.place.is_none() {
            self.0.place = Some(place());
        }
        self
    }

    /// Attaches the file of the place.
    #[must_use]
    pub(crate) fn in_file(mut self, file: Option<&Arc<str>>) -> Self {
        self.0.place = self.0.place.take().map(|place| place.in_file(file));
        self
    }

    /// The same error as it is told of a statement with parts that are not shown: neither its place, nor its sentence,
    /// nor a hint has one, and it has no source.
    #[must_use]
    pub(crate) fn masked(mut self, veil: &Veil<'_>) -> Self {
        let said = self.0.kind.clone();
        self.0.kind.hide(veil);
        if self.0.kind == said {
            self.0.hints.retain(|hint| veil.spares(hint));
        } else {
            self.0.hints.clear();
        }
        self.0.source = None;
        let sentence = self.to_string();
        self.0.place = self.0.place.map(|place| {
            let parts = veil.parts(&place.statement, &sentence);
            place.masked(&parts)
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

    /// Who can mend it.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        self.0.kind.class()
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

impl From<TransactionState> for ErrorKind {
    fn from(state: TransactionState) -> Self {
        Self::TransactionState(state)
    }
}

impl From<TransactionState> for Error {
    fn from(state: TransactionState) -> Self {
        ErrorKind::from(state).into()
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
        let error = match error {
            TimestampError::Form(text) if is_date(&text) && !is_day(&text) => {
                TimestampError::NoSuchTime(text)
            }
            error => error,
        };
        let hint = match &error {
            TimestampError::NoOffset(text) => Some(completed(text, "")),
            TimestampError::Form(text) if is_date(text) => Some(completed(text, "T00:00:00")),
            TimestampError::Form(_) => Some(
                "write '2026-12-01T09:00:00Z', '…+01:00' or '2026-12-01T09:00:00[Europe/Paris]'"
                    .to_owned(),
            ),
            TimestampError::NoSuchZone(zone) => {
                zone_like(zone).map(|zone| format!("did you mean `{zone}`?"))
            }
            TimestampError::NoSuchTime(text) => last_day(text),
            TimestampError::Skipped { .. } => {
                Some("write a time before or after the change".to_owned())
            }
            TimestampError::Repeated { .. } => Some(
                "write it with the offset that is meant, '…-04:00', before the zone".to_owned(),
            ),
            _ => None,
        };
        let made = Self::new(ErrorKind::BadTimestamp(error));
        match hint {
            Some(hint) => made.hint(hint),
            None => made,
        }
    }
}

/// How a time without offset and zone can be written.
fn completed(text: &str, time: &str) -> String {
    let text = Short(text);
    format!("write '{text}{time}Z' or, in a time zone, '{text}{time}[America/New_York]'")
}

/// Whether a text is a day: `2026-12-01`.
fn is_date(text: &str) -> bool {
    let is_digit_or_dash = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    text.len() == 10 && text.bytes().enumerate().all(is_digit_or_dash)
}

/// The last day of the month of a date that there is not, if that is what is wrong with a time.
fn last_day(text: &str) -> Option<String> {
    let month = text.get(..8).filter(|_| text.get(..10).is_some_and(|day| !is_day(day)))?;
    let last = (28..=31).rev().map(|day| format!("{month}{day}")).find(|day| is_day(day))?;
    Some(format!("the last day of that month is {last}"))
}

/// Whether there is such a day.
fn is_day(text: &str) -> bool {
    Timestamp::parse(&format!("{text}T00:00:00Z")).is_ok()
}

/// The name that is nearest to a wrong one, if any is near enough to be meant: none is near to what is longer than
/// any, and comparing it would take as long as all names times all of it.
pub(crate) fn closest<'a>(
    wrong: &str,
    right: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if wrong.len() > NAME_BYTES {
        return None;
    }
    let lower = wrong.to_lowercase();
    let score = |name: &str| {
        let name = name.to_lowercase();
        if is_turned(&lower, &name) { 1.0 } else { strsim::jaro_winkler(&lower, &name) }
    };
    let scored = right.into_iter().map(|name| (score(name), name));
    let best = scored.filter(|(score, _)| *score > 0.85).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, name)| name)
}

/// Whether two neighbours among the letters of a word are in the other order.
fn is_turned(a: &str, b: &str) -> bool {
    a.len() == b.len() && strsim::osa_distance(a, b) == 1 && strsim::levenshtein(a, b) == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn close_names_are_suggested() {
        let names = ["checkout", "home", "Dark_Key"];
        assert_eq!(closest("chekout", names), Some("checkout"));
        assert_eq!(closest("dark_key", names), Some("Dark_Key"));
        assert_eq!(closest("zebra", names), None);
        assert_eq!(closest("dya", ["day", "days"]), Some("day"));
        assert_eq!(closest("b", ["a"]), None);
    }
}
