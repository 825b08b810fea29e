//! `ATTRIBUTES`: what is known of users, declared or not, by name.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::walk::each_with_facts;
use super::{Relation, Scan};
use crate::error::Result;
use crate::model::{Attribute, Catalog, Secrets, USER_ID, Value};
use crate::query::rows::ColumnKind::{Integer, List, Text};
use crate::query::rows::{Column, Row, Schema};
use crate::query::value::{count, maybe, optional, status, texts};
use crate::query::view::View;
use crate::statement::usage::{AttributeUse, attribute_uses};

pub(in crate::query) const SCHEMA: Schema = Schema {
    name: "ATTRIBUTES",
    columns: &[
        Column::of("attribute", Text, "its name"),
        Column::of("type", Text, "its type; none if it is not declared"),
        Column::of("check", Text, "the condition that its values meet"),
        Column::of("status", Text, "`active` or `archived`; none if it is not declared"),
        Column::of("segments", List, "the segments that read it"),
        Column::of("configs", List, "the configs that roll out or split by it"),
        Column::of("users", Integer, "how many stored profiles have it"),
        Column::of("description", Text, "what it says of a user"),
    ],
};

/// Attributes that are declared, that conditions or configs read, or that profiles have, by name.
pub(super) struct Attributes;

impl Relation for Attributes {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }

    fn scan(&self, view: &View<'_>, scan: &mut Scan<'_>) -> Result<()> {
        let catalog = view.catalog();
        let (read, held) = (attribute_uses(catalog, view.now), holders(view)?);
        let mut all: BTreeMap<Arc<str>, (AttributeUse<'_>, u64)> = BTreeMap::new();
        all.entry(USER_ID.into()).or_default();
        for attribute in catalog.attributes() {
            all.entry(attribute.name.to_arc()).or_default();
        }
        for (name, used) in read {
            all.entry(name).or_default().0 = used;
        }
        for (name, users) in held {
            all.entry(name).or_default().1 = users;
        }
        let secrets = view.secrets();
        scan.take_all(
            all.iter().map(|(name, (used, users))| row(catalog, name, used, *users, secrets)),
        );
        Ok(())
    }
}

/// How many profiles have each attribute; each has the id of its user.
fn holders(view: &View<'_>) -> Result<BTreeMap<Arc<str>, u64>> {
    let mut held: BTreeMap<Arc<str>, u64> = BTreeMap::new();
    each_with_facts(view, None, |_, history| {
        let profile = history.profile(view.now);
        if !profile.is_empty() {
            *held.entry(USER_ID.into()).or_default() += 1;
        }
        for name in profile.keys() {
            *held.entry(Arc::clone(name)).or_default() += 1;
        }
        ControlFlow::Continue(())
    })?;
    Ok(held)
}

fn row(
    catalog: &Catalog,
    name: &Arc<str>,
    used: &AttributeUse<'_>,
    users: u64,
    secrets: Secrets<'_>,
) -> Row {
    let built_in = || (&**name == USER_ID).then(Attribute::user_id);
    let declared = catalog.attribute_named(name).or_else(built_in);
    let check = declared.and_then(|a| Some(secrets.attribute_check(a, a.check.as_ref()?)));
    vec![
        Value::String(Arc::clone(name)),
        optional(declared.map(|attribute| attribute.kind.keyword())),
        optional(check.map(|check| check.to_string()).as_deref()),
        declared.map_or(Value::Null, |attribute| status(attribute.archived)),
        texts(used.segments.iter().map(|segment| segment.name.to_arc())),
        texts(used.configs.iter().map(|config| config.head.name.to_arc())),
        count(users),
        declared.map_or(Value::Null, |attribute| maybe(attribute.description.as_ref())),
    ]
}
