//! Operations as they come, on a disk that fails and loses power, and on a model.

mod model;

use std::collections::BTreeSet;
use std::io::ErrorKind;

use super::START;
use crate::engine::{Builder, Database};
use crate::error::{Error, Result};
use crate::model::{Context, Timestamp};
use crate::store::disk::{Act, Chance, Disk, Fault, Loss};
use crate::store::fuzz::Input;
use model::{Memory, Model, SOME};

/// The most operations of one input.
const OPERATIONS: usize = 60;

/// The bytes of pages in memory: so few that they are read again and again.
const CACHE: usize = 16 << 10;

/// What is there before the first operation.
const BEFORE: &str = "
    CREATE KEY member BOOLEAN DEFAULT FALSE;
    CREATE CONFIG members SEGMENTS members KEY member = TRUE; PUBLISH CONFIG members;";

/// Store on a disk, and what it must hold.
struct Story {
    disk: Disk,
    db: Option<Database>,
    model: Model,
    /// What it may hold instead, once it is opened again: the operation that failed may be on the disk.
    doubt: Option<Model>,
    /// Whether an operation failed since it was opened.
    has_failed: bool,
    /// A number that was not used yet.
    next: i64,
}

/// Each byte or few say what is done. What is seen is what the model holds, whatever fails: an operation that failed is
/// not seen, nothing is written after it, and once the store is opened again it is there whole or not at all.
///
/// # Panics
///
/// Where that is not so.
pub fn disk(bytes: &[u8]) {
    let mut story = Story::new();
    let mut input = Input(bytes);
    for _ in 0..OPERATIONS {
        if input.is_empty() {
            break;
        }
        story.step(&mut input);
    }
    story.reopen();
}

fn builder() -> Builder {
    Database::builder().manual_clock(Timestamp::from_micros(START).expect("an instant"))
}

impl Story {
    fn new() -> Self {
        let disk = Disk::default();
        let db = Database::on_disk(&disk, &builder().cache_bytes(CACHE)).expect("a new store");
        db.load_list("members", ["v0"]).expect("the disk does not fail");
        db.execute(BEFORE).expect("the disk does not fail");
        let mut model = Model { memory: Memory::of(&db), ..Model::default() };
        model.remember();
        Self { disk, db: Some(db), model, doubt: None, has_failed: false, next: 1 }
    }

    fn step(&mut self, input: &mut Input<'_>) {
        let what = input.byte();
        let (n, value) = (input.below(SOME.into()), self.number());
        let n = u8::try_from(n).unwrap_or_default();
        match what % 16 {
            0 | 1 => self.create_key(n, value),
            2 => self.alter_key(n, value),
            3 => self.publish(n, value),
            4 | 5 => self.set_user(n, value),
            6 | 7 => self.track(n, value),
            8 => self.forget(n),
            9 => self.load_list(input.byte()),
            10 => self.advance_clock(),
            11 => self.upkeep(n),
            12 => self.reopen(),
            13 => self.cut_power(n, input.byte()),
            _ => self.fail(input),
        }
    }

    fn number(&mut self) -> i64 {
        self.next += 1;
        self.next
    }

    fn create_key(&mut self, n: u8, value: i64) {
        let is_new = !self.model.memory.values.contains_key(&n);
        let after = self.model.revised(|memory| {
            memory.values.insert(n, value);
        });
        self.say(&format!("CREATE KEY k{n} INTEGER DEFAULT {value};"), is_new.then_some(after));
    }

    /// What is published is not the default any more.
    fn alter_key(&mut self, n: u8, value: i64) {
        let known = self.model.memory.values.get(&n).copied();
        let is_published = known.is_some_and(|known| known < 0);
        let after = self.model.revised(|memory| {
            if !is_published {
                memory.values.insert(n, value);
            }
        });
        self.say(&format!("ALTER KEY k{n} SET DEFAULT {value};"), known.map(|_| after));
    }

    /// A transaction. A value that is published is less than zero.
    fn publish(&mut self, n: u8, value: i64) {
        let is_first = self.model.memory.values.get(&n).is_some_and(|known| *known > 0);
        let after = self.model.revised(|memory| {
            memory.values.insert(n, -value);
        });
        let script = format!(
            "BEGIN; CREATE CONFIG c{n} SEGMENTS EVERYONE KEY k{n} = -{value}; PUBLISH CONFIG c{n}; COMMIT;"
        );
        self.say(&script, is_first.then_some(after));
    }

    fn set_user(&mut self, n: u8, value: i64) {
        let mut after = self.model.clone();
        after.users.entry(n).or_default().0 = value;
        self.say(&format!("SET USER 'u{n}' x = {value};"), Some(after));
    }

