//! Matrix of rows and columns: a version of a config while it is put together or edited.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::{CONFIG_KEYS, CONFIG_SEGMENTS};
use crate::model::{
    Cell, Change, Column, Config, ConfigId, Key, Name, ObjectKind, Ordered, Path, Row, SegmentId,
    Share, Span, Spanned, Version,
};

use super::binder::Binder;
use super::domain::Domain;
use super::{CellSpec, CellsSpec, ColumnSpec, Position, RolloutSpec, RowSpec, SegmentRef, cell};

/// Rows and columns being edited.
pub(super) struct Matrix<'s> {
    binder: &'s Binder<'s>,
    config: ConfigId,
    /// The name of the config at this point of the statement: new salts begin with it.
    pub(super) name: Name,
    /// What the version is for.
    pub(super) description: Option<Arc<str>>,
    rows: Vec<Row>,
    /// Those that nothing was said of are shared with the version that is edited.
    columns: Vec<Column>,
    salts: Ordered<SegmentId, Arc<str>>,
    /// Where the statement last named a segment, for the place of an error.
    named: BTreeMap<SegmentId, Span>,
}

impl<'s> Matrix<'s> {
    /// A matrix without rows and columns.
    pub(super) fn new(binder: &'s Binder<'s>, config: ConfigId, name: Name) -> Self {
        Self {
            binder,
            config,
            name,
            description: None,
            rows: Vec::new(),
            columns: Vec::new(),
            salts: Ordered::default(),
            named: BTreeMap::new(),
        }
    }

    /// The matrix of a version, to be edited.
    pub(super) fn of(binder: &'s Binder<'s>, config: &Config, version: &Version) -> Self {
        let mut matrix = Self::new(binder, config.head.id, config.head.name.clone());
        matrix.description.clone_from(&version.description);
        matrix.rows.clone_from(&version.rows);
        matrix.salts = config.salts.clone();
        matrix.columns.clone_from(&version.columns);
        matrix
    }

    /// The version that the matrix has become.
    pub(super) fn version(&self, number: u32) -> Version {
        Version {
            config: self.config,
            number,
            description: self.description.clone(),
            rows: self.rows.clone(),
            columns: self.columns.clone(),
        }
    }

    /// The salts that the config did not have before.
    pub(super) fn new_salts(&self, before: &Ordered<SegmentId, Arc<str>>) -> Vec<Change> {
        let new = self.salts.iter().filter(|(segment, salt)| before.get(*segment) != Some(*salt));
        let change = |(&segment, salt): (&SegmentId, &Arc<str>)| Change::Salt {
            config: self.config,
            segment,
            salt: Arc::clone(salt),
        };
        new.map(change).collect()
    }

    // -- rows

    /// Makes the rows these, in this order; rows that stay keep rollout, salt and cells.
    pub(super) fn set_rows(&mut self, specs: &[RowSpec]) -> Result<()> {
        let old = std::mem::take(&mut self.rows);
        for spec in specs {
            let segment = self.binder.usable_segment_id(&spec.segment)?;
            let row = self.row(spec, old.iter().find(|old| old.segment == segment))?;
            self.rows.push(row);
        }
        self.settle_rows(&old)
    }

    /// Makes rows and columns what is written, and nothing else: rows that stay keep their salt, and a split that gives
    /// its arms the shares it had stays as it is laid out.
    pub(super) fn rewrite(&mut self, rows: &[RowSpec], columns: &[ColumnSpec]) -> Result<()> {
        let old_rows = std::mem::take(&mut self.rows);
        let old_columns = std::mem::take(&mut self.columns);
        for spec in rows {
            let row = self.row(spec, None)?;
            self.rows.push(row);
        }
        self.settle_rows(&old_rows)?;
        for spec in columns {
            if self.column_named(&spec.key)?.is_some() {
                let name = spec.key.node.as_str().to_owned();
                let error = ErrorKind::Duplicate { what: "key", name };
                return Err(Error::from(error).at(spec.key.span));
            }
            self.add_column(spec)?;
            self.keep_splits(&old_rows, &old_columns, spec.key.span)?;
        }
        Ok(())
    }

