//! `WHERE`, `ORDER BY` and `LIMIT` over the columns of a table.

use std::cmp::Ordering;
use std::sync::Arc;

use super::meant::{meant_as_text, unknown_column};
use super::rows::{Column, ColumnKind, Row};
use crate::error::{Error, ErrorKind, Result};
use crate::eval::{self, Environment, Lookup, Scope, Snapshot, Type};
use crate::model::{
    AttributeName, Catalog, CompareOp, Context, Expr, ExprKind, KeyId, KeyType, Literal, Name,
    Path, ReadAs, SegmentId, Span, Spanned, Timestamp, Value, compare_numbers,
};
use crate::statement::find::{find_key, find_segment};
use crate::statement::{Direction, Filter, Parameters};
use crate::syntax::column_of_value;

/// A filter made ready for the columns of a table.
pub(super) struct Selection {
    columns: &'static [Column],
    condition: Option<Condition>,
    order: Vec<(usize, Path, Direction)>,
    limit: Option<usize>,
    now: Timestamp,
}

/// A condition over columns, with the values of its parameters, and compiled.
struct Condition {
    expr: Expr,
    program: eval::Program,
}

impl Selection {
    /// Checks that a filter speaks of columns that there are. `users`: if the rows are about users, the keys and
    /// segments that may be asked of them.
    pub(super) fn new(
        filter: &Filter,
        columns: &'static [Column],
        users: Option<&Catalog>,
        parameters: &Parameters,
        now: Timestamp,
    ) -> Result<Self> {
        let compile = |expr| -> Result<Condition> {
            let mut expr = parameters.bind(expr)?.into_owned();
            read_value(&mut expr);
            read_times(&mut expr, columns);
            let program = eval::compile(&expr, &ColumnScope { columns, users });
            let program = program.map_err(|error| meant_as_text(&expr, error))?;
            Ok(Condition { expr, program })
        };
        let order = filter.order.iter().map(|(path, direction)| {
            let column = column_of(columns, &path.node, path.span)?;
            Ok((column, path.node.clone(), *direction))
        });
        let limit = filter.limit.as_ref().map(|limit| parameters.whole(limit)).transpose()?;
        let limit = limit.map(|limit| usize::try_from(limit.node).unwrap_or(usize::MAX));
        Ok(Self {
            columns,
            condition: filter.condition.as_ref().map(compile).transpose()?,
            order: order.collect::<Result<_>>()?,
            limit,
            now,
        })
    }

    /// Whether a row passes the condition.
    pub(super) fn passes(&self, row: &[Value]) -> bool {
        let Some(condition) = &self.condition else { return true };
        condition.program.holds(&mut self.environment(row))
    }

    /// Whether a row about a user passes the condition.
    pub(super) fn passes_of(&self, row: &[Value], snapshot: &Snapshot, user: &Context) -> bool {
        let Some(condition) = &self.condition else { return true };
        let row = self.environment(row);
        let column = |name: &AttributeName| row.attribute(name);
        snapshot.holds_beside(&condition.program, user, self.now, &column) == Some(true)
    }

