//! Roles: what a session, a handle and the functions of a database may do, and that nothing lifts it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use pcq::statement::HELP;
use pcq::{Context, Database, DumpKind, Event, Outcome, Parameters, Profile, Role, Statement};

/// A store with a published config and a user.
fn store() -> Database {
    let db = Database::in_memory().unwrap();
    db.execute(
        "CREATE KEY title STRING DEFAULT 'Home'; CREATE SEGMENT oslo WHERE city = 'Oslo';
         CREATE CONFIG home SEGMENTS oslo KEY title = 'Oslo'; PUBLISH CONFIG home;
         SET USER 'ada' city = 'Oslo';",
    )
    .unwrap();
    db
}

/// `fine`, or the code of an error.
fn told<T>(result: pcq::Result<T>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "fine")
}

#[test]
fn the_reference_names_the_statements_of_each_role() {
    let reference = include_str!("../grammar/README.md");
    let (_, reference) = reference.split_once("\n## Who may do what\n").unwrap();
    let mut documented = BTreeMap::new();
    for role in Role::ALL {
        let start = format!("| `{role}` | ");
        let row = reference.lines().find_map(|line| line.strip_prefix(&start)).unwrap();
        let statements = row.rsplit(" | ").next().unwrap();
        documented.extend(statements.split('`').skip(1).step_by(2).map(|name| (name, role)));
    }
    for help in HELP {
        let statement = Statement::parse(help.example).unwrap();
        assert_eq!(documented.get(help.name), Some(&statement.role()), "{}", help.name);
    }
    for (name, role) in documented {
        let is_known = HELP.iter().any(|help| help.name == name);
        // what a clause makes of a statement
        assert!(is_known || Statement::parse(name).unwrap().role() == role, "{name}");
    }
}

#[test]
fn a_role_allows_what_those_before_it_do() {
    let scripts = [
        (Role::Values, "GET title FOR USER 'ada';"),
        (Role::Read, "SHOW USERS;"),
        (Role::Draft, "ALTER CONFIG home SET title = 'x';"),
        (Role::Publish, "PUBLISH CONFIG home;"),
        (Role::Admin, "FORGET USER 'ada';"),
    ];
    for role in Role::ALL {
        let db = store();
        let restricted = db.with_role(role);
        for (needs, script) in scripts {
            let wanted = if needs <= role { "fine" } else { "not-allowed" };
            assert_eq!(told(restricted.execute(script)), wanted, "{role}: {script}");
        }
    }
}

/// What takes effect at once is for who may publish, also where it is written as a `CREATE`.
#[test]
fn a_create_that_alters_needs_what_an_alter_needs() {
    let scripts = [
        (Role::Draft, "CREATE KEY IF NOT EXISTS title STRING DEFAULT 'x';"),
        (Role::Draft, "CREATE SEGMENT IF NOT EXISTS oslo WHERE TRUE;"),
        (Role::Publish, "CREATE ATTRIBUTE IF NOT EXISTS born TIMESTAMP;"),
        (Role::Publish, "CREATE ATTRIBUTE city INTEGER;"),
        (Role::Publish, "CREATE OR ALTER ATTRIBUTE born TIMESTAMP;"),
        (Role::Publish, "CREATE OR ALTER KEY title STRING DEFAULT 'x';"),
        (Role::Publish, "CREATE OR ALTER SEGMENT oslo WHERE city = 'Bergen';"),
    ];
    for role in [Role::Draft, Role::Publish] {
        for (needs, script) in scripts {
            let wanted = if needs <= role { "fine" } else { "not-allowed" };
            assert_eq!(told(store().with_role(role).execute(script)), wanted, "{role}: {script}");
        }
    }
}

#[test]
fn no_handle_is_widened() {
    let db = Database::builder().role(Role::Draft).in_memory().unwrap();
    assert_eq!(db.role(), Role::Draft);
    for handle in [db.clone(), db.with_role(Role::Admin), db.session().database().clone()] {
        assert_eq!(handle.role(), Role::Draft);
    }
    let session = db.session().with_role(Role::Read).with_role(Role::Publish);
    assert_eq!((session.role(), session.database().role()), (Role::Read, Role::Read));
    assert_eq!(db.role(), Role::Draft);
}

#[test]
fn an_error_says_what_is_needed_and_what_there_is() {
    let error = store().with_role(Role::Read).execute("PUBLISH CONFIG home;").unwrap_err();
    let wanted = pcq::ErrorKind::RoleTooSmall { needs: Role::Publish, has: Role::Read };
    assert_eq!((error.kind(), error.class()), (&wanted, pcq::ErrorClass::Access));
    assert_eq!(error.place().map(|place| (place.line, place.column)), Some((1, 1)));
}

#[test]
fn prepared_statements_have_the_role_of_their_handle() {
    let db = store();
    let reader = db.with_role(Role::Read);
    let track = reader.prepare("TRACK 'Seen' FOR USER :user").unwrap();
    let get = reader.prepare("GET title FOR USER :user").unwrap();
    let ada = Parameters::new().with("user", "ada");
    assert_eq!(told(track.run(&ada)), "not-allowed");
    assert_eq!(told(get.run(&ada)), "fine");
    let past = db.with_role(Role::Values).prepare("GET title AS OF :at").unwrap();
    assert_eq!(
        told(past.run(&Parameters::new().with("at", "2026-01-01T00:00:00Z"))),
        "not-allowed"
    );
}

