//! Reach: all that the values of some keys can depend on in a state of the store.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::eval::Ticker;
use crate::model::{
    Behaviour, Catalog, Cell, Column, Config, ConfigId, Duration, Expr, ExprKind, Given, KeyId,
    Literal, ObjectKind, Path, Reference, Referrer, Row, SegmentId, Share, Timestamp, Value,
    Version, Window,
};

/// All that the values of some keys can depend on.
#[derive(Default)]
pub(in crate::query) struct Reach {
    pub(in crate::query) keys: BTreeSet<KeyId>,
    pub(in crate::query) segments: BTreeSet<SegmentId>,
    pub(in crate::query) configs: BTreeSet<ConfigId>,
    /// The attributes of the user that conditions and shares read.
    pub(in crate::query) attributes: BTreeSet<Arc<str>>,
    /// The names of the events that are asked about.
    pub(in crate::query) events: BTreeSet<Arc<str>>,
    /// How long events of a name are in a window.
    pub(in crate::query) windows: BTreeSet<(Arc<str>, Duration)>,
    pub(in crate::query) ticker: Ticker,
    /// The segments whose conditions are looked at each minute.
    pub(in crate::query) by_minute: BTreeSet<SegmentId>,
}

/// Versions of configs that decide.
#[derive(Clone, Copy)]
pub(in crate::query) enum Deciding {
    /// Those that are live, or will be.
    EverLive,
    /// The one that is live at an instant.
    LiveAt(Timestamp),
}

impl Reach {
    /// All that keys depend on.
    pub(in crate::query) fn of(
        catalog: &Catalog,
        keys: impl IntoIterator<Item = KeyId>,
        deciding: Deciding,
    ) -> Self {
        let (reach, todo) = (Self::default(), keys.into_iter().map(Reference::Key).collect());
        let mut search = Search { catalog, deciding, reach, todo };
        while let Some(reference) = search.todo.pop() {
            match reference {
                Reference::Key(key) => search.key(key),
                Reference::Segment(segment) => search.segment(segment),
            }
        }
        search.reach
    }

    /// The objects, declared attributes aside.
    pub(in crate::query) fn objects(&self) -> impl Iterator<Item = (ObjectKind, u32)> {
        let keys = self.keys.iter().map(|id| (ObjectKind::Key, id.0));
        let segments = self.segments.iter().map(|id| (ObjectKind::Segment, id.0));
        let configs = self.configs.iter().map(|id| (ObjectKind::Config, id.0));
        keys.chain(segments).chain(configs)
    }
}

/// Search through what refers to what.
struct Search<'c> {
    catalog: &'c Catalog,
    deciding: Deciding,
    reach: Reach,
    todo: Vec<Reference>,
}

impl Search<'_> {
    fn key(&mut self, key: KeyId) {
        if !self.reach.keys.insert(key) {
            return;
        }
        for referrer in self.catalog.referrers(Reference::Key(key)) {
            if let Referrer::Config(id) = referrer
                && let Some(config) = self.catalog.config(id)
            {
                self.config(config, key);
            }
        }
    }

    fn config(&mut self, config: &Config, key: KeyId) {
        let numbers: Vec<_> = match self.deciding {
            Deciding::EverLive => config.timeline.versions().collect(),
            Deciding::LiveAt(at) => config.timeline.live(at).into_iter().collect(),
        };
        let versions = numbers.into_iter().filter_map(|number| config.versions.get(number));
        let versions: Vec<_> = versions.filter(|version| version.column(key).is_some()).collect();
        if versions.is_empty() || config.head.archived {
            return;
        }
        self.reach.configs.insert(config.head.id);
        for version in versions.into_iter().filter(|_| !config.head.disabled) {
            self.version(version, key);
        }
    }

    /// The rows of a version that give a key a value.
    fn version(&mut self, version: &Version, key: KeyId) {
        let cells = version.column(key).map(Column::cells).unwrap_or_default();
        for (row, cell) in version.rows.iter().zip(cells) {
            let Some(cell) = cell else { continue };
            if !row.segment.is_everyone() {
                self.todo.push(Reference::Segment(row.segment));
            }
            self.read(shared_by(row));
            if let Cell::Split(split) = cell {
                self.read(split.by.as_ref());
            }
        }
    }

    fn read(&mut self, path: Option<&Path>) {
        self.reach.attributes.extend(path.and_then(|path| path.first().cloned()));
    }

    fn segment(&mut self, id: SegmentId) {
        if !self.reach.segments.insert(id) {
            return;
        }
        if let Some(segment) = self.catalog.segment(id) {
            segment.condition.look(|condition| self.condition(id, condition));
        }
    }

    fn condition(&mut self, segment: SegmentId, condition: &Expr) {
        self.todo.extend(self.catalog.references(condition));
        self.reach.attributes.extend(condition.node.attributes());
        for (part, _) in condition.node.parts() {
            if let ExprKind::Behaviour(behaviour) = part {
                self.behaviour(behaviour);
            }
        }
        if self.reach.ticker.add(condition, self.catalog) {
            self.reach.by_minute.insert(segment);
        }
    }

    fn behaviour(&mut self, behaviour: &Behaviour) {
        let Literal::Value(Value::String(event)) = &behaviour.event.node else { return };
        self.reach.events.insert(Arc::clone(event));
        if let Some(Window::Within(length)) = &behaviour.window
            && let Given::Here(length) = length.node
        {
            self.reach.windows.insert((Arc::clone(event), length));
        }
    }
}

/// The attribute of whose values a row gives a share.
fn shared_by(row: &Row) -> Option<&Path> {
    row.by.as_ref().filter(|_| row.rollout.is_some_and(|share| share < Share::FULL))
}
