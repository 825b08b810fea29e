//! `pcq plan` and `pcq apply`, and the state files that `pcq dump --current` writes.

use super::{Place, assert_fails};

const STATE: &str = "BEGIN;
CREATE KEY size INTEGER DEFAULT 1;
CREATE KEY theme STRING DEFAULT 'light';
CREATE SEGMENT staff WHERE staff;
CREATE SEGMENT testers WHERE IN SEGMENT staff AND beta;
CREATE CONFIG look
    DESCRIPTION 'how it looks'
    SEGMENTS
        staff 25% SALT 'x',
        EVERYONE
    KEY theme VALUES (
        staff = SPLIT (a: 50% 'dark', b: 50% 'light'),
        EVERYONE = 'light'
    );
PUBLISH CONFIG look;
ALTER CONFIG look SET theme VALUES (EVERYONE = 'dark');
CREATE CONFIG other
    SEGMENTS
        testers
    KEY size VALUES (
        testers = 2
    );
DISABLE CONFIG other;
COMMIT;
";

#[test]
fn a_state_goes_into_a_store_and_out_again() {
    let place = Place::new();
    place.file("state.pcq", STATE);
    let ran = place.run(&["apply", "s.pcdb", "state.pcq", "--yes", "--actor", "ann"]);
    assert_eq!((ran.code, &*ran.err), (0, "applied 9 statements\n"), "{ran:?}");
    assert_eq!(place.run(&["dump", "s.pcdb", "--current"]).out, STATE);
    let ran = place.run(&["plan", "s.pcdb", "state.pcq"]);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (0, "", ""), "{ran:?}");
    let ran = place.run(&["apply", "s.pcdb", "state.pcq"]);
    assert_eq!((ran.code, &*ran.err), (0, "nothing to do\n"), "{ran:?}");
    let history = place.run(&["s.pcdb", "-e", "SHOW HISTORY LIMIT 1", "--format", "csv"]).out;
    assert!(history.contains("1,") && history.contains(",ann,"), "{history}");
}

#[test]
fn a_plan_is_shown_and_nothing_is_run() {
    let place = Place::new();
    place.file("state.pcq", STATE);
    place.run(&["apply", "s.pcdb", "state.pcq", "--yes"]);
    let edited = STATE.replace("DEFAULT 1", "DEFAULT 3").replace("staff 25%", "staff 30%");
    place.file("edited.pcq", edited.replace("DISABLE CONFIG other;\n", ""));
    let shown = "BEGIN;\n\n-- keys\nALTER KEY size SET DEFAULT 3;\n\n-- configs\n\
        ALTER CONFIG look SET ROLLOUT staff = 30%, SET theme VALUES (EVERYONE = 'light');\n\
        PUBLISH CONFIG look;\nALTER CONFIG look SET theme VALUES (EVERYONE = 'dark');\n\
        ENABLE CONFIG other;\n\nCOMMIT;\n";
    let ran = place.run(&["plan", "s.pcdb", "edited.pcq"]);
    assert_eq!((ran.code, &*ran.out, &*ran.err), (6, shown, ""), "{ran:?}");
    // where nobody can be asked nothing is done either
    let ran = place.run(&["apply", "s.pcdb", "edited.pcq"]);
    assert_eq!((ran.code, &*ran.out), (1, shown), "{ran:?}");
    assert!(
        ran.err.contains("--yes applies it") && ran.err.ends_with("nothing was done\n"),
        "{ran:?}"
    );
    assert_eq!(place.run(&["dump", "s.pcdb", "--current"]).out, STATE);
    assert_eq!(place.run(&["apply", "s.pcdb", "edited.pcq", "--yes"]).code, 0);
    assert_eq!(place.run(&["plan", "s.pcdb", "edited.pcq"]).code, 0);
}

#[test]
fn what_is_not_named_stays_or_is_archived() {
    let place = Place::new();
    place.file("state.pcq", STATE);
    place.run(&["apply", "s.pcdb", "state.pcq", "--yes"]);
    place.file("keys.pcq", "CREATE KEY size INTEGER DEFAULT 1;");
    assert_eq!(place.run(&["plan", "s.pcdb", "keys.pcq"]).code, 0);
    let ran = place.run(&["plan", "s.pcdb", "keys.pcq", "--prune"]);
    let shown = "BEGIN;\n\n-- out of use\nARCHIVE CONFIG look;\nARCHIVE CONFIG other;\nARCHIVE SEGMENT testers;\n\
        ARCHIVE KEY theme;\nARCHIVE SEGMENT staff;\n\nCOMMIT;\n";
    assert_eq!((ran.code, &*ran.out), (6, shown), "{ran:?}");
    assert_eq!(place.run(&["apply", "s.pcdb", "keys.pcq", "--prune", "--yes"]).code, 0);
    let left = "BEGIN;\nCREATE KEY size INTEGER DEFAULT 1;\nCOMMIT;\n";
    assert_eq!(place.run(&["dump", "s.pcdb", "--current"]).out, left);
    // and comes back
    assert_eq!(place.run(&["apply", "s.pcdb", "state.pcq", "--yes"]).code, 0);
    assert_eq!(place.run(&["dump", "s.pcdb", "--current"]).out, STATE);
}

