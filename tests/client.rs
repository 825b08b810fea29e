//! Clients: values that change only when the app says so, and say where they come from.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use pcq::{
    Client, ClientSet, Context, Database, Fetch, Object, Reason, Source, Subscription, Timestamp,
    Value,
};
use proptest::prelude::*;

/// Two users, each with a value of their own for `who`, and a `title` that is the same for all.
const SETUP: &str = "
    CREATE KEY who STRING DEFAULT 'nobody';
    CREATE KEY title STRING DEFAULT 'Home';
    CREATE SEGMENT is_ada WHERE user_id = 'ada';
    CREATE SEGMENT is_ben WHERE user_id = 'ben';
    CREATE CONFIG people SEGMENTS is_ada, is_ben KEY who VALUES (is_ada = 'ada', is_ben = 'ben');
    PUBLISH CONFIG people;";

fn start() -> Timestamp {
    Timestamp::parse("2026-03-01T09:00:00Z").expect("a timestamp")
}

fn database(script: &str) -> Database {
    let db = Database::builder().manual_clock(start()).in_memory();
    let db = db.expect("a store in memory opens");
    run(&db, script);
    db
}

fn run(db: &Database, script: &str) {
    db.execute(script).expect("the script is right");
}

/// A client of Ada's on the store of [`SETUP`].
fn ada() -> (Database, Client) {
    let db = database(SETUP);
    let client = db.client(Context::new("ada"));
    (db, client)
}

fn text(client: &Client, key: &str) -> String {
    client.get(key).expect("a text")
}

fn code<T: std::fmt::Debug>(result: pcq::Result<T>) -> &'static str {
    result.expect_err("an error").code()
}

fn names(names: &[pcq::Name]) -> Vec<&str> {
    names.iter().map(pcq::Name::as_str).collect()
}

/// Each key with its value and its source.
fn shown(all: &[pcq::ClientValue]) -> Vec<(&str, String, Source)> {
    let shown = |value: &pcq::Value| value.to_string();
    let all = all.iter();
    all.map(|v| (v.key().as_str(), v.value().map_or("-".into(), shown), v.source())).collect()
}

// ---- nothing changes before it is activated

#[test]
fn what_is_published_shows_only_after_fetch_and_activate() {
    let (db, client) = ada();
    client.fetch_and_activate();
    run(&db, "ALTER KEY title SET DEFAULT 'Start';");
    assert_eq!(text(&client, "title"), "Home");
    assert_eq!(client.fetch(), Fetch::Fetched { revision: db.revision() });
    assert_eq!(text(&client, "title"), "Home");
    assert_eq!(client.active_revision(), Some(db.revision() - 1));
    assert!(client.activate().expect("something waits").is_change());
    assert_eq!(text(&client, "title"), "Start");
    assert_eq!(client.active_revision(), Some(db.revision()));
    assert_eq!(client.activate(), None, "nothing waits any more");
}

#[test]
fn every_clone_is_the_same_client() {
    let (_db, client) = ada();
    client.clone().fetch_and_activate();
    assert_eq!(text(&client, "who"), "ada");
}

#[test]
fn a_fetch_tells_whether_anything_changed_for_the_user() {
    let (db, client) = ada();
    let at = |revision| db.revision() == revision;
    assert!(matches!(client.fetch(), Fetch::Fetched { revision } if at(revision)));
    assert!(matches!(client.fetch(), Fetch::Unchanged { revision } if at(revision)));
    run(&db, "ALTER CONFIG people SET who VALUES (is_ben = 'Ben'); PUBLISH CONFIG people;");
    assert!(matches!(client.fetch(), Fetch::Unchanged { revision } if at(revision)));
    let activation = client.activate().expect("what is unchanged waits too");
    assert_eq!(activation.revision, db.revision());
    run(&db, "CREATE KEY more INTEGER DEFAULT 1;");
    assert!(matches!(client.fetch(), Fetch::Fetched { revision } if at(revision)));
}

// ---- where a value comes from

