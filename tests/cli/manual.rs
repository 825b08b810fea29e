//! What the program says of itself: help, codes, completion, pages; and arguments that are likely something else.

use std::fs;

use super::{Place, assert_fails};

#[test]
fn help_is_of_commands_statements_and_tables() {
    let place = Place::new();
    let help = |arguments: &[&str]| {
        let ran = place.run(&[&["help"], arguments].concat());
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments:?}");
        ran.out
    };
    assert!(help(&[]).contains("pcq help reference"));
    assert!(help(&["run"]).contains("Usage: pcq run [OPTIONS] <SCRIPT>..."));
    assert!(help(&["PUBLISH", "CONFIG"]).contains("[UNTIL <timestamp>]"));
    assert!(help(&["show", "keys"]).contains("Columns of KEYS:"));
    let both = help(&["track"]);
    assert!(both.contains("JSON lines") && both.contains("TRACK "), "{both}");
    assert_eq!(help(&["reference"]), include_str!("../../grammar/README.md"));
    let told = place.run(&["help", "nonsense"]);
    assert_fails(
        &told,
        2,
        "error: there is no command or statement `nonsense`\nhint: `pcq help` lists",
    );
    assert_eq!(
        place.run(&["man", "nonsense"]).err.lines().next(),
        Some("error: there is no command `nonsense`")
    );
}

#[test]
fn what_help_says_of_set_is_so() {
    let place = Place::new();
    let said = place.run(&["help", "actions"]).out;
    assert!(said.contains("gives the key the same cell in every row"), "{said}");
    let made = "CREATE KEY k INTEGER DEFAULT 0; CREATE SEGMENT s WHERE TRUE; \
                CREATE CONFIG c SEGMENTS s, EVERYONE KEY k VALUES (s = 1, EVERYONE = 2); \
                ALTER CONFIG c SET k = 7; DESCRIBE CONFIG c AS STATEMENT";
    let shown = place.run(&["-e", made, "--format", "line"]).out;
    let told = |row: &str| shown.contains(&format!("{row} = 7"));
    assert!(shown.contains("KEY k = 7") || told("s") && told("EVERYONE"), "{shown}");
}

#[test]
fn every_statement_has_help() {
    let place = Place::new();
    for help in pcq::statement::HELP {
        let ran = place.run(&["help", help.name]);
        assert!(ran.out.contains(help.example), "{}", help.name);
    }
}

#[test]
fn codes_are_listed_and_told() {
    let place = Place::new();
    let all = place.run(&["errors"]).out;
    let errors = pcq::ErrorCode::ALL.iter().map(|code| code.as_str());
    let notes = pcq::NoteCode::ALL.iter().map(|code| code.as_str());
    for code in errors.chain(notes) {
        assert!(all.contains(&format!("\n  {code} ")), "{code}");
        let told = place.run(&["errors", code]);
        assert_eq!(told.code, 0);
        assert!(told.out.starts_with(&format!("{code}: ")), "{code}");
    }
    let told = place.run(&["errors", "bad-split"]).out;
    assert!(told.contains("What to do: Correct the shares."), "{told}");
    assert!(told.contains("example:2:52: error[bad-split]: the arms sum to 90%"), "{told}");
    let unknown = place.run(&["errors", "bad-tiem"]);
    assert_fails(
        &unknown,
        2,
        "there is no code of an error or a note `bad-tiem`\nhint: did you mean `bad-time`?",
    );
    for (word, hint) in
        [("bad", "did you mean `bad-literal`?"), ("zebra", "`pcq errors` lists them")]
    {
        assert_fails(&place.run(&["errors", word]), 2, &format!("hint: {hint}\n"));
    }
}

#[test]
fn shells_complete_commands_and_options() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = place.run(&["completions", shell]);
        assert_eq!(ran.code, 0, "{shell}");
        for word in ["completions", "single-transaction"] {
            assert!(ran.out.contains(word), "{shell} does not know {word}");
        }
    }
    assert_eq!(place.run(&["completions", "nonsense"]).code, 2);
}

