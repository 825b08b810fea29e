//! What each write does to keys, segments and configs in the model, or why it is refused.

use std::collections::{BTreeMap, BTreeSet};

use crate::bucket::BUCKETS;
use crate::layout::{over, unless_same};
use crate::operation::{
    Action, Cell, Check, Cond, Fill, KeyEdit, Micros, Mode, Name, Op, Place, Rollout, RowSpec, Seg,
    Type, Val,
};
use crate::serve;
use crate::state::{Cells, Config, Key, Row, Segment, State, Version};

/// Whether a write changed something, or the code of its error.
pub(crate) type Written = Result<bool, &'static str>;

/// Applies a write to a state, which is of no more use if it fails.
pub(crate) fn apply(state: &mut State, op: &Op, now: Micros) -> Written {
    match op {
        Op::CreateKey { mode, name, kind, default, check, description } => {
            let key = Key {
                kind: *kind,
                default: *default,
                check: *check,
                description: *description,
                archived: false,
                version: 1,
            };
            create_key(state, *mode, name, key, now)
        }
        Op::AlterKey { name, edits } => alter_key(state, name, edits, now),
        Op::CreateSegment { mode, name, condition } => {
            create_segment(state, *mode, name, condition, now)
        }
        Op::AlterSegment { name, description, condition } => {
            alter_segment(state, name, *description, condition.as_ref(), now)
        }
        Op::CreateConfig { mode, name, description, rows, columns } => {
            create_config(state, *mode, name, *description, (rows, columns), now)
        }
        Op::AlterConfig { name, if_version, actions } => {
            alter_config(state, name, *if_version, actions, now)
        }
        _ => serve::apply(state, op, now),
    }
}

/// A key that is not archived.
fn usable_key(state: &State, name: Name) -> Result<&Key, &'static str> {
    let key = state.keys.get(name).ok_or("unknown-key")?;
    if key.archived { Err("archived") } else { Ok(key) }
}

/// Refuses a segment that does not exist or is archived.
fn need_segment(state: &State, segment: Seg) -> Result<(), &'static str> {
    let Some(name) = segment else { return Ok(()) };
    let segment = state.segments.get(name).ok_or("unknown-segment")?;
    if segment.archived { Err("archived") } else { Ok(()) }
}

/// The place of a config that is not archived.
pub(crate) fn usable_config(state: &State, name: Name) -> Result<usize, &'static str> {
    let place = state.config_named(name).ok_or("unknown-config")?;
    if state.configs[place].archived { Err("archived") } else { Ok(place) }
}

/// The value as a key of a type keeps it.
fn fit(kind: Type, check: Option<Check>, value: Val) -> Result<Val, &'static str> {
    let value = kind.admit(value).ok_or("type-mismatch")?;
    if check.is_none_or(|check| check.passes(value)) { Ok(value) } else { Err("check-failed") }
}

// -- keys

fn create_key(state: &mut State, mode: Mode, name: Name, mut key: Key, now: Micros) -> Written {
    let old = state.keys.get(name).cloned();
    match (mode, &old) {
        (Mode::New, Some(_)) => return Err("already-exists"),
        (Mode::IfNotExists, Some(_)) => return Ok(false),
        (Mode::OrAlter, Some(old)) if old.archived => return Err("archived"),
        (Mode::OrAlter, Some(old)) if old.kind != key.kind => return Err("type-mismatch"),
        _ => {}
    }
    if key.check.is_some_and(|check| !check.suits(key.kind)) {
        return Err("type-mismatch");
    }
    key.default = fit(key.kind, key.check, key.default)?;
    if let Some(old) = old {
        return become_key(state, name, &old, key, now);
    }
    state.keys.insert(name, key);
    Ok(true)
}

/// Makes a key another one, if its values in use allow that.
fn become_key(state: &mut State, name: Name, old: &Key, mut key: Key, now: Micros) -> Written {
    if let Some(check) = key.check
        && used_values(state, name, now).iter().any(|value| !check.passes(*value))
    {
        return Err("check-failed");
    }
    key.version = old.version;
    if key == *old {
        return Ok(false);
    }
    key.version += 1;
    state.keys.insert(name, key);
    Ok(true)
}

fn alter_key(state: &mut State, name: Name, edits: &[KeyEdit], now: Micros) -> Written {
    let old = usable_key(state, name)?.clone();
    let mut key = old.clone();
    for edit in edits {
        match edit {
            KeyEdit::Default(value) => {
                key.default = key.kind.admit(*value).ok_or("type-mismatch")?;
            }
            KeyEdit::Describe(text) => key.description = Some(text),
            KeyEdit::Check(check) if !check.suits(key.kind) => return Err("type-mismatch"),
            KeyEdit::Check(check) => key.check = Some(*check),
            KeyEdit::DropCheck => key.check = None,
        }
    }
    key.default = fit(key.kind, key.check, key.default)?;
    become_key(state, name, &old, key, now)
}

