//! What a `GET` answers in one state of the model.

use std::collections::BTreeSet;

use std::cmp::Ordering;

use crate::bucket::bucket;
use crate::operation::{Answer, Cell, Cond, Get, Micros, Name, Val, Visitor, What};
use crate::state::{Config, Row, State, Version};
use crate::value::{compare, identity};

/// Answers a `GET` in a state at an instant, or says with which code it fails.
pub(crate) fn answer(state: &State, at: Micros, get: &Get) -> Result<Vec<Answer>, &'static str> {
    let under =
        get.under.map(|(name, version)| find_under(state, at, name, version)).transpose()?;
    let mut evaluation =
        Evaluation { state, at, visitor: &get.visitor, under, busy: BTreeSet::new() };
    let keys = keys(state, at, get, under)?;
    Ok(keys.into_iter().map(|key| evaluation.answer(key)).collect())
}

/// The place of the config and the number of the version that are pretended to be live.
fn find_under(
    state: &State,
    at: Micros,
    name: Name,
    version: u64,
) -> Result<(usize, usize), &'static str> {
    let config = state.config_named(name).ok_or("unknown-config")?;
    let newest = state.configs[config].newest();
    let number = usize::try_from(version).expect("a small number");
    if !(1..=newest).contains(&number) {
        return Err("unknown-version");
    }
    if state.has_cycle(at, Some(state.configs[config].version(number))) {
        return Err("cycle");
    }
    Ok((config, number))
}

fn keys(
    state: &State,
    at: Micros,
    get: &Get,
    under: Option<(usize, usize)>,
) -> Result<Vec<Name>, &'static str> {
    match &get.what {
        What::Keys(keys) if keys.iter().all(|key| state.keys.contains_key(key)) => Ok(keys.clone()),
        What::Keys(_) => Err("unknown-key"),
        What::All => {
            let keys = state.keys.iter().filter(|(_, key)| !key.archived);
            Ok(keys.map(|(name, _)| *name).collect())
        }
        What::Config(name) => {
            let place = state.config_named(name).ok_or("unknown-config")?;
            let config = &state.configs[place];
            let pretended = under.filter(|(c, _)| *c == place).map(|(_, version)| version);
            let number = pretended.or(config.live(at)).unwrap_or(config.newest());
            Ok(config.version(number).columns.iter().map(|(key, _)| *key).collect())
        }
    }
}

/// One user in one state at one instant.
struct Evaluation<'a> {
    state: &'a State,
    at: Micros,
    visitor: &'a Visitor,
    under: Option<(usize, usize)>,
    /// The keys that are being evaluated.
    busy: BTreeSet<Name>,
}

impl<'a> Evaluation<'a> {
    fn answer(&mut self, key: Name) -> Answer {
        self.busy.insert(key);
        let answer = self.find(key);
        self.busy.remove(key);
        answer
    }

    fn find(&mut self, name: Name) -> Answer {
        let key = &self.state.keys[name];
        let answer = Answer {
            key: name,
            value: key.default,
            reason: "STATIC",
            config: None,
            version: None,
            segment: None,
            variant: None,
        };
        if key.archived {
            return Answer { reason: "ARCHIVED", ..answer };
        }
        let Some((config, number, pretended)) = self.owner(name) else { return answer };
        let answer = Answer { config: Some(config.name), version: Some(number), ..answer };
        if config.disabled && !pretended {
            return Answer { reason: "DISABLED", ..answer };
        }
        let version = config.version(number);
        let default = Answer { reason: "DEFAULT", ..answer.clone() };
        version.rows.iter().find_map(|row| self.try_row(version, row, &answer)).unwrap_or(default)
    }