/// Asks bash itself, where there is one.
#[cfg(unix)]
#[test]
fn bash_completes_with_the_script() {
    let place = Place::new();
    place.file("pcq.bash", place.run(&["completions", "bash"]).out);
    let script = "source pcq.bash; COMP_WORDS=(pcq comp); COMP_CWORD=1; _pcq pcq comp pcq; echo \"${COMPREPLY[*]}\"";
    let bash = std::process::Command::new("bash");
    let Ok(asked) = { bash }.args(["-c", script]).current_dir(place.path("")).output() else {
        return;
    };
    let found = String::from_utf8(asked.stdout).unwrap();
    assert_eq!(found.trim(), "compact completions", "{}", String::from_utf8_lossy(&asked.stderr));
}

#[test]
fn pages_are_of_the_program_and_of_each_command() {
    let place = Place::new();
    let page = place.run(&["man"]).out;
    assert!(page.contains(".TH pcq 1") && page.contains("pcq\\-run(1)"), "{page}");
    assert!(place.run(&["man", "run"]).out.contains("\\-\\-single\\-transaction"));
    assert_eq!(place.run(&["man", "nonsense"]).code, 2);
    assert_eq!(place.run(&["man", "--into", "pages/man1"]).code, 0);
    for name in ["pcq.1", "pcq-run.1", "pcq-errors.1"] {
        assert!(fs::read_to_string(place.path("pages/man1").join(name)).is_ok(), "{name}");
    }
}

#[test]
fn a_command_that_is_not_spelled_right_is_told_and_makes_no_store() {
    let place = Place::new();
    place.file("a.pcq", "SHOW KEYS;");
    for (arguments, told) in [
        (&["chekc", "a.pcq"][..], "did you mean `check`?"),
        (&["dmup"], "did you mean `dump`?"),
        (&["repl"], "`pcq STORE` is a shell on a store"),
        (&["zebra", "-e", "CREATE KEY a INTEGER DEFAULT 1"], "a store of that name is `./zebra`"),
        (&["--format", "json", "dmup"], "did you mean `dump`?"),
        (&["x.pcdb", "a.pcq"], "`pcq run a.pcq --db x.pcdb`"),
        (&["a.pcq", "x.pcdb"], "`pcq run a.pcq --db x.pcdb`"),
        (&["new.pcq", "-e", "CREATE KEY a INTEGER DEFAULT 1"], "is the name of a script"),
    ] {
        assert_fails(&place.run(arguments), 2, told);
    }
    let there = fs::read_dir(place.path("")).unwrap();
    assert_eq!(there.count(), 1, "a store was made");
}

#[test]
fn a_script_is_no_store_and_a_store_no_script() {
    let place = Place::new();
    let store = place.store();
    place.file("a.pcq", "SHOW KEYS;");
    for arguments in [&["a.pcq"][..], &["dump", "a.pcq"], &["verify", "a.pcq"]] {
        assert_fails(&place.run(arguments), 3, "if it is a script: `pcq run a.pcq`");
    }
    for command in ["run", "check"] {
        let told = place.run(&[command, "a.pcq", store]);
        assert_fails(&told, 2, &format!("error[io]: {store}: this is a store"));
        assert!(told.err.contains("`--db` takes a store"), "{}", told.err);
    }
}

#[test]
fn who_only_reads_makes_no_store() {
    let place = Place::new();
    place.file("a.pcq", "SHOW KEYS; BEGIN; SHOW CONFIGS; COMMIT;");
    for arguments in [
        &["typo.pcdb", "-e", "SHOW KEYS"][..],
        &["run", "a.pcq", "--db", "typo.pcdb"],
        &["typo.pcdb", "-e", "SHOW KEYS", "--dry-run"],
        &["typo.pcdb", "--count", "-e", "GET a; SHOW STATS FOR KEYS"],
    ] {
        assert_fails(&place.run(arguments), 3, "error[io]: typo.pcdb: ");
        assert!(!place.path("typo.pcdb").exists(), "{arguments:?}");
    }
    let ran = place.run_with_input(&["typo.pcdb"], "SHOW KEYS;");
    assert_fails(&ran, 3, "error[io]: typo.pcdb: ");
    assert!(!place.path("typo.pcdb").exists());
    let ran = place.run(&["typo.pcdb", "-e", "SHOW KEYS; CREATE KEY a INTEGER DEFAULT 1"]);
    assert_eq!((ran.code, place.path("typo.pcdb").exists()), (0, true));
}
