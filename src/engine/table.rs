//! `WHERE`, `ORDER BY` and `LIMIT` over the columns of a table.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Outcome, Rows, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::eval::{self, Environment, Lookup, Scope};
use crate::model::{
    AttributeName, Catalog, Context, Expr, ExprKind, KeyId, KeyType, Literal, Name, Path,
    SegmentId, Span, Spanned, Timestamp, Value, compare_numbers,
};
use crate::statement::find::{find_key, find_segment};
use crate::statement::{Direction, Filter};

/// The columns that hold instants: they are ordered as such, not as texts.
const TIMES: [&str; 6] = ["time", "at", "until", "next", "first", "last"];

impl Session {
    /// Makes a table of rows, as far as the filter lets them through.
    pub(super) fn table(
        &self,
        columns: &'static [&'static str],
        rows: Vec<Vec<Value>>,
        filter: &Filter,
    ) -> Result<Outcome> {
        let rows = Filtering::new(self, columns, filter)?.apply(rows);
        Ok(Outcome::Rows(Rows::new(columns, rows)))
    }
}

/// A filter made ready for the columns of a table.
pub(super) struct Filtering {
    columns: &'static [&'static str],
    condition: Option<eval::Program>,
    order: Vec<(usize, Path, Direction)>,
    limit: Option<usize>,
    now: Timestamp,
}

/// How many rows more than wanted are kept before the least are let go.
const SURPLUS: usize = 1_000;

impl Filtering {
    /// Checks that the filter speaks of columns that there are.
    pub(super) fn new(
        session: &Session,
        columns: &'static [&'static str],
        filter: &Filter,
    ) -> Result<Self> {
        Self::with_scope(session, &ColumnScope { columns, users: None }, filter)
    }

    /// A filter over a table about users: what a segment may ask of a user, it may ask, too.
    pub(super) fn of_users(
        session: &Session,
        catalog: &Catalog,
        columns: &'static [&'static str],
        filter: &Filter,
    ) -> Result<Self> {
        Self::with_scope(session, &ColumnScope { columns, users: Some(catalog) }, filter)
    }

    fn with_scope(session: &Session, scope: &ColumnScope<'_>, filter: &Filter) -> Result<Self> {
        let columns = scope.columns;
        let compile = |expr| {
            let mut bound = session.parameters.bind(expr)?.into_owned();
            read_times(&mut bound);
            eval::compile(&bound, scope)
        };
        let order = filter.order.iter().map(|(path, direction)| {
            let column = column_of(columns, &path.node, path.span)?;
            Ok((column, path.node.clone(), *direction))
        });
        Ok(Self {
            columns,
            condition: filter.condition.as_ref().map(compile).transpose()?,
            order: order.collect::<Result<_>>()?,
            limit: filter.limit.as_ref().map(|n| usize::try_from(n.node).unwrap_or(usize::MAX)),
            now: session.now(),
        })
    }

    /// Whether a row passes the condition.
    pub(super) fn passes(&self, row: &[Value]) -> bool {
        let Some(program) = &self.condition else { return true };
        let mut env = RowEnvironment { columns: self.columns, row, now: self.now };
        program.evaluate(&mut env) == Some(true)
    }

    /// Whether a row about a user passes the condition.
    pub(super) fn passes_user(
        &self,
        row: &[Value],
        snapshot: &eval::Snapshot,
        context: &Context,
    ) -> bool {
        let Some(program) = &self.condition else { return true };
        let row = RowEnvironment { columns: self.columns, row, now: self.now };
        let column = |name: &AttributeName| row.attribute(name);
        snapshot.holds_beside(program, context, self.now, &column) == Some(true)
    }

    /// Lets the rows go that will not be wanted, when there are too many. `usual`: the order in which rows are
    /// that are in no other.
    pub(super) fn prune(
        &self,
        rows: &mut Vec<Vec<Value>>,
        usual: impl Fn(&[Value], &[Value]) -> Ordering,
    ) {
        let Some(limit) = self.limit else { return };
        if rows.len() >= limit.saturating_add(SURPLUS) {
            rows.sort_by(|a, b| self.compare(a, b).then_with(|| usual(a, b)));
            rows.truncate(limit);
        }
    }

    /// The number of rows after which no more are wanted; only if they come in the order wanted.
    pub(super) fn enough(&self) -> Option<usize> {
        self.limit.filter(|_| self.order.is_empty())
    }

    /// The rows that pass, in the order wanted, no more than wanted.
    pub(super) fn apply(&self, mut rows: Vec<Vec<Value>>) -> Vec<Vec<Value>> {
        rows.retain(|row| self.passes(row));
        self.ordered(rows)
    }

    /// Rows that pass, in the order wanted, no more than wanted.
    pub(super) fn ordered(&self, mut rows: Vec<Vec<Value>>) -> Vec<Vec<Value>> {
        if !self.order.is_empty() {
            rows.sort_by(|a, b| self.compare(a, b));
        }
        rows.truncate(self.limit.unwrap_or(usize::MAX));
        rows
    }

    fn compare(&self, a: &[Value], b: &[Value]) -> Ordering {
        let null = Value::Null;
        let by = |(column, path, direction): &(usize, Path, Direction)| {
            let dig = |row: &[Value]| {
                let value = row.get(*column).and_then(|v| v.dig(path.get(1..).unwrap_or_default()));
                value.unwrap_or(&null).clone()
            };
            let time = self.columns.get(*column).is_some_and(|name| TIMES.contains(name));
            let order = compare_values(&dig(a), &dig(b), time);
            if *direction == Direction::Descending { order.reverse() } else { order }
        };
        self.order.iter().map(by).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

/// Orders any two values: `NULL`, booleans, numbers, texts, then lists and objects by their text.
pub(super) fn compare_values(a: &Value, b: &Value, time: bool) -> Ordering {
    match (a, b) {
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) if time => {
            Timestamp::parse_rfc3339(a).cmp(&Timestamp::parse_rfc3339(b))
        }
        (Value::String(a), Value::String(b)) => a.cmp(b),
        _ => compare_numbers(a, b).unwrap_or_else(|| {
            rank(a).cmp(&rank(b)).then_with(|| match rank(a) {
                4 => a.to_string().cmp(&b.to_string()),
                _ => Ordering::Equal,
            })
        }),
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Boolean(_) => 1,
        Value::Integer(_) | Value::Double(_) => 2,
        Value::String(_) => 3,
        Value::List(_) | Value::Object(_) => 4,
    }
}

