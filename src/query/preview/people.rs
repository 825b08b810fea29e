//! People of whom a preview tells: stored users, one user, or contexts that are given or were recorded.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::behaviour::UserHistory;
use crate::error::Result;
use crate::eval::{self, CatalogScope, Program, Snapshot};
use crate::model::{Catalog, Context, Expr, ExprKind, Object, Role, Timestamp, USER_ID, Value};
use crate::query::recorded::each_context;
use crate::query::relation::each_user_asked;
use crate::query::view::{View, context_with};
use crate::statement::binder::{Binder, Origin};
use crate::statement::{Population, context_list};

/// People of whom a preview tells.
pub(super) struct People {
    who: Who,
    /// What has to be true of each as things stand before.
    condition: Option<Program>,
    /// Whether what the open transaction says of users is known only after.
    has_facts: bool,
    /// Whether a condition in play may look at events.
    reads_events: bool,
}

enum Who {
    Users,
    Traffic,
    /// An id, if there is one, and the attributes that are given with it.
    Given(Vec<(Option<Arc<str>>, Arc<Object>)>),
    Contexts(Vec<(Option<Arc<str>>, Arc<Object>)>),
}

/// Person of whom a preview tells.
pub(super) struct Person {
    pub(super) user: Option<Arc<str>>,
    /// The attributes that are given, and as they may be shown.
    pub(super) given: Arc<Object>,
    pub(super) shown: Arc<Object>,
    /// What is known before and after.
    pub(super) histories: [Arc<UserHistory>; 2],
    /// How many it counts for.
    pub(super) weight: u64,
}

impl Person {
    /// Whether there is more to be known of the person after than before.
    pub(super) fn is_told_of(&self) -> bool {
        let [before, after] = &self.histories;
        !Arc::ptr_eq(before, after)
    }

    /// The attributes and the past on a side, at an instant.
    pub(super) fn context(&self, side: usize, at: Timestamp) -> Context {
        let history = self.histories.get(side).map(Arc::clone).unwrap_or_default();
        context_with(self.user.clone(), history, &self.given, at)
    }
}

impl People {
    /// The people whom a statement names, or all users, or the traffic if there are none; names in a condition are those of a catalog.
    pub(super) fn new(
        view: &View<'_>,
        population: Option<&Population>,
        catalog: &Catalog,
        has_facts: bool,
    ) -> Result<Self> {
        let (who, condition) = match population {
            None if has_users(view)? => (Who::Users, None),
            None => (Who::Traffic, None),
            Some(Population::Users { condition }) => {
                (Who::Users, compile_some(view, condition.as_ref(), catalog)?)
            }
            Some(Population::Traffic { condition }) => {
                (Who::Traffic, compile_some(view, condition.as_ref(), catalog)?)
            }
            Some(Population::User { id, attributes }) => {
                let user = view.parameters.text(id)?;
                let given = attributes.as_ref().map(|with| view.parameters.attributes(with));
                let given = given.transpose()?.unwrap_or_default().into_owned();
                (Who::Given(vec![(Some(user), Arc::new(given))]), None)
            }
            Some(Population::Contexts(contexts)) => {
                let value = view.parameters.resolve(contexts)?;
                let list = context_list(&value).map_err(|error| error.at(contexts.span))?;
                (Who::Contexts(list.iter().map(split).collect()), None)
            }
        };
        let reads_events = has_facts || population.is_some_and(may_ask_for_events);
        Ok(Self { who, condition, has_facts, reads_events })
    }

    /// Takes note that conditions of keys that are compared look at events.
    pub(super) fn read_events(&mut self) {
        self.reads_events = true;
    }

    /// Whether they are contexts, given or recorded.
    pub(super) fn are_contexts(&self) -> bool {
        matches!(self.who, Who::Contexts(_) | Who::Traffic)
    }

    /// Whether there are, or may be, any of whom more is known after than before.
    pub(super) fn may_be_told_of(&self) -> bool {
        self.has_facts
    }

    /// Whether a person is one of them, whose context in a state at an instant is given.
    pub(super) fn have(&self, state: &Snapshot, context: &Context, at: Timestamp) -> bool {
        let condition = self.condition.as_ref();
        condition.is_none_or(|condition| state.holds(condition, context, at) == Some(true))
    }

