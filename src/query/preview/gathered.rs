//! What a preview has found: how many get one value in place of another, or who gets what.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ptr;
use std::sync::Arc;

use super::key::{Key, differ};
use super::people::Person;
use crate::error::{Error, ErrorKind, Result};
use crate::eval::{Evaluation, Source};
use crate::limits::PREVIEW_ROWS;
use crate::model::{HIDDEN, Value, order_values};
use crate::query::budget::Budget;
use crate::query::rows::ColumnKind::{Integer, Number, Object as Attributes, Text, Value as Any};
use crate::query::rows::{Column, Row, Rows};
use crate::query::sorter::{Sorter, sorted};
use crate::query::value::optional;
use crate::statement::Detail;

/// The columns that say what changes.
macro_rules! columns {
    ([$($before:expr),*], [$($after:expr),*]) => {
        &[
            $($before,)*
            Column::of("key", Text, "the key"),
            Column::of("from", Any, "its value before"),
            Column::of("to", Any, "its value after"),
            Column::of("from_variant", Text, "the arm of the split that decides before"),
            Column::of("to_variant", Text, "the arm of the split that decides after"),
            Column::of("from_reason", Text, "why it has the value before"),
            Column::of("to_reason", Text, "why it has the value after"),
            Column::of("from_segment", Text, "the segment of the row that decides before"),
            Column::of("to_segment", Text, "the segment of the row that decides after"),
            $($after,)*
        ]
    };
}

const USER: Column = Column::of("user", Text, "the id of the user");
const ATTRIBUTES: Column =
    Column::of("attributes", Attributes, "the other attributes of the context");

const GROUPS: &[Column] = columns!(
    [],
    [
        Column::of("users", Integer, "how many users or contexts it changes for"),
        Column::of("share", Number, "how many percent of all of them that are"),
        Column::of("example", Text, "the least of the ids of these users")
    ]
);
const USERS: &[Column] = columns!([USER], []);
const CONTEXTS: &[Column] = columns!([USER, ATTRIBUTES], []);

/// Where the attributes and the key are among the columns of contexts.
const ATTRIBUTES_AT: usize = 1;
const KEY_AT: usize = 2;

/// The columns of a preview. `contexts`: whether it tells of contexts.
pub(super) fn columns(detail: Detail, contexts: bool) -> &'static [Column] {
    match detail {
        Detail::Groups => GROUPS,
        Detail::Users if contexts => CONTEXTS,
        Detail::Users => USERS,
    }
}

/// What was found, and of how many.
pub(super) struct Found<'b> {
    /// How many people there are.
    pub(super) population: u64,
    /// How many of them get another value.
    pub(super) changed: u64,
    gathered: Gathered<'b>,
    budget: &'b Budget<'b>,
    /// Whether the one who is looked at does.
    changes: bool,
}

/// What changes.
enum Gathered<'b> {
    /// All who get one value in place of another.
    Groups(Groups),
    /// Who gets which value in place of which.
    Users(Users<'b>),
}

/// Groups of people for whom the same changes.
struct Groups {
    /// The groups by what their values are at in memory: they may be large, and few are met often.
    places: HashMap<Places, usize>,
    found: Vec<Group>,
    limit: usize,
}

/// Where the key, and what it has on each side, are in memory.
type Places = (u32, [[usize; 4]; 2]);

struct Group {
    /// The key, and what changes.
    cells: Row,
    users: u64,
    example: Option<Arc<str>>,
}

type Order = fn(&Row, &Row) -> Ordering;

/// A row for each person and key.
struct Users<'b> {
    rows: Sorter<'b, Row, Order>,
    limit: usize,
}

