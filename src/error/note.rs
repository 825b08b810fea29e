//! Notes: what is worth knowing of a statement that did what it says, or of a store.

use std::fmt;
use std::sync::Arc;

use super::hide::Veil;
use super::place::{Label, Place};
use super::sentence::{Cells, Each, Few};
use super::slip::Slip;
use super::{Error, ErrorKind};
use crate::model::{Name, ObjectKind, Span, Timestamp};

/// Note on what a statement did, or on a store: what it says, where, and what one might do.
///
/// [`Note::code`] is stable and is what programs rely on; the wording is not.
///
/// ```
/// let start = pcq::Timestamp::parse("2026-03-01T09:00:00Z")?;
/// let db = pcq::Database::builder().manual_clock(start).in_memory()?;
/// let outcomes = db.execute(
///     "ALTER EVENTS KEEP 7 DAYS;
///      CREATE SEGMENT buyers WHERE DID 'Charged' WITHIN 30 DAYS;
///      ALTER EVENT 'Charged' KEEP 10 DAYS;",
/// )?;
/// let [note] = outcomes[2].notes() else { panic!("the events are needed for longer") };
/// assert_eq!(note.code(), "kept-longer");
/// # Ok::<(), pcq::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    kind: NoteKind,
    span: Option<Span>,
    labels: Vec<Label>,
    place: Option<Place>,
    hints: Vec<String>,
}

impl Note {
    /// Makes a note of what it says.
    #[must_use]
    pub fn new(kind: NoteKind) -> Self {
        Self { kind, span: None, labels: Vec::new(), place: None, hints: Vec::new() }
    }

    /// Attaches the place in the statement.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Moves the place by so many bytes: it was that in a part of the statement.
    #[must_use]
    pub(crate) fn moved(mut self, by: u32) -> Self {
        self.span = self.span.map(|span| span.moved(by));
        for label in &mut self.labels {
            label.span = label.span.moved(by);
        }
        self
    }

    /// Points at another part of the statement that matters.
    #[must_use]
    pub(crate) fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds what the user might do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Attaches the place in the script, given the text of the statement and where it starts there.
    #[must_use]
    pub(crate) fn locate(mut self, statement: &Arc<str>, line: u32, column: u32) -> Self {
        let span = self.span;
        let place = || Place::of(statement, line, column, span).labelled(&self.labels);
        if self.place.is_none() {
            self.place = Some(place());
        }
        self
    }

    /// Attaches the file of the place.
    #[must_use]
    pub(crate) fn in_file(mut self, file: Option<&Arc<str>>) -> Self {
        self.place = self.place.map(|place| place.in_file(file));
        self
    }

    /// The same note as it is told of a statement with parts that are not shown.
    #[must_use]
    pub(crate) fn masked(mut self, veil: &Veil<'_>) -> Self {
        if let NoteKind::Slip(slip) = &mut self.kind {
            slip.hide();
            self.hints.clear();
        }
        let sentence = self.message();
        self.place = self.place.map(|place| {
            let parts = veil.parts(&place.statement, &sentence);
            place.masked(&parts)
        });
        self
    }

    /// The error that it is where slips are errors, with its place and hints; `None` if it is of no slip.
    #[must_use]
    pub fn as_error(&self) -> Option<Error> {
        let NoteKind::Slip(slip) = &self.kind else { return None };
        let mut error = Error::from(ErrorKind::Suspicious(slip.clone()));
        if let Some(span) = self.span {
            error = error.at(span);
        }
        for label in &self.labels {
            error = error.label(label.span, label.text.clone());
        }
        if let Some(place) = &self.place {
            error = error.locate(&place.statement, place.statement_line, place.statement_column);
            error = error.in_file(place.file.as_ref());
        }
        Some(self.hints.iter().fold(error, Error::hint))
    }

    /// Whether it says that something is likely a slip; if not, it says what was done.
    #[must_use]
    pub fn is_slip(&self) -> bool {
        matches!(self.kind, NoteKind::Slip(_))
    }

    /// What it says, as data.
    #[must_use]
    pub fn kind(&self) -> &NoteKind {
        &self.kind
    }