/// Every value of a key in a newest, live or scheduled version.
fn used_values(state: &State, key: Name, now: Micros) -> Vec<Val> {
    let versions = state.active().flat_map(|config| config.used_versions(now));
    let cells = versions.filter_map(|version| version.column(key)).flat_map(|cells| cells.values());
    cells.flat_map(Cell::values).collect()
}

// -- segments

/// Refuses a condition that refers to what is not there, or compares what cannot be compared.
pub(crate) fn check_condition(state: &State, condition: &Cond) -> Result<(), &'static str> {
    match condition {
        Cond::In(segment) => need_segment(state, *segment),
        Cond::Key(key, value) => {
            let kind = usable_key(state, key)?.kind;
            if kind.compares_with(*value) { Ok(()) } else { Err("type-mismatch") }
        }
        Cond::Not(inner) => check_condition(state, inner),
        Cond::And(items) | Cond::Or(items) => {
            items.iter().try_for_each(|item| check_condition(state, item))
        }
        _ => Ok(()),
    }
}

fn create_segment(
    state: &mut State,
    mode: Mode,
    name: Name,
    condition: &Cond,
    now: Micros,
) -> Written {
    let old = state.segments.get(name).cloned();
    match (mode, &old) {
        (Mode::New, Some(_)) => return Err("already-exists"),
        (Mode::IfNotExists, Some(_)) => return Ok(false),
        (Mode::OrAlter, Some(old)) if old.archived => return Err("archived"),
        _ => {}
    }
    check_condition(state, condition)?;
    let new = Segment { condition: condition.clone(), description: None, archived: false };
    if old.as_ref() == Some(&new) {
        return Ok(false);
    }
    state.segments.insert(name, new);
    refuse_cycle(state, now)
}

fn alter_segment(
    state: &mut State,
    name: Name,
    description: Option<&'static str>,
    condition: Option<&Cond>,
    now: Micros,
) -> Written {
    need_segment(state, Some(name))?;
    condition.map_or(Ok(()), |condition| check_condition(state, condition))?;
    let old = state.segments[name].clone();
    let new = Segment {
        condition: condition.unwrap_or(&old.condition).clone(),
        description: description.or(old.description),
        archived: false,
    };
    if new == old {
        return Ok(false);
    }
    state.segments.insert(name, new);
    refuse_cycle(state, now)
}

pub(crate) fn refuse_cycle(state: &State, now: Micros) -> Written {
    if state.has_cycle(now, None) { Err("cycle") } else { Ok(true) }
}

// -- configs

/// The rows and the columns of a config as they are written.
type Content<'w> = (&'w [RowSpec], &'w [(Name, Fill)]);

fn create_config(
    state: &mut State,
    mode: Mode,
    name: Name,
    description: Option<&'static str>,
    (rows, columns): Content<'_>,
    now: Micros,
) -> Written {
    if let Some(known) = state.configs.iter().find(|config| config.names.contains(name)) {
        return match mode {
            Mode::IfNotExists => Ok(false),
            Mode::OrAlter if known.name == name => {
                rewrite_config(state, name, description, (rows, columns), now)
            }
            Mode::OrAlter | Mode::New => Err("already-exists"),
        };
    }
    let mut matrix = Matrix { state, name, salts: BTreeMap::new(), version: Version::default() };
    matrix.version.description = description;
    matrix.set_rows(rows)?;
    columns.iter().try_for_each(|(key, fill)| matrix.add_key(key, fill))?;
    let config = Config {
        name,
        names: [name].into(),
        archived: false,
        disabled: false,
        salts: matrix.salts,
        versions: vec![matrix.version],
        publications: Vec::new(),
    };
    state.configs.push(config);
    settle(state, state.configs.len() - 1, now)
}

/// Makes the newest version what is written: rows keep their salts, and splits their users.
fn rewrite_config(
    state: &mut State,
    name: Name,
    description: Option<&'static str>,
    (rows, columns): Content<'_>,
    now: Micros,
) -> Written {
    let place = usable_config(state, name)?;
    let config = &state.configs[place];
    let old = config.version(config.newest()).clone();
    let (salts, version) = (config.salts.clone(), Version { description, ..Version::default() });
    let mut matrix = Matrix { state, name, salts, version };
    matrix.set_rows(rows)?;
    columns.iter().try_for_each(|(key, fill)| matrix.add_key(key, fill))?;
    for (key, cells) in &mut matrix.version.columns {
        for (segment, cell) in cells {
            if let Some(known) = old.column(key).and_then(|old| old.get(segment)) {
                *cell = unless_same(known, cell);
            }
        }
    }
    let Matrix { salts, version, .. } = matrix;
    if version.same(&old) {
        return Ok(false);
    }
    state.configs[place].salts = salts;
    state.configs[place].versions.push(version);
    settle(state, place, now)
}