    /// An event, and once more with the same id.
    fn track(&mut self, n: u8, value: i64) {
        let mut after = self.model.clone();
        after.users.entry(n).or_default().1 += 1;
        let track = format!("TRACK 'e' FOR USER 'u{n}' ID 'i{value}';");
        self.say(&track, Some(after));
        self.say(&track, Some(self.model.clone()));
    }

    fn forget(&mut self, n: u8) {
        let mut after = self.model.clone();
        after.users.remove(&n);
        self.say(&format!("FORGET USER 'u{n}';"), Some(after));
    }

    fn load_list(&mut self, members: u8) {
        let members: BTreeSet<u8> = (0..SOME).filter(|n| members >> n & 1 == 1).collect();
        let after = self.model.revised(|memory| memory.members.clone_from(&members));
        let ids = members.iter().map(|n| format!("v{n}"));
        self.came(|db| db.load_list("members", ids).map(drop), Some(after));
    }

    fn advance_clock(&mut self) {
        let mut after = self.model.clone();
        after.remember();
        let now = after.memory.now.map(Timestamp::as_micros).unwrap_or_default() + 3_600_000_000;
        after.memory.now = Timestamp::from_micros(now);
        after.remember();
        self.say("ADVANCE CLOCK 1 HOUR;", Some(after));
    }

    /// What changes nothing that is asked for.
    fn upkeep(&mut self, n: u8) {
        let same = Some(self.model.clone());
        match n % 3 {
            0 => self.came(Database::compact, same),
            1 => self.came(|db| db.expire().map(drop), same),
            _ => {
                let user = Context::new("u");
                let count = |db: &Database| drop(db.evaluate("member", &user));
                self.came(
                    |db| {
                        count(db);
                        db.flush()
                    },
                    same,
                );
            }
        }
    }

    fn fail(&mut self, input: &mut Input<'_>) {
        let how = input.byte();
        let error = if how & 8 == 0 { ErrorKind::Other } else { ErrorKind::StorageFull };
        let (act, for_ever) = (Act::ALL[usize::from(how % 4)], how & 4 != 0);
        self.disk.fail(Fault { act, nth: input.below(64), for_ever, error });
    }

    /// Runs a script; `after`: what is there then, unless it is to be refused.
    fn say(&mut self, script: &str, after: Option<Model>) {
        self.came(|db| db.execute(script).map(drop), after);
    }

    fn came(&mut self, run: impl FnOnce(&Database) -> Result<()>, after: Option<Model>) {
        let Some(db) = &self.db else { return };
        match (run(db), after) {
            (Ok(()), Some(after)) => {
                let is_change = after != self.model;
                assert!(!(self.has_failed && is_change), "it was written after a failure");
                self.model = after;
            }
            (Ok(()), None) => panic!("it was to be refused"),
            (Err(error), after) if is_of_disk(&error) => {
                let in_doubt = after.filter(|_| !self.has_failed);
                self.doubt = in_doubt.or(self.doubt.take());
                self.has_failed = true;
            }
            (Err(error), Some(_)) => panic!("{error:?}"),
            (Err(_), None) => {}
        }
        assert_eq!(self.model.memory, Memory::of(db), "what is seen");
    }

    /// Closes the store, and opens it on a disk that is in order again.
    fn reopen(&mut self) {
        self.db = None;
        self.disk.heal();
        self.open();
    }

    /// The power fails: what was not synced may be lost.
    fn cut_power(&mut self, loss: u8, chance: u8) {
        let (trace, mut image) = (self.disk.trace(), Vec::new());
        let loss = Loss::ALL[usize::from(loss) % Loss::ALL.len()];
        trace.each_cut(|cut| {
            if cut.after == trace.operations.len() {
                image = cut.image(loss, &mut Chance(chance.into()));
            }
        });
        self.db = None;
        self.disk = Disk::of(image);
        self.open();
    }

    fn open(&mut self) {
        let db = Database::on_disk(&self.disk, &Database::builder().cache_bytes(CACHE));
        let db = db.unwrap_or_else(|error| panic!("it does not open: {error:?}"));
        let report = db.verify().unwrap_or_else(|error| panic!("{error:?}"));
        assert!(report.is_sound(), "{report:?}");
        let holds = |model: &Model| model.is_held(&db).unwrap_or_else(|error| panic!("{error:?}"));
        if !holds(&self.model) {
            let doubt = self.doubt.take().filter(holds);
            let told = || panic!("{:?} is held, not {:?}", Memory::of(&db), self.model);
            self.model = doubt.unwrap_or_else(told);
        }
        (self.doubt, self.has_failed, self.db) = (None, false, Some(db));
    }
}

fn is_of_disk(error: &Error) -> bool {
    matches!(error.code(), "io" | "store-failed")
}
