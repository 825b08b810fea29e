//! `GET` and `ASSERT GET`: values for a user, now or as of an instant.

use std::sync::Arc;

use super::execute::Answer;
use super::past::{self, Wanted};
use super::state::{self as list, State};
use super::{Outcome, Rows, Session};
use crate::error::{Error, ErrorKind, ObjectKind, Result};
use crate::eval::{self, Evaluation, Moment};
use crate::listing::Lists;
use crate::model::{
    Catalog, Config, Context, KeyId, Literal, Name, Object, Spanned, Timestamp, Value, Version,
};
use crate::statement::find::{find_config, find_key, unknown_version};
use crate::statement::{AssertGet, Get, GetWhat, Text, Under, chain};

/// The columns of `GET`.
pub(super) const COLUMNS: &[&str] =
    &["key", "value", "reason", "config", "version", "segment", "variant"];

/// One state at one instant, as a statement reads it.
pub(super) struct View {
    state: Arc<State>,
    pub(super) at: Timestamp,
}

impl View {
    pub(super) fn catalog(&self) -> &Catalog {
        &self.state.catalog
    }
}

/// A `GET` made ready: the state, the user, and the keys.
pub(super) struct Reading {
    pub(super) snapshot: eval::Snapshot,
    pub(super) at: Timestamp,
    pub(super) context: Context,
    pub(super) keys: Vec<KeyId>,
}

impl Session {
    pub(super) fn get(&self, get: &Get) -> Result<Answer> {
        let reading = self.reading(get)?;
        let evaluations: Vec<_> = reading.evaluations().collect();
        let rows = Rows::new(COLUMNS, evaluations.iter().map(row).collect());
        if get.as_of.is_some() || get.under.is_some() {
            return Ok(Answer::Found(Outcome::Rows(rows)));
        }
        Ok(Answer::Delivered(rows, evaluations, reading.context))
    }

    pub(super) fn assert_get(&self, assertion: &AssertGet) -> Result<Outcome> {
        let want = Expected::new(self, assertion)?;
        let reading = self.reading(&assertion.get)?;
        match reading.evaluations().find_map(|got| want.differs(&got)) {
            Some(error) => Err(error),
            None => Ok(super::session::done("the assertion holds")),
        }
    }

    /// Finds the state, the user and the keys of a `GET`.
    pub(super) fn reading(&self, get: &Get) -> Result<Reading> {
        let (user, given) = self.user(get)?;
        let view = self.view(get.as_of.as_ref(), &wanted(get))?;
        let under = get.under.as_ref().map(|under| self.under(&view, under)).transpose()?;
        let snapshot = match &under {
            Some((config, version)) => {
                view.state.snapshot.under(view.catalog(), config.head.id, version)
            }
            None => view.state.snapshot.clone(),
        };
        let keys = keys(get, &view, under.as_ref()).map_err(|error| match error.kind() {
            ErrorKind::Unknown { .. } if get.as_of.is_some() => {
                error.hint(format!("as of {}", view.at))
            }
            _ => error,
        })?;
        let context = match &user {
            None => Context::anonymous(),
            Some(id) => super::tracking::context(user.clone(), self.history(id)?, view.at),
        };
        let context = context.with_all(&given);
        Ok(Reading { snapshot, at: view.at, context, keys })
    }

    /// Whom the values are for, and the attributes that are given with the statement.
    fn user(&self, get: &Get) -> Result<(Option<Arc<str>>, Arc<Object>)> {
        let user = self.parameters.optional(get.user.as_ref())?;
        let given = get.attributes.as_ref().map(|given| self.parameters.attributes(given));
        Ok((user, given.transpose()?.unwrap_or_default()))
    }