    fn environment<'r>(&self, row: &'r [Value]) -> RowEnvironment<'r> {
        RowEnvironment { columns: self.columns, row, now: self.now }
    }

    /// The one value that the condition lets a column have, if it says so.
    pub(super) fn only(&self, column: &str) -> Option<&Value> {
        only(&self.condition.as_ref()?.expr, column)
    }

    /// Whether the condition or the order asks for a column.
    pub(super) fn asks_for(&self, column: &str) -> bool {
        let is_it = |name: &Arc<str>| &**name == column;
        let condition = self.condition.as_ref();
        condition.is_some_and(|condition| condition.expr.node.attributes().iter().any(is_it))
            || self.order.iter().any(|(_, path, _)| path.first().is_some_and(is_it))
    }

    /// How many rows are wanted at most.
    pub(super) fn limit(&self) -> Option<usize> {
        self.limit
    }

    /// Whether the rows are wanted in the order in which they are listed.
    pub(super) fn is_unordered(&self) -> bool {
        self.order.is_empty()
    }

    /// Orders two rows as they are wanted.
    pub(super) fn compare(&self, a: &[Value], b: &[Value]) -> Ordering {
        let by = |(at, path, direction): &(usize, Path, Direction)| {
            let dig = |row: &[Value]| {
                let value = row.get(*at).and_then(|v| v.dig(path.get(1..).unwrap_or_default()));
                value.cloned().unwrap_or(Value::Null)
            };
            let kind = self.columns.get(*at).map_or(ColumnKind::Value, Column::kind);
            let order = compare_values(&dig(a), &dig(b), kind);
            if *direction == Direction::Descending { order.reverse() } else { order }
        };
        self.order.iter().map(by).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

/// Orders two rows by one of their columns.
pub(super) fn compare_column(columns: &[Column], at: usize, a: &Row, b: &Row) -> Ordering {
    let [a, b] = [a, b].map(|row| row.get(at).unwrap_or(&Value::Null));
    compare_values(a, b, columns.get(at).map_or(ColumnKind::Value, Column::kind))
}

/// Orders any two values: `NULL`, booleans, numbers, texts, then lists and objects by their text.
fn compare_values(a: &Value, b: &Value, kind: ColumnKind) -> Ordering {
    match (a, b) {
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) if kind == ColumnKind::Time => {
            Timestamp::parse(a).ok().cmp(&Timestamp::parse(b).ok())
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

/// The one value that an expression lets a column have, if it says so.
fn only<'e>(expr: &'e Expr, column: &str) -> Option<&'e Value> {
    let mut todo = vec![expr];
    while let Some(expr) = todo.pop() {
        match &expr.node {
            ExprKind::And(items) => todo.extend(items.iter().rev()),
            ExprKind::Compare { op: CompareOp::Equal, left, right } => {
                let found = equal_to(column, left, right);
                if found.is_some() {
                    return found;
                }
            }
            _ => {}
        }
    }
    None
}

/// The value that a column is compared with, if that is what two expressions are.
fn equal_to<'e>(column: &str, left: &'e Expr, right: &'e Expr) -> Option<&'e Value> {
    let ((ExprKind::Attribute(path), ExprKind::Literal(Literal::Value(value)))
    | (ExprKind::Literal(Literal::Value(value)), ExprKind::Attribute(path))) =
        (&left.node, &right.node)
    else {
        return None;
    };
    matches!(&**path, [name] if &**name == column).then_some(value)
}

/// Makes each `VALUE` the column of that name: there is no other where names are columns.
fn read_value(expr: &mut Expr) {
    let mut todo = vec![expr];
    while let Some(expr) = todo.pop() {
        if let ExprKind::CheckValue(steps) = &expr.node {
            expr.node = ExprKind::Attribute(column_of_value(steps));
        }
        todo.extend(expr.node.operands_mut());
    }
}

/// Makes the texts that a column of instants is compared with instants: as texts they would not be in the
/// order of time.
fn read_times(expr: &mut Expr, columns: &[Column]) {
    let mut todo = vec![expr];
    while let Some(expr) = todo.pop() {
        let is_time = compares_time(expr, columns);
        for operand in expr.node.operands_mut() {
            match &operand.node {
                ExprKind::Literal(Literal::Value(Value::String(text))) if is_time => {
                    operand.node = ExprKind::read(ReadAs::Timestamp, Arc::clone(text));
                }
                _ => todo.push(operand),
            }
        }
    }
}

/// Whether an expression compares a column of instants.
fn compares_time(expr: &Expr, columns: &[Column]) -> bool {
    let compares = matches!(
        expr.node,
        ExprKind::Compare { .. } | ExprKind::Between { .. } | ExprKind::In { .. }
    );
    compares && expr.node.operands().into_iter().any(|operand| is_time(operand, columns))
}

fn is_time(expr: &Expr, columns: &[Column]) -> bool {
    let ExprKind::Attribute(path) = &expr.node else { return false };
    let [name] = &**path else { return false };
    columns.iter().any(|c| c.kind() == ColumnKind::Time && c.name() == &**name)
}

fn column_of(columns: &[Column], path: &Path, span: Span) -> Result<usize> {
    let name: &str = path.first().map_or("", |name| name);
    let names = || columns.iter().map(Column::name);
    names()
        .position(|column| column == name)
        .ok_or_else(|| unknown_column(name, span, &names().collect::<Vec<_>>(), std::iter::empty()))
}

/// Scope of the `WHERE` of a table: names are its columns.
struct ColumnScope<'c> {
    columns: &'static [Column],
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

    fn attribute(&self, path: &Path, span: Span) -> Result<Option<Type>> {
        column_of(self.columns, path, span).map(|_| None)
    }

    fn column(&self, path: &Path) -> Option<Type> {
        let [name] = &**path else { return None };
        self.columns.iter().find(|column| column.name() == &**name)?.kind().known()
    }
}

fn misplaced(what: &str, span: Span) -> Error {
    let why = "names are the columns of the table here";
    Error::from(ErrorKind::Misplaced { what: what.into(), why }).at(span)
}

/// A row of a table as a condition sees it.
struct RowEnvironment<'r> {
    columns: &'static [Column],
    row: &'r [Value],
    now: Timestamp,
}

impl<'r> Environment<'r> for RowEnvironment<'r> {
    fn attribute(&self, name: &AttributeName) -> Lookup<'r> {
        let index = self.columns.iter().position(|column| column.name() == name.as_str());
        index.and_then(|index| self.row.get(index)).into()
    }

    fn now(&self) -> Timestamp {
        self.now
    }
}
