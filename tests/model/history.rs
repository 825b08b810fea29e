//! Runs a history on the engine and on the model, and compares.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use pcq::{Context, Database, DumpKind, Outcome, Session, Snapshot, Timestamp, Value};

use crate::evaluate;
use crate::generator::Generator;
use crate::operation::{Answer, Get, Micros, Op, Visitor, What};
use crate::state::State;
use crate::typed::value;
use crate::world::{Effect, MINUTE, World};
use crate::{text, typed};

/// 2026-01-01T00:00:00Z
const START: Micros = 1_767_225_600_000_000;

/// The columns of `GET`.
type Row = Vec<Value>;

/// How many operations were compared.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) statements: u64,
    pub(crate) reads: u64,
    pub(crate) rows: u64,
}

impl Tally {
    /// All operations: statements and reads.
    pub(crate) fn operations(self) -> u64 {
        self.statements + self.reads
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.statements += other.statements;
        self.reads += other.reads;
        self.rows += other.rows;
    }
}

/// Where the store of a history is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Memory,
    /// A file, which is closed and opened again every so many statements.
    File {
        reopen_every: usize,
    },
}

/// A snapshot that was taken, and the state that it must go on to show.
struct Taken {
    snapshot: Snapshot,
    state: State,
    at: Micros,
}

/// One history.
pub(crate) struct History {
    seed: u64,
    step: usize,
    db: Option<Database>,
    session: Option<Session>,
    file: Option<(tempfile::TempDir, PathBuf)>,
    world: World,
    generator: Generator,
    taken: Option<Taken>,
    script: String,
    tally: Tally,
}

/// Runs the history of a seed with so many statements, and compares after each of them.
pub(crate) fn run(seed: u64, statements: usize, place: Place) -> Tally {
    let mut history = History::new(seed, place);
    for step in 0..statements {
        history.step = step;
        history.statement();
        history.read_now();
        match place {
            Place::File { reopen_every } if (step + 1).is_multiple_of(reopen_every) => {
                history.reopen();
            }
            _ => {}
        }
    }
    history.end();
    history.tally
}

impl History {
    fn new(seed: u64, place: Place) -> Self {
        let builder = Database::builder().manual_clock(instant(START));
        let file = (place != Place::Memory).then(|| {
            let folder = tempfile::tempdir().expect("a folder for the store");
            let path = folder.path().join("store.pcdb");
            (folder, path)
        });
        let db = match &file {
            Some((_, path)) => builder.open(path),
            None => builder.in_memory(),
        };
        let db = db.expect("a new store opens");
        Self {
            seed,
            step: 0,
            session: Some(db.session()),
            db: Some(db),
            file,
            world: World::new(START),
            generator: Generator::new(seed),
            taken: None,
            script: String::new(),
            tally: Tally::default(),
        }
    }

    fn db(&self) -> &Database {
        self.db.as_ref().expect("the store is open")
    }

    fn session(&mut self) -> &mut Session {
        self.session.as_mut().expect("the store is open")
    }

    // -- statements

    fn statement(&mut self) {
        let op = self.generator.statement(&self.world);
        self.perform(&op);
    }

    fn perform(&mut self, op: &Op) {
        let text = text::statement(op) + ";";
        writeln!(self.script, "{text}").expect("a string takes everything");
        let expected = self.world.run(op);
        let outcome = if self.generator.random.percent(50) {
            self.session().execute(&text).map(|mut outcomes| outcomes.remove(0))
        } else {
            self.session().run(&typed::statement(op))
        };
        let got = outcome.as_ref().map(effect).map_err(pcq::Error::code);
        self.tally.statements += 1;
        if got != expected {
            self.fail(&text, &expected, &outcome);
        }
        let revisions = (self.world.revision() as u64, self.db().revision());
        if revisions.0 != revisions.1 {
            self.fail("the revision", &revisions.0, &revisions.1);
        }
    }

    /// Reopens the store, and compares everything.
    fn reopen(&mut self) {
        self.end_transaction();
        self.taken = None;
        self.session = None;
        if let Some(db) = self.db.take() {
            db.close().expect("the store closes");
        }
        writeln!(self.script, "-- here the store was closed and opened again").expect("a string");
        let (_, path) = self.file.as_ref().expect("a store in a file");
        let db = Database::open(path).expect("the store opens again");
        if micros(db.now()) != self.world.clock {
            self.fail("the clock after reopening", &self.world.clock, &db.now());
        }
        self.session = Some(db.session());
        self.db = Some(db);
        self.look_at_everything(3);
    }

