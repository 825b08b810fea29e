//! `GET`: values for a user, now or as of an instant.

use std::borrow::Cow;
use std::sync::Arc;

use smallvec::SmallVec;

use super::past::{self, State, Wanted};
use super::rows::ColumnKind::{Integer, Text, Value as Any};
use super::rows::{Column, Form, Row, Rows};
use super::value::{is_json, optional};
use super::view::{View, context_with};
use super::{Answer, Asker};
use crate::error::{ErrorKind, Result};
use crate::eval::{Evaluation, Snapshot, Source};
use crate::model::{
    Catalog, Config, ConfigId, Context, KeyId, Name, Object, Spanned, Timestamp, Under, Value,
    Version,
};
use crate::statement::find::{find_config, find_key};
use crate::statement::{Get, GetWhat, also, chain};

/// The columns of `GET`.
const COLUMNS: &[Column] = &[
    Column::of("key", Text, "the key"),
    Column::of("value", Any, "its value for the user"),
    Column::of("reason", Text, "why it has that value"),
    Column::of("config", Text, "the config that decided"),
    Column::of("version", Integer, "the version that decided"),
    Column::of("segment", Text, "the segment of the row that decided"),
    Column::of("variant", Text, "the arm of the split that decided"),
];

/// A `GET` made ready: the state, the user, and the keys.
pub(super) struct Reading<'v> {
    pub(super) snapshot: Cow<'v, Snapshot>,
    pub(super) at: Timestamp,
    pub(super) context: Context,
    pub(super) keys: SmallVec<[KeyId; FEW]>,
    /// The config of which a version is pretended to be live.
    pub(super) pretended: Option<ConfigId>,
}

/// Number of keys for which no memory is made.
const FEW: usize = 4;

impl<'v> Reading<'v> {
    /// Finds the state, the user and the keys of a `GET`.
    pub(super) fn new(view: &'v View<'_>, get: &Get) -> Result<Self> {
        let (user, given) = user(view, get)?;
        let state = past::state(view, get.as_of.as_ref(), &wanted(get))?;
        let pretend = |under_what| under(view, state.catalog(), state.at, under_what);
        let under = get.under.as_ref().map(pretend).transpose()?;
        let keys = keys(get, &state, under.as_ref()).map_err(|error| match error.kind() {
            ErrorKind::Unknown { .. } if get.as_of.is_some() => {
                error.hint(format!("as of {}", state.at))
            }
            _ => error,
        })?;
        let history = user.as_deref().map(|id| view.history(id)).transpose()?;
        let context = match history {
            None => Context::of(None, &given),
            Some(history) => context_with(user, history, &given, state.at),
        };
        let snapshot = match &under {
            Some((config, version)) => {
                Cow::Owned(state.snapshot.under(state.catalog(), config.head.id, version))
            }
            None => state.snapshot,
        };
        let pretended = under.map(|(config, _)| config.head.id);
        Ok(Self { snapshot, at: state.at, context, keys, pretended })
    }

