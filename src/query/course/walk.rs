//! Walk: from instant to instant at which something may happen to a user.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::cause::{Cause, Moment};
use super::era::{Era, Sample};
use super::subject::Subject;
use crate::error::{Error, ErrorKind, Note, NoteKind, Result};
use crate::limits::CHANGES_MINUTES;
use crate::model::{KeyId, Name, ObjectKind, Span, Spanned, Timestamp};
use crate::query::get::named_keys;
use crate::query::view::View;
use crate::statement::find::{find_config, find_key};
use crate::statement::{ChangesOf, ShowChanges};

/// How many microseconds a minute has.
const MINUTE: i64 = 60_000_000;

/// What is asked: keys, a user, and a span of time.
pub(in crate::query) struct Asked<'v> {
    view: &'v View<'v>,
    keys: Vec<(KeyId, Spanned<Name>)>,
    subject: Subject,
    since: Option<Timestamp>,
    until: Timestamp,
    /// Where the span is said, if it is.
    span: Option<Span>,
}

/// Change of the value of a key.
pub(in crate::query) struct Step<'s> {
    pub(in crate::query) at: Timestamp,
    pub(in crate::query) key: KeyId,
    pub(in crate::query) name: &'s Name,
    /// What it was; `None` in the first row of a key.
    pub(in crate::query) from: Option<&'s Sample>,
    pub(in crate::query) to: &'s Sample,
    pub(in crate::query) cause: Cause,
}

/// Taker of steps; says whether more are wanted.
type Take<'t> = dyn FnMut(&Step<'_>) -> ControlFlow<()> + 't;

impl<'v> Asked<'v> {
    /// Reads what a statement asks.
    pub(in crate::query) fn new(view: &'v View<'v>, show: &ShowChanges) -> Result<Self> {
        let instant = |instant| view.parameters.instant(instant, view.now);
        let since = show.since.as_ref().map(instant).transpose()?;
        let until = view.parameters.instant_or(show.until.as_ref(), view.now)?;
        let span = show.until.as_ref().or(show.since.as_ref()).map(|when| when.span);
        if let Some(since) = since.filter(|since| until < *since) {
            return Err(placed(ErrorKind::EmptySpan { since, until }, span));
        }
        let (subject, keys) = (Subject::new(view, show)?, keys(view, &show.of)?);
        Ok(Self { view, keys, subject, since, until, span })
    }

    /// The first instant that is looked at: if none is said, when the first key was created.
    fn start(&self) -> Result<Timestamp> {
        if let Some(since) = self.since {
            return Ok(since);
        }
        let (reader, mut start) = (self.view.reader()?, self.view.now);
        for (key, _) in &self.keys {
            let created = reader.served_change_after(ObjectKind::Key, key.0, 0)?;
            let created = created.filter(|number| *number <= self.view.newest());
            let created = created.map(|number| reader.revision(number)).transpose()?.flatten();
            start = created.map_or(start, |created| start.min(created.time));
        }
        Ok(start)
    }

    /// Hands each change over, oldest first, until no more are wanted; gives what is to be said of it.
    pub(in crate::query) fn each(&self, take: &mut Take<'_>) -> Result<Vec<Note>> {
        let start = self.start()?;
        if start > self.until || self.keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut walk = Walk {
            asked: self,
            at: start,
            era: Era::new(self.view, &self.keys, start)?,
            before: None,
            seen: BTreeMap::new(),
            minutes: 0,
            by_minute: Vec::new(),
        };
        walk.begin_era()?;
        while walk.look(take)?.is_continue() && walk.go_on()? {}
        Ok(walk.notes())
    }
}

/// The keys that are asked for, each once.
fn keys(view: &View<'_>, of: &ChangesOf) -> Result<Vec<(KeyId, Spanned<Name>)>> {
    let catalog = view.catalog();
    let found: Vec<_> = match of {
        ChangesOf::Keys(names) => {
            let found = named_keys(names, |name| find_key(catalog, name).map(|key| key.id))?;
            found.into_iter().collect()
        }
        ChangesOf::Config(name) => {
            let config = find_config(catalog, name)?;
            let version = config.live(view.now).or_else(|| config.newest());
            version.iter().flat_map(|version| &version.columns).map(|column| column.key).collect()
        }
    };
    let mut keys: Vec<(KeyId, Spanned<Name>)> = Vec::new();
    for key in found.into_iter().filter_map(|id| catalog.key(id)) {
        if keys.iter().all(|(known, _)| *known != key.id) {
            keys.push((key.id, Spanned::unplaced(key.name.clone())));
        }
    }
    Ok(keys)
}