fn alter_config(
    state: &mut State,
    name: Name,
    if_version: Option<u64>,
    actions: &[Action],
    now: Micros,
) -> Written {
    let place = usable_config(state, name)?;
    let config = &state.configs[place];
    let old = config.version(config.newest()).clone();
    if if_version.is_some_and(|version| usize::try_from(version) != Ok(config.newest())) {
        return Err("conflict");
    }
    let (salts, version) = (config.salts.clone(), old.clone());
    let mut matrix = Matrix { state, name, salts, version };
    actions.iter().try_for_each(|action| matrix.act(place, action))?;
    let Matrix { name: new_name, salts, version, .. } = matrix;
    let edited = !version.same(&old);
    if !edited && new_name == name {
        return Ok(false);
    }
    let config = &mut state.configs[place];
    config.name = new_name;
    config.names.insert(new_name);
    config.salts = salts;
    if edited {
        config.versions.push(version);
    }
    settle(state, place, now)
}

/// The rules over the whole, after a change of a config.
fn settle(state: &State, place: usize, now: Micros) -> Written {
    if shares_keys(state, place, now) { Err("key-in-use") } else { refuse_cycle(state, now) }
}

/// Whether another config owns a key of this one.
pub(crate) fn shares_keys(state: &State, place: usize, now: Micros) -> bool {
    let versions = state.configs[place].used_versions(now);
    let mut keys = versions.flat_map(|version| &version.columns).map(|(key, _)| *key);
    keys.any(|key| state.owners(key, now).len() > 1)
}

/// A version that is being put together.
struct Matrix<'s> {
    state: &'s State,
    /// The name of the config at this point of the statement.
    name: Name,
    salts: BTreeMap<Seg, String>,
    version: Version,
}

type Done = Result<(), &'static str>;

