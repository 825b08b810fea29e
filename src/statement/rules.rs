//! The rules that hold over the whole catalog: values fit their keys, a key belongs to one config, what is
//! served is valid, and nothing depends on itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::error::{Error, ErrorKind, ObjectKind, Result};
use crate::eval::{self, CheckScope, Program};
use crate::limits::{CHAIN_DEPTH, VALUE_BYTES};
use crate::model::{
    Catalog, Cell, Condition, Config, Key, KeyType, Name, Reference, Referrer, SegmentId, Span,
    Timestamp, Value, Version,
};

/// Tells which values a key takes.
pub(crate) struct Fit<'k> {
    name: &'k Name,
    kind: KeyType,
    check: Option<(Arc<str>, Program)>,
}

impl<'k> Fit<'k> {
    /// Prepares the rules of a key.
    pub(crate) fn of(key: &'k Key) -> Result<Self> {
        Self::new(&key.name, key.kind, key.check.as_ref())
    }

    /// Prepares the rules of a key that is being made.
    pub(crate) fn new(name: &'k Name, kind: KeyType, check: Option<&Condition>) -> Result<Self> {
        let check = check
            .map(|c| {
                Ok::<_, Error>((Arc::clone(c.text()), eval::compile(c.expr(), &CheckScope(kind))?))
            })
            .transpose()?;
        Ok(Self { name, kind, check })
    }

    /// Makes a value one that the key takes, or says why it cannot be.
    pub(crate) fn admit(&self, value: Value, span: Span) -> Result<Value> {
        let refuse = |kind: ErrorKind| Err(Error::from(kind).at(span));
        let Some(admitted) = self.kind.admit(value.clone()) else {
            return refuse(ErrorKind::KeyType { key: self.name.clone(), kind: self.kind, value });
        };
        let bytes = admitted.to_string().len();
        if bytes > VALUE_BYTES {
            let (what, limit, unit) = ("a value", VALUE_BYTES, "bytes");
            return refuse(ErrorKind::TooMany { what, limit, unit, found: bytes });
        }
        if self.passes(&admitted) {
            return Ok(admitted);
        }
        let check = self.check.as_ref().map_or_else(|| "".into(), |(text, _)| Arc::clone(text));
        refuse(ErrorKind::CheckFailed { key: self.name.clone(), value: admitted, check })
    }

    /// Whether a value of the right type makes the `CHECK` true.
    pub(crate) fn passes(&self, value: &Value) -> bool {
        self.check.as_ref().is_none_or(|(_, program)| eval::passes_check(program, value))
    }
}

/// The values of a key in the newest, live and scheduled versions that do not pass its `CHECK`, as they
/// are told.
pub(crate) fn check_violations(
    catalog: &Catalog,
    key: &Key,
    fit: &Fit<'_>,
    now: Timestamp,
) -> Vec<String> {
    let mut found = Vec::new();
    for config in configs_with(catalog, Reference::Key(key.id), now) {
        for version in config.used(now) {
            let place =
                format!("config `{}` version {}", config.head.name.as_str(), version.number);
            found.extend(
                failing_cells(catalog, version, key, fit).map(|text| format!("{text} ({place})")),
            );
        }
    }
    found
}

fn failing_cells<'a>(
    catalog: &'a Catalog,
    version: &'a Version,
    key: &Key,
    fit: &'a Fit<'_>,
) -> impl Iterator<Item = String> + 'a {
    let cells = version.column(key.id).map(|c| &c.cells[..]).unwrap_or_default();
    version.rows.iter().zip(cells).flat_map(move |(row, cell)| {
        let failing = cell.iter().flat_map(Cell::values).filter(|value| !fit.passes(value));
        failing.map(|value| format!("{value} for `{}`", catalog.segment_name(row.segment).as_str()))
    })
}

/// The configs, not archived, whose newest, live or scheduled versions use a key or a segment.
pub(crate) fn configs_with(
    catalog: &Catalog,
    what: Reference,
    now: Timestamp,
) -> Vec<&Arc<Config>> {
    let configs = catalog.referrers(what).filter_map(|referrer| match referrer {
        Referrer::Config(id) => catalog.config(id),
        Referrer::Segment(_) => None,
    });
    configs.filter(|config| !config.head.archived && uses(config, what, now)).collect()
}

fn uses(config: &Config, what: Reference, now: Timestamp) -> bool {
    config.used(now).any(|version| match what {
        Reference::Key(key) => version.column(key).is_some(),
        Reference::Segment(segment) => version.row_of(segment).is_some(),
    })
}

/// Who uses a key or a segment today, as it is told: configs, and segments that are not archived.
pub(crate) fn users_today(catalog: &Catalog, what: Reference, now: Timestamp) -> Vec<String> {
    let configs = configs_with(catalog, what, now);
    let mut told: Vec<_> =
        configs.iter().map(|c| format!("config `{}`", c.head.name.as_str())).collect();
    let segments = catalog.referrers(what).filter_map(|referrer| match referrer {
        Referrer::Segment(id) => catalog.segment(id),
        Referrer::Config(_) => None,
    });
    told.extend(segments.filter(|s| !s.archived).map(|s| format!("segment `{}`", s.name.as_str())));
    told
}