impl<'b> Found<'b> {
    /// Nothing yet; there are to be so many rows at most.
    pub(super) fn new(detail: Detail, limit: Option<usize>, budget: &'b Budget<'b>) -> Self {
        let limit = limit.unwrap_or(usize::MAX);
        let gathered = match detail {
            Detail::Groups => {
                let (places, found) = (HashMap::new(), Vec::new());
                Gathered::Groups(Groups { places, found, limit })
            }
            Detail::Users => {
                let rows: Sorter<'b, Row, Order> = Sorter::new(budget, order_people);
                let rows = rows.first(limit, |row| budget.give_back(row));
                Gathered::Users(Users { rows, limit })
            }
        };
        Self { population: 0, changed: 0, gathered, budget, changes: false }
    }

    /// Takes in what a key has for a person before and after.
    pub(super) fn add(
        &mut self,
        person: &Person,
        key: &Key,
        values: [Option<&Evaluation<'_>>; 2],
    ) -> Result<()> {
        if !differ(values) {
            return Ok(());
        }
        self.changes = true;
        match &mut self.gathered {
            Gathered::Groups(groups) => groups.add(person, key, values, self.budget),
            Gathered::Users(users) => users.add(person, key, values, self.budget),
        }
    }

    /// Counts the person who was looked at.
    pub(super) fn count_person(&mut self, person: &Person) {
        self.population = self.population.saturating_add(person.weight);
        if std::mem::take(&mut self.changes) {
            self.changed = self.changed.saturating_add(person.weight);
        }
    }

    /// The rows, in their order.
    pub(super) fn into_rows(self, shows_attributes: bool) -> Result<Rows> {
        match self.gathered {
            Gathered::Groups(groups) => {
                Ok(Rows::new(GROUPS, groups.into_rows(self.population, self.budget)?))
            }
            Gathered::Users(users) => {
                let mut rows = users.rows.finish()?;
                if shows_attributes {
                    return Ok(Rows::new(CONTEXTS, rows));
                }
                for row in &mut rows {
                    row.remove(ATTRIBUTES_AT);
                }
                Ok(Rows::new(USERS, rows))
            }
        }
    }
}

impl Groups {
    fn add(
        &mut self,
        person: &Person,
        key: &Key,
        values: [Option<&Evaluation<'_>>; 2],
        budget: &Budget<'_>,
    ) -> Result<()> {
        let place = *self.places.entry(places(key, values)).or_insert(self.found.len());
        if place == self.found.len() {
            let hint = "`WHERE` after `FOR USERS` or `FOR TRAFFIC` keeps fewer people";
            refuse_more(place + 1, hint)?;
            let cells = cells(key, values);
            budget.take(size_of::<(Places, usize, Group)>())?;
            budget.take_row(&cells)?;
            self.found.push(Group { cells, users: 0, example: None });
        }
        let Some(group) = self.found.get_mut(place) else { return Ok(()) };
        group.users = group.users.saturating_add(person.weight);
        if let Some(user) = &person.user
            && group.example.as_ref().is_none_or(|example| user < example)
        {
            group.example = Some(Arc::clone(user));
        }
        Ok(())
    }

    fn into_rows(self, population: u64, budget: &Budget<'_>) -> Result<Vec<Row>> {
        let mut groups: Vec<Group> = Vec::new();
        for group in sorted(self.found, budget, |a: &Group, b| order(&a.cells, &b.cells))? {
            budget.step()?;
            match groups.last_mut().filter(|last| order(&last.cells, &group.cells).is_eq()) {
                Some(last) => last.join(group),
                None => groups.push(group),
            }
        }
        let by_users = |a: &Group, b: &Group| order(a.key(), b.key()).then(b.users.cmp(&a.users));
        let groups = sorted(groups, budget, by_users)?;
        Ok(groups.into_iter().take(self.limit).map(|group| group.into_row(population)).collect())
    }
}

impl Group {
    /// The key alone.
    fn key(&self) -> &[Value] {
        self.cells.get(..1).unwrap_or_default()
    }

