//! Vocabulary: the names of the attributes that conditions use.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use imbl::OrdMap;

use super::{Expr, ExprKind, Path, Segment, is_identifier};

/// Names of the attributes that the conditions of segments are about, each with how many are.
///
/// It is made when it is first asked for, which reads every condition, and kept in step from then on. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Vocabulary(Arc<OnceLock<OrdMap<Arc<str>, usize>>>);

/// It follows from the segments.
impl PartialEq for Vocabulary {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Vocabulary {
    /// The names, made of the segments if that was not done yet.
    pub(super) fn of<'s>(
        &self,
        segments: impl Iterator<Item = &'s Arc<Segment>>,
    ) -> &OrdMap<Arc<str>, usize> {
        self.0.get_or_init(|| {
            let mut names = OrdMap::new();
            segments.for_each(|segment| add(&mut names, segment));
            names
        })
    }

    /// Keeps in step with a segment that is another from now on.
    pub(super) fn follow(&mut self, old: Option<&Segment>, new: &Segment) {
        let mut names = self.0.get().cloned();
        if let Some(names) = &mut names {
            if let Some(old) = old {
                take(names, old);
            }
            add(names, new);
        }
        if let Some(own) = Arc::get_mut(&mut self.0) {
            *own = OnceLock::new();
        } else {
            self.0 = Arc::default();
        }
        if let Some(names) = names {
            let _ = self.0.set(names); // it was emptied on the spot
        }
    }
}

fn add(names: &mut OrdMap<Arc<str>, usize>, segment: &Segment) {
    for name in used(segment) {
        *names.entry(name).or_default() += 1;
    }
}

fn take(names: &mut OrdMap<Arc<str>, usize>, segment: &Segment) {
    for name in used(segment) {
        match names.get(&name).copied() {
            Some(count) if count > 1 => drop(names.insert(name, count - 1)),
            _ => drop(names.remove(&name)),
        }
    }
}

/// The attributes that the condition of a segment is about; an archived one uses none.
fn used(segment: &Segment) -> BTreeSet<Arc<str>> {
    if segment.archived { BTreeSet::new() } else { segment.condition.look(subjects) }
}

/// The names of the attributes that an expression is about: not those in conditions over events or elements, where a name
/// is something else, nor those for which a text may be meant.
pub(crate) fn subjects(expr: &Expr) -> BTreeSet<Arc<str>> {
    let (mut found, mut todo) = (BTreeSet::new(), vec![expr]);
    while let Some(expr) = todo.pop() {
        if let ExprKind::Attribute(path) = &expr.node {
            found.extend(path.first().cloned());
        }
        match compared(&expr.node) {
            Some((subject, others)) if is_of_user(subject) => {
                todo.push(subject);
                let others = others.into_iter();
                todo.extend(others.filter(|other| name_for_text(&expr.node, other).is_none()));
            }
            _ => todo.extend(expr.node.operands()),
        }
    }
    found
}

/// What an expression compares, and with what.
pub(crate) fn compared(kind: &ExprKind) -> Option<(&Expr, Vec<&Expr>)> {
    Some(match kind {
        ExprKind::Compare { left, right, .. } => (&**left, vec![&**right]),
        ExprKind::Between { operand, low, high, .. } => (&**operand, vec![&**low, &**high]),
        ExprKind::In { operand, items, .. }
        | ExprKind::Contains { operand, items, .. }
        | ExprKind::Affix { operand, items, .. } => (&**operand, items.iter().collect()),
        _ => return None,
    })
}

/// The name that an expression is for which a text may be meant, given what it is compared in. Of two names one of which
/// is to be less than the other, both are of attributes: `last_login > signup`; unless it is one that needs quotes.
pub(crate) fn name_for_text<'e>(comparison: &ExprKind, other: &'e Expr) -> Option<&'e Path> {
    let ExprKind::Attribute(path) = &other.node else { return None };
    let is_ordered = match comparison {
        ExprKind::Compare { op, .. } => op.is_ordered(),
        ExprKind::Between { .. } => true,
        _ => false,
    };
    (!is_ordered || !path.iter().all(|step| is_identifier(step))).then_some(path)
}

/// Whether an expression is an attribute, or an element or a part of one.
pub(crate) fn is_of_user(expr: &Expr) -> bool {
    match &expr.node {
        ExprKind::Attribute(_) | ExprKind::Element => true,
        ExprKind::Inside { operand, .. } => is_of_user(operand),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::model::{Catalog, Condition, ConditionParser, Name, SegmentId};

    static READ: AtomicUsize = AtomicUsize::new(0);

    fn attribute(name: &str) -> Expr {
        Expr::unplaced(ExprKind::Attribute([Arc::from(name)].into()))
    }

    fn segment(id: u32, condition: Condition) -> Arc<Segment> {
        Arc::new(Segment {
            id: SegmentId(id),
            name: Name::new(format!("s{id}")).unwrap(),
            condition,
            description: None,
            archived: false,
            version: 1,
        })
    }

    fn count(catalog: &Catalog, name: &str) -> Option<usize> {
        catalog.used_attributes().get(name).copied()
    }

    #[test]
    fn conditions_are_read_once_however_many_segments_follow() {
        let parse: ConditionParser = |text, _| {
            READ.fetch_add(1, Ordering::Relaxed);
            Ok(attribute(text))
        };
        let mut stored = Catalog::default();
        for id in 1..=100 {
            let condition = Condition::stored(format!("a{}", id % 10).into(), false, parse);
            stored.put_new_segment(&segment(id, condition), []);
        }
        assert_eq!(READ.load(Ordering::Relaxed), 0, "opening reads none");
        assert_eq!((count(&stored, "a1"), count(&stored, "b")), (Some(10), None));
        let mut catalog = stored.clone();
        for id in 101..=200 {
            catalog.put_segment(&segment(id, Condition::new(attribute("b"))));
            assert_eq!(count(&catalog, "b"), usize::try_from(id - 100).ok());
        }
        assert_eq!(READ.load(Ordering::Relaxed), 100, "each of those stored was read once");
        assert_eq!((count(&stored, "b"), stored.used_attributes().len()), (None, 10));
        let gone = Segment {
            archived: true,
            ..Segment::clone(&segment(101, Condition::new(attribute("b"))))
        };
        catalog.put_segment(&Arc::new(gone));
        catalog.put_segment(&segment(102, Condition::new(attribute("c"))));
        assert_eq!((count(&catalog, "b"), count(&catalog, "c")), (Some(98), Some(1)));
    }
}