/// The keys of a config that another one has too, with the name of that one.
pub(crate) fn taken_keys(catalog: &Catalog, config: &Config, now: Timestamp) -> Vec<(Name, Name)> {
    let keys: BTreeSet<_> =
        config.used(now).flat_map(|v| v.columns.iter().map(|c| c.key)).collect();
    let mut taken = Vec::new();
    for id in keys {
        let Some(key) = catalog.key(id) else { continue };
        for owner in configs_with(catalog, Reference::Key(id), now) {
            if owner.head.id != config.head.id {
                taken.push((key.name.clone(), owner.head.name.clone()));
            }
        }
    }
    taken
}

/// Refuses a config that has a key of another one.
pub(crate) fn refuse_taken_keys(catalog: &Catalog, config: &Config, now: Timestamp) -> Result<()> {
    let owners = taken_keys(catalog, config, now);
    if owners.is_empty() { Ok(()) } else { Err(key_in_use(owners)) }
}

fn key_in_use(owners: Vec<(Name, Name)>) -> Error {
    let hint =
        "a key belongs to one config: drop it from that one and publish, or archive that one";
    Error::from(ErrorKind::KeyInUse { owners }).hint(hint)
}

/// Refuses versions of a config that cannot be served today, with every reason.
pub(crate) fn refuse_invalid<'v>(
    catalog: &Catalog,
    config: &Config,
    versions: impl Iterator<Item = &'v Arc<Version>>,
    now: Timestamp,
) -> Result<()> {
    let mut reasons = Vec::new();
    for version in versions {
        reasons.extend(invalid(catalog, version)?);
    }
    if let Err(error) = refuse_cycles(catalog, config_keys(config, now), now) {
        reasons.push(error.to_string());
    }
    let owners = taken_keys(catalog, config, now);
    if reasons.is_empty() {
        return if owners.is_empty() { Ok(()) } else { Err(key_in_use(owners)) };
    }
    let own = |(key, owner): &(Name, Name)| {
        format!("key `{}` belongs to config `{}`", key.as_str(), owner.as_str())
    };
    reasons.extend(owners.iter().map(own));
    reasons.dedup();
    Err(ErrorKind::NotValidNow { config: config.head.name.clone(), reasons }.into())
}

/// Every reason why a version is not valid today, ownership and cycles aside.
fn invalid(catalog: &Catalog, version: &Version) -> Result<Vec<String>> {
    let segments = version.rows.iter().filter_map(|row| catalog.segment(row.segment));
    let mut reasons: Vec<_> = segments
        .filter(|segment| segment.archived)
        .map(|segment| format!("segment `{}` is archived", segment.name.as_str()))
        .collect();
    for column in &version.columns {
        let Some(key) = catalog.key(column.key) else { continue };
        if key.archived {
            reasons.push(format!("key `{}` is archived", key.name.as_str()));
        }
        let fit = Fit::of(key)?;
        let failing = failing_cells(catalog, version, key, &fit);
        reasons.extend(
            failing.map(|cell| {
                format!("{cell} does not pass the CHECK of key `{}`", key.name.as_str())
            }),
        );
    }
    Ok(reasons)
}

/// The keys that a config's newest, live and scheduled versions have.
pub(crate) fn config_keys(config: &Config, now: Timestamp) -> BTreeSet<Reference> {
    let keys = config.used(now).flat_map(|v| v.columns.iter().map(|c| Reference::Key(c.key)));
    keys.collect()
}

/// Refuses a catalog in which one of these depends on itself, or in which conditions refer to one another
/// too deeply for an evaluation to follow them on its stack.
pub(crate) fn refuse_cycles(
    catalog: &Catalog,
    start: impl IntoIterator<Item = Reference>,
    now: Timestamp,
) -> Result<()> {
    Chains::new(catalog, now).check(start)
}

/// The same, pretending that a version of a config is live besides.
pub(crate) fn refuse_cycles_under(
    catalog: &Catalog,
    version: &Version,
    now: Timestamp,
) -> Result<()> {
    let mut chains = Chains::new(catalog, now);
    chains.extra = Some(version);
    chains.check(version.columns.iter().map(|c| Reference::Key(c.key)))
}

/// The graph of what decides what: a segment by its condition, a key by the segments of its rows.
struct Chains<'c> {
    catalog: &'c Catalog,
    now: Timestamp,
    extra: Option<&'c Version>,
    below: BTreeMap<Reference, usize>,
    above: BTreeMap<Reference, usize>,
    path: Vec<Reference>,
}

impl<'c> Chains<'c> {
    fn new(catalog: &'c Catalog, now: Timestamp) -> Self {
        Self {
            catalog,
            now,
            extra: None,
            below: BTreeMap::new(),
            above: BTreeMap::new(),
            path: Vec::new(),
        }
    }