    fn end_transaction(&mut self) {
        if self.world.in_transaction() {
            self.perform(&Op::Commit);
        }
    }

    // -- reads

    /// A few reads after a statement; everything after some.
    fn read_now(&mut self) {
        for _ in 0..3 {
            let get = self.generator.get(&self.world);
            self.compare_get(&get);
        }
        for _ in 0..4 {
            let visitor = self.generator.visitor();
            self.compare_evaluations(&visitor);
        }
        if self.step.is_multiple_of(10) {
            self.compare_snapshot();
            self.compare_tables();
            for _ in 0..4 {
                let visitor = self.generator.visitor();
                self.compare_get(&Get::all(&visitor, None));
            }
        }
    }

    /// Runs a `GET`, as text or as a node, and its `EXPLAIN` now and then.
    fn compare_get(&mut self, get: &Get) {
        let as_text = self.generator.random.percent(30);
        let expected = self.world.get(get).map(|answers| rows(&answers));
        let text = text::get(get) + ";";
        let outcome = if as_text {
            self.session().execute(&text).map(|mut outcomes| outcomes.remove(0))
        } else {
            self.session().run(&typed::get(get))
        };
        let got = match &outcome {
            Ok(outcome) => Ok(outcome.rows().expect("a GET gives rows").rows().to_vec()),
            Err(error) => Err(error.code()),
        };
        self.tally.reads += 1;
        self.tally.rows += got.as_ref().map_or(0, Vec::len) as u64;
        if got != expected {
            self.fail(&text, &expected, &got);
        }
        if as_text && self.generator.random.percent(30) {
            self.compare_explain(&text, expected.as_ref().map(drop).map_err(|code| *code));
        }
    }

    /// An `EXPLAIN` fails when its `GET` does.
    fn compare_explain(&mut self, get: &str, expected: Result<(), &'static str>) {
        let text = format!("EXPLAIN {get}");
        let got = self.session().execute(&text).map(drop).map_err(|error| error.code());
        self.tally.reads += 1;
        if got != expected {
            self.fail(&text, &expected, &got);
        }
    }

    /// The library's own reads see what is committed, whatever a transaction has written.
    fn compare_evaluations(&mut self, visitor: &Visitor) {
        let context = context(visitor);
        let expected = answers(self.world.committed(), self.world.clock, visitor);
        for expected in expected {
            let got = evaluated(&self.db().evaluate(expected.key, &context));
            self.tally.reads += 1;
            self.tally.rows += 1;
            let expected = row(&expected);
            if got != expected {
                self.fail(&format!("Database::evaluate for {visitor:?}"), &expected, &got);
            }
        }
    }

    /// A snapshot shows what it showed when it was taken.
    fn compare_snapshot(&mut self) {
        if let Some(taken) = self.taken.take() {
            let visitor = self.generator.visitor();
            for expected in answers(&taken.state, taken.at, &visitor) {
                let got = evaluated(&taken.snapshot.evaluate(expected.key, &context(&visitor)));
                self.tally.reads += 1;
                self.tally.rows += 1;
                if got != row(&expected) {
                    self.fail(&format!("a snapshot for {visitor:?}"), &row(&expected), &got);
                }
            }
        }
        let (state, at) = (self.world.committed().clone(), self.world.clock);
        self.taken = Some(Taken { snapshot: self.db().snapshot(), state, at });
    }