    /// Takes in another group, for whom the same changes.
    fn join(&mut self, other: Self) {
        self.users = self.users.saturating_add(other.users);
        self.example = self.example.take().into_iter().chain(other.example).min();
    }

    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 people")]
    fn into_row(self, population: u64) -> Row {
        let share = 100.0 * self.users as f64 / population as f64;
        let users = i64::try_from(self.users).unwrap_or(i64::MAX);
        let counted = [users.into(), Value::Double(share), optional(self.example.as_deref())];
        let mut row = self.cells;
        row.extend(counted);
        row
    }
}

impl Users<'_> {
    fn add(
        &mut self,
        person: &Person,
        key: &Key,
        values: [Option<&Evaluation<'_>>; 2],
        budget: &Budget<'_>,
    ) -> Result<()> {
        let user = optional(person.user.as_deref());
        let mut row = vec![user, Value::Object(Arc::clone(&person.shown))];
        row.extend(cells(key, values));
        budget.take_row(&row)?;
        self.rows.take(row)?;
        let hint = "`LIMIT` keeps the first, and without `BY USER` there are few";
        refuse_more(self.rows.len().min(self.limit), hint)
    }
}

/// Orders rows by the person and the key.
fn order_people(a: &Row, b: &Row) -> Ordering {
    let by = |column| order(cell(a, column), cell(b, column));
    by(0).then_with(|| by(KEY_AT))
}

/// The cell of a row in a column, alone.
fn cell(row: &[Value], column: usize) -> &[Value] {
    row.get(column..=column).unwrap_or_default()
}

/// Fails if there are too many rows.
fn refuse_more(found: usize, hint: &str) -> Result<()> {
    if found <= PREVIEW_ROWS {
        return Ok(());
    }
    let (what, limit, unit) = ("a preview", PREVIEW_ROWS, "rows");
    let error = Error::from(ErrorKind::TooMany { what, limit, unit, found });
    Err(error.hint(hint))
}

/// Orders rows by their cells, from the first on.
fn order(a: &[Value], b: &[Value]) -> Ordering {
    let unlike = a.iter().zip(b).map(|(a, b)| order_values(a, b)).find(|order| order.is_ne());
    unlike.unwrap_or(Ordering::Equal)
}

/// Where what a key has is in memory: it stays there as long as the states that are compared.
fn places(key: &Key, [before, after]: [Option<&Evaluation<'_>>; 2]) -> Places {
    let of = |side: Option<&Evaluation<'_>>| {
        let Some(one) = side else { return [0; 4] };
        let Source { segment, variant, .. } = one.source();
        [
            ptr::from_ref(one.value()).addr(),
            variant.map_or(0, |variant| variant.as_ptr().addr()),
            one.reason().as_str().as_ptr().addr(),
            segment.map_or(0, |segment| segment.as_str().as_ptr().addr()),
        ]
    };
    (key.id.0, [of(before), of(after)])
}

/// The key, and what it has before and after, as it is shown.
fn cells(key: &Key, [before, after]: [Option<&Evaluation<'_>>; 2]) -> Row {
    let value = |side: Option<&Evaluation<'_>>| match side {
        None => Value::Null,
        Some(_) if key.is_secret => Value::from(HIDDEN),
        Some(one) => one.value().clone(),
    };
    let variant = |side: Option<&Evaluation<'_>>| optional(side.and_then(Evaluation::variant));
    let reason = |side: Option<&Evaluation<'_>>| {
        side.map_or(Value::Null, |one| Value::String(one.reason().to_arc()))
    };
    let segment = |side: Option<&Evaluation<'_>>| {
        let name = side.and_then(Evaluation::segment);
        name.map_or(Value::Null, |name| Value::String(name.to_arc()))
    };
    vec![
        Value::String(Arc::clone(&key.name)),
        value(before),
        value(after),
        variant(before),
        variant(after),
        reason(before),
        reason(after),
        segment(before),
        segment(after),
    ]
}
