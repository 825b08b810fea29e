//! How long events are kept: what is dropped changes no segment, and all is dropped that may be.

use std::collections::BTreeMap;

mod common;

use common::{Window, hour};
use pcq::{Database, DumpKind, Event, Profile, Value};
use proptest::prelude::*;

const USERS: [&str; 3] = ["ann", "ben", "cid"];
const NAMES: [&str; 3] = ["bought", "looked at", "left"];
/// When events are dropped, in hours.
const NOW: i64 = 100;

/// The hour before which a window needs nothing.
fn start(window: Window) -> i64 {
    match window {
        Window::All => i64::MIN,
        Window::Within(hours) => NOW - hours,
        Window::Since(from) | Window::Span(from, _) => from,
    }
}

#[derive(Clone, Debug)]
struct Segment {
    name: usize,
    window: Window,
    /// What it asks of the events.
    question: usize,
    archived: bool,
}

impl Segment {
    fn condition(&self) -> String {
        let (event, window) = (NAMES[self.name], self.window.text());
        let events = format!("EVENT '{event}'");
        match self.question {
            0 => format!("COUNT({events}{window}) >= 3"),
            1 => format!("NOT DID({events}{window})"),
            2 => format!("FIRST({events}{window}) < NOW() - 40 HOURS"),
            3 => format!("DISTINCT({events} OF hour{window}) % 2 = 0"),
            _ => format!("SUM({events} OF hour WHERE hour % 3 != 0{window}) > 90"),
        }
    }
}

#[derive(Clone, Debug)]
struct World {
    /// User, name and hour of each event.
    events: Vec<(usize, usize, i64)>,
    segments: Vec<Segment>,
    /// How many hours events are kept; those of no name are the rule of the others. 0 is for ever.
    rules: Vec<(Option<usize>, i64)>,
}

impl World {
    fn make(&self) -> Database {
        let db = Database::builder().manual_clock(hour(NOW)).in_memory().unwrap();
        let events = self.events.iter().map(|(user, name, at)| {
            Event::new(NAMES[*name], USERS[*user]).at(hour(*at)).with("hour", *at)
        });
        db.track_all(events).unwrap();
        db.set_user(Profile::new("ann").with("city", "Pune").at(hour(0))).unwrap();
        for (n, segment) in self.segments.iter().enumerate() {
            let condition = segment.condition();
            db.execute(&format!("CREATE SEGMENT s{n} WHERE {condition};")).unwrap();
            let end = if segment.archived {
                format!("ARCHIVE SEGMENT s{n};")
            } else {
                format!(
                    "CREATE KEY k{n} BOOLEAN DEFAULT FALSE;
                     CREATE CONFIG c{n} SEGMENTS s{n} KEY k{n} = TRUE;
                     PUBLISH CONFIG c{n};"
                )
            };
            db.execute(&end).unwrap();
        }
        for (name, hours) in &self.rules {
            let who = name.map_or("EVENTS".to_owned(), |name| format!("EVENT '{}'", NAMES[name]));
            let keep = if *hours == 0 { "FOREVER".to_owned() } else { format!("{hours} HOURS") };
            db.execute(&format!("ALTER {who} KEEP {keep};")).unwrap();
        }
        db
    }

    /// The hour before which events of a name are dropped.
    fn oldest(&self, name: usize) -> i64 {
        let rules: BTreeMap<_, _> = self.rules.iter().copied().collect();
        let own = rules.get(&Some(name)).or_else(|| rules.get(&None)).copied().unwrap_or(0);
        let needed = self.segments.iter().filter(|s| s.name == name && !s.archived);
        let needed = needed.map(|segment| start(segment.window)).min().unwrap_or(i64::MAX);
        if own == 0 { i64::MIN } else { needed.min(NOW - own) }
    }

    /// The hours of the events of a user that stay, in order of time.
    fn left(&self, user: usize) -> Vec<i64> {
        let stays =
            |event: &&(usize, usize, i64)| event.0 == user && event.2 >= self.oldest(event.1);
        let mut left: Vec<_> = self.events.iter().filter(stays).map(|event| event.2).collect();
        left.sort_unstable();
        left
    }
}

/// What every key is for every user, now and later.
fn answers(db: &Database) -> Vec<Value> {
    let mut answers = Vec::new();
    for user in USERS {
        for at in [NOW, NOW + 1, NOW + 13, NOW + 60] {
            let get = format!("GET ALL FOR USER '{user}' AS OF '{}';", hour(at));
            let outcome = db.execute(&get).unwrap().remove(0);
            let rows = outcome.rows().unwrap();
            answers.extend((0..rows.len()).map(|n| rows.value(n, "value").unwrap().clone()));
        }
    }
    answers
}