    /// The stable code, in kebab-case: `still-scheduled`, `in-force`, …
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code().as_str()
    }

    /// What it says, in a sentence.
    #[must_use]
    pub fn message(&self) -> String {
        self.kind.to_string()
    }

    /// The part of the statement that it is about, in bytes; `None`: it is about all that the statement did.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.span
    }

    /// Where in the script it is, if its statement came from one.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// What the user might do about it.
    #[must_use]
    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

impl From<NoteKind> for Note {
    fn from(kind: NoteKind) -> Self {
        Self::new(kind)
    }
}

/// Writes what it says, in a sentence.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

/// Kind of a note, with its data; the sentence is its `Display`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NoteKind {
    /// What is likely a slip.
    Slip(Slip),
    /// Publications of a config that was published, disabled or archived are still to come.
    StillScheduled {
        /// Which config.
        config: Name,
        /// Which versions, and when.
        schedules: Vec<(u32, Timestamp)>,
    },
    /// A config was published that is disabled.
    PublishedDisabled {
        /// Which.
        config: Name,
    },
    /// What was changed is in force at once.
    InForce {
        /// In which live configs.
        configs: Vec<Name>,
    },
    /// Conditions that were stored before an attribute was declared, and would read it otherwise today.
    ReadAsBefore {
        /// The attribute.
        attribute: Name,
        /// The segments whose conditions would mean something else.
        otherwise: Vec<Name>,
        /// Those whose conditions would be refused.
        refused: Vec<Name>,
    },
    /// Stored profiles have a value of an attribute that is not as it is declared.
    TakenAsMissing {
        /// The attribute.
        attribute: Name,
        /// How many.
        profiles: u64,
    },
    /// Cells that had a value have another in the new version.
    Overwritten {
        /// How many, by key.
        cells: Vec<(Name, usize)>,
        /// How many others were blank, and have a value.
        filled: usize,
    },
    /// A version is live again, and what it refers to is not what it was then.
    ChangedSince {
        /// Which version.
        version: u32,
        /// What has changed.
        objects: Vec<(ObjectKind, Name)>,
    },
    /// Segments look further back than a rule keeps events.
    KeptLonger {
        /// Which, and how far.
        needs: Vec<String>,
    },
    /// Conditions ask for the time in a way that is looked at each full minute.
    EachMinute {
        /// The segments whose conditions they are.
        segments: Vec<Name>,
    },
    /// The clock is behind the newest revision.
    ClockBehind {
        /// The time of the newest revision.
        newest: Timestamp,
        /// By how much, roughly.
        by: String,
    },
    /// A preview tells of another instant than now.
    PreviewedAt {
        /// Which.
        at: Timestamp,
    },
    /// A preview goes on to publish the version that the write makes.
    AsIfPublished {
        /// The config.
        config: Name,
        /// Its version.
        version: u32,
    },
    /// A preview is of a write that would change nothing.
    WouldBeUnchanged {
        /// Why.
        why: String,
    },
    /// How many get other values, by a preview.
    WouldChange {
        /// How many do.
        changed: u64,
        /// How many people it is about.
        population: u64,
    },
    /// A plan leaves a list of users alone, which the files do not name.
    ListStays {
        /// Its segment.
        segment: Name,
    },
    /// A plan leaves a draft alone, which no file says as it has no segments or no keys.
    DraftStays {
        /// Its config.
        config: Name,
    },
    /// A plan leaves an attribute declared, which the files do not declare, for conditions read it.
    AttributeStays {
        /// Which.
        attribute: Name,
    },
    /// A plan leaves a config live, which the files do not say.
    LiveStays {
        /// Which.
        config: Name,
    },
    /// A plan leaves schedules alone, which the files do not say.
    ScheduleStays {
        /// Of which config.
        config: Name,
    },
}

/// Makes the enum of codes out of one line for each: its text and when a note has it.
macro_rules! codes {
    ($($code:ident = $text:literal, $when:literal;)*) => {
        /// Stable code of a note.
        ///
        /// ```
        /// let codes: Vec<_> = pcq::NoteCode::ALL.iter().map(|code| code.as_str()).collect();
        /// assert!(codes.contains(&"kept-longer"));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum NoteCode {
            $(#[doc = $when] $code,)*
        }

        impl NoteCode {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// The text of the code, in kebab-case.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $text,)*
                }
            }

            /// When a note has it, in a sentence.
            #[must_use]
            pub fn when(self) -> &'static str {
                match self {
                    $(Self::$code => $when,)*
                }
            }
        }
    };
}

