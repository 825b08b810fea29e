//! One state of the model's store: plain lists and maps, copied whole for every revision.

use std::collections::{BTreeMap, BTreeSet};

use crate::operation::{Cell, Check, Cond, Micros, Name, Seg, Type, Val};

/// Everything in the store.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) keys: BTreeMap<Name, Key>,
    pub(crate) segments: BTreeMap<Name, Segment>,
    pub(crate) configs: Vec<Config>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub(crate) kind: Type,
    pub(crate) default: Val,
    pub(crate) check: Option<Check>,
    pub(crate) description: Option<&'static str>,
    pub(crate) archived: bool,
    pub(crate) version: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Segment {
    pub(crate) condition: Cond,
    pub(crate) description: Option<&'static str>,
    pub(crate) archived: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) name: Name,
    /// Every name that it has or had.
    pub(crate) names: BTreeSet<Name>,
    pub(crate) archived: bool,
    pub(crate) disabled: bool,
    /// The salt of every segment that ever had a row.
    pub(crate) salts: BTreeMap<Seg, String>,
    /// Version n is at n - 1.
    pub(crate) versions: Vec<Version>,
    /// In order of commit; those taken back are gone.
    pub(crate) publications: Vec<Publication>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Version {
    pub(crate) description: Option<&'static str>,
    pub(crate) rows: Vec<Row>,
    pub(crate) columns: Vec<(Name, Cells)>,
}

/// The cells of a key; what is not there is blank.
pub(crate) type Cells = BTreeMap<Seg, Cell>;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) segment: Seg,
    pub(crate) rollout: Option<u32>,
    /// The attribute by whose values the rollout goes, if not by the users.
    pub(crate) by: Option<Name>,
    pub(crate) salt: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Publication {
    pub(crate) effective: Micros,
    pub(crate) until: Option<Micros>,
    pub(crate) version: usize,
}

/// What decides a value, for the search of cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Node {
    Key(Name),
    Segment(Name),
}

impl Version {
    /// The cells of a key, if the version has it.
    pub(crate) fn column(&self, key: Name) -> Option<&Cells> {
        self.columns.iter().find(|(name, _)| *name == key).map(|(_, cells)| cells)
    }

    /// Whether two versions say the same: the order of the keys does not count.
    pub(crate) fn same(&self, other: &Self) -> bool {
        let sorted = |v: &Self| v.columns.iter().cloned().collect::<BTreeMap<_, _>>();
        self.description == other.description
            && self.rows == other.rows
            && sorted(self) == sorted(other)
    }
}

impl Config {
    /// The number of the newest version.
    pub(crate) fn newest(&self) -> usize {
        self.versions.len()
    }

    /// A version by its number.
    pub(crate) fn version(&self, number: usize) -> &Version {
        &self.versions[number - 1]
    }

    /// The number of the version that is live at an instant.
    pub(crate) fn live(&self, at: Micros) -> Option<usize> {
        let in_force =
            |p: &&Publication| p.effective <= at && p.until.is_none_or(|until| at < until);
        // of equal times `max_by_key` returns the last
        self.publications.iter().filter(in_force).max_by_key(|p| p.effective).map(|p| p.version)
    }

    /// The instants after `now` at which something may change.
    pub(crate) fn boundaries(&self, now: Micros) -> BTreeSet<Micros> {
        let ends = self.publications.iter().flat_map(|p| [Some(p.effective), p.until]);
        ends.flatten().filter(|t| *t > now).collect()
    }

    /// The numbers of the newest, live and scheduled versions.
    pub(crate) fn used(&self, now: Micros) -> BTreeSet<usize> {
        let to_come = self.publications.iter().filter(|p| p.effective > now).map(|p| p.version);
        let instants = self.boundaries(now).into_iter().chain([now]);
        let live = instants.filter_map(|at| self.live(at));
        to_come.chain(live).chain([self.newest()]).collect()
    }

    /// The newest, live and scheduled versions.
    pub(crate) fn used_versions(&self, now: Micros) -> impl Iterator<Item = &Version> {
        self.used(now).into_iter().map(|number| self.version(number))
    }