#[test]
fn one_config_is_written_with_what_it_needs() {
    let place = Place::new();
    place.file("state.pcq", STATE);
    place.run(&["apply", "s.pcdb", "state.pcq", "--yes"]);
    let other = place.run(&["dump", "s.pcdb", "--current", "--config", "other"]).out;
    for (needed, is_there) in
        [("KEY size", true), ("SEGMENT staff", true), ("SEGMENT testers", true), ("theme", false)]
    {
        assert_eq!(other.contains(needed), is_there, "{needed}: {other}");
    }
    place.file("other.pcq", other);
    assert_eq!(place.run(&["plan", "s.pcdb", "other.pcq"]).code, 0);
    assert_eq!(place.run(&["apply", "new.pcdb", "other.pcq", "--yes"]).code, 0);
    assert_fails(
        &place.run(&["dump", "s.pcdb", "--current", "--config", "none"]),
        1,
        "unknown-config",
    );
    assert_eq!(place.run(&["dump", "s.pcdb", "--config", "other"]).code, 2);
}

#[test]
fn what_is_wrong_is_told_with_its_file() {
    let place = Place::new();
    place.file("right.pcq", "CREATE KEY a INTEGER DEFAULT 1;\n");
    place.file("wrong.pcq", "CREATE KEY b INTEGER DEFAULT 1;\n  SET USER 'u' a = 1;\n");
    place.file("worse.pcq", "CREATE KEY c INTEGER DEFAULT 'x';\n");
    place.file("broken.pcq", "CREATE KEY;\n");
    place.store();
    let plan = |file: &str| place.run(&["plan", "s.pcdb", "right.pcq", file]);
    assert_fails(
        &plan("wrong.pcq"),
        1,
        "wrong.pcq:2:3: error[not-a-state]: this is nothing that a state file says",
    );
    assert_fails(&plan("worse.pcq"), 1, "worse.pcq:1:30: error[type-mismatch]");
    assert_fails(&plan("broken.pcq"), 4, "broken.pcq:1:11: error[syntax]");
    assert_fails(&place.run(&["plan", "none.pcdb", "right.pcq"]), 3, "none.pcdb");
}

/// What the files do not say is left, and told.
#[test]
fn notes_say_what_stays() {
    let place = Place::new();
    place.file("state.pcq", STATE);
    place.run(&["apply", "s.pcdb", "state.pcq", "--yes"]);
    place.run(&["s.pcdb", "-e", "PUBLISH CONFIG look AT NOW() + 30 DAYS"]);
    let ran = place.run(&["plan", "s.pcdb", "state.pcq"]);
    assert_eq!(
        (ran.code, &*ran.err),
        (0, "note[left-as-is]: config `look` has schedules to come, which stay\n"),
        "{ran:?}"
    );
    place.file("draft.pcq", STATE.replace("PUBLISH CONFIG look;\n", ""));
    let ran = place.run(&["plan", "s.pcdb", "draft.pcq"]);
    assert!(
        ran.err.contains(
            "note[left-as-is]: config `look` is live, which the files do not say: it stays so"
        ),
        "{ran:?}"
    );
}

/// Files that are alike are told apart, also where a place shows less than its file has.
#[test]
fn what_is_hidden_is_told_with_its_file() {
    let place = Place::new();
    place.store();
    let twin = "CREATE KEY good STRING SENSITIVE DEFAULT 'a';\n";
    place.file("a.pcq", twin);
    place.file("b.pcq", twin.replace("good", "evil").replace("'a'", "5"));
    let plan = place.run(&["plan", "s.pcdb", "a.pcq", "b.pcq"]);
    assert_fails(&plan, 1, "b.pcq:1:42: error[type-mismatch]");
    assert!(plan.err.starts_with("b.pcq:1:42:") && plan.err.contains("DEFAULT ***"), "{plan:?}");
    // as `run` tells it
    assert_eq!(plan.err, place.run(&["run", "a.pcq", "b.pcq"]).err);
    place.file("c.pcq", "CREATE ATTRIBUTE zz SEMVER SENSITIVE CHECK (VALUE > 5);\n");
    let plan = place.run(&["plan", "s.pcdb", "c.pcq"]);
    assert!(plan.err.contains("CHECK (VALUE > ***)"), "{plan:?}");
    assert_eq!(plan.err, place.run(&["run", "c.pcq"]).err);
    // the same text at the same line
    place.file("d.pcq", "CREATE KEY d STRING DEFAULT 'd';\n");
    place.file("e.pcq", "CREATE KEY d STRING DEFAULT 'd';\n");
    assert_fails(
        &place.run(&["plan", "s.pcdb", "d.pcq", "e.pcq"]),
        1,
        "e.pcq:1:12: error[duplicate]",
    );
}

#[test]
fn a_plan_is_shown_with_the_values_of_parameters() {
    let place = Place::new();
    place.run(&["s.pcdb", "-e", "CREATE KEY k INTEGER DEFAULT 1"]);
    place.file("state.pcq", "CREATE KEY k INTEGER DEFAULT :x;\n");
    let ran = place.run(&["plan", "s.pcdb", "state.pcq", "-v", "x=6"]);
    let shown = "BEGIN;\n\n-- keys\nALTER KEY k SET DEFAULT 6;\n\nCOMMIT;\n";
    assert_eq!((ran.code, &*ran.out), (6, shown), "{ran:?}");
    place.file("plan.pcq", ran.out);
    assert_eq!(place.run(&["run", "plan.pcq", "--db", "s.pcdb"]).code, 0);
    assert_eq!(place.run(&["plan", "s.pcdb", "state.pcq", "-v", "x=6"]).code, 0);
}