    /// Lays the splits of the last column out over those that the key had.
    fn keep_splits(&mut self, rows: &[Row], columns: &[Column], span: Span) -> Result<()> {
        let Some(column) = self.columns.last_mut() else { return Ok(()) };
        let Some(old) = columns.iter().find(|old| old.key == column.key) else { return Ok(()) };
        let old: BTreeMap<_, _> = rows.iter().map(|row| row.segment).zip(old.cells()).collect();
        let laid = self.rows.iter().zip(column.cells()).map(|(row, cell)| {
            let old = old.get(&row.segment).and_then(|cell| cell.as_ref());
            cell.clone().map(|cell| cell::unless_same(cell, old, span)).transpose()
        });
        *column = Column::new(column.key, laid.collect::<Result<_>>()?);
        Ok(())
    }

    /// Adds a row.
    pub(super) fn add_row(&mut self, spec: &RowSpec, position: Option<&Position>) -> Result<()> {
        let row = self.row(spec, None)?;
        let index = self.insertion(row.segment, position.unwrap_or(&Position::Last))?;
        if self.rows.iter().any(|old| old.segment == row.segment) {
            let (kind, config) = (ObjectKind::Segment, self.name.clone());
            let name = self.binder.catalog.segment_name(row.segment);
            let error = Error::from(ErrorKind::InConfigAlready { kind, name, config });
            return Err(error.at(spec.segment.span).hint("`MOVE SEGMENT` changes its place"));
        }
        let old = self.rows.clone();
        self.rows.insert(index, row);
        self.settle_rows(&old)
    }

    /// Moves a row.
    pub(super) fn move_row(&mut self, segment: &SegmentRef, position: &Position) -> Result<()> {
        let from = self.row_named(segment)?;
        if let Position::Before(other) | Position::After(other) = position
            && other.node == segment.node
        {
            return Ok(());
        }
        let old = self.rows.clone();
        let row = self.rows.remove(from);
        let index = self.insertion(row.segment, position)?;
        self.rows.insert(index, row);
        self.settle_rows(&old)
    }

    /// Takes a row away, and its cells with it.
    pub(super) fn drop_row(&mut self, segment: &SegmentRef) -> Result<()> {
        let row = self.row_named(segment)?;
        let old = self.rows.clone();
        self.rows.remove(row);
        self.settle_rows(&old)
    }

    /// Changes the rollout of a row.
    pub(super) fn set_rollout(
        &mut self,
        segment: &SegmentRef,
        rollout: &RolloutSpec,
    ) -> Result<()> {
        let row = self.row_named(segment)?;
        let share = self.binder.parameters.share(&rollout.share)?;
        self.check_basis(rollout.by.as_ref())?;
        if let Some(row) = self.rows.get_mut(row) {
            (row.rollout, row.by) = (partial(share), of_whom(rollout, row.by.take()));
        }
        Ok(())
    }

    /// A row, of which what is not said is as in an old one: its salt is what `SALT` says, else the one it had before,
    /// else a new one.
    fn row(&mut self, spec: &RowSpec, old: Option<&Row>) -> Result<Row> {
        let segment = self.binder.usable_segment_id(&spec.segment)?;
        self.named.insert(segment, spec.segment.span);
        let salt = match (&spec.salt, self.salts.get(&segment)) {
            (Some(salt), _) => self.binder.parameters.text(salt)?,
            (None, Some(known)) => Arc::clone(known),
            (None, None) => {
                let segment = self.binder.catalog.segment_name(segment);
                format!("{}/{}", self.name.as_str(), segment.as_str()).into()
            }
        };
        self.salts.insert(segment, Arc::clone(&salt));
        let by = old.and_then(|old| old.by.clone());
        let (rollout, by) = match &spec.rollout {
            Some(said) => (partial(self.binder.parameters.share(&said.share)?), of_whom(said, by)),
            None => (old.and_then(|old| old.rollout), by),
        };
        self.check_basis(spec.rollout.as_ref().and_then(|rollout| rollout.by.as_ref()))?;
        Ok(Row { segment, rollout, by, salt })
    }

    /// Refuses what a share cannot go by.
    fn check_basis(&self, by: Option<&Spanned<Path>>) -> Result<()> {
        by.map_or(Ok(()), |by| self.binder.check_basis(by))
    }

    /// A cell that a spec says.
    fn cell(&self, domain: &Domain<'_>, spec: &CellSpec) -> Result<Cell> {
        let cell = cell::cell(self.binder.parameters, domain, spec)?;
        if let CellSpec::Split(split) = spec {
            self.check_basis(split.node.by.as_ref())?;
        }
        Ok(cell)
    }

