//! `SHOW USERS` and `SHOW EVENTS`: scans over all users, page by page, which can be interrupted.

use std::cmp::Ordering;
use std::iter::once;
use std::sync::Arc;
use std::sync::atomic::{self, AtomicU64};

use super::read::optional;
use super::table::{Filtering, compare_values, instant};
use super::tracking::context;
use super::{Database, Outcome, Rows, Session};
use crate::behaviour::{EventRef, UserHistory};
use crate::error::{ErrorKind, Result};
use crate::model::{CompareOp, Entry, Expr, ExprKind, Literal, Timestamp, Value};
use crate::statement::{Show, Table};

const USERS: &[&str] = &["user", "attributes", "events", "first", "last"];
/// What counting gives.
pub(super) const COUNT: &[&str] = &["count"];
const EVENTS: &[&str] = &["time", "event", "user", "properties", "id"];

/// How many users are read at a time.
const PAGE: usize = 256;

/// How often scans were asked to end.
#[derive(Clone, Debug, Default)]
pub(super) struct Interrupts(Arc<AtomicU64>);

impl Interrupts {
    pub(super) fn count(&self) -> u64 {
        self.0.load(atomic::Ordering::Relaxed)
    }
}

/// Ends what takes long in a database. It does not keep the database open, so that it can be handed to whoever
/// hears that somebody has lost patience.
#[derive(Clone, Debug)]
pub struct InterruptHandle(Interrupts);

impl InterruptHandle {
    /// Ends the scans of `SHOW USERS` and `SHOW EVENTS` and the dumps that are running, on any thread: they fail
    /// with `interrupted`. What begins later is not affected.
    pub fn interrupt(&self) {
        self.0.0.fetch_add(1, atomic::Ordering::Relaxed);
    }
}

impl Database {
    /// Returns what ends the scans that run in this database.
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        InterruptHandle(self.shared.interrupts.clone())
    }
}

/// The rows that were found, or how many.
struct Found<'f> {
    filter: &'f Filtering,
    rows: Vec<Vec<Value>>,
    count: i64,
    counts_only: bool,
    /// How many rows are enough.
    enough: Option<usize>,
    /// Whether the rows are in the order of time, if not said otherwise.
    by_time: bool,
}

impl Found<'_> {
    /// Takes rows in, and tells whether more are wanted.
    fn take(&mut self, rows: impl Iterator<Item = Vec<Value>>) -> bool {
        if self.counts_only {
            self.count += i64::try_from(rows.count()).unwrap_or(i64::MAX);
            return true;
        }
        self.rows.extend(rows);
        self.filter.prune(&mut self.rows, |a, b| compare_column(a, b, 0, self.by_time));
        self.enough.is_none_or(|enough| self.rows.len() < enough)
    }

    fn outcome(mut self, show: &Show) -> Outcome {
        if self.counts_only {
            return Outcome::Rows(Rows::new(COUNT, vec![vec![Value::from(self.count)]]));
        }
        let by_time = self.by_time;
        self.rows.sort_by(|a, b| compare_column(a, b, 0, by_time));
        let columns = columns(show.table);
        Outcome::Rows(Rows::new(columns, self.filter.ordered(self.rows)))
    }
}

fn columns(table: Table) -> &'static [&'static str] {
    if table == Table::Users { USERS } else { EVENTS }
}

fn compare_column(a: &[Value], b: &[Value], column: usize, time: bool) -> Ordering {
    let [a, b] = [a, b].map(|row| row.get(column).unwrap_or(&Value::Null));
    compare_values(a, b, time)
}

impl Session {
    /// Lists users or events, or counts them.
    pub(super) fn show_users(&self, show: &Show) -> Result<Outcome> {
        let (state, now) = (self.state(), self.now());
        let filter = Filtering::of_users(self, &state.catalog, columns(show.table), &show.filter)?;
        // users come in the order in which they are listed; events do not
        let by_time = show.table == Table::Events;
        let in_order = !by_time && self.recorded_users().is_empty();
        let enough = filter.enough().filter(|_| in_order);
        let (rows, count, counts_only) = (Vec::new(), 0, show.count);
        let mut found = Found { filter: &filter, rows, count, counts_only, enough, by_time };
        let only = show.filter.condition.as_ref().and_then(|c| self.only_user(c));
        self.each_user(only, |user, history| {
            let context = context(Some(Arc::clone(user)), Arc::clone(history), now);
            let passes = |row: &Vec<Value>| filter.passes_user(row, &state.snapshot, &context);
            if show.table == Table::Users {
                return found.take(once(user_row(user, history, now)).filter(passes));
            }
            let rows = history.events().map(|event| event_row(user, &event));
            found.take(rows.filter(passes))
        })?;
        Ok(found.outcome(show))
    }