    /// The status, as `SHOW CONFIGS` tells it.
    pub(crate) fn status(&self, now: Micros) -> &'static str {
        let to_come = self.publications.iter().any(|p| p.effective > now);
        match (self.archived, self.disabled, self.live(now)) {
            (true, ..) => "archived",
            (_, true, _) => "disabled",
            (.., Some(_)) => "live",
            _ if to_come => "scheduled",
            _ => "draft",
        }
    }
}

impl Cell {
    /// Every value that the cell may give.
    pub(crate) fn values(&self) -> Vec<Val> {
        match self {
            Self::Value(value) => vec![*value],
            Self::Split { arms, .. } => arms.iter().map(|arm| arm.value).collect(),
        }
    }
}

impl Cond {
    /// What the condition refers to.
    pub(crate) fn references(&self) -> BTreeSet<Node> {
        match self {
            Self::In(Some(segment)) => [Node::Segment(segment)].into(),
            Self::Key(key, _) => [Node::Key(key)].into(),
            Self::Not(inner) => inner.references(),
            Self::And(items) | Self::Or(items) => items.iter().flat_map(Self::references).collect(),
            _ => BTreeSet::new(),
        }
    }
}

impl State {
    /// The place of the config that has a name.
    pub(crate) fn config_named(&self, name: Name) -> Option<usize> {
        self.configs.iter().position(|config| config.name == name)
    }

    /// The configs that are not archived.
    pub(crate) fn active(&self) -> impl Iterator<Item = &Config> {
        self.configs.iter().filter(|config| !config.archived)
    }

    /// The configs that own a key: never more than one.
    pub(crate) fn owners(&self, key: Name, now: Micros) -> Vec<&Config> {
        let has = |config: &&Config| config.used_versions(now).any(|v| v.column(key).is_some());
        self.active().filter(has).collect()
    }

    /// Whether a config or a segment that is not archived uses a key.
    pub(crate) fn key_is_used(&self, key: Name, now: Micros) -> bool {
        !self.owners(key, now).is_empty() || self.is_referred_to(Node::Key(key))
    }

    /// Whether a config or a segment that is not archived uses a segment.
    pub(crate) fn segment_is_used(&self, segment: Name, now: Micros) -> bool {
        let in_rows = |v: &Version| v.rows.iter().any(|row| row.segment == Some(segment));
        self.active().any(|config| config.used_versions(now).any(in_rows))
            || self.is_referred_to(Node::Segment(segment))
    }

    fn is_referred_to(&self, node: Node) -> bool {
        let mut segments = self.segments.values().filter(|segment| !segment.archived);
        segments.any(|segment| segment.condition.references().contains(&node))
    }

    /// Whether anything depends on itself; `under` is a version that counts besides.
    pub(crate) fn has_cycle(&self, now: Micros, under: Option<&Version>) -> bool {
        let keys = self.keys.keys().map(|name| Node::Key(name));
        let segments = self.segments.keys().map(|name| Node::Segment(name));
        keys.chain(segments).any(|node| self.reaches(node, node, now, under, &mut BTreeSet::new()))
    }

    fn reaches(
        &self,
        from: Node,
        to: Node,
        now: Micros,
        under: Option<&Version>,
        seen: &mut BTreeSet<Node>,
    ) -> bool {
        let next = self.decided_by(from, now, under);
        next.contains(&to)
            || next
                .into_iter()
                .any(|node| seen.insert(node) && self.reaches(node, to, now, under, seen))
    }

    /// What a node depends on directly.
    fn decided_by(&self, node: Node, now: Micros, under: Option<&Version>) -> BTreeSet<Node> {
        match node {
            Node::Segment(name) => match &self.segments[name] {
                segment if segment.archived => BTreeSet::new(),
                segment => segment.condition.references(),
            },
            Node::Key(key) => {
                let versions = self.active().flat_map(|c| c.used_versions(now)).chain(under);
                let cells = versions.filter_map(|version| version.column(key));
                let segments = cells.flat_map(|cells| cells.keys()).filter_map(|segment| *segment);
                segments.map(Node::Segment).collect()
            }
        }
    }
}