#[test]
fn values_say_where_they_come_from() {
    let (_db, client) = ada();
    client.set_defaults([("title", "…"), ("local", "mine")]).expect("good defaults");
    assert_eq!(client.value("title").source(), Source::Default);
    client.fetch();
    assert_eq!(client.value("who").source(), Source::None);
    let fetched = client.fetched().expect("a set waits");
    assert_eq!(fetched.value("who").source(), Source::Cached);
    assert_eq!(fetched.value("local").source(), Source::Default);
    assert_eq!((fetched.activated_at(), fetched.evaluated_at()), (None, Some(start())));
    client.activate();
    assert!(client.fetched().is_none());
    let who = client.value("who");
    assert_eq!(who.source(), Source::Activated);
    assert_eq!(who.reason(), Some(Reason::TargetingMatch));
    assert_eq!(who.evaluation().and_then(|e| e.segment()).map(pcq::Name::as_str), Some("is_ada"));
    assert_eq!(client.value("title").reason(), Some(Reason::Static));
    assert_eq!(client.value("local").source(), Source::Default);
    assert_eq!(client.value("local").reason(), None);
    assert_eq!(client.value("nowhere").source(), Source::None);
    assert_eq!(client.value("").source(), Source::None, "no name of a key");
}

#[test]
fn all_is_what_getters_give_in_byte_order() {
    let (_db, client) = ada();
    client.set_defaults([("title", "…"), ("Zebra", "z"), ("é", "")]).expect("good defaults");
    let before = [("Zebra", "z"), ("title", "…"), ("é", "")];
    let quoted = |(key, value): (&'static str, &str)| (key, format!("\"{value}\""));
    let with = |source| move |(key, value)| (key, value, source);
    let expected: Vec<_> = before.map(quoted).map(with(Source::Default)).into();
    assert_eq!(shown(&client.all()), expected);
    client.fetch_and_activate();
    let after = [
        ("Zebra", "z", Source::Default),
        ("title", "Home", Source::Activated),
        ("who", "ada", Source::Activated),
        ("é", "", Source::Default),
    ];
    let after = after.map(|(key, value, source)| (key, format!("\"{value}\""), source));
    assert_eq!(shown(&client.all()), after);
}

#[test]
fn revision_and_times_are_those_of_what_is_in_force() {
    let (db, client) = ada();
    assert_eq!((client.active_revision(), client.activated_at()), (None, None));
    client.fetch();
    run(&db, "ADVANCE CLOCK 1 HOUR; CREATE KEY later INTEGER DEFAULT 1;");
    client.activate();
    let set = client.active();
    assert_eq!(set.revision(), Some(db.revision() - 1));
    assert_eq!(set.evaluated_at(), Some(start()));
    assert_eq!(set.activated_at(), Some(db.now()));
    assert_eq!(client.activated_at(), Some(db.now()));
    assert_ne!(client.activated_at(), Some(start()));
}

// ---- absent and empty

#[test]
fn absent_and_empty_are_different() {
    let db = database(
        "CREATE KEY text STRING DEFAULT ''; CREATE KEY list JSON DEFAULT [];
         CREATE KEY object JSON DEFAULT {}; CREATE KEY nothing JSON DEFAULT NULL;
         CREATE KEY zero INTEGER DEFAULT 0; CREATE KEY no BOOLEAN DEFAULT FALSE;",
    );
    let client = db.client(Context::anonymous());
    client.fetch_and_activate();
    let empty = ["\"\"", "[]", "{}", "null", "0", "false"];
    for (key, json) in ["text", "list", "object", "nothing", "zero", "no"].iter().zip(empty) {
        let value = client.value(key);
        assert_eq!(value.value().map(Value::to_string).as_deref(), Some(json), "{key}");
        assert_eq!(value.source(), Source::Activated, "{key}");
    }
    assert_eq!(client.value("absent").value(), None);
    assert_eq!(client.get_or("text", "other".to_owned()), "");
    assert_eq!(client.get_or("zero", 7), 0);
    assert!(!client.get_or("no", true));
    assert_eq!(client.get_or("nothing", Value::from(1)), Value::Null);
    assert_eq!(client.get_or("absent", "other".to_owned()), "other");
}

#[test]
fn an_empty_default_is_a_default() {
    let (_db, client) = ada();
    let empty = [("text", Value::from("")), ("nothing", Value::Null)];
    client.set_defaults(empty).expect("good defaults");
    assert_eq!(client.value("text").source(), Source::Default);
    assert_eq!(client.value("nothing").source(), Source::Default);
    assert_eq!(client.value("nothing").value(), Some(&Value::Null));
    assert_eq!(client.get_or("text", "other".to_owned()), "");
}

#[test]
fn getters_tell_why_there_is_no_value() {
    let (db, client) = ada();
    assert_eq!(code(client.get::<String>("title")), "no-value");
    client.fetch_and_activate();
    assert_eq!(code(client.get::<String>("titel")), "unknown-key");
    assert_eq!(code(client.get::<i64>("title")), "type-mismatch");
    assert_eq!(code(client.get::<i64>("")), "syntax");
    run(&db, "ARCHIVE KEY title;");
    client.fetch_and_activate();
    assert_eq!(code(client.get::<String>("title")), "no-value");
    let error = client.get::<String>("whoo").expect_err("no such key");
    assert_eq!(error.hints(), ["did you mean `who`?"]);
}

#[test]
fn the_nearest_default_is_taken() {
    let (_db, client) = ada();
    let default = || "call".to_owned();
    assert_eq!(client.get_or("title", default()), "call");
    client.set_defaults([("title", "app")]).expect("good defaults");
    assert_eq!(client.get_or("title", default()), "app");
    client.fetch_and_activate();
    assert_eq!(client.get_or("title", default()), "Home");
    assert_eq!(client.get_or("title", 5), 5, "of another type");
}

#[test]
fn defaults_are_replaced_as_a_whole_or_not_at_all() {
    let (_db, client) = ada();
    client.set_defaults([("a", 1), ("b", 2)]).expect("good defaults");
    assert_eq!(code(client.set_defaults([("c", 1), ("c", 2)])), "duplicate");
    assert_eq!(code(client.set_defaults([("c", 1), ("", 2)])), "syntax");
    let infinite = [("c", Value::Double(f64::INFINITY))];
    assert_eq!(code(client.set_defaults(infinite)), "bad-literal");
    assert_eq!(shown(&client.all()).len(), 2);
    let object = Value::from_json(r#"{"b": 3}"#).expect("JSON");
    let Value::Object(object) = object else { unreachable!("it is an object") };
    client.set_defaults(Object::clone(&object)).expect("good defaults");
    assert_eq!(shown(&client.all()), [("b", "3".to_owned(), Source::Default)]);
}

// ---- a key that is gone

#[test]
fn a_key_that_is_gone_falls_back_to_the_default_and_says_so() {
    let (db, client) = ada();
    client.set_defaults([("title", "mine")]).expect("good defaults");
    client.fetch_and_activate();
    run(&db, "ARCHIVE CONFIG people; ARCHIVE KEY title; ARCHIVE KEY who;");
    client.fetch();
    assert_eq!(text(&client, "title"), "Home", "not before it is activated");
    assert!(!client.value("title").is_gone());
    assert!(client.fetched().expect("a set waits").value("title").is_gone());
    let activation = client.activate().expect("a set waits");
    assert_eq!(names(&activation.gone), ["title", "who"]);
    assert_eq!(names(&activation.changed), ["title", "who"]);
    let title = client.value("title");
    assert_eq!(title.value(), Some(&Value::from("mine")));
    assert_eq!((title.source(), title.is_gone()), (Source::Default, true));
    assert_eq!(client.value("who").source(), Source::None);
    assert!(client.value("who").is_gone());
    let error = client.get::<String>("who").expect_err("no value");
    assert!(error.to_string().contains("gone"), "{error}");
}

#[test]
fn a_key_stays_gone_until_it_is_back() {
    let (db, client) = ada();
    client.fetch_and_activate();
    run(&db, "ARCHIVE KEY title;");
    client.fetch_and_activate();
    run(&db, "CREATE KEY other INTEGER DEFAULT 1;");
    let activation = client.fetch_and_activate().activation.expect("a set waits");
    assert_eq!((names(&activation.changed), names(&activation.gone)), (vec!["other"], vec![]));
    assert!(client.value("title").is_gone());
    run(&db, "RESTORE KEY title;");
    client.fetch_and_activate();
    assert_eq!(client.value("title").source(), Source::Activated);
    assert!(!client.value("title").is_gone());
    run(&db, "CREATE KEY brief INTEGER DEFAULT 1;");
    client.fetch();
    run(&db, "ARCHIVE KEY brief;");
    client.fetch_and_activate();
    assert!(!client.value("brief").is_gone(), "it was never in force");
}

// ---- another user

#[test]
fn another_user_never_sees_the_values_of_the_one_before() {
    let (_db, client) = ada();
    client.set_defaults([("who", "?")]).expect("good defaults");
    client.fetch_and_activate();
    client.fetch();
    let hers = client.active();
    client.set_context(Context::new("ben"));
    assert_eq!(text(&client, "who"), "?");
    assert_eq!(client.value("who").source(), Source::Default);
    assert!(!client.value("who").is_gone());
    assert!(client.fetched().is_none());
    assert_eq!((client.active_revision(), client.activated_at()), (None, None));
    assert_eq!(client.activate(), None, "what was fetched for Ada is not for Ben");
    assert_eq!(text(&client, "who"), "?");
    client.fetch_and_activate();
    assert_eq!(text(&client, "who"), "ben");
    assert_eq!(hers.context().user_id(), Some("ada"), "a set that was kept says whose it is");
    assert_eq!(hers.get::<String>("who").expect("a text"), "ada");
}

#[test]
fn the_same_id_with_other_attributes_is_another_user() {
    let (_db, client) = ada();
    client.fetch_and_activate();
    client.set_context(Context::new("ada").with("tenant", "b"));
    assert_eq!(client.value("who").source(), Source::None);
    client.fetch_and_activate();
    client.set_context(Context::new("ada").with("tenant", "b"));
    assert_eq!(text(&client, "who"), "ada", "the same context changes nothing");
}

#[test]
fn new_attributes_of_the_same_user_keep_what_is_in_force() {
    let db = database(
        "CREATE KEY quota INTEGER DEFAULT 1; CREATE SEGMENT pro WHERE plan = 'pro';
         CREATE CONFIG c SEGMENTS pro KEY quota = 9; PUBLISH CONFIG c;",
    );
    let client = db.client(Context::new("ada").with("plan", "free"));
    client.fetch_and_activate();
    client.fetch();
    client.set_attributes(&Object::from([("plan".into(), "pro".into())]));
    assert_eq!(client.activate(), None, "what waits was for the attributes of before");
    assert_eq!(client.get::<i64>("quota").expect("an integer"), 1);
    assert!(client.is_stale());
    let activation = client.fetch_and_activate().activation.expect("a set waits");
    assert_eq!(names(&activation.changed), ["quota"]);
    assert_eq!(client.get::<i64>("quota").expect("an integer"), 9);
    assert_eq!(client.context().user_id(), Some("ada"));
}

#[test]
fn a_reset_forgets_everything_but_the_user() {
    let (db, client) = ada();
    client.set_minimum_fetch_interval(Duration::from_secs(3600));
    client.set_defaults([("title", "mine")]).expect("good defaults");
    client.fetch_and_activate();
    run(&db, "ARCHIVE KEY title;");
    client.reset();
    assert_eq!(client.all().len(), 0);
    assert!(client.fetched().is_none() && client.activate().is_none());
    assert_eq!(client.active_revision(), None);
    assert_eq!(code(client.get::<String>("title")), "no-value");
    assert_eq!(client.fetch_and_activate().fetch, Fetch::Fetched { revision: db.revision() });
    assert_eq!(text(&client, "who"), "ada");
    assert!(!client.value("title").is_gone());
}

// ---- what a client misses

#[test]
fn a_client_is_stale_when_a_fetch_would_give_something_else() {
    let (db, client) = ada();
    assert!(client.is_stale(), "nothing was fetched");
    client.fetch();
    assert!(!client.is_stale());
    run(&db, "ALTER CONFIG people SET who VALUES (is_ben = 'Ben'); PUBLISH CONFIG people;");
    assert!(!client.is_stale(), "it is the value of another user");
    run(&db, "ALTER CONFIG people SET who VALUES (is_ada = 'Ada');");
    assert!(!client.is_stale(), "it is not published");
    run(&db, "PUBLISH CONFIG people;");
    assert!(client.is_stale());
    client.fetch_and_activate();
    assert!(!client.is_stale());
}

#[test]
fn a_client_is_stale_when_a_schedule_goes_on() {
    let (db, client) = ada();
    run(
        &db,
        "ALTER CONFIG people SET who VALUES (is_ada = 'Ada');
         PUBLISH CONFIG people AT '2026-03-02T09:00:00Z' UNTIL '2026-03-03T09:00:00Z';",
    );
    client.fetch_and_activate();
    for name in ["ada", "Ada", "Ada", "ada"] {
        let before = text(&client, "who");
        run(&db, "ADVANCE CLOCK 12 HOURS;");
        assert_eq!(client.is_stale(), before != name);
        assert_eq!(text(&client, "who"), before, "the clock changes nothing in force");
        client.fetch_and_activate();
        assert_eq!(text(&client, "who"), name);
    }
}

// ---- the throttle

#[test]
fn a_throttled_fetch_says_so_and_still_activates() {
    let (db, client) = ada();
    let hour = Duration::from_secs(3600);
    client.set_minimum_fetch_interval(hour);
    client.fetch();
    run(&db, "ALTER KEY title SET DEFAULT 'Start';");
    let done = client.fetch_and_activate();
    let Fetch::Throttled { retry_after } = done.fetch else { panic!("{done:?}") };
    assert!(retry_after > Duration::ZERO && retry_after <= hour);
    assert!(done.is_change());
    assert_eq!(text(&client, "title"), "Home");
    let again = client.fetch_and_activate();
    assert!(again.fetch.is_throttled() && again.activation.is_none() && !again.is_change());
}

#[test]
fn no_fetch_is_throttled_unless_an_interval_is_set() {
    let (_db, client) = ada();
    assert_eq!(client.minimum_fetch_interval(), Duration::ZERO);
    assert!((0..10).all(|_| !client.fetch().is_throttled()));
}

// ---- listeners

/// What a listener is told: the keys that changed, and those that are gone.
type Told = Arc<Mutex<Vec<(String, String)>>>;

fn listen(client: &Client) -> (Told, Subscription) {
    let told = Told::default();
    let kept = Arc::clone(&told);
    let subscription = client.on_activate(move |activation| {
        let line = (names(&activation.changed).join(" "), names(&activation.gone).join(" "));
        kept.lock().expect("no panic").push(line);
    });
    (told, subscription)
}

fn take(told: &Told) -> Vec<(String, String)> {
    std::mem::take(&mut *told.lock().expect("no panic"))
}

#[test]
fn a_listener_is_told_the_keys_that_changed() {
    let (db, client) = ada();
    client.set_defaults([("title", "Home")]).expect("good defaults");
    let (told, subscription) = listen(&client);
    let line = |changed: &str, gone: &str| (changed.to_owned(), gone.to_owned());
    client.fetch();
    assert_eq!(take(&told), []);
    client.activate();
    assert_eq!(take(&told), [line("who", "")], "the title is what the app had by default");
    client.fetch_and_activate();
    assert_eq!(take(&told), [], "nothing changed");
    run(&db, "ALTER KEY title SET DEFAULT 'Start'; CREATE KEY more INTEGER DEFAULT 1;");
    client.fetch_and_activate();
    assert_eq!(take(&told), [line("more title", "")]);
    run(&db, "ALTER KEY title SET DEFAULT 'Home';");
    client.fetch_and_activate();
    take(&told);
    run(&db, "ARCHIVE KEY title;");
    client.fetch_and_activate();
    assert_eq!(take(&told), [line("title", "title")], "gone, though its default is the same");
    client.set_context(Context::new("ben"));
    client.reset();
    assert_eq!(take(&told), [], "nothing was activated");
    drop(subscription);
    client.fetch_and_activate();
    assert_eq!(take(&told), []);
}

#[test]
fn a_listener_may_do_anything_with_the_client() {
    let (db, client) = ada();
    let (reader, store) = (client.clone(), db.clone());
    let calls = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&calls);
    let kept: Arc<Mutex<Vec<Subscription>>> = Arc::default();
    let more = Arc::clone(&kept);
    let _subscription = client.on_activate(move |_| {
        if count.fetch_add(1, Ordering::Relaxed) > 0 {
            return;
        }
        assert_eq!(text(&reader, "title"), "Home");
        run(&store, "ALTER KEY title SET DEFAULT 'Start';");
        more.lock().expect("no panic").push(reader.on_activate(|_| ()));
        assert!(reader.fetch_and_activate().is_change());
        assert_eq!(text(&reader, "title"), "Start");
        reader.set_context(Context::new("ben"));
    });
    assert!(client.fetch_and_activate().is_change());
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    assert_eq!(client.context().user_id(), Some("ben"));
    kept.lock().expect("no panic").clear();
}

#[test]
fn a_listener_that_panics_does_not_break_the_client() {
    let (db, client) = ada();
    let subscription = client.on_activate(|_| panic!("a listener's own mistake"));
    let other = client.clone();
    assert!(thread::spawn(move || other.fetch_and_activate()).join().is_err());
    drop(subscription);
    assert_eq!(text(&client, "who"), "ada");
    run(&db, "ALTER KEY title SET DEFAULT 'Start';");
    assert!(client.fetch_and_activate().is_change());
}

// ---- threads

/// How often the threads below write.
const ROUNDS: i64 = 100;

/// Tells the other threads to end, also if this one fails.
struct Finish<'a>(&'a AtomicBool);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn readers_never_see_a_mix_of_two_sets() {
    let between: Vec<_> = (0..100).map(|n| format!("CREATE KEY m{n} INTEGER DEFAULT 0;")).collect();
    let db = database(&between.concat());
    run(&db, "CREATE KEY a INTEGER DEFAULT 0; CREATE KEY z INTEGER DEFAULT 0;");
    let client = db.client(Context::anonymous());
    client.fetch_and_activate();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let _finish = Finish(&done);
        scope.spawn(|| read(&client, &done));
        let writer = scope.spawn(|| (1..=ROUNDS).for_each(|round| write(&db, round)));
        while !writer.is_finished() {
            client.fetch_and_activate();
        }
    });
    client.fetch_and_activate();
    assert_eq!(client.get::<i64>("z").expect("an integer"), ROUNDS);
}

