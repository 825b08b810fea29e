//! Needs of segments: how far back their conditions look at events, by name. Events within that reach stay in the
//! store.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::measure::{frame, text};
use crate::model::{Behaviour, Catalog, Expr, ExprKind, Name, Reach, Segment, Timestamp};

/// Segments that look at events of a name, and how far back.
type Looking = BTreeMap<Name, Reach>;

/// Needs of the segments that are not archived, by the names of the events.
#[derive(Debug, Default)]
pub(crate) struct Needs(BTreeMap<Arc<str>, Looking>);

impl Needs {
    /// Finds what the segments of a catalog need, whether a config uses them or not: one may from the next
    /// publication on.
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let mut needs = Self::default();
        let asking = catalog.segments().filter(|s| !s.archived && s.condition.reads_events());
        asking.for_each(|segment| needs.add(segment));
        needs
    }

    fn add(&mut self, segment: &Segment) {
        for behaviour in behaviours(segment.condition.expr()) {
            // what cannot be read is found by whoever verifies the store
            let Ok(event) = text("EVENT", &behaviour.event) else { continue };
            let frame = frame(behaviour.window.as_ref());
            let reach = frame.map_or(Reach::EVERYTHING, Reach::of);
            let looking = self.0.entry(event).or_default();
            let known = looking.entry(segment.name.clone()).or_insert(reach);
            *known = known.or(reach);
        }
    }

    /// The names of events that segments look at, in byte order.
    pub(crate) fn events(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.keys()
    }

    /// The segments that look at events of a name, by name in byte order, and how far back.
    pub(crate) fn segments(&self, event: &str) -> impl Iterator<Item = (&Name, Reach)> {
        self.0.get(event).into_iter().flatten().map(|(name, reach)| (name, *reach))
    }

    /// How far back any segment looks at events of a name.
    pub(crate) fn reach(&self, event: &str) -> Option<Reach> {
        self.segments(event).map(|(_, reach)| reach).reduce(Reach::or)
    }

    /// An instant before which no segment looks at events of a name, neither now nor later; `None` if no
    /// segment looks at them at all.
    pub(crate) fn start(&self, event: &str, now: Timestamp) -> Option<Timestamp> {
        self.reach(event).map(|reach| reach.start(now))
    }
}

/// The functions over events in a condition.
fn behaviours(expr: &Expr) -> Vec<&Behaviour> {
    let (mut found, mut todo) = (Vec::new(), vec![expr]);
    while let Some(expr) = todo.pop() {
        if let ExprKind::Behaviour(behaviour) = &expr.node {
            found.push(&**behaviour);
        }
        todo.extend(expr.node.operands());
    }
    found
}