    /// The state as of an instant: what was committed by then, under the names of then.
    pub(super) fn view(&self, as_of: Option<&Text>, wanted: &Wanted<'_>) -> Result<View> {
        let now = self.now();
        let at = as_of.map_or(Ok(now), |text| self.parameters.timestamp(text))?;
        if at >= now {
            return Ok(View { state: self.state(), at });
        }
        let committed = match &self.transaction {
            Some(transaction) => Arc::clone(&transaction.base),
            None => self.database().state(),
        };
        if committed.catalog.time.is_none_or(|time| time <= at) {
            return Ok(View { state: committed, at });
        }
        let store = &self.database().shared.store;
        let catalog = past::catalog(store, store.revision_at(at)?, at, wanted)?;
        let lists = match wanted {
            // it is shown, and nobody is evaluated
            Wanted::Object(..) => Arc::default(),
            _ => self.left(past::lists(store, &catalog, &committed.lists)?),
        };
        let snapshot = eval::Snapshot::uncounted(&catalog);
        Ok(View { state: Arc::new(State::new(catalog, snapshot, lists)), at })
    }

    /// Lists without the users whom the open transaction forgets.
    fn left(&self, lists: Arc<Lists>) -> Arc<Lists> {
        let entries = self.transaction.as_ref().map_or(&[][..], |open| open.entries.as_slice());
        list::without_forgotten(&lists, entries).unwrap_or(lists)
    }

    /// The version that is pretended to be live.
    fn under(&self, view: &View, under: &Under) -> Result<(Arc<Config>, Arc<Version>)> {
        let config = find_config(view.catalog(), &under.config)?;
        let version = self.version_of(config, &under.version)?;
        chain::refuse_cycles_under(view.catalog(), &version, view.at)
            .map_err(|e| e.at(under.config.span))?;
        Ok((Arc::clone(config), version))
    }

    /// A version that a config has in a view.
    pub(super) fn version_of(
        &self,
        config: &Config,
        number: &Spanned<u64>,
    ) -> Result<Arc<Version>> {
        let wanted = u32::try_from(number.node).ok().filter(|n| (1..=config.newest).contains(n));
        let found = match wanted {
            Some(wanted) => match config.versions.get(&wanted) {
                Some(version) => Some(Arc::clone(version)),
                None => crate::model::Versions::version(&self.versions(), config.head.id, wanted)?,
            },
            None => None,
        };
        found.ok_or_else(|| unknown_version(config, number))
    }
}

/// The keys that a `GET` reads.
fn keys(get: &Get, view: &View, under: Option<&(Arc<Config>, Arc<Version>)>) -> Result<Vec<KeyId>> {
    match &get.what {
        GetWhat::Keys(names) => {
            let known = |name: &Spanned<Name>| view.state.snapshot.key_named(name.node.as_str());
            let find = |name| match known(name) {
                Some(key) => Ok(key),
                None => find_key(view.catalog(), name).map(|key| key.id),
            };
            names.iter().map(find).collect()
        }
        GetWhat::All => {
            let keys = view.catalog().keys().filter(|key| !key.archived);
            Ok(keys.map(|key| key.id).collect())
        }
        GetWhat::Config(name) => {
            let config = find_config(view.catalog(), name)?;
            let pretended = under.filter(|(c, _)| c.head.id == config.head.id);
            let version = pretended
                .map(|(_, version)| version)
                .or_else(|| config.live(view.at))
                .or_else(|| config.newest());
            let columns = version.into_iter().flat_map(|v| &v.columns);
            let keys = columns.filter_map(|column| view.catalog().key(column.key));
            Ok(keys.map(|key| key.id).collect())
        }
    }
}

/// What of the past a `GET` needs: all, if it pretends, for a pretended version may close any cycle.
fn wanted(get: &Get) -> Wanted<'_> {
    match &get.what {
        _ if get.under.is_some() => Wanted::All,
        GetWhat::All => Wanted::All,
        GetWhat::Keys(names) => Wanted::Keys(names),
        GetWhat::Config(name) => Wanted::Config(name),
    }
}

impl Reading {
    fn evaluations(&self) -> impl Iterator<Item = Evaluation> + '_ {
        // of one key there is nothing to share
        let one = match *self.keys {
            [key] => self.snapshot.evaluate_id(key, &self.context, Moment::At(self.at)),
            _ => None,
        };
        let many = if one.is_some() { &[] } else { &*self.keys };
        let many = self.snapshot.evaluate_many(many.iter().copied(), &self.context, self.at);
        one.into_iter().chain(many)
    }
}