    fn check(&mut self, start: impl IntoIterator<Item = Reference>) -> Result<()> {
        let start: Vec<_> = start.into_iter().collect();
        // a cycle above a node is below another one: first look down from all of them
        start.iter().try_for_each(|node| self.measure_below(*node).map(drop))?;
        for node in start {
            let below = self.measure_below(node)?;
            if below + self.measure_above(node, 0) > CHAIN_DEPTH {
                return Err(ErrorKind::ChainTooDeep.into());
            }
        }
        Ok(())
    }

    /// The depth of the deepest chain from a node down, itself included.
    fn measure_below(&mut self, node: Reference) -> Result<usize> {
        if let Some(&known) = self.below.get(&node) {
            return Ok(known);
        }
        if let Some(start) = self.path.iter().position(|&n| n == node) {
            return Err(self.cycle(start));
        }
        // each step adds one or more, so a longer path is too deep already
        if self.path.len() > CHAIN_DEPTH {
            return Err(ErrorKind::ChainTooDeep.into());
        }
        self.path.push(node);
        let mut deepest = 0;
        for next in self.decided_by(node) {
            deepest = deepest.max(self.measure_below(next)?);
        }
        self.path.pop();
        let depth = deepest + self.weight(node);
        self.below.insert(node, depth);
        Ok(depth)
    }

    /// The depth of the deepest chain that ends above a node.
    fn measure_above(&mut self, node: Reference, steps: usize) -> usize {
        if steps > CHAIN_DEPTH {
            return steps;
        }
        if let Some(&known) = self.above.get(&node) {
            return known;
        }
        let mut deepest = 0;
        for next in self.decides(node) {
            deepest = deepest.max(self.measure_above(next, steps + 1) + self.weight(next));
        }
        self.above.insert(node, deepest);
        deepest
    }

    fn weight(&self, node: Reference) -> usize {
        match node {
            Reference::Key(_) => 1,
            Reference::Segment(id) => {
                self.catalog.segment(id).map_or(1, |s| s.condition.expr().node.depth())
            }
        }
    }

    /// What decides a node: what a segment's condition refers to; the segments that give a key a cell.
    fn decided_by(&self, node: Reference) -> Vec<Reference> {
        match node {
            Reference::Segment(id) => match self.catalog.segment(id) {
                Some(segment) if !segment.archived => {
                    self.catalog.references(segment.condition.expr())
                }
                _ => Vec::new(),
            },
            Reference::Key(id) => {
                let configs = configs_with(self.catalog, node, self.now);
                let versions = configs.into_iter().flat_map(|c| c.used(self.now)).map(|v| &**v);
                let segments = versions.chain(self.extra).flat_map(|v| giving(v, id));
                segments.collect::<BTreeSet<_>>().into_iter().map(Reference::Segment).collect()
            }
        }
    }

    /// What a node has a say in: segments whose condition refers to it; keys to which its rows give a cell.
    fn decides(&self, node: Reference) -> BTreeSet<Reference> {
        let mut found = BTreeSet::new();
        for referrer in self.catalog.referrers(node) {
            match (referrer, node) {
                (Referrer::Segment(id), _) => {
                    if self.catalog.segment(id).is_some_and(|s| !s.archived) {
                        found.insert(Reference::Segment(id));
                    }
                }
                (Referrer::Config(id), Reference::Segment(segment)) => {
                    let config = self.catalog.config(id).filter(|c| !c.head.archived);
                    let versions = config.into_iter().flat_map(|c| c.used(self.now));
                    found.extend(versions.flat_map(|v| given_by(v, segment)));
                }
                (Referrer::Config(_), Reference::Key(_)) => {}
            }
        }
        found
    }

    fn cycle(&self, start: usize) -> Error {
        let nodes = self.path[start..].iter().chain(self.path.get(start));
        let path = nodes.map(|&node| self.told(node)).collect();
        ErrorKind::Cycle { path }.into()
    }

    fn told(&self, node: Reference) -> String {
        let (kind, name) = match node {
            Reference::Key(id) => (ObjectKind::Key, self.catalog.key(id).map(|k| k.name.clone())),
            Reference::Segment(id) => (ObjectKind::Segment, Some(self.catalog.segment_name(id))),
        };
        format!("{kind} `{}`", name.as_ref().map_or("?", Name::as_str))
    }
}

/// The segments whose rows give a key a cell.
fn giving(version: &Version, key: crate::model::KeyId) -> impl Iterator<Item = SegmentId> + '_ {
    let cells = version.column(key).map(|c| &c.cells[..]).unwrap_or_default();
    let rows = version.rows.iter().zip(cells).filter(|(_, cell)| cell.is_some());
    rows.map(|(row, _)| row.segment).filter(|s| !s.is_everyone())
}

/// The keys to which the row of a segment gives a cell.
fn given_by(version: &Version, segment: SegmentId) -> impl Iterator<Item = Reference> + '_ {
    let row = version.row_of(segment);
    let columns = version
        .columns
        .iter()
        .filter(move |c| row.and_then(|row| c.cells.get(row)).is_some_and(Option::is_some));
    columns.map(|c| Reference::Key(c.key))
}