fn placed(kind: ErrorKind, span: Option<Span>) -> Error {
    let error = Error::from(kind);
    span.into_iter().fold(error, Error::at)
}

/// A walk through the time that is asked for.
struct Walk<'a, 'v> {
    asked: &'a Asked<'v>,
    at: Timestamp,
    era: Era<'v>,
    /// The era that ends at this instant, if one does.
    before: Option<Era<'v>>,
    /// What each key was last.
    seen: BTreeMap<KeyId, Sample>,
    /// How many full minutes are looked at.
    minutes: usize,
    /// The segments because of which they are.
    by_minute: Vec<Name>,
}

impl Walk<'_, '_> {
    /// Looks at the keys at this instant.
    fn look(&mut self, take: &mut Take<'_>) -> Result<ControlFlow<()>> {
        self.asked.view.watch.check()?;
        let context = self.asked.subject.context(self.at);
        for (key, name) in &self.asked.keys {
            let Some(to) = self.era.sample(*key, &context, self.at) else { continue };
            let from = self.seen.get(key);
            if from.is_some_and(|from| from.is_same(&to)) {
                continue;
            }
            let cause = match from {
                None => Cause::state(),
                Some(_) => self.moment(*key, &to).cause()?,
            };
            let step = Step { at: self.at, key: *key, name: &name.node, from, to: &to, cause };
            if take(&step).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.seen.insert(*key, to);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn moment<'m>(&'m self, key: KeyId, to: &'m Sample) -> Moment<'m> {
        Moment {
            view: self.asked.view,
            subject: &self.asked.subject,
            key,
            at: self.at,
            before: self.before.as_ref(),
            after: &self.era,
            to,
        }
    }

    /// Goes on to the next instant; `false` if there is none.
    fn go_on(&mut self) -> Result<bool> {
        let Asked { subject, until, .. } = self.asked;
        let context = subject.context(self.at);
        let Some(next) = self.era.next_instant(subject, &context, (self.at, *until)) else {
            return Ok(false);
        };
        self.at = next;
        self.before = None;
        if self.era.next == Some(next) {
            let era = Era::new(self.asked.view, &self.asked.keys, next)?;
            self.before = Some(std::mem::replace(&mut self.era, era));
            self.begin_era()?;
        }
        Ok(true)
    }

    /// Counts the minutes that are looked at in the era that begins.
    fn begin_era(&mut self) -> Result<()> {
        if !self.era.reach.ticker.is_by_minute() {
            return Ok(());
        }
        let until = self.asked.until;
        let end = self.era.next.map_or(until, |next| next.min(until));
        let minutes = (end.as_micros() - self.at.as_micros()) / MINUTE;
        self.minutes = self.minutes.saturating_add(usize::try_from(minutes).unwrap_or(0));
        if self.minutes > CHANGES_MINUTES {
            let (what, unit) = ("a look at each full minute", "instants");
            let kind =
                ErrorKind::TooMany { what, limit: CHANGES_MINUTES, unit, found: self.minutes };
            return Err(placed(kind, self.asked.span).hint(SHORTER));
        }
        let segments = self.era.reach.by_minute.iter();
        let names = segments.map(|id| self.era.catalog().segment_name(*id));
        let names: Vec<_> = names.filter(|name| !self.by_minute.contains(name)).collect();
        self.by_minute.extend(names);
        Ok(())
    }

    fn notes(self) -> Vec<Note> {
        let segments = self.by_minute;
        let note = (!segments.is_empty()).then(|| NoteKind::EachMinute { segments }.into());
        note.into_iter().collect()
    }
}

/// What to do about a span that is too long.
const SHORTER: &str = "`SINCE` and `UNTIL` make the span shorter";