    /// `SHOW CONFIGS` and `SHOW KEYS`, as far as the model knows them.
    fn compare_tables(&mut self) {
        let (state, now) = (self.world.current(), self.world.clock);
        let mut configs: Vec<_> = state.configs.iter().collect();
        configs.sort_by_key(|config| config.name);
        let configs = configs.iter().map(|config| {
            // an archived config serves nothing, whatever its timeline says
            let live = config.live(now).filter(|_| config.status(now) != "archived");
            let live = live.map_or(Value::Null, number);
            vec![config.name.into(), config.status(now).into(), live, number(config.newest())]
        });
        let configs: Vec<Row> = configs.collect();
        let keys = state.keys.iter().map(|(name, key)| {
            let owner = state.owners(name, now).first().map_or(Value::Null, |c| c.name.into());
            let status = if key.archived { "archived" } else { "active" };
            let version = i64::from(key.version).into();
            vec![
                (*name).into(),
                text::kind(key.kind).into(),
                value(key.default),
                owner,
                status.into(),
                version,
            ]
        });
        let keys: Vec<Row> = keys.collect();
        self.compare_table("SHOW CONFIGS;", &["config", "status", "live", "newest"], &configs);
        self.compare_table(
            "SHOW KEYS;",
            &["key", "type", "default", "config", "status", "version"],
            &keys,
        );
    }

    fn compare_table(&mut self, statement: &str, columns: &[&str], expected: &[Row]) {
        let outcomes = self.session().execute(statement).expect("a table can always be shown");
        let rows = outcomes[0].rows().expect("SHOW gives rows");
        let column =
            |row, column: &&str| rows.value(row, column).expect("the column is there").clone();
        let got: Vec<Row> =
            (0..rows.len()).map(|row| columns.iter().map(|c| column(row, c)).collect()).collect();
        self.tally.reads += 1;
        if got != expected {
            self.fail(statement, &expected, &got);
        }
    }

    // -- the end

    /// Compares all keys for some users: now, as of each revision, right before it, between, and to come.
    fn look_at_everything(&mut self, users: usize) {
        let past = self.world.instants();
        let between = past.windows(2).map(|pair| i64::midpoint(pair[0], pair[1]));
        let before = past.iter().map(|at| at - 1);
        let boundaries =
            self.world.current().configs.iter().flat_map(|c| c.boundaries(self.world.clock));
        let to_come = boundaries.flat_map(|at| [at - 1, at, at + 60 * MINUTE]);
        let mut instants: Vec<_> =
            past.iter().copied().chain(between).chain(before).chain(to_come).collect();
        instants.sort_unstable();
        instants.dedup();
        for at in instants {
            let visitor = self.generator.visitor();
            self.compare_get(&Get::all(&visitor, Some(at)));
        }
        for _ in 0..users {
            let visitor = self.generator.visitor();
            self.compare_get(&Get::all(&visitor, None));
            self.compare_evaluations(&visitor);
        }
        self.compare_tables();
    }

    fn end(&mut self) {
        self.end_transaction();
        self.look_at_everything(12);
        self.verify();
        self.load_the_dump();
        self.load_the_present();
        if self.file.is_some() {
            self.reopen();
            self.verify();
        }
    }

    fn verify(&self) {
        let found = self.db().verify().expect("the store can be verified");
        if !found.is_sound() {
            self.fail("the verification", &"a sound store", &found.problems);
        }
    }

    /// A dump with the history rebuilds the store, and is dumped alike.
    fn load_the_dump(&mut self) {
        let dump = self.dump(DumpKind::History);
        let copy = Database::in_memory().expect("a store in memory opens");
        if let Err(error) = copy.execute(&dump) {
            self.fail("loading the dump", &"no error", &format!("{error:?}\n{dump}"));
        }
        let original = self.db.replace(copy);
        let session = self.db().session();
        let original_session = self.session.replace(session);
        let again = self.dump(DumpKind::History);
        if again != dump {
            self.fail("the dump of the copy", &dump, &again);
        }
        self.verify();
        self.look_at_everything(2);
        (self.db, self.session) = (original, original_session);
    }

    /// A dump of the present gives a store that answers alike, versions aside, from now on.
    fn load_the_present(&mut self) {
        let dump = self.dump(DumpKind::Current);
        let clock = instant(self.world.clock);
        let copy = Database::builder().manual_clock(clock).in_memory().expect("a store opens");
        if let Err(error) = copy.execute(&dump) {
            self.fail("loading the present", &"no error", &format!("{error:?}\n{dump}"));
        }
        let configs = &self.world.current().configs;
        let boundaries: Vec<_> =
            configs.iter().flat_map(|c| c.boundaries(self.world.clock)).collect();
        for at in [None].into_iter().chain(boundaries.into_iter().map(Some)) {
            let get = Get::all(&self.generator.visitor(), at);
            let answers = self.world.get(&get).expect("GET ALL does not fail");
            let expected: Vec<_> = rows(&answers).into_iter().map(unversioned).collect();
            let outcomes = copy.execute(&(text::get(&get) + ";")).expect("GET ALL does not fail");
            let got = outcomes[0].rows().expect("rows").rows();
            let got: Vec<_> = got.iter().cloned().map(unversioned).collect();
            self.tally.reads += 1;
            self.tally.rows += got.len() as u64;
            if got != expected {
                let what = format!("{} on a copy of the present:\n{dump}\n", text::get(&get));
                self.fail(&what, &expected, &got);
            }
        }
    }

