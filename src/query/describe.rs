//! `DESCRIBE`: one object whole.

use std::borrow::Cow;
use std::sync::Arc;

use super::definition::{config_definition, key_statement};
use super::log::{object_history, revision_of};
use super::matrix;
use super::past::{self, State, Wanted};
use super::rows::{Column, ColumnKind, Form, Rows};
use super::value::{instant, is_json, list, maybe, object, optional, status, text, texts};
use super::view::View;
use crate::error::Result;
use crate::model::{
    Attribute, Catalog, Config, Expr, ExprKind, Key, ListId, Name, ObjectKind, Publication,
    Reference, Secrets, Segment, Spanned, Timestamp, Value, Version, Versioned, version_among,
};
use crate::statement::definition::{create_attribute, create_segment};
use crate::statement::find::{
    find_attribute, find_config, find_key, find_segment, unknown_object_version,
};
use crate::statement::{Describe, usage};

/// The columns of `DESCRIBE`.
const COLUMNS: &[Column] = &[
    Column::of("property", ColumnKind::Text, "the name of the property"),
    Column::of("value", ColumnKind::Value, "its value"),
];

/// The column of `DESCRIBE … AS STATEMENT`.
const STATEMENT: &[Column] =
    &[Column::of("statement", ColumnKind::Text, "the statement that makes the object")];