    /// Visits each, until no more are wanted; those whom the condition leaves out, too.
    pub(super) fn each(
        &self,
        view: &View<'_>,
        mut take: impl FnMut(&Person) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let given = match &self.who {
            Who::Users => return self.each_user(view, take),
            Who::Traffic => {
                return each_context(view, None, &mut |context| {
                    let person = self.asking(view, context.user, context.attributes)?;
                    take(&Person { weight: context.count, ..person })
                });
            }
            Who::Given(given) | Who::Contexts(given) => given,
        };
        for (user, given) in given {
            view.watch.check()?;
            if take(&self.asking(view, user.clone(), Arc::clone(given))?)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// A person who asks with attributes.
    fn asking(
        &self,
        view: &View<'_>,
        user: Option<Arc<str>>,
        given: Arc<Object>,
    ) -> Result<Person> {
        let history = user.as_deref().map(|user| view.history(user)).transpose()?;
        self.person(view, user, given, history.unwrap_or_default())
    }

    fn each_user(
        &self,
        view: &View<'_>,
        mut take: impl FnMut(&Person) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let (mut failure, nothing) = (None, Arc::new(Object::new()));
        each_user_asked(view, self.reads_events, |user, history| {
            let given = Arc::clone(&nothing);
            let person = self.person(view, Some(Arc::clone(user)), given, Arc::clone(history));
            let taken = view.watch.check().and(person).and_then(|person| take(&person));
            taken.unwrap_or_else(|error| {
                failure = Some(error);
                ControlFlow::Break(())
            })
        })?;
        failure.map_or(Ok(()), Err)
    }

    fn person(
        &self,
        view: &View<'_>,
        user: Option<Arc<str>>,
        given: Arc<Object>,
        after: Arc<UserHistory>,
    ) -> Result<Person> {
        let told = user.as_deref().filter(|user| self.has_facts && view.is_told_of(user));
        let before = match told {
            Some(user) => view.committed_history(user)?,
            None => Arc::clone(&after),
        };
        let shown = if given.is_empty() {
            Arc::clone(&given)
        } else {
            Arc::new(view.secrets().profile((*given).clone()))
        };
        Ok(Person { user, given, shown, histories: [before, after], weight: 1 })
    }
}

/// Whether the condition of a population looks at events, or may by what it refers to.
fn may_ask_for_events(population: &Population) -> bool {
    let (Population::Users { condition } | Population::Traffic { condition }) = population else {
        return true;
    };
    let asks = |part: &ExprKind| {
        matches!(part, ExprKind::Behaviour(_) | ExprKind::InSegment(_) | ExprKind::Key(_))
    };
    condition.iter().any(|condition| condition.node.parts().any(|(part, _)| asks(part)))
}

/// The id and the other members of a context.
fn split(context: &Value) -> (Option<Arc<str>>, Arc<Object>) {
    let Value::Object(members) = context else { return (None, Arc::default()) };
    let user = members.get(USER_ID).and_then(|id| match id {
        Value::String(id) => Some(Arc::clone(id)),
        _ => None,
    });
    if user.is_none() {
        return (None, Arc::clone(members));
    }
    let others = members.iter().filter(|(name, _)| ***name != *USER_ID);
    (user, Arc::new(others.map(|(name, value)| (Arc::clone(name), value.clone())).collect()))
}

/// Whether what is told is told of contexts, given or recorded.
pub(super) fn tells_of_contexts(view: &View<'_>, population: Option<&Population>) -> Result<bool> {
    match population {
        None => has_users(view).map(|has_users| !has_users),
        Some(Population::Contexts(_) | Population::Traffic { .. }) => Ok(true),
        Some(Population::Users { .. } | Population::User { .. }) => Ok(false),
    }
}

/// Whether the store knows any users.
fn has_users(view: &View<'_>) -> Result<bool> {
    let is_known = view.has_pending_users() || view.reader()?.user_count()? > 0;
    Ok(is_known || view.snapshot()?.lists().users().next().is_some())
}

/// The condition over people, if there is one.
fn compile_some(
    view: &View<'_>,
    condition: Option<&Expr>,
    catalog: &Catalog,
) -> Result<Option<Program>> {
    condition.map(|condition| compile(view, condition, catalog)).transpose()
}

/// A condition over people, as one of a segment would be.
fn compile(view: &View<'_>, condition: &Expr, catalog: &Catalog) -> Result<Program> {
    let (now, parameters) = (view.now, view.parameters);
    let (role, origin) = (Role::Admin, Origin::Writer);
    let binder = Binder { catalog, now, parameters, versions: view, role, origin };
    let condition = binder.condition(condition)?;
    eval::compile(condition.expr(), &CatalogScope(catalog))
}