fn write(db: &Database, round: i64) {
    let set = |key| format!("ALTER KEY {key} SET DEFAULT {round};");
    run(db, &format!("BEGIN; {} {} COMMIT;", set("a"), set("z")));
}

fn read(client: &Client, done: &AtomicBool) {
    let integer = |set: &ClientSet, key| set.get::<i64>(key).expect("an integer");
    let (mut newest, mut revision) = (0, None);
    while !done.load(Ordering::Acquire) {
        let set = client.active();
        let (a, z) = (integer(&set, "a"), integer(&set, "z"));
        assert_eq!(a, z, "a mix of two sets");
        assert!(a >= newest && set.revision() >= revision, "a set came back");
        (newest, revision) = (a, set.revision());
        assert!(client.get::<i64>("z").expect("an integer") >= a, "a getter went back");
    }
}

#[test]
fn a_fetch_under_way_is_never_activated_for_another_user() {
    let (_db, client) = ada();
    client.set_defaults([("who", "default")]).expect("good defaults");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let _finish = Finish(&done);
        scope.spawn(|| check_owner(&client, &done));
        let fetcher = scope.spawn(|| (0..ROUNDS).for_each(|_| fetch(&client)));
        while !fetcher.is_finished() {
            for user in ["ada", "ben"] {
                client.set_context(Context::new(user));
                let who = text(&client, "who");
                assert!(who == user || who == "default", "{user} sees what is {who}'s");
            }
        }
    });
}