#[test]
fn functions_need_what_their_statements_need() {
    let db = store();
    let restricted = |role| {
        let db = db.with_role(role);
        let backup = tempfile::tempdir().unwrap();
        [
            told(db.verify()),
            told(db.survey_clock(None)),
            told(db.track(Event::new("Seen", "ada"))),
            told(db.set_user(Profile::new("ada").with("city", "Moss"))),
            told(db.load_list("vips", ["ada"])),
            told(db.session().load_list("vips", ["ben"])),
            told(db.forget_user("nobody")),
            told(db.expire()),
            told(db.compact()),
            told(db.dump(&mut Vec::new(), DumpKind::History)),
            told(db.dump(&mut Vec::new(), DumpKind::Current)),
            told(db.backup(backup.path().join("copy.pcdb"))),
            told(db.repair_clock(backup.path().join("repaired.pcdb"), None)),
        ]
    };
    for (role, allowed) in [
        (Role::Values, 0),
        (Role::Read, 2),
        (Role::Draft, 2),
        (Role::Publish, 6),
        (Role::Admin, 13),
    ] {
        let mut wanted = ["not-allowed"; 13];
        wanted[..allowed].fill("fine");
        assert_eq!(restricted(role), wanted, "{role}");
    }
}

#[test]
fn values_are_for_every_role() {
    let db = store().with_role(Role::Values);
    let ada = db.context_for("ada").unwrap();
    assert_eq!(db.get::<String>("title", &ada).unwrap(), "Oslo");
    assert_eq!(db.snapshot().get::<String>("title", &ada).unwrap(), "Oslo");
    let client = db.client(Context::anonymous());
    client.fetch_and_activate();
    assert_eq!(client.get::<String>("title").unwrap(), "Home");
}

#[test]
fn a_transaction_is_committed_with_what_it_was_allowed_to_write() {
    let db = store();
    let mut session = db.session().with_role(Role::Draft);
    session.execute("BEGIN; CREATE KEY other INTEGER DEFAULT 1;").unwrap();
    assert_eq!(told(session.execute("PUBLISH CONFIG home;")), "not-allowed");
    let mut session = session.with_role(Role::Values);
    assert_eq!(told(session.execute("CREATE KEY third INTEGER DEFAULT 1;")), "not-allowed");
    assert_eq!(told(session.execute("COMMIT;")), "fine");
    let names = db.names(pcq::ObjectKind::Key);
    assert_eq!(names.iter().map(pcq::Name::as_str).collect::<Vec<_>>(), ["other", "title"]);
}

#[test]
fn a_dump_is_loaded_by_who_may_do_everything() {
    let db = Database::in_memory().unwrap();
    let script = "LOAD STORE FORMAT 1;";
    assert_eq!(told(db.with_role(Role::Publish).execute(script)), "not-allowed");
    let mut session = db.session();
    session.execute(script).unwrap();
    // what began is not gone on with by less
    assert_eq!(told(session.with_role(Role::Publish).execute("LOAD END;")), "not-allowed");
}

#[test]
fn who_reads_values_alone_is_told_of_revisions_alone() {
    let db = store();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let subscribe = |role: Role| {
        let heard = Arc::clone(&heard);
        let listener = move |revision: &pcq::Revision, changes: &[pcq::Change]| {
            heard.lock().unwrap().push((role, revision.number, changes.len()));
        };
        db.with_role(role).subscribe(listener)
    };
    let _subscriptions = [subscribe(Role::Values), subscribe(Role::Read)];
    db.execute("CREATE KEY other INTEGER DEFAULT 1;").unwrap();
    assert_eq!(*heard.lock().unwrap(), [(Role::Values, 5, 0), (Role::Read, 5, 1)]);
}

#[test]
fn a_role_says_nothing_of_what_the_store_was_opened_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.pcdb");
    Database::open(&path).unwrap().execute("CREATE KEY k INTEGER DEFAULT 1;").unwrap();
    let open = |role| Database::builder().read_only(true).role(role).open(&path).unwrap();
    let write = "CREATE KEY l INTEGER DEFAULT 1;";
    assert_eq!(told(open(Role::Draft).execute(write)), "read-only");
    assert_eq!(told(open(Role::Read).execute(write)), "not-allowed");
    assert_eq!(told(open(Role::Admin).execute("SHOW KEYS;")), "fine");
}

#[cfg(feature = "cli")]
#[test]
fn the_program_runs_everything_in_the_role_of_its_option() {
    let run = |role: &str, more: &[&str]| {
        let statements = "CREATE KEY k INTEGER DEFAULT 1; DISABLE CONFIG c; GET k;";
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pcq"));
        let command = command.args(["--role", role, "--format", "csv", "-e", statements]);
        let ran = command.args(more).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (ran.status.code(), text(ran.stdout), text(ran.stderr))
    };
    let (code, out, err) = run("draft", &["--keep-going"]);
    assert_eq!((code, out.contains("k,1,STATIC")), (Some(1), true), "{err}");
    assert!(err.contains("error[not-allowed]: this needs the role `publish`, and"), "{err}");
    let (code, out, err) = run("read", &[]);
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert_eq!(run("boss", &[]).0, Some(2));
}

#[test]
fn what_is_not_allowed_leaves_nothing_behind() {
    let db = store();
    let before = db.revision();
    let outcomes = db.with_role(Role::Draft).execute("SHOW KEYS; ARCHIVE CONFIG home; SHOW KEYS;");
    assert_eq!(told::<Vec<Outcome>>(outcomes), "not-allowed");
    assert_eq!(db.revision(), before);
}
