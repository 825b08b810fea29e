//! Causes: what could have made the difference that a value shows.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::era::{Era, Sample, watched};
use super::reach::{Deciding, Reach};
use super::subject::{Subject, just_before};
use super::tell::{Told, commits};
use crate::error::Result;
use crate::eval::{Beside, Standing};
use crate::model::{Catalog, ConfigId, Duration, KeyId, Publication, Revision, Timestamp};
use crate::query::log::revision_of;
use crate::query::view::View;

/// What could have made a difference.
#[derive(Debug)]
pub(in crate::query) struct Cause {
    /// In words.
    pub(in crate::query) text: String,
    /// The number of the revision behind it, if there is one, who committed it, and why.
    pub(in crate::query) revision: Option<u64>,
    pub(in crate::query) actor: Option<Arc<str>>,
    pub(in crate::query) comment: Option<Arc<str>>,
}

/// What is said of the first row of a key.
const STATE: &str = "state";
/// What is said of the clock.
const CLOCK: &str = "NOW()";

impl Cause {
    /// That of the first row of a key.
    pub(super) fn state() -> Self {
        Self { text: STATE.to_owned(), revision: None, actor: None, comment: None }
    }

    /// All that is told, and the revision of the last that has one.
    fn of(all: Vec<Told>) -> Self {
        let mut texts: Vec<&str> = Vec::new();
        for told in &all {
            if !texts.contains(&&*told.text) {
                texts.push(&told.text);
            }
        }
        let text = if texts.is_empty() { CLOCK.to_owned() } else { texts.join("; ") };
        let by = all.into_iter().filter_map(|told| told.by).next_back();
        let Some((revision, comment)) = by else { return Self { text, ..Self::state() } };
        let Revision { number, actor, .. } = &*revision;
        Self { text, revision: Some(*number), actor: actor.clone(), comment }
    }
}

/// Instant at which the value of a key is another one.
pub(super) struct Moment<'m> {
    pub(super) view: &'m View<'m>,
    pub(super) subject: &'m Subject,
    pub(super) key: KeyId,
    pub(super) at: Timestamp,
    /// The era that ends at the instant, if one does.
    pub(super) before: Option<&'m Era<'m>>,
    pub(super) after: &'m Era<'m>,
    /// What the key is from now on.
    pub(super) to: &'m Sample,
}

/// What a key depends on right before an instant, and at it.
struct Reaches {
    old: Reach,
    new: Reach,
}

impl Reaches {
    fn both<T: Ord + Clone>(&self, of: impl Fn(&Reach) -> &BTreeSet<T>) -> BTreeSet<T> {
        of(&self.old).union(of(&self.new)).cloned().collect()
    }
}