codes! {
    Suspicious = "suspicious", "What is legal and likely a slip; with `--strict` it is an error of that code, and nothing is stored.";
    StillScheduled = "still-scheduled", "A config was published, reverted, disabled or archived, and publications of it are still to come.";
    Disabled = "disabled", "A config was published that is disabled: its keys keep their defaults.";
    InForce = "in-force", "A segment, an attribute or the default of a key was changed, which is in force at once in live configs.";
    ReadAsBefore = "read-as-before", "An attribute was declared, and conditions that were stored before would read it otherwise, or be refused, if they were written today.";
    TakenAsMissing = "taken-as-missing", "An attribute was declared or altered, and stored profiles have values that are not as it is declared.";
    Overwritten = "overwritten", "`ALTER CONFIG`: cells that had a value have another in the new version.";
    ChangedSince = "changed-since", "A version is live again, and segments or keys of it have changed since it was.";
    KeptLonger = "kept-longer", "`ALTER EVENT`: segments look further back than the rule, so events are kept for longer.";
    EachMinute = "each-minute", "`SHOW CHANGES`: conditions use `NOW()` otherwise than compared with a time, in `HOUR` or in `WEEKDAY`, and are looked at each full minute.";
    ClockBehind = "clock-behind", "The system's clock is behind the newest revision: at the opening of a store, and with each commit.";
    PreviewedAt = "previewed-at", "`PREVIEW` tells of a later instant than now.";
    AsIfPublished = "as-if-published", "`PREVIEW` of `CREATE CONFIG` or `ALTER CONFIG` goes on to publish the version that they make.";
    WouldBeUnchanged = "would-be-unchanged", "`PREVIEW` is of a statement that would change nothing.";
    WouldChange = "would-change", "`PREVIEW` says how many of how many people get another value.";
    LeftAsIs = "left-as-is", "`pcq plan` leaves something as it is that the files do not say.";
}

impl fmt::Display for NoteCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl NoteKind {
    /// The stable code of the note.
    #[must_use]
    pub fn code(&self) -> NoteCode {
        match self {
            Self::Slip(_) => NoteCode::Suspicious,
            Self::StillScheduled { .. } => NoteCode::StillScheduled,
            Self::PublishedDisabled { .. } => NoteCode::Disabled,
            Self::InForce { .. } => NoteCode::InForce,
            Self::ReadAsBefore { .. } => NoteCode::ReadAsBefore,
            Self::TakenAsMissing { .. } => NoteCode::TakenAsMissing,
            Self::Overwritten { .. } => NoteCode::Overwritten,
            Self::ChangedSince { .. } => NoteCode::ChangedSince,
            Self::KeptLonger { .. } => NoteCode::KeptLonger,
            Self::EachMinute { .. } => NoteCode::EachMinute,
            Self::ClockBehind { .. } => NoteCode::ClockBehind,
            Self::PreviewedAt { .. } => NoteCode::PreviewedAt,
            Self::AsIfPublished { .. } => NoteCode::AsIfPublished,
            Self::WouldBeUnchanged { .. } => NoteCode::WouldBeUnchanged,
            Self::WouldChange { .. } => NoteCode::WouldChange,
            Self::ListStays { .. }
            | Self::DraftStays { .. }
            | Self::AttributeStays { .. }
            | Self::LiveStays { .. }
            | Self::ScheduleStays { .. } => NoteCode::LeftAsIs,
        }
    }
}

impl NoteKind {
    /// Writes what is said of a preview.
    fn fmt_previewed(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PreviewedAt { at } => write!(f, "this is how it is at {at}"),
            Self::AsIfPublished { config, version } => {
                write!(
                    f,
                    "as if version {version} of config `{}` were published, too",
                    config.as_str()
                )
            }
            Self::WouldBeUnchanged { why } => write!(f, "nothing would change: {why}"),
            Self::WouldChange { population: 0, .. } => {
                f.write_str("there is nobody of whom it could tell")
            }
            Self::WouldChange { changed: 1, population } => {
                write!(f, "1 of {population} gets another value")
            }
            Self::WouldChange { changed, population } => {
                write!(f, "{changed} of {population} get other values")
            }
            _ => Ok(()),
        }
    }

    /// Writes what is said of what a plan leaves as it is.
    fn fmt_left(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ListStays { segment } => {
                write!(f, "segment `{}` is a list of users, and stays", segment.as_str())
            }
            Self::DraftStays { config } => f.write_str(&unsaid(config)),
            Self::AttributeStays { attribute } => {
                write!(f, "attribute `{}` is read, and stays declared", attribute.as_str())
            }
            Self::LiveStays { config } => {
                let config = config.as_str();
                write!(f, "config `{config}` is live, which the files do not say: it stays so")
            }
            Self::ScheduleStays { config } => {
                write!(f, "config `{}` has schedules to come, which stay", config.as_str())
            }
            _ => Ok(()),
        }
    }
}