/// The row of an evaluation.
pub(super) fn row(evaluation: &Evaluation) -> Vec<Value> {
    vec![
        Value::String(evaluation.key().to_arc()),
        evaluation.value().clone(),
        text(evaluation.reason().as_str()),
        evaluation.config().map_or(Value::Null, |name| Value::String(name.to_arc())),
        evaluation.version().map_or(Value::Null, Value::from),
        evaluation.segment().map_or(Value::Null, |name| Value::String(name.to_arc())),
        optional(evaluation.variant()),
    ]
}

pub(super) fn text(text: &str) -> Value {
    Value::from(text)
}

pub(super) fn optional(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::from)
}

/// What an assertion expects, each with its place.
struct Expected {
    value: Spanned<Value>,
    reason: Option<Spanned<Arc<str>>>,
    segment: Option<Spanned<Name>>,
    variant: Option<Spanned<Arc<str>>>,
}

impl Expected {
    fn new(session: &Session, assertion: &AssertGet) -> Result<Self> {
        let parameters = &session.parameters;
        let text = |text: &Text| Ok::<_, Error>(Spanned::new(parameters.text(text)?, text.span));
        let segment = assertion.segment.as_ref().map(|segment| {
            Spanned::new(segment.node.clone().unwrap_or_else(Name::everyone), segment.span)
        });
        Ok(Self {
            value: Spanned::new(parameters.resolve(&assertion.value)?, assertion.value.span),
            reason: assertion.reason.as_ref().map(text).transpose()?,
            segment,
            variant: assertion.variant.as_ref().map(text).transpose()?,
        })
    }

    /// What is wrong with an evaluation, if anything is; at the first part that differs.
    fn differs(&self, got: &Evaluation) -> Option<Error> {
        let reason = got.reason().to_string();
        let mut wanted = Vec::new();
        if !self.value.node.same(got.value()) {
            wanted.push((Literal::Value(self.value.node.clone()).to_string(), self.value.span));
        }
        if let Some(r) = self.reason.as_ref().filter(|r| *r.node != *reason) {
            wanted.push((format!("reason {}", r.node), r.span));
        }
        if let Some(s) = self.segment.as_ref().filter(|s| got.segment() != Some(&s.node)) {
            wanted.push((format!("segment `{}`", s.node.as_str()), s.span));
        }
        if let Some(v) = self.variant.as_ref().filter(|v| got.variant() != Some(&*v.node)) {
            wanted.push((format!("variant `{}`", v.node), v.span));
        }
        let (_, place) = wanted.first()?;
        let place = *place;
        let wanted: Vec<_> = wanted.into_iter().map(|(text, _)| text).collect();
        let (wanted, got) = (wanted.join(", "), told(got));
        Some(Error::from(ErrorKind::AssertionFailed { wanted, got }).at(place))
    }
}

/// An evaluation in one line.
fn told(got: &Evaluation) -> String {
    let mut parts = vec![got.reason().to_string()];
    let owner = got.config().zip(got.version());
    parts.extend(owner.map(|(config, n)| format!("config `{}` version {n}", config.as_str())));
    parts.extend(got.segment().map(|segment| format!("segment `{}`", segment.as_str())));
    parts.extend(got.variant().map(|variant| format!("variant `{variant}`")));
    format!("{} ({})", Literal::Value(got.value().clone()), parts.join(", "))
}

/// The error for an object that is not there, by the kind that a statement names.
pub(super) fn find(catalog: &Catalog, kind: ObjectKind, name: &Spanned<Name>) -> Result<u32> {
    use crate::statement::find::find_segment;
    match kind {
        ObjectKind::Key => find_key(catalog, name).map(|key| key.id.0),
        ObjectKind::Segment => find_segment(catalog, name).map(|segment| segment.id.0),
        ObjectKind::Config => find_config(catalog, name).map(|config| config.head.id.0),
    }
}