    /// The index at which a row goes in; last is before `EVERYONE`.
    fn insertion(&mut self, segment: SegmentId, position: &Position) -> Result<usize> {
        Ok(match position {
            Position::First => 0,
            Position::Before(other) => self.row_named(other)?,
            Position::After(other) => self.row_named(other)? + 1,
            Position::Last => {
                let everyone = self.rows.last().is_some_and(|row| row.segment.is_everyone());
                self.rows.len() - usize::from(everyone && !segment.is_everyone())
            }
        })
    }

    /// The index of a row that must be there.
    fn row_named(&mut self, segment: &SegmentRef) -> Result<usize> {
        let known = match &segment.node {
            None => Some(SegmentId::EVERYONE),
            Some(name) => self.binder.catalog.segment_named(name.as_str()).map(|s| s.id),
        };
        let index = known.and_then(|id| self.rows.iter().position(|row| row.segment == id));
        if let Some(id) = known {
            self.named.insert(id, segment.span);
        }
        index.ok_or_else(|| self.no_such_row(segment))
    }

    fn no_such_row(&self, segment: &SegmentRef) -> Error {
        let name = segment.node.clone().unwrap_or_else(Name::everyone);
        let wrong = name.as_str().to_owned();
        let names: Vec<_> =
            self.rows.iter().map(|row| self.binder.catalog.segment_name(row.segment)).collect();
        let config = self.name.clone();
        Error::from(ErrorKind::NotInConfig { kind: ObjectKind::Segment, name, config })
            .at(segment.span)
            .suggest(&wrong, names.iter().map(Name::as_str))
    }

    /// Holds the rows to the rules, and gives each its cells: those of rows that are no more are let go.
    fn settle_rows(&mut self, old: &[Row]) -> Result<()> {
        let mut seen = BTreeSet::new();
        if let Some(twice) = self.rows.iter().map(|row| row.segment).find(|s| !seen.insert(*s)) {
            let name = self.binder.catalog.segment_name(twice).as_str().to_owned();
            return Err(self.at(twice, ErrorKind::Duplicate { what: "segment", name }));
        }
        let above = self.rows.split_last().map(|(_, above)| above).unwrap_or_default();
        if above.iter().any(|row| row.segment.is_everyone()) {
            return Err(self.at(SegmentId::EVERYONE, ErrorKind::EveryoneNotLast));
        }
        refuse_too_many("segments", CONFIG_SEGMENTS, self.rows.len())?;
        self.lay_cells(old);
        Ok(())
    }

    /// Brings the cells of rows into the order that the rows have now.
    fn lay_cells(&mut self, old: &[Row]) {
        if self.rows.iter().map(|row| row.segment).eq(old.iter().map(|row| row.segment)) {
            return;
        }
        let places: BTreeMap<_, _> = old.iter().map(|row| row.segment).zip(0..).collect();
        let places: Vec<Option<usize>> =
            self.rows.iter().map(|row| places.get(&row.segment).copied()).collect();
        for column in &mut self.columns {
            let cell = |place: &Option<usize>| column.cells().get((*place)?)?.clone();
            *column = Column::new(column.key, places.iter().map(cell).collect());
        }
    }

    fn at(&self, segment: SegmentId, kind: ErrorKind) -> Error {
        let error = Error::from(kind);
        match self.named.get(&segment) {
            Some(span) => error.at(*span),
            None => error,
        }
    }

    // -- columns

    /// Adds a key.
    pub(super) fn add_column(&mut self, spec: &ColumnSpec) -> Result<()> {
        let known = self.binder.catalog.key_named(spec.key.node.as_str()).map(|key| key.id);
        if known.is_some_and(|id| self.columns.iter().any(|column| column.key == id)) {
            return Err(self.key_already(&spec.key));
        }
        let key = self.binder.usable_key(&spec.key)?;
        let blank = self.rows.iter().map(|_| None).collect();
        let column = self.column(key, &spec.cells, Column::new(key.id, blank))?;
        self.columns.push(column);
        Ok(())
    }