fn fetch(client: &Client) {
    client.fetch();
    thread::yield_now();
    client.activate();
    thread::yield_now();
    client.fetch_and_activate();
}

fn check_owner(client: &Client, done: &AtomicBool) {
    while !done.load(Ordering::Acquire) {
        let sets = [Some(client.active()), client.fetched()];
        for set in sets.into_iter().flatten() {
            let who = set.get::<String>("who").expect("a text");
            let whose = set.context().user_id().expect("a user");
            assert!(who == whose || set.revision().is_none() && who == "default", "{set:?}: {who}");
        }
    }
}

// ---- against a plain model

/// What may happen to a client and its store.
#[derive(Clone, Debug)]
enum Step {
    Store(usize, i64),
    Archive(usize),
    Defaults(Vec<usize>),
    Fetch,
    Activate,
    User(bool),
    Reset,
}

const KEYS: [&str; 3] = ["a", "b", "c"];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_usize, 0..3_i64).prop_map(|(key, value)| Step::Store(key, value)),
        2 => (0..3_usize).prop_map(Step::Archive),
        1 => proptest::sample::subsequence(vec![0, 1, 2], 0..=3).prop_map(Step::Defaults),
        4 => Just(Step::Fetch),
        4 => Just(Step::Activate),
        1 => any::<bool>().prop_map(Step::User),
        1 => Just(Step::Reset),
    ]
}

