//! Recorded contexts, as far as they are kept.

use std::ops::ControlFlow;

use super::view::View;
use crate::error::Result;
use crate::store::{ContextRange, ContextTaker};

/// Visits recorded contexts, all or those of the users from one on, up to another one if it is said, until no more are wanted: those without a user first, then by user.
pub(super) fn each_context(
    view: &View<'_>,
    users: Option<(&str, Option<&str>)>,
    take: &mut ContextTaker<'_>,
) -> Result<()> {
    let range = ContextRange { users, oldest: view.oldest_traffic() };
    view.reader()?.contexts(range, &view.watch, &mut |context| match context.user.as_deref() {
        Some(user) if view.forgets(user) => Ok(ControlFlow::Continue(())),
        _ => take(context),
    })
}
