//! Walk over all users, page by page: there may be millions.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::behaviour::UserHistory;
use crate::error::Result;
use crate::query::view::View;

/// How many users are read at a time.
const PAGE: usize = 256;

/// Visits all users with facts, in byte order, or only one of them, until no more are wanted; users whose facts are
/// all in the open transaction come last.
pub(super) fn each_user(
    view: &View<'_>,
    only: Option<Arc<str>>,
    mut take: impl FnMut(&Arc<str>, &Arc<UserHistory>) -> ControlFlow<()>,
) -> Result<()> {
    let mut give = |user: &Arc<str>, history: &Arc<UserHistory>| {
        if history.is_empty() { ControlFlow::Continue(()) } else { take(user, history) }
    };
    if let Some(user) = only {
        let _ = give(&user, &view.history(&user)?);
        return Ok(());
    }
    let (mut own, mut last) = (view.pending_users(), None);
    while let Some(page) = next_page(view, &mut last)? {
        for (user, history) in page {
            let history = if own.remove(&user) { view.history(&user)? } else { history };
            if give(&user, &history).is_break() {
                return Ok(());
            }
        }
    }
    for user in own {
        if give(&user, &view.history(&user)?).is_break() {
            break;
        }
    }
    Ok(())
}

/// The histories of the users after the last one; none after all.
fn next_page(
    view: &View<'_>,
    last: &mut Option<Arc<str>>,
) -> Result<Option<impl Iterator<Item = (Arc<str>, Arc<UserHistory>)> + use<>>> {
    view.watch.check()?;
    let page = view.reader()?.users_after(last.as_deref(), PAGE)?;
    let Some((user, _)) = page.last() else { return Ok(None) };
    *last = Some(Arc::clone(user));
    let history = |(user, entries)| (user, Arc::new(UserHistory::new(entries)));
    Ok(Some(page.into_iter().map(history)))
}
