//! What costs may grow to with the input: in step with it, but for a logarithm. Allocations and bytes are counted, so
//! the same is counted each time.

use allocation_counter::measure;
use pcq::{Database, Event, Timestamp};

/// Sizes, each twice the one before.
const SIZES: [usize; 3] = [200, 400, 800];

/// The most that twice the input may cost; its square is 4.
const TWICE: f64 = 2.6;

/// Holds what a work costs for each size against what it costs for half of it.
fn grows_in_step(what: &str, cost: impl Fn(usize) -> u64) {
    let costs = SIZES.map(cost);
    for pair in costs.windows(2) {
        let [once, twice] = pair else { unreachable!() };
        #[expect(clippy::cast_precision_loss, reason = "a ratio is rounded anyway")]
        let ratio = *twice as f64 / *once as f64;
        assert!(ratio < TWICE, "{what}: {costs:?}, {ratio:.2} times the half");
    }
}

/// A config of two versions, of which so many publications are to come; each is a commit.
fn scheduled(publications: usize) -> Database {
    let db = Database::in_memory().unwrap();
    db.execute(
        "CREATE KEY k INTEGER DEFAULT 0;
         CREATE CONFIG c SEGMENTS EVERYONE KEY k = 1;
         PUBLISH CONFIG c;
         ALTER CONFIG c SET k = 2;",
    )
    .unwrap();
    schedule(&db, 0..publications);
    db
}

fn schedule(db: &Database, numbers: std::ops::Range<usize>) {
    let publish = |n: usize| {
        let at = instant(40_000_000 + n * 60);
        format!("PUBLISH CONFIG c VERSION {} AT '{at}';\n", 1 + n % 2)
    };
    db.execute(&numbers.map(publish).collect::<String>()).unwrap();
}

#[test]
fn a_file_grows_with_the_schedules_of_a_config() {
    let folder = tempfile::tempdir().unwrap();
    let sizes = [500, 1_000, 2_000].map(|size| {
        let path = folder.path().join(size.to_string());
        scheduled(size).backup(&path).unwrap();
        std::fs::metadata(path).unwrap().len()
    });
    let [first, second, third] = sizes;
    assert!(second < first * 22 / 10 && third < second * 22 / 10, "{sizes:?}");
}

/// What one more costs does not grow with how many there are.
#[test]
fn one_more_schedule_costs_the_same_however_many_there_are() {
    let cost = |size| {
        let db = scheduled(size);
        measure(|| schedule(&db, size..size + 50)).bytes_total
    };
    let (few, many) = (cost(100), cost(1_600));
    assert!(
        many < few * 13 / 10,
        "{few} bytes are allocated with 100 schedules, {many} with 1,600"
    );
}

#[test]
fn schedules_are_verified_dumped_and_loaded_in_step_with_their_number() {
    grows_in_step("verifying", |size| {
        let db = scheduled(size);
        measure(|| assert!(db.verify().unwrap().is_sound())).bytes_total
    });
    grows_in_step("loading", |size| {
        let mut dump = Vec::new();
        scheduled(size).dump(&mut dump, pcq::DumpKind::History).unwrap();
        let (dump, copy) = (String::from_utf8(dump).unwrap(), Database::in_memory().unwrap());
        measure(|| drop(copy.execute(&dump).unwrap())).bytes_total
    });
    grows_in_step("taking all back", |size| {
        let db = scheduled(size);
        measure(|| drop(db.execute("CANCEL SCHEDULE OF CONFIG c;").unwrap())).bytes_total
    });
}

fn instant(seconds: usize) -> Timestamp {
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap().as_micros();
    Timestamp::from_micros(start + i64::try_from(seconds).unwrap() * 1_000_000).unwrap()
}

/// A user with so many events, which came in order of time or mixed.
fn user(events: usize, mixed: bool) -> Database {
    let db = Database::in_memory().unwrap();
    let step = if mixed { 7_919 } else { 1 };
    db.track_all((0..events).map(|n| Event::new("E", "u").at(instant(n * step % events)))).unwrap();
    db
}

#[test]
fn a_user_whose_events_came_mixed_costs_what_one_costs_whose_came_in_order() {
    let read = |mixed| {
        let db = user(5_000, mixed);
        measure(|| drop(db.context_for("u").unwrap())).count_total
    };
    let (ordered, mixed) = (read(false), read(true));
    assert!(mixed < ordered * 11 / 10, "{mixed} allocations, {ordered} in order");
}

#[test]
fn in_a_transaction_a_user_may_be_told_of_and_asked_about_in_turn() {
    grows_in_step("TRACK and GET in turn", |pairs| {
        let db = Database::in_memory().unwrap();
        db.execute(
            "CREATE KEY k INTEGER DEFAULT 0;
             CREATE SEGMENT s WHERE COUNT(EVENT 'E') > 10;
             CREATE CONFIG c SEGMENTS s KEY k = 1;
             PUBLISH CONFIG c;",
        )
        .unwrap();
        let turn = |n: usize| format!("TRACK 'E' FOR USER 'u' ID 'e{n}'; GET k FOR USER 'u';\n");
        let turns: String = (0..pairs).map(turn).collect();
        let script = format!("BEGIN;\n{turns}COMMIT;");
        measure(|| drop(db.execute(&script).unwrap())).bytes_total
    });
}

#[test]
fn in_a_transaction_many_users_may_be_told_of_and_asked_about_in_turn() {
    grows_in_step("SET USER and GET in turn", |pairs| {
        let db = Database::in_memory().unwrap();
        db.execute("CREATE KEY k INTEGER DEFAULT 0;").unwrap();
        let turn = |n: usize| format!("SET USER 'u{n}' a = {n}; GET k FOR USER 'u{n}';\n");
        let turns: String = (0..pairs).map(turn).collect();
        let script = format!("BEGIN;\n{turns}COMMIT;");
        measure(|| drop(db.execute(&script).unwrap())).bytes_total
    });
}

#[test]
fn a_user_has_so_many_attributes_at_most() {
    let db = Database::in_memory().unwrap();
    let set = |from: usize, to: usize| {
        let attributes: Vec<_> = (from..to).map(|n| format!("a{n} = {n}")).collect();
        db.execute(&format!("SET USER 'u' {};", attributes.join(", ")))
    };
    set(0, 10_000).unwrap();
    assert_eq!(set(9_990, 10_001).unwrap_err().code(), "limit");
    set(9_990, 10_000).unwrap();
    let one = pcq::Profile::new("u").with("one more", 1);
    assert_eq!(db.set_user(one).unwrap_err().code(), "limit");
    db.execute("FORGET USER 'u';").unwrap();
    set(10_000, 10_010).unwrap();
}
