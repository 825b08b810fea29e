//! Random statements that are likely to be interesting: few names, and mostly such that exist.

use crate::operation::{
    Action, Arm, Cell, Check, Cond, Fill, Get, KeyEdit, Kind, Micros, Mode, Name, Op, Place,
    Rollout, RowSpec, Seg, Type, Val, Visitor, What,
};
use crate::random::Random;
use crate::state::{Config, State, Version};
use crate::world::{MINUTE, World};

const KEYS: [Name; 7] = ["dark", "limit", "rate", "banner.text", "layout", "new checkout", "k7"];
const SEGMENTS: [Name; 6] = ["us", "pro", "adults", "iPhone users", "beta.testers", "late"];
const CONFIGS: [Name; 9] =
    ["checkout", "home", "my config", "c4", "c5", "c6", "c7", "c8", "team.mobile"];
const TYPES: [Type; 5] = [Type::Boolean, Type::Integer, Type::Double, Type::String, Type::Json];
const USERS: [&str; 6] = ["u1", "u2", "u3", "u4", "ünï", "6"];
const CODES: [&str; 6] =
    ["unknown-key", "archived", "key-in-use", "not-valid-now", "conflict", "bad-time"];
const COUNTRIES: &[&str] = &["US", "CA"];
const ATTRIBUTES: [(Name, &[Val]); 5] = [
    ("country", &[Val::Text("US"), Val::Text("CA"), Val::Text("FR"), Val::Null]),
    ("plan", &[Val::Text("free"), Val::Text("pro")]),
    ("age", &[Val::Int(17), Val::Int(18), Val::Double(18.0), Val::Double(64.5)]),
    ("vip", &[Val::Bool(true), Val::Bool(false)]),
    ("tags", &[Val::Json("[\"a\"]"), Val::Text("a")]),
];

/// Makes the statements of one history.
#[derive(Debug)]
pub(crate) struct Generator {
    pub(crate) random: Random,
    /// What should come next.
    next: Option<Op>,
}

