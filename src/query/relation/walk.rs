//! Walk over all users, page by page: there may be millions.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use crate::behaviour::UserHistory;
use crate::error::Result;
use crate::query::view::View;

/// How many users are read at a time.
const PAGE: usize = 256;

/// Users by their ids: those that are not before the first, and not after the last, where these are said.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::query) struct Ids<'i> {
    pub(in crate::query) first: Option<&'i str>,
    pub(in crate::query) last: Option<&'i str>,
}

impl Ids<'_> {
    fn have(self, user: &str) -> bool {
        self.first.is_none_or(|first| first <= user) && !self.are_before(user)
    }

    pub(in crate::query) fn are_before(self, user: &str) -> bool {
        self.last.is_some_and(|last| last < user)
    }
}

/// Visits all users with facts, in byte order, or only one of them, until no more are wanted.
pub(in crate::query) fn each_with_facts(
    view: &View<'_>,
    only: Option<Arc<str>>,
    take: impl FnMut(&Arc<str>, &Arc<UserHistory>) -> ControlFlow<()>,
) -> Result<()> {
    Walk::new(view, Listed::default(), take).all(only)
}

/// Visits the same users, and in the same order those of whom nothing is known but that a list has them.
pub(in crate::query) fn each_user(
    view: &View<'_>,
    only: Option<Arc<str>>,
    take: impl FnMut(&Arc<str>, &Arc<UserHistory>) -> ControlFlow<()>,
) -> Result<()> {
    let Some(user) = only else { return each_user_of(view, Ids::default(), take) };
    let listed = view.snapshot()?.lists().user(&user).into_iter().map(Reverse).collect();
    Walk::new(view, Listed(listed), take).all(Some(user))
}

/// Visits those of all these users that have some ids, in the same order.
pub(in crate::query) fn each_user_of(
    view: &View<'_>,
    ids: Ids<'_>,
    take: impl FnMut(&Arc<str>, &Arc<UserHistory>) -> ControlFlow<()>,
) -> Result<()> {
    Walk { ids, ..Walk::new(view, Listed::all(view, ids)?, take) }.all(None)
}

/// Visits all of them, and reads the properties of events only if they are asked for.
pub(in crate::query) fn each_user_asked(
    view: &View<'_>,
    reads_properties: bool,
    take: impl FnMut(&Arc<str>, &Arc<UserHistory>) -> ControlFlow<()>,
) -> Result<()> {
    let listed = Listed::all(view, Ids::default())?;
    Walk { reads_properties, ..Walk::new(view, listed, take) }.all(None)
}

/// Users whom lists have and who are not yet visited. There may be a million, of whom few are wanted: so they are
/// sorted as they are asked for.
#[derive(Default)]
struct Listed<'l>(BinaryHeap<Reverse<&'l str>>);

impl<'l> Listed<'l> {
    /// All that have some ids.
    fn all(view: &'l View<'_>, ids: Ids<'_>) -> Result<Self> {
        let listed = view.snapshot()?.lists().users().filter(|user| ids.have(user));
        let looked = listed.map(|user| view.watch.check().map(|()| Reverse(user)));
        Ok(Self(looked.collect::<Result<_>>()?))
    }

    /// Takes the next one out, if it comes before a user, or whatever it is if none is said.
    fn before(&mut self, user: Option<&str>) -> Option<&'l str> {
        let next = self.0.peek()?.0;
        if user.is_none_or(|user| next < user) { self.next() } else { None }
    }

    /// Takes a user out; whether there was one.
    fn has(&mut self, user: &str) -> bool {
        let is_next = self.0.peek().is_some_and(|next| next.0 == user);
        if is_next {
            self.next();
        }
        is_next
    }

    fn next(&mut self) -> Option<&'l str> {
        self.0.pop().map(|listed| listed.0)
    }
}

/// A walk that is under way.
struct Walk<'w, 'v, F> {
    view: &'w View<'v>,
    take: F,
    ids: Ids<'w>,
    listed: Listed<'w>,
    /// The users with facts in the open transaction who are not yet visited.
    own: BTreeSet<Arc<str>>,
    /// Whether the properties of events are read.
    reads_properties: bool,
}

impl<'w, 'v, F> Walk<'w, 'v, F> {
    fn new(view: &'w View<'v>, listed: Listed<'w>, take: F) -> Self {
        let (ids, own) = (Ids::default(), BTreeSet::new());
        Self { view, take, ids, listed, own, reads_properties: true }
    }
}

impl<F: FnMut(&Arc<str>, &Arc<UserHistory>) -> ControlFlow<()>> Walk<'_, '_, F> {
    fn all(mut self, only: Option<Arc<str>>) -> Result<()> {
        let done = match only {
            Some(user) => self.give(&user, &self.view.history(&user)?),
            None => self.pages()?,
        };
        if done.is_continue() { self.give_others(None).map(drop) } else { Ok(()) }
    }

    fn pages(&mut self) -> Result<ControlFlow<()>> {
        let own = self.view.pending_users().into_iter();
        self.own = own.filter(|user| self.ids.have(user)).collect();
        self.view.watch.begin("users", self.view.reader()?.user_count()?);
        let mut from = self.ids.first.map_or(Bound::Unbounded, |user| Bound::Included(user.into()));
        while let Some(page) = next_page(self.view, &mut from, self.reads_properties)? {
            for (user, history) in page {
                if self.ids.are_before(&user) {
                    return Ok(ControlFlow::Continue(()));
                }
                let is_own = self.own.remove(&user);
                let history = if is_own { self.view.history(&user)? } else { history };
                if self.give_others(Some(&user))?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                if self.give(&user, &history).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Visits those of whom the store has no facts up to a user of whom it has, or all that are left.
    fn give_others(&mut self, end: Option<&str>) -> Result<ControlFlow<()>> {
        loop {
            self.view.watch.check()?;
            let own = self.own.first().filter(|own| end.is_none_or(|end| &***own < end));
            let listed = self.listed.before(own.map(|own| &**own).or(end));
            let flow = match (listed, own.cloned()) {
                (Some(listed), _) => (self.take)(&listed.into(), &Arc::default()),
                (None, Some(own)) => {
                    self.own.remove(&own);
                    self.listed.has(&own);
                    let history = self.view.history(&own)?;
                    if history.is_empty() {
                        continue;
                    } // forgotten
                    (self.take)(&own, &history)
                }
                (None, None) => return Ok(ControlFlow::Continue(())),
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
    }

    fn give(&mut self, user: &Arc<str>, history: &Arc<UserHistory>) -> ControlFlow<()> {
        let is_listed = self.listed.has(user);
        if history.is_empty() && !is_listed {
            return ControlFlow::Continue(());
        }
        (self.take)(user, history)
    }
}

/// The histories of the next users from a bound on, which becomes that of those after them; none after all.
fn next_page(
    view: &View<'_>,
    from: &mut Bound<Arc<str>>,
    reads_properties: bool,
) -> Result<Option<impl Iterator<Item = (Arc<str>, Arc<UserHistory>)> + use<>>> {
    let after = from.as_ref().map(|user| &**user);
    let page = view.reader()?.users_from(after, PAGE, reads_properties)?;
    view.watch.step(page.len() as u64)?;
    let Some((user, _)) = page.last() else { return Ok(None) };
    *from = Bound::Excluded(Arc::clone(user));
    let history = |(user, entries)| (user, Arc::new(UserHistory::new(entries)));
    Ok(Some(page.into_iter().map(history)))
}
