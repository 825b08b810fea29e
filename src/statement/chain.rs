//! Chains of what decides what: nothing depends on itself, and no chain is too long.

use std::collections::{BTreeMap, BTreeSet};

use super::usage::configs_with;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::CHAIN_DEPTH;
use crate::model::{
    Catalog, Column, KeyId, Name, ObjectKind, Reference, Referrer, SegmentId, Timestamp, Version,
};
use crate::stack;

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
            deepest = deepest.max(stack::step(|| self.measure_below(next))?);
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
            let above = stack::step(|| self.measure_above(next, steps + 1));
            deepest = deepest.max(above + self.weight(next));
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
        let nodes = self.path.iter().skip(start).chain(self.path.get(start));
        let path = nodes.map(|&node| self.describe(node)).collect();
        ErrorKind::Cycle { path }.into()
    }

    fn describe(&self, node: Reference) -> String {
        let (kind, name) = match node {
            Reference::Key(id) => (ObjectKind::Key, self.catalog.key(id).map(|k| k.name.clone())),
            Reference::Segment(id) => (ObjectKind::Segment, Some(self.catalog.segment_name(id))),
        };
        format!("{kind} `{}`", name.as_ref().map_or("?", Name::as_str))
    }
}

/// The segments whose rows give a key a cell.
fn giving(version: &Version, key: KeyId) -> impl Iterator<Item = SegmentId> + '_ {
    let cells = version.column(key).map(Column::cells).unwrap_or_default();
    let rows = version.rows.iter().zip(cells).filter(|(_, cell)| cell.is_some());
    rows.map(|(row, _)| row.segment).filter(|s| !s.is_everyone())
}

/// The keys to which the row of a segment gives a cell.
pub(super) fn given_by(
    version: &Version,
    segment: SegmentId,
) -> impl Iterator<Item = Reference> + '_ {
    let row = version.row_of(segment);
    let columns = version
        .columns
        .iter()
        .filter(move |c| row.and_then(|row| c.cells().get(row)).is_some_and(Option::is_some));
    columns.map(|c| Reference::Key(c.key))
}