impl Generator {
    /// Starts a history.
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), next: None }
    }

    /// The next statement, given what the model is like.
    pub(crate) fn statement(&mut self, world: &World) -> Op {
        if let Some(next) = self.next.take() {
            return next;
        }
        if world.in_transaction() && self.random.percent(18) {
            return if self.random.percent(75) { Op::Commit } else { Op::Rollback };
        }
        match self.random.below(100) {
            0..=6 => self.clock(world),
            7..=9 => self.random.pick(&[Op::Begin, Op::Begin, Op::Begin, Op::Commit, Op::Rollback]),
            10..=13 => self.assert_error(world),
            14..=16 => self.assert_get(world),
            _ => self.write(world),
        }
    }

    fn clock(&mut self, world: &World) -> Op {
        let boundaries: Vec<_> =
            world.current().configs.iter().flat_map(|c| c.boundaries(world.clock)).collect();
        match self.random.below(10) {
            0 => Op::SetClock(self.time(world.clock)),
            1..=3 if !boundaries.is_empty() => Op::SetClock(self.random.pick(&boundaries)),
            _ => Op::Advance(self.random.between(0, 4) * 10),
        }
    }

    fn assert_error(&mut self, world: &World) -> Op {
        let statement = match self.random.below(8) {
            0 => self.clock(world),
            1 => self.random.pick(&[Op::Begin, Op::Commit, Op::Rollback]),
            _ => self.write(world),
        };
        self.next = None;
        let right = world.clone().run(&statement).err().filter(|_| self.random.percent(80));
        let code = right.unwrap_or_else(|| self.random.pick(&CODES));
        Op::AssertError { code, statement: Box::new(statement) }
    }

    fn assert_get(&mut self, world: &World) -> Op {
        let get = Get { what: What::Keys(vec![self.key(world.current())]), ..self.get(world) };
        let right = world.get(&get).ok().and_then(|answers| answers.first().cloned());
        let wrong = self.random.percent(15);
        let value = right.as_ref().filter(|_| !wrong).map_or(Val::Int(77), |answer| answer.value);
        let reason = right.map_or("STATIC", |answer| answer.reason);
        Op::AssertGet { get, value, reason }
    }

    fn write(&mut self, world: &World) -> Op {
        let (state, now) = (world.current(), world.clock);
        if state.keys.len() < 3 || self.random.percent(4) {
            return self.create_key(state);
        }
        if state.segments.len() < 2 || self.random.percent(4) {
            return self.create_segment(state, now);
        }
        if state.configs.is_empty() || self.random.percent(8) {
            return self.create_config(state, now);
        }
        match self.random.below(100) {
            0..=5 => self.alter_key(state),
            6..=12 => self.alter_segment(state, now),
            13..=45 => self.alter_config(state, now),
            46..=69 => self.publish(state, now),
            70..=74 => Op::Revert { config: self.config(state), version: self.version(state) },
            75..=80 => {
                let at = if self.random.percent(40) { Some(self.time(now)) } else { None };
                Op::Cancel { config: self.config(state), at }
            }
            81..=83 => Op::Disable(self.config(state)),
            84..=87 => Op::Enable(self.config(state)),
            _ => self.archive(state),
        }
    }

    // -- names

    /// A name that is not used yet, mostly.
    fn new_name(&mut self, pool: &[Name], used: impl Fn(Name) -> bool) -> Name {
        let free: Vec<_> = pool.iter().copied().filter(|name| !used(name)).collect();
        if free.is_empty() || self.random.percent(4) { self.random.pick(pool) } else { free[0] }
    }

    /// A name that exists, mostly.
    fn known(&mut self, pool: &[Name], known: &[Name]) -> Name {
        if known.is_empty() || self.random.percent(3) {
            self.random.pick(pool)
        } else {
            self.random.pick(known)
        }
    }

    fn key(&mut self, state: &State) -> Name {
        self.known(&KEYS, &state.keys.keys().copied().collect::<Vec<_>>())
    }

    /// A segment that is not archived, mostly.
    fn segment(&mut self, state: &State) -> Name {
        let usable = state.segments.iter().filter(|(_, segment)| !segment.archived);
        self.known(&SEGMENTS, &usable.map(|(name, _)| *name).collect::<Vec<_>>())
    }

    fn config(&mut self, state: &State) -> Name {
        self.known(&CONFIGS, &state.configs.iter().map(|config| config.name).collect::<Vec<_>>())
    }

    fn version(&mut self, state: &State) -> u64 {
        let most = state.configs.iter().map(Config::newest).max().unwrap_or(1).min(6);
        if self.random.percent(3) { 0 } else { 1 + self.random.below(most) as u64 }
    }

    /// An instant near now, on a grid so that some coincide.
    fn time(&mut self, now: Micros) -> Micros {
        now + self.random.between(-1, 9) * 10 * MINUTE
    }

    // -- keys

    fn value(&mut self, kind: Type) -> Val {
        let kind = if self.random.percent(3) { self.random.pick(&TYPES) } else { kind };
        match kind {
            Type::Boolean => Val::Bool(self.random.percent(50)),
            Type::Integer => Val::Int(self.random.between(0, 9)),
            Type::Double => self.random.pick(&[
                Val::Double(0.5),
                Val::Int(1),
                Val::Double(2.25),
                Val::Double(7.0),
            ]),
            Type::String => Val::Text(self.random.pick(&["light", "dark", "é"])),
            Type::Json => self.random.pick(&[
                Val::Json("{\"size\": 1, \"of\": [null, \"x\"]}"),
                Val::Json("[1, 2.5]"),
                Val::Null,
                Val::Text("light"),
                Val::Int(3),
            ]),
        }
    }

    fn check(&mut self, kind: Type) -> Check {
        let below = Check::Below(self.random.between(2, 12));
        let one_of =
            Check::OneOf(self.random.pick(&[&["light", "dark"], &["light", "dark", "é"][..]]));
        match kind {
            _ if self.random.percent(5) => below,
            Type::String => one_of,
            Type::Json => self.random.pick(&[below, one_of]),
            _ => below,
        }
    }

    /// What a `CREATE` does with what is there, which it then often is.
    fn mode(&mut self) -> Mode {
        match self.random.below(10) {
            0..=5 => Mode::New,
            6 | 7 => Mode::IfNotExists,
            _ => Mode::OrAlter,
        }
    }

    fn create_key(&mut self, state: &State) -> Op {
        let mode = self.mode();
        let name = match mode {
            Mode::New => self.new_name(&KEYS, |name| state.keys.contains_key(name)),
            _ => self.key(state),
        };
        let known = state.keys.get(name).map(|key| key.kind).filter(|_| self.random.percent(90));
        let kind = known.unwrap_or_else(|| self.random.pick(&TYPES));
        let checked = kind != Type::Boolean && self.random.percent(30);
        Op::CreateKey {
            mode,
            name,
            kind,
            default: self.value(kind),
            check: checked.then(|| self.check(kind)),
            description: self.random.maybe(20, &["of a key", "of another"]),
        }
    }

    fn alter_key(&mut self, state: &State) -> Op {
        let name = self.key(state);
        let kind = state.keys.get(name).map_or(Type::Json, |key| key.kind);
        let edits = (0..=self.random.below(2)).map(|_| match self.random.below(4) {
            0 => KeyEdit::Default(self.value(kind)),
            1 => KeyEdit::Describe(self.random.pick(&["one", "two"])),
            2 => KeyEdit::Check(self.check(kind)),
            _ => KeyEdit::DropCheck,
        });
        let mut edits: Vec<_> = edits.collect();
        edits.sort_by_key(KeyEdit::clause);
        edits.dedup_by_key(|edit| edit.clause());
        Op::AlterKey { name, edits }
    }

    // -- segments

    fn create_segment(&mut self, state: &State, now: Micros) -> Op {
        let mode = self.mode();
        let name = match mode {
            Mode::New => self.new_name(&SEGMENTS, |name| state.segments.contains_key(name)),
            _ => self.known(&SEGMENTS, &state.segments.keys().copied().collect::<Vec<_>>()),
        };
        let known = state.segments.get(name).filter(|_| self.random.percent(25));
        let known = known.map(|segment| segment.condition.clone());
        let condition = known.unwrap_or_else(|| self.condition(state, now, 0));
        Op::CreateSegment { mode, name, condition }
    }

    fn alter_segment(&mut self, state: &State, now: Micros) -> Op {
        let description = self.random.maybe(30, &["these", "those"]);
        let condition = description.is_none() || self.random.percent(30);
        let condition = condition.then(|| self.condition(state, now, 0));
        Op::AlterSegment { name: self.segment(state), description, condition }
    }

    fn condition(&mut self, state: &State, now: Micros, depth: usize) -> Cond {
        match self.random.below(10) {
            0 | 1 if depth < 2 => Cond::And(self.parts(state, now, depth)),
            2 | 3 if depth < 2 => Cond::Or(self.parts(state, now, depth)),
            4 if depth < 2 => Cond::Not(Box::new(self.condition(state, now, depth + 1))),
            _ => self.leaf(state, now),
        }
    }

    /// The parts of an `AND` or `OR`: none of which is one itself.
    fn parts(&mut self, state: &State, now: Micros, depth: usize) -> Vec<Cond> {
        let part = |generator: &mut Self| match generator.random.below(4) {
            0 => Cond::Not(Box::new(generator.condition(state, now, depth + 1))),
            _ => generator.leaf(state, now),
        };
        (0..2 + self.random.below(2)).map(|_| part(self)).collect()
    }

    fn leaf(&mut self, state: &State, now: Micros) -> Cond {
        let (attribute, values) = self.random.pick(&ATTRIBUTES[..4]);
        match self.random.below(12) {
            0 | 1 => {
                Cond::In(if self.random.percent(10) { None } else { Some(self.segment(state)) })
            }
            2 | 3 if !state.keys.is_empty() => self.prerequisite(state),
            4 => Cond::Share(self.random.pick(&["x", "y"]), self.random.pick(&[0, 30_000, 70_000])),
            5 => Cond::From(self.time(now)),
            6 => Cond::Missing(attribute),
            7 => Cond::OneOf("country", COUNTRIES),
            8 => Cond::Less("age", 18),
            9 => Cond::Is("user_id", Val::Text(self.random.pick(&USERS))),
            _ => {
                let values: Vec<_> = values.iter().copied().filter(|v| *v != Val::Null).collect();
                Cond::Is(attribute, self.random.pick(&values))
            }
        }
    }

    fn prerequisite(&mut self, state: &State) -> Cond {
        let key = self.key(state);
        let value = match state.keys.get(key).map_or(Type::Integer, |key| key.kind) {
            Type::Json => Val::Text("light"),
            kind => self.value(kind),
        };
        // a comparison with a list, an object or NULL is another matter
        let plain = !matches!(value, Val::Json(_) | Val::Null);
        Cond::Key(key, if plain { value } else { Val::Int(1) })
    }

    // -- configs

    fn create_config(&mut self, state: &State, now: Micros) -> Op {
        let taken = |name: Name| state.configs.iter().any(|config| config.names.contains(name));
        let mode = self.mode();
        let name = match mode {
            Mode::New => self.new_name(&CONFIGS, taken),
            _ => self.config(state),
        };
        let rows = self.rows(state, 3);
        let segments: Vec<_> = rows.iter().map(|row| row.segment).collect();
        let free: Vec<_> =
            state.keys.keys().copied().filter(|key| state.owners(key, now).is_empty()).collect();
        let own = state.configs.iter().find(|config| config.name == name);
        let own = own.map(|config| config.version(config.newest()));
        let own: Vec<_> = own.iter().flat_map(|v| v.columns.iter().map(|(key, _)| *key)).collect();
        let keys = match free.as_slice() {
            _ if mode != Mode::New && !own.is_empty() => self.random.some(&own, own.len()),
            [] => vec![self.key(state)],
            _ if self.random.percent(8) => vec![self.key(state), self.key(state)],
            free => self.random.some(free, 2),
        };
        let columns =
            keys.into_iter().map(|key| (key, self.fill(state, key, &segments, false))).collect();
        if self.random.percent(60) {
            self.next = Some(Op::Publish { config: name, version: None, at: None, until: None });
        }
        let description = self.random.maybe(20, &["of a config"]);
        Op::CreateConfig { mode, name, description, rows, columns }
    }

    fn rows(&mut self, state: &State, most: usize) -> Vec<RowSpec> {
        let usable: Vec<_> =
            state.segments.iter().filter(|(_, s)| !s.archived).map(|(n, _)| *n).collect();
        let mut names: Vec<Seg> = match usable.as_slice() {
            [] => vec![Some(self.segment(state))],
            usable => self.random.some(usable, most).into_iter().map(Some).collect(),
        };
        if self.random.percent(5) {
            names.push(Some(self.segment(state)));
        }
        if self.random.percent(50) {
            names.push(None);
        }
        if self.random.percent(4) {
            names.reverse();
        }
        names.into_iter().map(|segment| self.row(segment)).collect()
    }

    fn row(&mut self, segment: Seg) -> RowSpec {
        RowSpec {
            segment,
            rollout: self.random.percent(25).then(|| self.rollout()),
            salt: self.random.maybe(12, &["q", "checkout/us"]),
        }
    }

    fn rollout(&mut self) -> Rollout {
        let share = self.random.pick(&[0, 10_000, 50_000, 75_500, 99_999, 100_000]);
        Rollout { share, by: self.random.maybe(40, &["plan", "age", "tags", "user_id"]) }
    }

    fn fill(&mut self, state: &State, key: Name, rows: &[Seg], edit: bool) -> Fill {
        let kind = state.keys.get(key).map_or(Type::Boolean, |key| key.kind);
        match self.random.below(20) {
            0 if !edit => Fill::Blank,
            1..=6 => Fill::All(self.cell(kind, edit)),
            _ => {
                let mut some =
                    if rows.is_empty() { vec![None] } else { self.random.some(rows, rows.len()) };
                if self.random.percent(3) {
                    some.push(Some(self.segment(state)));
                }
                let blank = |generator: &mut Self| edit && generator.random.percent(20);
                let cell = |segment| (segment, (!blank(self)).then(|| self.cell(kind, edit)));
                Fill::Some(some.into_iter().map(cell).collect())
            }
        }
    }

    fn cell(&mut self, kind: Type, edit: bool) -> Cell {
        if self.random.percent(75) {
            return Cell::Value(self.value(kind));
        }
        let shares: &[u32] = match self.random.below(14) {
            0 => &[100_000],
            1 => &[50_000, 49_000],
            2 | 3 => &[33_300, 66_700],
            4 | 5 => &[10_000, 20_000, 70_000],
            6 => &[1, 99_999],
            7 => &[25_000, 0, 30_000, 45_000],
            _ => &[50_000, 50_000],
        };
        let names: &[Option<Name>] = &[None, None, None, Some("a"), Some("b")];
        let arm = |share: &u32| Arm {
            name: self.random.pick(names),
            share: *share,
            value: self.value(kind),
        };
        let mut arms: Vec<Arm> = shares.iter().map(arm).collect();
        if self.random.percent(80) {
            // the pieces of an arm have one value
            let before = arms.clone();
            for arm in arms.iter_mut().filter(|arm| arm.name.is_some()) {
                let first = before.iter().find(|other| other.name == arm.name);
                arm.value = first.map_or(arm.value, |first| first.value);
            }
        }
        let by = self.random.maybe(25, &["plan", "age", "vip", "tags"]);
        Cell::Split { arms, by, keeping: edit && self.random.percent(50) }
    }

    fn alter_config(&mut self, state: &State, now: Micros) -> Op {
        let name = self.config(state);
        let config = state.configs.iter().find(|config| config.name == name);
        let newest = config.map_or_else(Version::default, |c| c.version(c.newest()).clone());
        let count = 1 + self.random.below(8) / 5;
        let actions = (0..count).map(|_| self.action(state, &newest, now)).collect();
        let if_version = self.random.maybe(15, &[config.map_or(1, Config::newest) as u64, 2]);
        if self.random.percent(45) {
            self.next = Some(self.publish_of(name, now));
        }
        Op::AlterConfig { name, if_version, actions }
    }

    fn action(&mut self, state: &State, newest: &Version, now: Micros) -> Action {
        let rows: Vec<_> = newest.rows.iter().map(|row| row.segment).collect();
        let keys: Vec<_> = newest.columns.iter().map(|(key, _)| *key).collect();
        let row = self.row_of(state, &rows);
        let key = if keys.is_empty() || self.random.percent(4) {
            self.key(state)
        } else {
            self.random.pick(&keys)
        };
        match self.random.below(20) {
            0 => Action::Describe(self.random.pick(&["first", "second"])),
            1 => Action::Rename(self.random.pick(&CONFIGS)),
            2 | 3 => Action::SetSegments(self.rows(state, 4)),
            4..=6 => {
                let segment =
                    if self.random.percent(20) { None } else { Some(self.segment(state)) };
                let to = self.random.percent(60).then(|| self.place(state, &rows));
                Action::AddSegment(self.row(segment), to)
            }
            7 | 8 => Action::MoveSegment(row, self.place(state, &rows)),
            9 => Action::DropSegment(row),
            10 | 11 => Action::SetRollout(row, self.rollout()),
            12 | 13 => {
                let key = self.new_key(state, now);
                Action::AddKey(key, self.fill(state, key, &rows, false))
            }
            14 => Action::DropKey(key),
            _ => Action::SetKey(key, self.fill(state, key, &rows, true)),
        }
    }

    /// A key that no config has, mostly.
    fn new_key(&mut self, state: &State, now: Micros) -> Name {
        let free: Vec<_> =
            state.keys.keys().copied().filter(|key| state.owners(key, now).is_empty()).collect();
        if free.is_empty() || self.random.percent(20) {
            self.key(state)
        } else {
            self.random.pick(&free)
        }
    }

    fn row_of(&mut self, state: &State, rows: &[Seg]) -> Seg {
        if rows.is_empty() || self.random.percent(5) {
            Some(self.segment(state))
        } else {
            self.random.pick(rows)
        }
    }

    fn place(&mut self, state: &State, rows: &[Seg]) -> Place {
        let other = self.row_of(state, rows);
        self.random.pick(&[Place::First, Place::Last, Place::Before(other), Place::After(other)])
    }

    // -- serving

    fn publish(&mut self, state: &State, now: Micros) -> Op {
        let config = self.config(state);
        match self.publish_of(config, now) {
            Op::Publish { at, until, .. } if self.random.percent(35) => {
                Op::Publish { config, version: Some(self.version(state)), at, until }
            }
            publish => publish,
        }
    }

    fn publish_of(&mut self, config: Name, now: Micros) -> Op {
        let at = self.random.percent(50).then(|| self.time(now));
        let window = at.is_some() && self.random.percent(50);
        let until = window.then(|| self.time(now) + self.random.between(0, 3) * 10 * MINUTE);
        Op::Publish { config, version: None, at, until }
    }

    fn archive(&mut self, state: &State) -> Op {
        let kind = self.random.pick(&[Kind::Key, Kind::Segment, Kind::Config, Kind::Config]);
        let name = match kind {
            Kind::Key => self.key(state),
            Kind::Segment => {
                self.known(&SEGMENTS, &state.segments.keys().copied().collect::<Vec<_>>())
            }
            Kind::Config => self.config(state),
        };
        if self.random.percent(40) { Op::Archive(kind, name) } else { Op::Restore(kind, name) }
    }

    // -- reads

    /// A user.
    pub(crate) fn visitor(&mut self) -> Visitor {
        let mut attributes = Vec::new();
        for (name, values) in ATTRIBUTES {
            if self.random.percent(60) {
                attributes.push((name, self.random.pick(values)));
            }
        }
        Visitor { user: self.random.maybe(85, &USERS), attributes }
    }

    /// A read, now or as of another instant.
    pub(crate) fn get(&mut self, world: &World) -> Get {
        let state = world.current();
        let what = match self.random.below(5) {
            0 => What::All,
            1 if !state.configs.is_empty() => What::Config(self.config(state)),
            _ => What::Keys((0..=self.random.below(2)).map(|_| self.key(state)).collect()),
        };
        let as_of = self.random.percent(35).then(|| self.instant(world));
        let under = self.random.percent(12).then(|| (self.config(state), self.version(state)));
        Get { what, visitor: self.visitor(), as_of, under }
    }

    /// An instant that may matter: a revision's, right before one, or one to come.
    fn instant(&mut self, world: &World) -> Micros {
        let past = world.instants();
        let to_come = world.current().configs.iter().flat_map(|c| c.boundaries(world.clock));
        let to_come: Vec<_> = to_come.collect();
        let near = self.random.between(-1, 1);
        match self.random.below(4) {
            0 if !to_come.is_empty() => self.random.pick(&to_come) + near,
            1 => self.time(world.clock),
            _ if past.is_empty() => world.clock - 1,
            _ => self.random.pick(&past) + near,
        }
    }
}