    /// Gives the values of the keys in order, as long as they are looked at without an error.
    pub(super) fn evaluate(
        &self,
        mut look: impl FnMut(&Evaluation<'_>) -> Result<()>,
    ) -> Result<()> {
        if let [key] = *self.keys {
            // there is nothing to share
            let one = self.snapshot.evaluate_once(key, &self.context, self.at);
            return one.map_or(Ok(()), |one| look(&one));
        }
        let keys = self.keys.iter().copied();
        self.snapshot.evaluate_many(keys, &self.context, self.at).try_for_each(|one| look(&one))
    }

    /// The table of the evaluations, each of which is told.
    pub(super) fn rows(&self, mut tell: impl FnMut(&Evaluation<'_>)) -> Result<Rows> {
        let mut rows = Vec::with_capacity(self.keys.len());
        let mut forms = Vec::new();
        self.evaluate(|evaluation| {
            tell(evaluation);
            if self.is_json_text(evaluation) {
                forms.push(((rows.len(), 1), Form::JsonText));
            }
            rows.push(row(evaluation));
            Ok(())
        })?;
        Ok(Rows::new(COLUMNS, rows).with_forms(forms))
    }

    /// The table of the evaluations, what is to be counted of them, and for whom.
    pub(super) fn delivery(self) -> Result<Answer> {
        let mut tally = self.snapshot.tally();
        let rows = self.rows(|evaluation| tally.add(evaluation))?;
        let asker = match self.snapshot.catalog().recording {
            Some(_) => Asker::Context(Box::new(self.context)),
            None => Asker::User(self.context.into_user_id()),
        };
        Ok(Answer::Delivery(rows, tally, asker))
    }

    fn is_json_text(&self, evaluation: &Evaluation<'_>) -> bool {
        let key = || self.snapshot.catalog().key_named(evaluation.key().as_str());
        evaluation.value().as_str().is_some() && is_json(key().map(|key| &**key))
    }
}

fn row(evaluation: &Evaluation<'_>) -> Row {
    let Source { key, config, version, segment, variant } = evaluation.source();
    let name = |name: &Name| Value::String(name.to_arc());
    vec![
        name(key),
        evaluation.value().clone(),
        Value::String(evaluation.reason().to_arc()),
        config.map_or(Value::Null, name),
        version.map_or(Value::Null, Value::from),
        segment.map_or(Value::Null, name),
        optional(variant),
    ]
}

/// Whom the values are for, and the attributes that are given with the statement.
fn user<'a>(view: &'a View<'_>, get: &'a Get) -> Result<(Option<Arc<str>>, Cow<'a, Object>)> {
    let user = view.parameters.optional(get.user.as_ref())?;
    let given = get.attributes.as_ref().map(|given| view.parameters.attributes(given));
    Ok((user, given.transpose()?.unwrap_or_default()))
}

/// A config, and a version of it that is pretended to be live.
pub(super) type Pretended = (Arc<Config>, Arc<Version>);

/// What is pretended in a state as of an instant.
pub(super) fn under(
    view: &View<'_>,
    catalog: &Catalog,
    at: Timestamp,
    under: &Under,
) -> Result<Pretended> {
    let config = find_config(catalog, &under.config)?;
    let number = match &under.version {
        Some(number) => view.parameters.whole(number)?,
        None => Spanned::unplaced(config.newest.into()),
    };
    let version = view.version_of(config, &number)?;
    chain::refuse_cycles_under(catalog, &version, at).map_err(|e| e.at(under.config.span))?;
    Ok((Arc::clone(config), version))
}

/// The keys that a `GET` reads.
fn keys(get: &Get, state: &State<'_>, under: Option<&Pretended>) -> Result<SmallVec<[KeyId; FEW]>> {
    let catalog = state.catalog();
    match &get.what {
        GetWhat::Keys(names) => {
            let known = |name: &Spanned<Name>| state.snapshot.key_named(name.node.as_str());
            let find = |name: &Spanned<Name>| match known(name) {
                Some(key) => Ok(key),
                None => find_key(catalog, name).map(|key| key.id),
            };
            named_keys(names, find)
        }
        GetWhat::All => Ok(catalog.keys().filter(|key| !key.archived).map(|key| key.id).collect()),
        GetWhat::Config(name) => {
            let config = find_config(catalog, name)?;
            let pretended = under.filter(|(c, _)| c.head.id == config.head.id);
            let version = pretended
                .map(|(_, version)| version)
                .or_else(|| config.live(state.at))
                .or_else(|| config.newest());
            let columns = version.into_iter().flat_map(|v| &v.columns);
            let keys = columns.filter_map(|column| catalog.key(column.key));
            Ok(keys.map(|key| key.id).collect())
        }
    }
}

/// The keys with some names; the error is about all of them that there are not.
pub(super) fn named_keys(
    names: &[Spanned<Name>],
    find: impl Fn(&Spanned<Name>) -> Result<KeyId>,
) -> Result<SmallVec<[KeyId; FEW]>> {
    let mut keys = SmallVec::with_capacity(names.len());
    for name in names {
        let others = || names.iter().filter_map(|name| find(name).err()).take(also::MOST);
        keys.push(find(name).map_err(|error| also::with(error, others().collect()))?);
    }
    Ok(keys)
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