/// Names of things of a kind, after the word for it.
fn named(kind: &str, names: &[Name]) -> String {
    let plural = if names.len() == 1 { "" } else { "s" };
    let one = |name: &Name| format!("`{}`", name.as_str());
    format!("{kind}{plural} {}", Each(names, one))
}

/// What would become of the conditions of segments if they were written today.
fn today(otherwise: &[Name], refused: &[Name]) -> String {
    let lists = [(otherwise, "mean something else"), (refused, "be refused")];
    let lists = lists.into_iter().filter(|(segments, _)| !segments.is_empty());
    let lists: Vec<_> = lists
        .map(|(segments, would)| {
            format!("{} would {would} if written today", named("segment", segments))
        })
        .collect();
    lists.join(", ")
}

/// That what asks for the time in segments is looked at each minute.
fn by_minute(segments: &[Name]) -> String {
    let segments = named("segment", segments);
    format!("what asks for the time in {segments} is looked at each full minute")
}

/// That a draft stays which no file says.
fn unsaid(config: &Name) -> String {
    let why = "has no segments or no keys, which no file says";
    format!("config `{}` {why}: it stays, with what it needs", config.as_str())
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slip(slip) => slip.fmt(f),
            Self::StillScheduled { config, schedules } => {
                let one = |(version, at): &(u32, Timestamp)| format!("version {version} at {at}");
                write!(f, "still to come of config `{}`: {}", config.as_str(), Each(schedules, one))
            }
            Self::PublishedDisabled { config } => {
                let config = config.as_str();
                write!(f, "config `{config}` is disabled, so its keys keep their defaults")
            }
            Self::InForce { configs } => {
                write!(f, "in force at once in the live {}", named("config", configs))
            }
            Self::ReadAsBefore { attribute, otherwise, refused } => {
                let (attribute, today) = (attribute.as_str(), today(otherwise, refused));
                write!(f, "attribute `{attribute}` is read as before by what was stored: {today}")
            }
            Self::TakenAsMissing { attribute, profiles } => {
                let has = if *profiles == 1 { "profile has" } else { "profiles have" };
                let attribute = attribute.as_str();
                write!(
                    f,
                    "{profiles} stored {has} a value of `{attribute}` that is not as declared"
                )?;
                f.write_str(", which is taken as missing")
            }
            Self::Overwritten { cells, filled } => {
                let one = |(key, count): &(Name, usize)| {
                    format!("{} of `{}`", Cells(*count), key.as_str())
                };
                write!(f, "overwritten: {}", Each(cells, one))?;
                if *filled == 0 { Ok(()) } else { write!(f, "; blank before: {}", Cells(*filled)) }
            }
            Self::ChangedSince { version, objects } => {
                let one = |(kind, name): &(ObjectKind, Name)| format!("{kind} `{}`", name.as_str());
                write!(f, "changed since version {version} was live: {}", Each(objects, one))
            }
            Self::KeptLonger { needs } => write!(f, "kept for longer: {}", Few(needs, "; ")),
            Self::EachMinute { segments } => f.write_str(&by_minute(segments)),
            Self::ClockBehind { newest, by } => write!(
                f,
                "the store is {by} ahead of the system's clock, and until that shows {newest} all that is committed \
                 has that time"
            ),
            Self::PreviewedAt { .. }
            | Self::AsIfPublished { .. }
            | Self::WouldBeUnchanged { .. }
            | Self::WouldChange { .. } => self.fmt_previewed(f),
            Self::ListStays { .. }
            | Self::DraftStays { .. }
            | Self::AttributeStays { .. }
            | Self::LiveStays { .. }
            | Self::ScheduleStays { .. } => self.fmt_left(f),
        }
    }
}
