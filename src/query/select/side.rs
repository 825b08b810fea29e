//! Right side of a join: its rows, and how those are found that are like one on the left.

use super::answer::Answers;
use super::expression::{Expression, Row};
use super::hashed::{Hashed, Map};
use super::plan::{Equality, Join};
use crate::error::Result;
use crate::model::Datum;
use crate::query::budget::{Budget, PLACE};
use crate::query::bulk::Bulk;

/// Rows on the right of a join.
pub(super) struct Side {
    rows: Bulk<Vec<Row>>,
    found: Found,
}

/// Where the rows are that have some values.
type Places = Map<Row, Vec<usize>>;

/// How rows are found that are like one on the left.
enum Found {
    /// All are.
    All,
    /// By what must be equal: where they are.
    Hashed(Bulk<Places>),
    /// By a place, in whose order both sides come: where the last ones began.
    Merged { place: usize, begin: usize },
}

impl Side {
    /// The side that has some rows.
    pub(super) fn new(
        rows: Bulk<Vec<Row>>,
        join: &Join<'_>,
        answers: &Answers,
        budget: &Budget<'_>,
    ) -> Result<Self> {
        let found = match &*join.equal {
            [] => Found::All,
            [Equality { right: Expression::Place(place), .. }] if join.is_merged => {
                Found::Merged { place: *place, begin: 0 }
            }
            _ => Found::Hashed(hashed(&rows, join, answers, budget)?),
        };
        Ok(Self { rows, found })
    }

    /// The rows that are equal to one on the left, as far as that finds them.
    pub(super) fn like<'s>(
        &'s mut self,
        join: &Join<'_>,
        left: &Row,
        answers: &Answers,
    ) -> Box<dyn Iterator<Item = &'s Row> + 's> {
        let key = || -> Row {
            join.equal.iter().map(|equal| equal.key(&equal.left, left, answers)).collect()
        };
        match &mut self.found {
            Found::All => Box::new(self.rows.iter()),
            Found::Hashed(places) => {
                let places = places.get(&Hashed::new(key())).map_or(&[][..], Vec::as_slice);
                Box::new(places.iter().filter_map(|place| self.rows.get(*place)))
            }
            Found::Merged { place, begin } => {
                let (place, key) = (*place, key().pop().unwrap_or(Datum::NULL));
                let rest = self.rows.get(*begin..).unwrap_or_default();
                *begin += rest.partition_point(|row| row.get(place).is_some_and(|at| *at < key));
                let rest = self.rows.get(*begin..).unwrap_or_default();
                Box::new(rest.iter().take_while(move |row| row.get(place) == Some(&key)))
            }
        }
    }
}

/// Where the rows are, by what must be equal.
fn hashed(
    rows: &[Row],
    join: &Join<'_>,
    answers: &Answers,
    budget: &Budget<'_>,
) -> Result<Bulk<Places>> {
    let mut places = Bulk::new(Places::default());
    for (place, row) in rows.iter().enumerate() {
        budget.step()?;
        let equal = join.equal.iter();
        let key: Row = equal.map(|equal| equal.key(&equal.right, row, answers)).collect();
        if key.iter().any(Datum::is_null) {
            continue; // nothing is equal to it
        }
        budget.take_row(&key)?;
        budget.take(2 * PLACE)?; // with the list of places
        places.entry(Hashed::new(key)).or_default().push(place);
    }
    Ok(places)
}