/// The properties of an object, in order.
type Properties = Vec<(&'static str, Value)>;

/// Describes an object, or a version of it.
pub(super) fn describe(view: &View<'_>, describe: &Describe) -> Result<Rows> {
    let wanted = Wanted::Object(describe.kind, &describe.name);
    let state = past::state(view, describe.as_of.as_ref(), &wanted)?;
    let (catalog, name) = (state.catalog(), &describe.name);
    let properties = match describe.kind {
        ObjectKind::Key => {
            let key = find_key(catalog, name)?;
            let uses = uses(view, describe, |catalog| key_uses(catalog, key, view.now));
            of_version(view, describe, key, |key| Ok(key_properties(key, &uses, view.secrets())))?
        }
        ObjectKind::Segment => {
            let segment = find_segment(catalog, name)?;
            let uses = uses(view, describe, |catalog| segment_uses(catalog, segment, view.now));
            of_version(view, describe, segment, |segment| {
                segment_properties(view, &with_names(view, describe, segment), &uses)
            })?
        }
        ObjectKind::Attribute => {
            let attribute = find_attribute(catalog, name)?;
            let uses =
                uses(view, describe, |catalog| attribute_uses(catalog, &attribute.name, view.now));
            of_version(view, describe, attribute, |attribute| {
                Ok(attribute_properties(attribute, &uses, view.secrets()))
            })?
        }
        ObjectKind::Config => {
            config_properties(view, &state, find_config(catalog, name)?, describe)?
        }
    };
    if describe.as_statement {
        let definition = properties.into_iter().find(|(name, _)| *name == "definition");
        let statement = definition.map_or(Value::Null, |(_, statement)| statement);
        return Ok(Rows::new(STATEMENT, vec![vec![statement]]));
    }
    let forms = forms(view, describe, &properties);
    let rows = properties.into_iter().map(|(name, value)| vec![text(name), value]).collect();
    Ok(Rows::new(COLUMNS, rows).with_forms(forms))
}

/// The forms of values.
fn forms(
    view: &View<'_>,
    describe: &Describe,
    properties: &Properties,
) -> Vec<((usize, usize), Form)> {
    let key = view.catalog().key_named(describe.name.node.as_str());
    let key = key.filter(|_| describe.kind == ObjectKind::Key);
    let is_json_text = key.is_some_and(|key| is_json(Some(key)) && !view.secrets().hide(key.id));
    let form = |(name, value): &(&str, Value)| match (*name, value) {
        ("matrix", _) => Some(Form::Matrix),
        ("default", Value::String(_)) => is_json_text.then_some(Form::JsonText),
        ("configs" | "live" | "segments", Value::List(_)) => Some(Form::Names),
        _ => None,
    };
    let all = properties.iter().zip(0..);
    all.filter_map(|(property, row)| Some(((row, 1), form(property)?))).collect()
}

/// A segment whose condition has the names of today, if an old version of it is wanted.
fn with_names<'s>(view: &View<'_>, describe: &Describe, segment: &'s Segment) -> Cow<'s, Segment> {
    if describe.version.is_none() {
        return Cow::Borrowed(segment);
    }
    let condition = view.catalog().named_today(&segment.condition);
    Cow::Owned(Segment { condition, ..segment.clone() })
}

/// The properties of an object as it is in a state, or of one of its versions up to that.
fn of_version<T: Versioned>(
    view: &View<'_>,
    describe: &Describe,
    current: &Arc<T>,
    properties: impl Fn(&T) -> Result<Properties>,
) -> Result<Properties> {
    let Some(number) = &describe.version else { return properties(current) };
    let number = view.parameters.whole(number)?;
    let newest = current.version();
    let history = object_history(view, T::KIND, current.number())?;
    let found = version_among(history.iter().map(|logged| &logged.change), number.node);
    let found = found.filter(|old: &&Arc<T>| old.version() <= newest);
    let unknown = || unknown_object_version(T::KIND, &describe.name, &number, newest);
    properties(found.ok_or_else(unknown)?)
}

fn config_properties(
    view: &View<'_>,
    state: &State<'_>,
    config: &Config,
    describe: &Describe,
) -> Result<Properties> {
    let number = match &describe.version {
        Some(number) => view.parameters.whole(number)?,
        None => Spanned::unplaced(config.newest.into()),
    };
    let version = view.version_of(config, &number)?;
    // what a version of the past refers to may not be among what was read of the past
    let is_now = state.catalog().revision == view.catalog().revision;
    let names = if is_now { state.catalog() } else { view.catalog() };
    let definition = config_definition(names, &config.head.name, &version, view.secrets());
    let next = config.timeline.next_change(state.at);
    let defaults = |key| state.catalog().key(key).or_else(|| view.catalog().key(key));
    let publication = config.timeline.deciding(state.at);
    let publication = publication.map(|publication| published(view, publication)).transpose()?;
    let to_come = config.timeline.to_come(state.at).map(|later| published(view, later));
    Ok(vec![
        ("config", text(config.head.name.as_str())),
        ("status", text(config.status(state.at))),
        ("version", Value::from(version.number)),
        ("newest", Value::from(config.newest)),
        ("live", config.timeline.live(state.at).map_or(Value::Null, Value::from)),
        ("next", next.map_or(Value::Null, instant)),
        ("description", maybe(version.description.as_ref())),
        ("publication", publication.unwrap_or_default()),
        ("scheduled", list(to_come.collect::<Result<Vec<_>>>()?)),
        ("matrix", matrix::of(names, &version, &defaults, view.secrets())),
        ("definition", optional(definition.as_deref())),
    ])
}

/// A publication: what, when, by whom and why.
fn published(view: &View<'_>, publication: &Publication) -> Result<Value> {
    let revision = revision_of(view, publication)?;
    let revision = revision.as_ref();
    let comment = publication.comment.as_ref();
    Ok(object([
        ("version", Value::from(publication.version)),
        ("at", instant(publication.effective)),
        ("until", publication.until.map_or(Value::Null, instant)),
        ("actor", maybe(revision.and_then(|revision| revision.actor.as_ref()))),
        ("comment", maybe(comment.or(revision.and_then(|revision| revision.comment.as_ref())))),
    ]))
}

/// Who uses an object now; nobody is named where the object of another time is described.
fn uses(
    view: &View<'_>,
    describe: &Describe,
    find: impl FnOnce(&Catalog) -> Properties,
) -> Properties {
    if describe.as_of.is_some() { Vec::new() } else { find(view.catalog()) }
}

fn key_uses(catalog: &Catalog, key: &Key, now: Timestamp) -> Properties {
    let reference = Reference::Key(key.id);
    let configs = usage::configs_with(catalog, reference, now);
    let live = configs.iter().filter_map(|config| config.live(now));
    let live = live.filter(|version| version.column(key.id).is_some()).map(|live| live.number);
    vec![
        ("config", configs.first().map_or(Value::Null, |config| text(config.head.name.as_str()))),
        ("live", live.min().map_or(Value::Null, Value::from)),
        ("segments", texts(usage::segments_with(catalog, reference))),
    ]
}

fn segment_uses(catalog: &Catalog, segment: &Segment, now: Timestamp) -> Properties {
    let reference = Reference::Segment(segment.id);
    let configs = usage::configs_with(catalog, reference, now);
    let has_row = |version: &Arc<Version>| version.row_of(segment.id).is_some();
    let live = configs.iter().filter(|config| config.live(now).is_some_and(has_row));
    vec![
        ("configs", texts(configs.iter().map(|config| config.head.name.to_arc()))),
        ("live", texts(live.map(|config| config.head.name.to_arc()))),
        ("segments", texts(usage::segments_with(catalog, reference))),
    ]
}

fn attribute_uses(catalog: &Catalog, attribute: &Name, now: Timestamp) -> Properties {
    let used = usage::attribute_uses(catalog, now).remove(attribute.as_str()).unwrap_or_default();
    vec![
        ("segments", texts(used.segments.iter().map(|segment| segment.name.to_arc()))),
        ("configs", texts(used.configs.iter().map(|config| config.head.name.to_arc()))),
    ]
}

fn key_properties(key: &Key, uses: &Properties, secrets: Secrets<'_>) -> Properties {
    let shown = key_statement(key, secrets);
    let mut properties = vec![
        ("key", text(key.name.as_str())),
        ("status", status(key.archived)),
        ("version", Value::from(key.version)),
        ("type", text(key.kind.keyword())),
        ("sensitive", Value::from(key.sensitive)),
        ("default", secrets.value(key.id, &key.default)),
        ("check", optional(shown.check.as_ref().map(Expr::to_string).as_deref())),
        ("description", maybe(key.description.as_ref())),
    ];
    properties.extend(uses.iter().cloned());
    properties.push(("definition", text(&shown.to_string())));
    properties
}

fn attribute_properties(
    attribute: &Attribute,
    uses: &Properties,
    secrets: Secrets<'_>,
) -> Properties {
    let mut shown = create_attribute(attribute);
    shown.check = attribute.check.as_ref().map(|check| secrets.attribute_check(attribute, check));
    let is_built_in = attribute.is_built_in();
    let version = if is_built_in { text("built in") } else { Value::from(attribute.version) };
    let mut properties = vec![
        ("attribute", text(attribute.name.as_str())),
        ("status", status(attribute.archived)),
        ("version", version),
        ("type", text(attribute.kind.keyword())),
        ("sensitive", Value::from(attribute.sensitive)),
        ("check", optional(shown.check.as_ref().map(Expr::to_string).as_deref())),
        ("description", maybe(attribute.description.as_ref())),
    ];
    properties.extend(uses.iter().cloned());
    properties.extend((!is_built_in).then(|| ("definition", text(&shown.to_string()))));
    properties
}

fn segment_properties(view: &View<'_>, segment: &Segment, uses: &Properties) -> Result<Properties> {
    let mut shown = create_segment(segment);
    shown.condition = view.secrets().expr(&shown.condition).into_owned();
    let mut properties = vec![
        ("segment", text(segment.name.as_str())),
        ("status", status(segment.archived)),
        ("version", Value::from(segment.version)),
        ("condition", text(&shown.condition.to_string())),
        ("description", maybe(segment.description.as_ref())),
    ];
    properties.extend(uses.iter().cloned());
    properties.push(match segment.condition.expr().node {
        ExprKind::InList(list) => ("list", text(&list_in_words(view, list)?)),
        _ => ("definition", text(&shown.to_string())),
    });
    Ok(properties)
}

/// How many users a list has that no segment refers to today, so that it is only in the store.
fn count_listed(view: &View<'_>, list: ListId) -> Result<u64> {
    let mut users = 0;
    view.reader()?.each_listed(list, |_| {
        users += 1;
        Ok(())
    })?;
    Ok(users)
}

/// What a list is, which no statement makes.
fn list_in_words(view: &View<'_>, list: ListId) -> Result<String> {
    let known = view.snapshot()?.lists().length(list);
    let users = known.map_or_else(|| count_listed(view, list), Ok)?;
    let unit = if users == 1 { "user" } else { "users" };
    Ok(format!("a list of {users} {unit}: `pcq list` or the library loads another"))
}