    /// The one user that a condition is about, if it says so.
    fn only_user(&self, condition: &Expr) -> Option<Arc<str>> {
        match &condition.node {
            ExprKind::And(items) => items.iter().find_map(|item| self.only_user(item)),
            ExprKind::Compare { op: CompareOp::Equal, left, right } => {
                let ((ExprKind::Attribute(column), ExprKind::Literal(literal))
                | (ExprKind::Literal(literal), ExprKind::Attribute(column))) =
                    (&left.node, &right.node)
                else {
                    return None;
                };
                let is_user = matches!(&**column, [name] if &**name == "user");
                let value = match literal {
                    Literal::Value(value) => Some(value),
                    Literal::Parameter(name) => self.parameters.value(name),
                };
                value.filter(|_| is_user).and_then(Value::as_str).map(Arc::from)
            }
            _ => None,
        }
    }
}

impl Session {
    /// Goes through all users in byte order, or to the only one, until no more are wanted; users of whom only
    /// the open transaction says something come last.
    fn each_user(
        &self,
        only: Option<Arc<str>>,
        mut take: impl FnMut(&Arc<str>, &Arc<UserHistory>) -> bool,
    ) -> Result<()> {
        let mut take =
            |user: &Arc<str>, history: &Arc<UserHistory>| history.is_empty() || take(user, history);
        let mut own = self.recorded_users();
        if let Some(user) = only {
            take(&user, &self.history(&user)?);
            return Ok(());
        }
        let mut pages = Pages::new(self.database());
        while let Some(page) = pages.next()? {
            for (user, entries) in page {
                let history = if own.remove(&user) {
                    self.history(&user)?
                } else {
                    Arc::new(UserHistory::new(entries))
                };
                if !take(&user, &history) {
                    return Ok(());
                }
            }
        }
        for user in own {
            if !take(&user, &self.history(&user)?) {
                break;
            }
        }
        Ok(())
    }
}

/// A user, and all that is known of them in the order in which it came.
type Known = (Arc<str>, Vec<Entry>);

/// All users, page by page; memory does not grow with their number.
struct Pages<'d> {
    db: &'d Database,
    after: Option<Arc<str>>,
    /// How often scans had been asked to end when this one began.
    interrupts: u64,
}

impl<'d> Pages<'d> {
    fn new(db: &'d Database) -> Self {
        Self { db, after: None, interrupts: db.shared.interrupts.count() }
    }

    /// The next page; none after the last.
    fn next(&mut self) -> Result<Option<Vec<Known>>> {
        if self.db.shared.interrupts.count() != self.interrupts {
            return Err(ErrorKind::Interrupted.into());
        }
        let page = self.db.shared.store.users_after(self.after.as_deref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(None) };
        self.after = Some(Arc::clone(last));
        Ok(Some(page))
    }
}

fn user_row(user: &Arc<str>, history: &UserHistory, now: Timestamp) -> Vec<Value> {
    let times: Vec<_> = history.events().map(|event| event.at).filter(|at| *at <= now).collect();
    vec![
        Value::String(Arc::clone(user)),
        Value::Object(Arc::new(history.profile(now))),
        Value::from(i64::try_from(times.len()).unwrap_or(i64::MAX)),
        times.first().map_or(Value::Null, |at| instant(*at)),
        times.last().map_or(Value::Null, |at| instant(*at)),
    ]
}

fn event_row(user: &Arc<str>, event: &EventRef<'_>) -> Vec<Value> {
    vec![
        instant(event.at),
        Value::String(Arc::clone(event.name)),
        Value::String(Arc::clone(user)),
        Value::Object(Arc::new(event.properties.clone())),
        optional(event.id.map(|id| &**id)),
    ]
}
