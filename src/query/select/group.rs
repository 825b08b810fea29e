//! Groups of rows, in the order of their first ones.

use super::answer::Answers;
use super::expression::{Expression, Row};
use super::fold::{Folding, State};
use super::hashed::{Hashed, Map};
use crate::error::Result;
use crate::model::Datum;
use crate::query::budget::{Budget, PLACE};
use crate::query::bulk::Bulk;
use crate::query::sorter::sorted;

/// Grouping of rows: by what, and what is made of each group.
#[derive(Debug)]
pub(super) struct Grouping {
    pub(super) keys: Vec<Expression>,
    pub(super) folds: Vec<Folding>,
    /// The columns by which the rows would be sorted, if they come in no order: then the groups are sorted by them.
    pub(super) first_by: &'static [usize],
}

/// Groups that are being made.
pub(super) struct Groups<'g> {
    grouping: &'g Grouping,
    /// Where each group is, by what it is grouped by.
    places: Bulk<Map<Row, usize>>,
    made: Bulk<Vec<Group>>,
    /// What the row that comes in is grouped by.
    key: Row,
    /// How many rows came in.
    rows: usize,
}

struct Group {
    key: Row,
    states: Vec<State>,
    /// What the first of its rows has of the columns by which they would be sorted, and the number of the row.
    first: Option<(Row, usize)>,
}

impl Group {
    /// Whether a row comes before all that it has; `by`: the columns by which they would be sorted.
    fn begins_with(&self, row: &[Datum], by: &[usize]) -> bool {
        let Some((first, _)) = &self.first else { return !by.is_empty() };
        by.iter().map(|column| row.get(*column)).lt(first.iter().map(Some))
    }
}

impl<'g> Groups<'g> {
    /// No groups; one without rows if it is not said by what they are grouped.
    pub(super) fn new(grouping: &'g Grouping) -> Self {
        let (places, made, key) = (Bulk::default(), Bulk::default(), Row::new());
        let mut groups = Self { grouping, places, made, key, rows: 0 };
        if grouping.keys.is_empty() {
            groups.begin(Hashed::new(Row::new()));
        }
        groups
    }

    fn begin(&mut self, key: Hashed<Row>) -> usize {
        let states = self.grouping.folds.iter().map(Folding::begin).collect();
        self.made.push(Group { key: key.value().clone(), states, first: None });
        let place = self.made.len() - 1;
        self.places.insert(key, place);
        place
    }

    /// Takes a row into its group.
    pub(super) fn take(&mut self, row: &[Datum], answers: &Answers, budget: &Budget) -> Result<()> {
        self.key.clear();
        self.key.extend(self.grouping.keys.iter().map(|key| key.value(row, answers)));
        let key = Hashed::new(std::mem::take(&mut self.key));
        let place = if let Some(place) = self.places.get(&key) {
            *place
        } else {
            // the key is there twice: by it a group is found, and it is the beginning of its row
            budget.take_row(key.value())?;
            budget.take_row(key.value())?;
            budget.take(PLACE + size_of::<Group>())?;
            budget.take(self.grouping.folds.len() * size_of::<State>())?;
            self.begin(key.clone())
        };
        self.key = key.into_value();
        let Some(group) = self.made.get_mut(place) else { return Ok(()) };
        if group.begins_with(row, self.grouping.first_by) {
            // of what is equal, 1 and 1.0, it is grouped by what comes first
            group.key.clone_from(&self.key);
            let first = self.grouping.first_by.iter().filter_map(|column| row.get(*column));
            group.first = Some((first.cloned().collect(), self.rows));
        }
        self.rows += 1;
        let folds = self.grouping.folds.iter().zip(&mut group.states);
        folds.into_iter().try_for_each(|(fold, state)| fold.take(state, row, answers, budget))
    }

    /// The rows of the groups: what each is grouped by, then its aggregates.
    pub(super) fn into_rows(
        self,
        budget: &Budget<'_>,
    ) -> Result<impl Iterator<Item = Row> + use<>> {
        let groups = sorted(self.made.into_inner(), budget, |a, b| a.first.cmp(&b.first))?;
        let mut last_first = Bulk::new(groups);
        last_first.reverse();
        Ok(std::iter::from_fn(move || last_first.pop()).map(|group| {
            let folded = group.states.into_iter().map(State::finish);
            group.key.into_iter().chain(folded).collect()
        }))
    }
}