    /// The error for a key that is there already: before this statement, or by it.
    fn key_already(&self, key: &Spanned<Name>) -> Error {
        let before = self.binder.catalog.config(self.config).and_then(|config| config.newest());
        let known = self.binder.catalog.key_named(key.node.as_str());
        if before.zip(known).is_none_or(|(version, key)| version.column(key.id).is_none()) {
            let name = key.node.as_str().to_owned();
            return Error::from(ErrorKind::Duplicate { what: "key", name }).at(key.span);
        }
        let (kind, name, config) = (ObjectKind::Key, key.node.clone(), self.name.clone());
        Error::from(ErrorKind::InConfigAlready { kind, name, config })
            .at(key.span)
            .hint(format!("`SET {}` changes its cells", key.node))
    }

    /// Changes the cells of a key.
    pub(super) fn set_column(&mut self, spec: &ColumnSpec) -> Result<()> {
        let index = self.column_named(&spec.key)?.ok_or_else(|| {
            self.no_column(&spec.key).hint(format!("`ADD KEY {}` adds it", spec.key.node))
        })?;
        let key = self.binder.usable_key(&spec.key)?;
        let old = self.columns.remove(index);
        let column = self.column(key, &spec.cells, old)?;
        self.columns.insert(index, column);
        Ok(())
    }

    /// Takes a key away.
    pub(super) fn drop_column(&mut self, key: &Spanned<Name>) -> Result<()> {
        let index = self.column_named(key)?.ok_or_else(|| self.no_column(key))?;
        self.columns.remove(index);
        Ok(())
    }

    /// Holds the number of keys to the limit.
    pub(super) fn settle_columns(&self) -> Result<()> {
        refuse_too_many("keys", CONFIG_KEYS, self.columns.len())
    }

    fn column_named(&self, name: &Spanned<Name>) -> Result<Option<usize>> {
        let id = self.binder.key(name)?.id;
        Ok(self.columns.iter().position(|column| column.key == id))
    }

    fn no_column(&self, name: &Spanned<Name>) -> Error {
        let (kind, config) = (ObjectKind::Key, self.name.clone());
        let error = ErrorKind::NotInConfig { kind, name: name.node.clone(), config };
        Error::from(error).at(name.span)
    }

    /// The column of a key: an old one changed by what is said.
    fn column(&mut self, key: &Key, spec: &CellsSpec, old: Column) -> Result<Column> {
        let domain = Domain::of(key)?;
        Ok(match spec {
            CellsSpec::Blank => old,
            CellsSpec::All(spec) => {
                let cell = self.cell(&domain, spec)?;
                let over = |old: &Option<Cell>| cell::over(&cell, spec, old.as_ref()).map(Some);
                Column::new(key.id, old.cells().iter().map(over).collect::<Result<_>>()?)
            }
            CellsSpec::Some(specs) => {
                let (mut cells, mut seen) = (old.cells().to_vec(), BTreeSet::new());
                for (segment, spec) in specs {
                    let row = self.cell_row(segment, &mut seen)?;
                    let Some(place) = cells.get_mut(row) else { continue };
                    let made = spec.as_ref().map(|spec| {
                        let cell = self.cell(&domain, spec)?;
                        cell::over(&cell, spec, place.as_ref())
                    });
                    *place = made.transpose()?;
                }
                Column::new(key.id, cells.into())
            }
        })
    }

    /// The row that a cell is for: one of a segment that is named once.
    fn cell_row(&mut self, segment: &SegmentRef, seen: &mut BTreeSet<SegmentId>) -> Result<usize> {
        let id = self.binder.segment_id(segment)?;
        let row = self.row_named(segment)?;
        if seen.insert(id) {
            return Ok(row);
        }
        let name = self.binder.catalog.segment_name(id).as_str().to_owned();
        Err(Error::from(ErrorKind::Duplicate { what: "segment", name }).at(segment.span))
    }
}

/// The attribute by which a rollout goes: what was, unless another is said; `user_id` gives it up.
fn of_whom(said: &RolloutSpec, old: Option<Path>) -> Option<Path> {
    match &said.by {
        None => old,
        Some(by) if by.node.iter().map(|step| &**step).eq(["user_id"]) => None,
        Some(by) => Some(Arc::clone(&by.node)),
    }
}

/// 100 % is no rollout.
fn partial(share: Share) -> Option<Share> {
    (share != Share::FULL).then_some(share)
}

fn refuse_too_many(unit: &'static str, limit: usize, found: usize) -> Result<()> {
    if found <= limit {
        return Ok(());
    }
    Err(ErrorKind::TooMany { what: "a config", limit, unit, found }.into())
}