impl Moment<'_> {
    /// Looks for what could have made the difference.
    pub(super) fn cause(&self) -> Result<Cause> {
        let reach = |era: &Era<'_>, at| Reach::of(era.catalog(), [self.key], Deciding::LiveAt(at));
        let old = reach(self.old(), just_before(self.at));
        let reaches = Reaches { old, new: reach(self.after, self.at) };
        let mut others = self.turns(&reaches)?;
        others.extend(self.facts(&reaches));
        let beside = if others.is_empty() { Beside::Nothing } else { Beside::Something };
        if self.is_tick(&reaches.old, beside) {
            others.push(Told { text: CLOCK.to_owned(), by: None });
        }
        let mut all = if others.is_empty() || self.needs_commits() {
            self.commits(&reaches)?
        } else {
            Vec::new()
        };
        all.extend(others);
        Ok(Cause::of(all))
    }

    /// The era right before the instant.
    fn old(&self) -> &Era<'_> {
        self.before.unwrap_or(self.after)
    }

    /// Whether the value would be another one without what was committed at the instant.
    fn needs_commits(&self) -> bool {
        let context = self.subject.context(self.at);
        let without = self.before.and_then(|era| era.sample(self.key, &context, self.at));
        !without.is_some_and(|without| without.is_same(self.to))
    }

    /// What was committed at the instant.
    fn commits(&self, reaches: &Reaches) -> Result<Vec<Told>> {
        let Some(before) = self.before else { return Ok(Vec::new()) };
        let mut objects = watched(self.view, &reaches.old)?;
        objects.extend(watched(self.view, &reaches.new)?);
        objects.sort_unstable();
        objects.dedup();
        let (first, last) =
            (before.state.snapshot.revision(), self.after.state.snapshot.revision());
        let is_now = self.at == self.view.now;
        let last = if is_now { self.view.newest() } else { last };
        commits(self.view, &objects, (first + 1, last), self.at, is_now, self.after.catalog())
    }

    /// What began and ended by the timelines of configs.
    fn turns(&self, reaches: &Reaches) -> Result<Vec<Told>> {
        let mut told = Vec::new();
        for config in reaches.both(|reach| &reach.configs) {
            let before = just_before(self.at);
            let [old, new] = [(self.old(), before), (self.after, self.at)]
                .map(|(era, at)| deciding(era.catalog(), config, at));
            if old.map(|old| old.sequence) == new.map(|new| new.sequence) {
                continue;
            }
            let was_known = |new: &Publication| {
                let config = self.old().catalog().config(config);
                config.is_some_and(|config| config.timeline.get(new.sequence).is_some())
            };
            let ended = old.filter(|old| old.until == Some(self.at)).map(|old| (old, "ended"));
            let began = new.filter(|new| new.effective == self.at && was_known(new));
            for (publication, what) in ended.into_iter().chain(began.map(|new| (new, "began"))) {
                told.push(self.tell_turn(publication, what)?);
            }
        }
        Ok(told)
    }

    fn tell_turn(&self, publication: &Publication, what: &str) -> Result<Told> {
        let config = self.after.catalog().config(publication.config);
        let config = config.map_or_else(String::new, |config| config.head.name.to_string());
        let text = format!("version {} of config {config} {what}", publication.version);
        let by = revision_of(self.view, publication)?.map(|revision| {
            let comment = publication.comment.clone().or_else(|| revision.comment.clone());
            (Arc::new(revision), comment)
        });
        Ok(Told { text, by })
    }

    /// What became of the user.
    fn facts(&self, reaches: &Reaches) -> Vec<Told> {
        let (of, at) = (self.subject, self.at);
        let attributes = reaches.both(|reach| &reach.attributes).into_iter();
        let attributes = attributes.filter(|name| of.sets(name, at));
        let attributes = attributes.map(|name| format!("attribute {name} changed"));
        let events = reaches.both(|reach| &reach.events).into_iter();
        let events = events.filter(|name| of.has_event(name, Some(at)));
        let events = events.map(|name| format!("event {name}"));
        let windows = reaches.both(|reach| &reach.windows).into_iter();
        let windows = windows.filter(|(name, length)| of.has_event(name, at.checked_sub(*length)));
        let windows = windows
            .map(|(name, length)| format!("WITHIN {} of event {name} ended", in_days(length)));
        let all = attributes.chain(events).chain(windows);
        all.map(|text| Told { text, by: None }).collect()
    }

    /// Whether the clock alone turned what the key depended on.
    fn is_tick(&self, old: &Reach, beside: Beside) -> bool {
        let context = self.subject.context(just_before(self.at));
        let snapshot = &self.old().state.snapshot;
        let standing = Standing { snapshot, context: &context, history: &self.subject.history };
        old.ticker.ticks(&standing, self.at, beside)
    }
}

/// The publication of a config that decides at an instant.
fn deciding(catalog: &Catalog, config: ConfigId, at: Timestamp) -> Option<&Publication> {
    catalog.config(config)?.timeline.deciding(at)
}

/// A length of time as people say it: days, however many weeks they are.
fn in_days(length: Duration) -> String {
    const DAY: i64 = 86_400_000_000;
    let days = length.as_micros() / DAY;
    match length.as_micros() % DAY {
        0 if days == 1 => "1 DAY".to_owned(),
        0 if days > 0 => format!("{days} DAYS"),
        _ => length.to_string(),
    }
}
