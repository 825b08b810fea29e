//! Lists of users that are given to segments, by `pcq list` or the library: no statement opens a file.

use std::sync::Arc;

use super::Text;
use super::binder::Binder;
use super::effect::{Effect, Operation};
use super::find::refuse_used_segment_name;
use super::plan::Plan;
use crate::error::Result;
use crate::model::{Change, Condition, Expr, ExprKind, ListId, Name, ObjectKind, Segment, Spanned};

/// Segment that gets a list of users, new or not.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) segment: Spanned<Name>,
    /// The description of a segment that is made for the list.
    pub(crate) description: Option<Text>,
}

impl Listed {
    /// Checks that a segment can have a list, and plans the change.
    pub(crate) fn plan(&self, binder: &Binder<'_>, list: ListId) -> Result<Plan> {
        let name = &self.segment.node;
        let condition = Condition::new(Expr::unplaced(ExprKind::InList(list)));
        let segment = if binder.catalog.segment_named(name.as_str()).is_some() {
            let old = binder.usable_segment(&self.segment)?;
            Segment { condition, version: old.version + 1, ..Segment::clone(old) }
        } else {
            refuse_used_segment_name(binder.catalog, &self.segment, None)?;
            self.made(binder, condition)?
        };
        let (version, mut draft) = (segment.version, binder.draft());
        draft.push(Change::Segment(Arc::new(segment)))?;
        let effect = Effect::of(Operation::Listed { list: list.0 }, ObjectKind::Segment, name);
        Ok(draft.end(effect.with_version(version)))
    }

    fn made(&self, binder: &Binder<'_>, condition: Condition) -> Result<Segment> {
        Ok(Segment {
            id: binder.catalog.next_segment(),
            name: self.segment.node.clone(),
            condition,
            description: binder.parameters.optional(self.description.as_ref())?,
            archived: false,
            version: 1,
        })
    }
}