fn hours_of(db: &Database, user: &str) -> Vec<i64> {
    let show = format!("SHOW EVENTS WHERE user = '{user}' ORDER BY time;");
    let outcome = db.execute(&show).unwrap().remove(0);
    let rows = outcome.rows().unwrap();
    let properties = |n| rows.value(n, "properties").unwrap().to_string();
    let hour = |json: String| json.trim_matches(|c: char| !c.is_ascii_digit() && c != '-').parse();
    (0..rows.len()).map(|n| hour(properties(n)).unwrap()).collect()
}

fn window() -> impl Strategy<Value = Window> {
    prop_oneof![
        1 => Just(Window::All),
        4 => (1..120_i64).prop_map(Window::Within),
        2 => (0..130_i64).prop_map(Window::Since),
        2 => (0..90_i64, 1..60_i64).prop_map(|(from, length)| Window::Span(from, from + length)),
    ]
}

prop_compose! {
    fn segment()(name in 0..3_usize, window in window(), question in 0..5_usize, kind in 0..4)
        -> Segment {
        Segment { name, window, question, archived: kind == 0 }
    }
}

prop_compose! {
    fn world()(
        events in prop::collection::vec((0..3_usize, 0..3_usize, 0..110_i64), 0..60),
        segments in prop::collection::vec(segment(), 0..5),
        rules in prop::collection::vec((prop::option::of(0..3_usize), 0..110_i64), 0..5),
    ) -> World {
        World { events, segments, rules }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_dropped_changes_no_segment(world in world()) {
        let db = world.make();
        let before = answers(&db);
        let dropped = db.expire().unwrap();
        prop_assert_eq!(answers(&db), before);
        let mut left = 0;
        for (n, user) in USERS.into_iter().enumerate() {
            let wanted = world.left(n);
            left += wanted.len();
            prop_assert_eq!(hours_of(&db, user), wanted);
        }
        prop_assert_eq!(usize::try_from(dropped).unwrap() + left, world.events.len());
        prop_assert_eq!(db.expire().unwrap(), 0);
        prop_assert!(db.verify().unwrap().is_sound());
    }
}

#[test]
fn users_who_were_asked_about_before_are_asked_anew() {
    let db = Database::builder().manual_clock(hour(NOW)).in_memory().unwrap();
    db.track_all([0, 99].map(|at| Event::new("left", "ann").at(hour(at)).with("hour", at)))
        .unwrap();
    db.set_user(Profile::new("ann").with("city", "Pune").at(hour(0))).unwrap();
    db.execute("ALTER EVENTS KEEP 10 HOURS;").unwrap();
    assert_eq!(hours_of(&db, "ann"), [0, 99]);
    let context = db.context_for("ann").unwrap();
    assert_eq!(db.expire().unwrap(), 1);
    assert_eq!(hours_of(&db, "ann"), [99]);
    let users = db.execute("SHOW USERS;").unwrap().remove(0);
    let attributes = users.rows().unwrap().value(0, "attributes").unwrap().to_string();
    assert_eq!(attributes, r#"{"city":"Pune"}"#);
    drop(context);
}

#[test]
fn ids_of_dropped_events_are_free_again() {
    let db = Database::builder().manual_clock(hour(NOW)).in_memory().unwrap();
    let event = |at| Event::new("left", "ann").at(hour(at)).id("one");
    assert!(db.track(event(0)).unwrap());
    db.execute("ALTER EVENT 'left' KEEP 1 DAY;").unwrap();
    assert!(!db.track(event(99)).unwrap());
    assert_eq!(db.expire().unwrap(), 1);
    assert!(db.track(event(99)).unwrap());
}

#[test]
fn rules_survive_dumps() {
    let start = hour(NOW);
    let make = || Database::builder().manual_clock(start).in_memory().unwrap();
    let db = make();
    db.execute(
        "ALTER EVENTS KEEP 30 DAYS; ALTER EVENT 'it''s' KEEP FOREVER; ALTER EVENT 'left' KEEP 1 DAY;
         ALTER EVENT 'left' KEEP 2 DAYS;",
    )
    .unwrap();
    for kind in [DumpKind::History, DumpKind::Current] {
        let (mut dump, mut again) = (Vec::new(), Vec::new());
        db.dump(&mut dump, kind).unwrap();
        let copy = make();
        copy.execute(std::str::from_utf8(&dump).unwrap()).unwrap();
        copy.dump(&mut again, kind).unwrap();
        assert_eq!(String::from_utf8(again).unwrap(), String::from_utf8(dump).unwrap());
        let show = |db: &Database| db.execute("SHOW RETENTION;").unwrap().remove(0);
        assert_eq!(show(&copy).rows(), show(&db).rows());
        assert!(copy.verify().unwrap().is_sound());
    }
}

#[test]
fn only_who_may_write_drops_events() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.pcdb");
    Database::open(&path).unwrap().close().unwrap();
    let db = Database::builder().read_only(true).open(&path).unwrap();
    assert_eq!(db.expire().unwrap_err().code(), "read-only");
    assert_eq!(db.compact().unwrap_err().code(), "read-only");
}