impl Matrix<'_> {
    fn act(&mut self, place: usize, action: &Action) -> Done {
        match action {
            Action::Describe(text) => self.version.description = Some(text),
            Action::Rename(name) => return self.rename(place, name),
            Action::SetSegments(rows) => return self.set_rows(rows),
            Action::AddSegment(row, to) => return self.add_row(row, to.unwrap_or(Place::Last)),
            Action::MoveSegment(segment, to) => return self.move_row(*segment, *to),
            Action::DropSegment(segment) => {
                let row = self.row_of(*segment)?;
                self.version.rows.remove(row);
                return self.settle_rows();
            }
            Action::SetRollout(segment, said) => {
                let row = self.row_of(*segment)?;
                let row = &mut self.version.rows[row];
                (row.rollout, row.by) = (partial(said.share), of_whom(*said, row.by));
            }
            Action::AddKey(key, fill) => return self.add_key(key, fill),
            Action::DropKey(key) => {
                let column = self.column_of(key)?;
                self.version.columns.remove(column);
            }
            Action::SetKey(key, fill) => {
                let column = self.column_of(key)?;
                let old = self.version.columns[column].1.clone();
                self.version.columns[column].1 = self.fill(key, fill, old)?;
            }
        }
        Ok(())
    }

    fn rename(&mut self, place: usize, name: Name) -> Done {
        let mut others = self.state.configs.iter().enumerate().filter(|(i, _)| *i != place);
        if others.any(|(_, config)| config.names.contains(name)) {
            return Err("already-exists");
        }
        self.name = name;
        Ok(())
    }

    // -- rows

    fn row(&mut self, spec: &RowSpec, old: Option<&Row>) -> Result<Row, &'static str> {
        need_segment(self.state, spec.segment)?;
        let named = format!("{}/{}", self.name, spec.segment.unwrap_or("EVERYONE"));
        let known = self.salts.get(&spec.segment).cloned();
        let salt = spec.salt.map(str::to_owned).or(known).unwrap_or(named);
        self.salts.insert(spec.segment, salt.clone());
        let by = old.and_then(|old| old.by);
        let (rollout, by) = match spec.rollout {
            Some(said) => (partial(said.share), of_whom(said, by)),
            None => (old.and_then(|old| old.rollout), by),
        };
        Ok(Row { segment: spec.segment, rollout, by, salt })
    }

    fn set_rows(&mut self, specs: &[RowSpec]) -> Done {
        let old = std::mem::take(&mut self.version.rows);
        for spec in specs {
            let row = self.row(spec, old.iter().find(|old| old.segment == spec.segment))?;
            self.version.rows.push(row);
        }
        self.settle_rows()
    }

    fn add_row(&mut self, spec: &RowSpec, to: Place) -> Done {
        let row = self.row(spec, None)?;
        self.insert(row, to)
    }

    fn move_row(&mut self, segment: Seg, to: Place) -> Done {
        let from = self.row_of(segment)?;
        if to == Place::Before(segment) || to == Place::After(segment) {
            return Ok(());
        }
        let row = self.version.rows.remove(from);
        self.insert(row, to)
    }

    fn insert(&mut self, row: Row, to: Place) -> Done {
        let rows = &self.version.rows;
        let everyone = rows.last().is_some_and(|last| last.segment.is_none());
        let place = match to {
            Place::First => 0,
            Place::Last if everyone && row.segment.is_some() => rows.len() - 1,
            Place::Last => rows.len(),
            Place::Before(other) => self.row_of(other)?,
            Place::After(other) => self.row_of(other)? + 1,
        };
        self.version.rows.insert(place, row);
        self.settle_rows()
    }

    fn row_of(&self, segment: Seg) -> Result<usize, &'static str> {
        self.version.rows.iter().position(|row| row.segment == segment).ok_or("unknown-segment")
    }

    /// No row twice, `EVERYONE` last, and no cells of rows that are gone.
    fn settle_rows(&mut self) -> Done {
        let mut seen = BTreeSet::new();
        if !self.version.rows.iter().all(|row| seen.insert(row.segment)) {
            return Err("duplicate");
        }
        if self.version.rows.iter().rev().skip(1).any(|row| row.segment.is_none()) {
            return Err("bad-order");
        }
        for (_, cells) in &mut self.version.columns {
            cells.retain(|segment, _| seen.contains(segment));
        }
        Ok(())
    }

    // -- columns

    fn column_of(&self, key: Name) -> Result<usize, &'static str> {
        self.version.columns.iter().position(|(name, _)| *name == key).ok_or("unknown-key")
    }

    fn add_key(&mut self, key: Name, fill: &Fill) -> Done {
        if self.version.column(key).is_some() {
            return Err("duplicate");
        }
        let cells = self.fill(key, fill, Cells::new())?;
        self.version.columns.push((key, cells));
        Ok(())
    }

    fn fill(&self, key: Name, fill: &Fill, mut cells: Cells) -> Result<Cells, &'static str> {
        let key = usable_key(self.state, key)?;
        match fill {
            Fill::Blank => {}
            Fill::All(cell) => {
                let made = cell_of(key, cell)?;
                let rows = self.version.rows.iter();
                cells =
                    rows.map(|row| (row.segment, over(&made, cells.get(&row.segment)))).collect();
            }
            Fill::Some(specs) => {
                let mut seen = BTreeSet::new();
                for (segment, cell) in specs {
                    self.row_of(*segment)?;
                    if !seen.insert(*segment) {
                        return Err("duplicate");
                    }
                    match cell {
                        Some(cell) => {
                            let made = over(&cell_of(key, cell)?, cells.get(segment));
                            cells.insert(*segment, made)
                        }
                        None => cells.remove(segment),
                    };
                }
            }
        }
        Ok(cells)
    }
}

/// The cell as it is kept.
fn cell_of(key: &Key, cell: &Cell) -> Result<Cell, &'static str> {
    let (arms, by, keeping) = match cell {
        Cell::Value(value) => return Ok(Cell::Value(fit(key.kind, key.check, *value)?)),
        Cell::Split { arms, by, keeping } => (arms, *by, *keeping),
    };
    let mut arms = arms.clone();
    let mut values = BTreeMap::new();
    for (i, arm) in arms.iter_mut().enumerate() {
        let label = arm.label(i);
        arm.value = fit(key.kind, key.check, arm.value)?;
        if !same(*values.entry(label).or_insert(arm.value), arm.value) {
            return Err("duplicate");
        }
    }
    let total: u32 = arms.iter().map(|arm| arm.share).sum();
    if total == BUCKETS { Ok(Cell::Split { arms, by, keeping }) } else { Err("bad-split") }
}

/// Whether two values are one to the language.
#[expect(clippy::cast_precision_loss, reason = "the numbers of the histories are small")]
fn same(a: Val, b: Val) -> bool {
    match (a, b) {
        (Val::Int(a), Val::Double(b)) | (Val::Double(b), Val::Int(a)) => {
            (a as f64).total_cmp(&b).is_eq()
        }
        (a, b) => a == b,
    }
}

/// 100 % is no rollout.
fn partial(share: u32) -> Option<u32> {
    (share != BUCKETS).then_some(share)
}

/// What a rollout goes by: what is said, else what it went by before. Users are nothing to be said.
fn of_whom(said: Rollout, before: Option<Name>) -> Option<Name> {
    said.by.or(before).filter(|by| *by != "user_id")
}