    /// The config that gives a key, the number of its version, and whether that is pretended.
    fn owner(&self, key: Name) -> Option<(&'a Config, usize, bool)> {
        if let Some((place, number)) = self.under {
            let config = &self.state.configs[place];
            if config.version(number).column(key).is_some() {
                return Some((config, number, true));
            }
        }
        let others = self.state.configs.iter().enumerate();
        let mut others =
            others.filter(|(place, _)| self.under.is_none_or(|(under, _)| under != *place));
        others.find_map(|(_, config)| {
            let number = config.live(self.at).filter(|_| !config.archived)?;
            config.version(number).column(key).map(|_| (config, number, false))
        })
    }

    fn try_row(&mut self, version: &'a Version, row: &Row, answer: &Answer) -> Option<Answer> {
        let cell = version.column(answer.key)?.get(&row.segment)?;
        if !self.in_segment(row.segment) {
            return None;
        }
        if let Some(share) = row.rollout
            && bucket(&row.salt, &identity(self.attribute(row.by.unwrap_or("user_id")))?) >= share
        {
            return None;
        }
        let segment = Some(row.segment.unwrap_or("EVERYONE"));
        let answer = Answer { segment, ..answer.clone() };
        match cell {
            Cell::Value(value) => {
                Some(Answer { value: *value, reason: "TARGETING_MATCH", ..answer })
            }
            Cell::Split { arms, by, .. } => {
                let id = identity(self.attribute(by.unwrap_or("user_id")))?;
                let bucket = bucket(&format!("{}/split", row.salt), &id);
                let mut top = 0;
                arms.iter().enumerate().find_map(|(i, arm)| {
                    top += arm.share;
                    let variant = arm.name.map_or_else(|| (i + 1).to_string(), str::to_owned);
                    let hit = Answer { value: arm.value, reason: "SPLIT", ..answer.clone() };
                    (bucket < top).then_some(Answer { variant: Some(variant), ..hit })
                })
            }
        }
    }

    fn attribute(&self, name: Name) -> Val {
        if name == "user_id" {
            return self.visitor.user.map_or(Val::Null, Val::Text);
        }
        let found = self.visitor.attributes.iter().find(|(n, _)| *n == name);
        found.map_or(Val::Null, |(_, value)| *value)
    }

    fn in_segment(&mut self, segment: Option<Name>) -> bool {
        let Some(name) = segment else { return true };
        self.holds(&self.state.segments[name].condition) == Some(true)
    }

    /// Whether a condition holds; `None` is unknown.
    fn holds(&mut self, condition: &'a Cond) -> Option<bool> {
        match condition {
            Cond::Is(name, value) => {
                Some(compare(self.attribute(name), *value)? == Ordering::Equal)
            }
            Cond::Less(name, bound) => {
                Some(compare(self.attribute(name), Val::Int(*bound))? == Ordering::Less)
            }
            Cond::OneOf(name, items) => match self.attribute(name) {
                Val::Null => None,
                value => Some(matches!(value, Val::Text(text) if items.contains(&text))),
            },
            Cond::Missing(name) => Some(self.attribute(name) == Val::Null),
            Cond::In(segment) => Some(self.in_segment(*segment)),
            Cond::Key(key, value) => Some(compare(self.key(key), *value)? == Ordering::Equal),
            Cond::Share(salt, top) => Some(bucket(salt, self.visitor.user?) < *top),
            Cond::From(instant) => Some(self.at >= *instant),
            Cond::Not(inner) => self.holds(inner).map(|holds| !holds),
            Cond::And(items) => self.fold(items, false),
            Cond::Or(items) => self.fold(items, true),
        }
    }

    /// `AND` is decided by a false part, `OR` by a true one; else an unknown part makes it unknown.
    fn fold(&mut self, items: &'a [Cond], decisive: bool) -> Option<bool> {
        let parts: Vec<_> = items.iter().map(|item| self.holds(item)).collect();
        if parts.contains(&Some(decisive)) {
            return Some(decisive);
        }
        if parts.contains(&None) { None } else { Some(!decisive) }
    }

    /// The value of another key for the same user.
    fn key(&mut self, name: Name) -> Val {
        if self.busy.contains(name) || !self.state.keys.contains_key(name) {
            return Val::Null;
        }
        self.answer(name).value
    }
}