    fn dump(&self, kind: DumpKind) -> String {
        let mut dump = Vec::new();
        self.db().dump(&mut dump, kind).expect("the store can be dumped");
        String::from_utf8(dump).expect("a dump is UTF-8")
    }

    fn fail(&self, what: &str, expected: &dyn std::fmt::Debug, got: &dyn std::fmt::Debug) -> ! {
        let Self { seed, step, script, .. } = self;
        panic!(
            "{what}\nexpected {expected:?}\ngot      {got:?}\n\
             seed {seed} (PCQ_MODEL_SEED={seed}), step {step}; the history, to be run with\n\
             `pcq run --keep-going --clock 2026-01-01T00:00:00Z`:\n{script}{what}"
        );
    }
}

/// What an outcome says was done.
fn effect(outcome: &Outcome) -> Effect {
    match outcome {
        Outcome::Changed { revision, .. } => {
            Effect::Changed(revision.map(|n| usize::try_from(n).expect("a small number")))
        }
        Outcome::Unchanged { .. } => Effect::Unchanged,
        _ => Effect::Done,
    }
}

/// The answers for every key, archived ones too.
fn answers(state: &State, at: Micros, visitor: &Visitor) -> Vec<Answer> {
    let what = What::Keys(state.keys.keys().copied().collect());
    let get = Get { what, visitor: visitor.clone(), as_of: None, under: None };
    evaluate::answer(state, at, &get).expect("the keys are there")
}

fn rows(answers: &[Answer]) -> Vec<Row> {
    answers.iter().map(row).collect()
}

/// The row of `GET` that the model expects.
fn row(answer: &Answer) -> Row {
    let optional = |text: Option<&str>| text.map_or(Value::Null, Value::from);
    vec![
        answer.key.into(),
        value(answer.value),
        answer.reason.into(),
        optional(answer.config),
        answer.version.map_or(Value::Null, number),
        optional(answer.segment),
        optional(answer.variant.as_deref()),
    ]
}

/// A row without the numbers of versions.
fn unversioned(mut row: Row) -> Row {
    row.remove(4);
    row
}

/// An evaluation as the row of a `GET`.
fn evaluated(got: &pcq::Evaluation<'_>) -> Row {
    let optional = |name: Option<&pcq::Name>| name.map_or(Value::Null, |n| n.as_str().into());
    vec![
        got.key().as_str().into(),
        got.value().clone(),
        got.reason().to_string().into(),
        optional(got.config()),
        got.version().map_or(Value::Null, |n| i64::from(n).into()),
        optional(got.segment()),
        got.variant().map_or(Value::Null, Value::from),
    ]
}

fn number(of: usize) -> Value {
    i64::try_from(of).expect("a small number").into()
}

fn context(visitor: &Visitor) -> Context {
    let context = visitor.user.map_or_else(Context::anonymous, Context::new);
    visitor.attributes.iter().fold(context, |context, (name, v)| context.with(*name, value(*v)))
}

fn instant(at: Micros) -> Timestamp {
    Timestamp::from_micros(at).expect("an instant of this century")
}

fn micros(at: Timestamp) -> Micros {
    at.as_micros()
}

/// Runs one history after another until so many operations are done, or the time is over.
pub(crate) fn run_many(first_seed: u64, statements: usize, place: Place, until: Bounds) -> Tally {
    let start = Instant::now();
    let mut tally = Tally::default();
    for seed in first_seed.. {
        tally += run(seed, statements, place);
        if tally.operations() >= until.operations || start.elapsed() > until.time {
            break;
        }
    }
    tally
}

/// When enough was done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) operations: u64,
    pub(crate) time: Duration,
}