/// Makes the texts that a column of instants is compared with instants: as texts they would not be in the
/// order of time.
fn read_times(expr: &mut Expr) {
    let operands = expr.node.operands();
    let compares = matches!(
        expr.node,
        ExprKind::Compare { .. } | ExprKind::Between { .. } | ExprKind::In { .. }
    );
    let is_time = compares && operands.iter().any(|operand| is_time_column(operand));
    for operand in expr.node.operands_mut() {
        match &operand.node {
            ExprKind::Literal(Literal::Value(Value::String(text))) if is_time => {
                operand.node = ExprKind::Timestamp(Arc::clone(text));
            }
            _ => read_times(operand),
        }
    }
}

fn is_time_column(expr: &Expr) -> bool {
    let ExprKind::Attribute(path) = &expr.node else { return false };
    matches!(&**path, [name] if TIMES.contains(&&**name))
}

fn column_of(columns: &[&'static str], path: &Path, span: Span) -> Result<usize> {
    let name: &str = path.first().map_or("", |name| name);
    columns.iter().position(|column| *column == name).ok_or_else(|| {
        Error::from(ErrorKind::UnknownColumn { name: name.to_owned() })
            .at(span)
            .suggest(name, columns.iter().copied())
            .hint(format!("the columns are {}{}", columns.join(", "), member_hint(columns, name)))
    })
}

/// How to name what a column has inside, if that may have been meant.
fn member_hint(columns: &[&str], name: &str) -> String {
    let objects =
        [("properties", "a property of an event"), ("attributes", "an attribute of a user")];
    let is_simple = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let column = objects.iter().find(|(column, _)| is_simple && columns.contains(column));
    column.map_or_else(String::new, |(column, what)| format!("; {column}.{name} is {what}"))
}

/// What names mean in the `WHERE` of a table: its columns.
struct ColumnScope<'c> {
    columns: &'static [&'static str],
    /// If the rows are about users: the keys and segments that may be asked of them.
    users: Option<&'c Catalog>,
}

impl Scope for ColumnScope<'_> {
    fn key(&self, name: &Spanned<Name>) -> Result<(KeyId, KeyType)> {
        let catalog = self.users.ok_or_else(|| misplaced("KEY(…)", name.span))?;
        find_key(catalog, name).map(|key| (key.id, key.kind))
    }

    fn segment(&self, name: &Spanned<Name>) -> Result<SegmentId> {
        let catalog = self.users.ok_or_else(|| misplaced("IN SEGMENT", name.span))?;
        find_segment(catalog, name).map(|segment| segment.id)
    }

    fn user(&self, what: &str, span: Span) -> Result<()> {
        self.users.map(drop).ok_or_else(|| misplaced(what, span))
    }

    fn attribute(&self, path: &Path, span: Span) -> Result<()> {
        column_of(self.columns, path, span).map(drop)
    }
}

fn misplaced(what: &str, span: Span) -> Error {
    let why = "names are the columns of the table here";
    Error::from(ErrorKind::Misplaced { what: what.into(), why }).at(span)
}

/// A row of a table as a condition sees it.
struct RowEnvironment<'r> {
    columns: &'static [&'static str],
    row: &'r [Value],
    now: Timestamp,
}

impl<'r> Environment<'r> for RowEnvironment<'r> {
    fn attribute(&self, name: &AttributeName) -> Lookup<'r> {
        let place = self.columns.iter().position(|column| *column == name.as_str());
        place.and_then(|at| self.row.get(at)).into()
    }

    fn now(&self) -> Timestamp {
        self.now
    }
}

/// A list of texts as a value.
pub(super) fn texts(items: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Value {
    let items: Vec<_> = items.into_iter().map(|text| Value::String(text.into())).collect();
    Value::from(items)
}

/// An instant as a value.
pub(super) fn instant(at: Timestamp) -> Value {
    Value::from(at.to_string())
}

/// A text that may be missing as a value.
pub(super) fn maybe(text: Option<&Arc<str>>) -> Value {
    text.map_or(Value::Null, |text| Value::String(Arc::clone(text)))
}