type Values = BTreeMap<&'static str, i64>;

/// A client as one would first write it: three maps.
#[derive(Default)]
struct Model {
    ben: bool,
    /// The store; `None` is an archived key.
    store: BTreeMap<&'static str, Option<i64>>,
    active: Option<Values>,
    fetched: Option<Values>,
    defaults: Values,
}

impl Model {
    fn served(&self) -> Values {
        let mut served = self.defaults.clone();
        served.extend(self.active.iter().flatten());
        served
    }

    fn apply(&mut self, db: &Database, client: &Client, step: &Step) {
        match step {
            Step::Store(key, value) => self.write(db, KEYS[*key], Some(*value)),
            Step::Archive(key) => self.write(db, KEYS[*key], None),
            Step::Defaults(keys) => {
                self.defaults = keys.iter().map(|key| (KEYS[*key], 1)).collect();
                client.set_defaults(self.defaults.clone()).expect("good defaults");
            }
            Step::Fetch => {
                let values = self.store.iter().filter_map(|(key, value)| Some((*key, (*value)?)));
                let given = Some(values.collect());
                let newest = self.fetched.as_ref().or(self.active.as_ref());
                let same = newest == given.as_ref();
                assert_eq!(client.is_stale(), !same);
                assert_eq!(matches!(client.fetch(), Fetch::Unchanged { .. }), same);
                self.fetched = given;
            }
            Step::Activate => self.activate(client),
            Step::User(ben) => {
                client.set_context(Context::new(if *ben { "ben" } else { "ada" }));
                if *ben != self.ben {
                    (self.ben, self.active, self.fetched) = (*ben, None, None);
                }
            }
            Step::Reset => {
                client.reset();
                let store = std::mem::take(&mut self.store);
                *self = Self { ben: self.ben, store, ..Self::default() };
            }
        }
    }

