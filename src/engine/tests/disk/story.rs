//! Stories: what is done to a database, step by step.

use std::sync::Arc;

use super::{new_store, start};
use crate::engine::Database;
use crate::error::Result;
use crate::model::{Context, Event, Profile, Timestamp};
use crate::{DumpKind, Fact};

/// What is done to a database, and what is on its disk before.
pub(super) struct Story {
    pub(super) name: &'static str,
    pub(super) before: Vec<u8>,
    pub(super) steps: Vec<Step>,
}

/// Step of a story: one commit, but where it says that it is several.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) name: Arc<str>,
    pub(super) is_several: bool,
    run: Arc<Run>,
}

type Run = dyn Fn(&Database) -> Result<()> + Send + Sync;

impl Step {
    fn new(
        name: impl Into<Arc<str>>,
        run: impl Fn(&Database) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), is_several: false, run: Arc::new(run) }
    }

    fn several(self) -> Self {
        Self { is_several: true, ..self }
    }

    pub(super) fn run(&self, db: &Database) -> Result<()> {
        (self.run)(db)
    }
}

/// A step that is a statement, or a transaction of some.
fn say(script: impl Into<Arc<str>>) -> Step {
    let script = script.into();
    let said = Arc::clone(&script);
    Step::new(said, move |db| db.session().with_actor("ann").execute(&script).map(drop))
}

/// All that a store is for.
pub(super) fn mixed() -> Story {
    let mut steps = definitions();
    (0..10).for_each(|round| steps.extend(busy(round)));
    Story { name: "mixed", before: new_store(), steps }
}

/// Some of it, for what costs much.
pub(super) fn short() -> Story {
    let mut steps = definitions();
    (0..2).for_each(|round| steps.extend(busy(round)));
    Story { name: "short", before: new_store(), steps }
}

/// A dump is loaded into an empty store.
pub(super) fn load() -> Story {
    let dump = dump(&short());
    let load = Step::new("load", move |db| db.execute(&dump).map(drop)).several();
    let after = say("CREATE KEY after BOOLEAN DEFAULT TRUE;");
    Story { name: "load", before: new_store(), steps: vec![load, after] }
}

/// A store of the first format goes on to be used: its base of users is merged into runs.
pub(super) fn migration() -> Story {
    let before = include_bytes!("../../../../tests/files/0.1.0-base/store.pcdb").to_vec();
    let mut steps = vec![
        say("ALTER KEY offer SET DEFAULT 2;"),
        say("ALTER SEGMENT buyers WHERE SUM(EVENT 'bought' OF amount WITHIN 60 DAYS) > 30;"),
        say("ALTER CONFIG offers SET offer = 3;"),
        say("PUBLISH CONFIG offers;"),
        deliver("offer"),
        say("FORGET USER 'user-03';"),
    ];
    for n in 0..12 {
        steps.push(track(n));
    }
    steps.push(say("ADVANCE CLOCK 20 DAYS;"));
    steps.push(Step::new("expire", |db| db.expire().map(drop)).several());
    Story { name: "migration", before, steps }
}

fn definitions() -> Vec<Step> {
    vec![
        say("ALTER EVENT 'Seen' KEEP 30 DAYS;"),
        say("CREATE KEY title STRING DEFAULT 'Home';"),
        say("CREATE KEY rate DOUBLE DEFAULT 1.5 CHECK (VALUE > 0);"),
        say("CREATE SEGMENT nordic WHERE country IN ('NO', 'SE');"),
        say("CREATE SEGMENT buyers WHERE COUNT(EVENT 'Charged' WITHIN 7 DAYS) >= 2;"),
        list(0),
        // a large one: its edits are written as what they change
        say(format!(
            "CREATE CONFIG home SEGMENTS nordic 50%, vip, EVERYONE KEY title VALUES
             (nordic = '{}', vip = 'Lounge', EVERYONE = SPLIT (a: 50% 'A', b: 50% 'B')),
             KEY rate VALUES (vip = 2.5);",
            "Hjem ".repeat(60)
        )),
        say("PUBLISH CONFIG home COMMENT 'first';"),
        say(
            "BEGIN; CREATE KEY offer INTEGER DEFAULT 0;
             CREATE CONFIG shop SEGMENTS buyers KEY offer = 20; PUBLISH CONFIG shop;
             TRACK 'Charged' FOR USER 'u1' {\"amount\": 9} ID 'c1'; SET USER 'u1' city = 'Oslo'; COMMIT;",
        ),
    ]
}

/// What goes on day by day.
fn busy(round: i64) -> Vec<Step> {
    let mut steps = vec![
        say(format!("ADVANCE CLOCK {} HOURS;", 1 + round * 40)),
        say(format!("ALTER KEY rate SET DEFAULT {}.25;", round + 1)),
        track(round * 3),
        say(format!("ALTER CONFIG home SET title VALUES (vip = 'Lounge {round}');")),
        deliver("title"),
        say(format!("PUBLISH CONFIG home AT '{}';", later(round))),
        track(round * 3 + 1),
        track(round * 3 + 2),
        say(format!("CREATE KEY k{round} STRING DEFAULT '{}';", "long ".repeat(200))),
    ];
    steps.push(match round % 5 {
        0 => say(format!("FORGET USER 'u{round}';")),
        1 => list(round),
        2 => Step::new("expire", |db| db.expire().map(drop)).several(),
        3 => say("REVERT CONFIG home TO VERSION 1;"),
        _ => say(format!("BEGIN; ARCHIVE KEY k{round}; DISABLE CONFIG shop; COMMIT;")),
    });
    steps
}

/// An instant that the story has not come to when it says this.
fn later(round: i64) -> Timestamp {
    Timestamp::from_micros(start().as_micros() + (round + 1) * 1_000 * 3_600_000_000).unwrap()
}

/// One batch of facts about users: some are told again.
fn track(n: i64) -> Step {
    Step::new(format!("track {n}"), move |db| {
        let events = (0..5).map(|i| {
            let name = if (n + i) % 2 == 0 { "Seen" } else { "Charged" };
            let event = Event::new(name, format!("u{}", (n * 3 + i) % 8));
            Fact::from(event.with("amount", n * 10 + i).id(format!("id{}", n * 4 + i)))
        });
        let profile = Profile::new(format!("u{}", n % 8)).with("visits", n);
        db.track_all(events.chain([profile.into()])).map(drop)
    })
}

/// Deliveries that are counted and go to the store.
fn deliver(key: &'static str) -> Step {
    Step::new(format!("deliver {key}"), move |db| {
        for n in 0..7 {
            let country = if n % 2 == 0 { "NO" } else { "DE" };
            let user = Context::new(format!("u{n}")).with("country", country);
            let _ = db.evaluate(key, &user);
        }
        db.flush()
    })
}

/// A list, which comes to the store before the revision that refers to it.
fn list(n: i64) -> Step {
    let ids = move || (n * 20..n * 20 + 90).map(|id| format!("u{id}"));
    Step::new(format!("list {n}"), move |db| db.load_list("vip", ids()).map(drop))
}

fn dump(story: &Story) -> String {
    let disk = crate::store::disk::Disk::of(story.before.clone());
    let db = super::open(&disk).unwrap();
    story.steps.iter().for_each(|step| step.run(&db).unwrap());
    let mut dump = Vec::new();
    db.dump(&mut dump, DumpKind::History).unwrap();
    String::from_utf8(dump).unwrap()
}