    fn activate(&mut self, client: &Client) {
        let before = self.served();
        let activation = client.activate();
        assert_eq!(activation.is_some(), self.fetched.is_some());
        let Some(activation) = activation else { return };
        let old = std::mem::replace(&mut self.active, self.fetched.take()).unwrap_or_default();
        let after = self.served();
        let active = self.active.as_ref().expect("it was put there");
        let is_gone = |key: &&str| old.contains_key(*key) && !active.contains_key(*key);
        let gone: Vec<_> = KEYS.into_iter().filter(is_gone).collect();
        let differs = |key: &&str| before.get(*key) != after.get(*key) || gone.contains(key);
        assert_eq!(names(&activation.gone), gone);
        assert_eq!(
            names(&activation.changed),
            KEYS.into_iter().filter(differs).collect::<Vec<_>>()
        );
    }

    fn write(&mut self, db: &Database, key: &'static str, value: Option<i64>) {
        let archived = self.store.insert(key, value).is_none_or(|value| value.is_none());
        match value {
            Some(value) => {
                let restore = if archived { format!("RESTORE KEY {key};") } else { String::new() };
                run(db, &format!("{restore} ALTER KEY {key} SET DEFAULT {value};"));
            }
            None if archived => {}
            None => run(db, &format!("ARCHIVE KEY {key};")),
        }
    }

    fn compare(&self, client: &Client) {
        let served: Values = KEYS
            .into_iter()
            .filter_map(|key| Some((key, client.value(key).value()?.as_integer()?)))
            .collect();
        assert_eq!(served, self.served());
        assert_eq!(client.all().len(), served.len());
        for key in KEYS {
            let given = self.active.as_ref().is_some_and(|active| active.contains_key(key));
            let expected = match (given, self.defaults.contains_key(key)) {
                (true, _) => Source::Activated,
                (false, true) => Source::Default,
                (false, false) => Source::None,
            };
            assert_eq!(client.value(key).source(), expected, "{key}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_is_that_of_three_maps(steps in proptest::collection::vec(step(), 1..40)) {
        let create = KEYS.map(|key| format!("CREATE KEY {key} INTEGER DEFAULT 0; ARCHIVE KEY {key};"));
        let db = database(&create.concat());
        let client = db.client(Context::new("ada"));
        let mut model = Model::default();
        for step in &steps {
            model.apply(&db, &client, step);
            model.compare(&client);
        }
    }
}
