//! The shell, as a person at a terminal has it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, Instant};

use super::Place;
use super::terminal::Terminal;

#[test]
fn a_line_that_is_no_text_is_refused_and_the_transaction_goes_on() {
    let place = Place::new();
    let store = place.store();
    for bad in [
        &b"GET rate; CREATE KEY \xff INTEGER DEFAULT 1; CREATE KEY d INTEGER DEFAULT 1;\r"[..],
        // pasted as a whole, with more than the editor reads at once behind it
        &[
            b"\x1b[200~GET ba\xc3(nner;\n".as_slice(),
            &b"CREATE KEY d INTEGER DEFAULT 1;\n".repeat(500),
            b"\x1b[201~\r",
        ]
        .concat(),
    ] {
        let mut terminal = Terminal::run(&mut place.command(&[store, "--color", "never"]));
        for typed in ["BEGIN;\r", "ALTER KEY rate SET DEFAULT 6;\r", "ALTER KEY rate\r"] {
            terminal.wait_for("> ");
            terminal.press(typed);
        }
        terminal.wait_for("ALTER KEY rate\r\n");
        terminal.press(bad);
        terminal.wait_for("error[syntax]");
        let told = terminal.wait_for("pcq s*> ");
        assert!(told.contains("expected UTF-8, found other bytes"), "{told}");
        // what was typed before the line stays
        terminal.press(" SET DEFAULT 7; COMMIT;\r");
        terminal.wait_for("pcq s> ");
        terminal.press("\x04");
        assert_eq!(terminal.end(), 0, "{}", terminal.text());
        let keys = place
            .run(&[store, "-e", "SHOW KEYS; ALTER KEY rate SET DEFAULT 5", "--format", "csv"])
            .out;
        assert!(keys.contains("\nrate,INTEGER,false,7,") && !keys.contains("\nd,"), "{keys}");
    }
}

#[test]
fn what_is_typed_is_kept_for_its_owner_and_never_through_a_link() {
    let place = Place::new();
    let typed = |file: &str| {
        let mut command = place.command(&[]);
        let mut terminal = Terminal::run_with_history(&mut command, &place.path(file));
        terminal.wait_for("pcq> ");
        terminal.press("GET secret;\r");
        terminal.wait_for("unknown-key");
        terminal.wait_for("pcq> ");
        terminal.press("\x04");
        assert_eq!(terminal.end(), 0);
        terminal.text()
    };
    typed("history");
    let file = place.path("history");
    assert_eq!(fs::read_to_string(&file).unwrap(), "#V2\nGET secret;\n");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let other = place.file("other", "mine");
    symlink(&other, place.path("link")).unwrap();
    symlink(place.path("nothing"), place.path("dangling")).unwrap();
    for link in ["link", "dangling"] {
        let told = typed(link);
        assert!(
            told.contains("what is typed is not kept: `") && told.contains("` is a link"),
            "{told}"
        );
    }
    assert_eq!(fs::read_to_string(other).unwrap(), "mine");
    assert!(!place.path("nothing").exists());
}

/// What a terminal is told when the editor begins to read: typed before that, it would be the terminal that shows it.
const READY: &str = "\u{1b}[?2004h";

/// A shell on a store, without colours.
struct Typist {
    place: Place,
    store: &'static str,
}

impl Typist {
    fn new() -> Self {
        let place = Place::new();
        let store = place.store();
        Self { place, store }
    }

    fn at(&self, columns: u16, more: &[&str]) -> Terminal {
        let arguments = [&[self.store, "--color", "never"][..], more].concat();
        let history = self.place.path("history");
        let mut terminal = Terminal::run_at(&mut self.place.command(&arguments), &history, columns);
        terminal.wait_for(READY);
        terminal
    }

    fn sit_down(&self) -> Terminal {
        self.at(100, &[])
    }
}

/// Leaves a shell that has something to say yet before it reads on.
fn leave(mut terminal: Terminal) -> String {
    terminal.wait_for(READY);
    terminal.press("\x04");
    assert_eq!(terminal.end(), 0, "{}", terminal.text());
    terminal.text()
}

#[test]
fn what_is_typed_is_completed_and_hinted_at() {
    let mut terminal = Typist::new().sit_down();
    terminal.press("GET ra\t;\r");
    terminal.wait_for("│ rate ");
    terminal.wait_for(READY);
    terminal.press("PUBLISH CONFIG ");
    terminal.wait_for("<name> [VERSION <n>] [AT <timestamp>]");
    terminal.press("\x03");
    terminal.wait_for(READY);
    terminal.press("DESCR\x1b[C KEY rate;\r");
    terminal.wait_for("│ definition");
    terminal.wait_for(READY);
    terminal.press(".kyes\r");
    terminal.wait_for("did you mean `.keys`?");
    leave(terminal);
}

#[test]
fn a_line_above_can_be_mended() {
    let mut terminal = Typist::new().sit_down();
    terminal.press("GET rat\rFOR\rUSER 'u'");
    terminal.wait_for("USER 'u'");
    // up twice to the first line, to its end, and down again
    terminal.press("\x1b[A\x1b[A\x05e\x1b[B\x1b[B\x05;\r");
    terminal.wait_for("│ rate ");
    leave(terminal);
}

#[test]
fn statements_that_are_pasted_are_all_run() {
    let mut terminal = Typist::new().sit_down();
    terminal.press("\x1b[200~GET rate;\nDESCRIBE KEY rate;\x1b[201~\r");
    terminal.wait_for("│ rate ");
    terminal.wait_for("│ definition");
    leave(terminal);
}

#[test]
fn what_was_typed_is_found_again_in_this_run_and_the_next() {
    let typist = Typist::new();
    let mut terminal = typist.sit_down();
    terminal.press("GET rate;\r");
    terminal.wait_for("│ rate ");
    terminal.wait_for(READY);
    terminal.press("\x12rat");
    terminal.wait_for("reverse-i-search");
    terminal.press("\r");
    terminal.wait_for("│ rate ");
    leave(terminal);
    let mut terminal = typist.sit_down();
    terminal.press("\x1b[A\r");
    terminal.wait_for("│ rate ");
    leave(terminal);
}

#[test]
fn the_prompt_and_the_greeting_say_where_one_is() {
    let typist = Typist::new();
    let mut terminal = typist.sit_down();
    terminal.press("BEGIN;\r");
    terminal.wait_for("pcq s*> ");
    terminal.press("GET rate\rquit\r");
    terminal.wait_for("`quit` is in the statement");
    terminal.press("\x03");
    assert!(leave(terminal).contains("the open transaction was rolled back"));
    for (option, prompt) in [("--readonly", "pcq s(ro)> "), ("--dry-run", "pcq s(dry)> ")] {
        let mut terminal = typist.at(100, &[option]);
        terminal.press("\r");
        assert!(leave(terminal).contains(prompt), "{option}");
    }
    let mut command = typist.place.command(&["--color", "never", "--actor", "mia"]);
    let mut terminal = Terminal::run(&mut command);
    let greeting = terminal.wait_for(READY);
    assert!(greeting.contains("in memory: nothing is kept · actor mia"), "{greeting}");
    assert!(greeting.contains(" · GET counts no deliveries (--count) · `.help`"), "{greeting}");
    terminal.press("\r");
    leave(terminal);
}

#[test]
fn tables_fit_the_terminal() {
    let typist = Typist::new();
    for (columns, begin) in [(40, "─ 1 "), (80, "┌──")] {
        let mut terminal = typist.at(columns, &[]);
        terminal.press("SHOW KEYS;\r");
        terminal.wait_for(begin);
        terminal.wait_for("NULL in all rows");
        leave(terminal);
    }
}

#[test]
fn the_greeting_fits_the_terminal_and_says_whether_deliveries_are_counted() {
    let typist = Typist::new();
    for (options, said) in [
        (&[][..], Some("GET counts no deliveries (--count)")),
        (&["--count"], Some("deliveries are counted")),
        (&["--readonly"], None),
        (&["--dry-run"], None),
    ] {
        let mut terminal = typist.at(60, options);
        terminal.press("\r");
        let text = leave(terminal);
        let greeting: Vec<_> = text.lines().skip_while(|line| !line.contains("pcq 0")).collect();
        let greeting = greeting.get(..2).unwrap();
        assert!(greeting.iter().all(|line| line.trim_end().chars().count() <= 60), "{greeting:?}");
        let shown = ["GET counts no deliveries (--count)", "deliveries are counted"];
        let shown = shown.into_iter().find(|said| greeting.concat().contains(said));
        assert_eq!(shown, said, "{greeting:?}");
    }
}

#[test]
fn what_is_open_is_said() {
    let typist = Typist::new();
    let mut terminal = typist.sit_down();
    for (typed, said) in [
        ("GET rate\r.keys\r", "`.keys` is in the statement"),
        ("GET rate\r.zone UTC\r", "`.zone UTC` is in the statement"),
        ("CREATE SEGMENT s\rWHERE (a = 1 ", "-- ( is open"),
        ("CREATE SEGMENT s\rWHERE a = 'x ", "-- ' is open"),
        ("ALTER CONFIG c SET ", "<key> | ROLLOUT | SEGMENTS | DESCRIPTION"),
    ] {
        terminal.press(typed);
        terminal.wait_for(said);
        terminal.press("\x03");
        terminal.wait_for(READY);
    }
    terminal.press("\r");
    leave(terminal);
}

#[test]
fn errors_and_answers_fit_the_terminal() {
    let typist = Typist::new();
    let mut terminal = typist.at(40, &[]);
    for typed in ["PUBLISH checkout;", ".tables", ".shell ls", ".help publish"] {
        terminal.press(format!("{typed}\r"));
        terminal.wait_for(TAKEN);
        let told = terminal.wait_for(READY);
        let too_wide = told.lines().find(|line| line.trim_end().chars().count() > 40);
        assert_eq!(too_wide, None, "{typed}: {told}");
    }
    terminal.press("\r");
    leave(terminal);
}

#[test]
fn times_are_shown_in_the_zone_of_the_system() {
    let typist = Typist::new();
    let mut terminal = typist.with(&[("TZ", "Asia/Tokyo")], &[]);
    ask(&mut terminal, ".zone local", "");
    ask(&mut terminal, ".zone", "Asia/Tokyo");
    ask(&mut terminal, "SHOW HISTORY;", "+09:00");
    terminal.press("\r");
    leave(terminal);
}

#[test]
fn commands_of_other_shells_are_completed() {
    let mut terminal = Typist::new().sit_down();
    terminal.press(".exi\t\r");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn rows_are_counted_where_they_are_shown_as_such() {
    let typist = Typist::new();
    let mut terminal = typist.sit_down();
    ask(&mut terminal, "CREATE CONFIG c SEGMENTS EVERYONE KEY rate = 6;", "created config c");
    ask(&mut terminal, ".timer on", "");
    for (typed, shown, counted) in [
        ("GET rate;", "│ rate ", "1 row "),
        ("SHOW KEYS;", "│ rate ", "2 rows "),
        ("DESCRIBE CONFIG c;", "1 EVERYONE", ""),
        ("EXPLAIN GET rate;", "rate = ", ""),
    ] {
        terminal.press(format!("{typed}\r"));
        terminal.wait_for(TAKEN);
        let told = terminal.wait_for(READY);
        assert!(told.contains(shown), "{typed}: {told}");
        let last = told.lines().rfind(|line| line.contains(" s)")).unwrap_or_default();
        assert_eq!(last.split('(').next(), Some(counted), "{typed}: {told}");
    }
    terminal.press("\r");
    leave(terminal);
}

#[test]
fn errors_of_a_file_say_where_they_are() {
    let typist = Typist::new();
    let text = ".null x\nGET rate;\n\n-- a comment\n  GET\n nope;\n";
    fs::write(typist.place.path("r.pcq"), text).unwrap();
    typist
        .place
        .file("outer.pcq", "CREATE SEGMENT s\n WHERE city = \"Oslo\";\n.read r.pcq\nGET nope");
    let mut terminal = typist.sit_down();
    terminal.press(".bail off\r");
    terminal.wait_for(READY);
    terminal.press(".read outer.pcq\r");
    terminal.wait_for("outer.pcq:2:15: note[suspicious]");
    terminal.wait_for("r.pcq:6:2: error[unknown-key]");
    terminal.wait_for("6 |  nope");
    terminal.wait_for("outer.pcq:4:5: error[unknown-key]");
    leave(terminal);
}

#[test]
fn commands_of_the_shell_set_what_they_say() {
    let typist = Typist::new();
    let read = typist.place.file("read.pcq", "GET rate;\n.mode csv\nGET\n rate;\n");
    let mut terminal = typist.sit_down();
    let mut ask = |typed: &str, shown: &str| {
        terminal.press(format!("{typed}\r"));
        terminal.wait_for(shown);
        terminal.wait_for(READY);
    };
    ask(".null nothing", "");
    ask("DESCRIBE KEY rate;", "nothing");
    ask(".width 20", "");
    ask("GET rate;", "─ 1 ");
    ask(".width", "");
    ask(".param set n 7", "");
    ask(".param", ":n = 7");
    ask("GET rate WITH x = :n;", "│ rate ");
    ask(&format!(".read {}", read.display()), "rate,");
    ask(".mode table", "");
    ask(".once out.csv", "");
    ask("GET rate;", "1 row");
    ask(".last", "│ rate ");
    ask(".verify", "the store is sound");
    ask(".open", "in memory: nothing is kept");
    terminal.press("\r");
    leave(terminal);
}

/// What a terminal is told when the editor has read a line.
const TAKEN: &str = "\u{1b}[?2004l";

impl Typist {
    /// A shell with variables of the environment.
    fn with(&self, variables: &[(&str, &str)], more: &[&str]) -> Terminal {
        let mut command = self.place.command(&[&[self.store, "--color", "never"], more].concat());
        command.envs(variables.iter().copied());
        let mut terminal = Terminal::run_at(&mut command, &self.place.path("history"), 100);
        terminal.wait_for(READY);
        terminal
    }

    /// A program that somebody wrote.
    fn program(&self, name: &str, text: &str) -> String {
        let path = self.place.file(name, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn ask(terminal: &mut Terminal, typed: &str, shown: &str) {
    terminal.press(format!("{typed}\r"));
    terminal.wait_for(TAKEN);
    terminal.wait_for(shown);
    terminal.wait_for(READY);
}

/// Puts 20,000 users into the store.
fn load_users(typist: &Typist) {
    let line = |user| {
        let attributes = r#""at": "2026-02-22T00:00:00Z", "attributes": {"n": 1}"#;
        format!("{{\"user\": \"u{user}\", {attributes}}}\n")
    };
    let users: Vec<_> = (0..20_000).map(line).collect();
    let users = typist.place.file("users.jsonl", users.concat());
    let loaded = typist.place.run(&["track", typist.store, users.to_str().unwrap()]);
    assert!(loaded.out.contains("20000") || loaded.out.contains("20,000"), "{loaded:?}");
}

#[test]
fn ctrl_c_ends_a_scan_and_what_comes_after_it() {
    let typist = Typist::new();
    load_users(&typist);
    let mut terminal = typist.sit_down();
    terminal.press("SHOW COUNT OF USERS; GET rate;\r");
    terminal.wait_for(TAKEN);
    terminal.interrupt();
    let told = terminal.wait_for(READY);
    assert!(told.contains("interrupted") && !told.contains("│ rate"), "{told}");
    ask(&mut terminal, "GET rate;", "│ rate ");
    terminal.press("\r");
    leave(terminal);
}

#[test]
fn a_long_table_shows_at_once_and_ctrl_c_ends_it() {
    let typist = Typist::new();
    load_users(&typist);
    let mut terminal = typist.sit_down();
    for (mode, first, last, end) in
        [("table", "│ u10 ", "│ u9999 ", "┘"), ("csv", "u10,", "u9999,", "")]
    {
        ask(&mut terminal, &format!(".mode {mode}"), "");
        terminal.press("SHOW USERS; GET rate;\r");
        terminal.wait_for(first);
        terminal.interrupt();
        let told = terminal.wait_for(READY);
        assert!(told.contains("the rows after these are not shown"), "{told}");
        assert!(!told.contains(last) && told.contains(end) && !told.contains("rate"), "{told}");
    }
    ask(&mut terminal, "SHOW USERS;", "u9999,");
    terminal.press("\r");
    leave(terminal);
}

/// Makes more keys than a table of all pairs of them is held.
fn make_keys(typist: &Typist, terminal: &mut Terminal) {
    let many = (10..60).map(|key| format!("CREATE KEY k{key} INTEGER DEFAULT 1;\n"));
    typist.place.file("many.pcq", many.collect::<Vec<_>>().concat());
    terminal.press(".read many.pcq\r");
    terminal.wait_for(READY);
}

/// So many rows that nobody waits for their end.
const ENDLESS: &str =
    "SELECT g.key, h.key FROM keys a, keys b, keys c, keys d, keys e, keys f, keys g, keys h";

#[test]
fn rows_show_as_they_are_found_and_ctrl_c_ends_them() {
    let typist = Typist::new();
    let mut terminal = typist.sit_down();
    make_keys(&typist, &mut terminal);
    terminal.press(format!("{ENDLESS}; GET rate;\r"));
    terminal.wait_for(TAKEN);
    terminal.wait_for("│ banner │ k59 ");
    let start = Instant::now();
    terminal.interrupt();
    let told = terminal.wait_for(READY);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!(told.contains("┘") && told.contains("error[interrupted]"), "{told}");
    assert!(!told.contains("│ rate │") && told.contains("were not run"), "{told}");
    // the store is as it was, and more is asked
    ask(&mut terminal, "GET rate;", "│ rate ");
    ask(&mut terminal, &format!("{ENDLESS} LIMIT 3000;"), "3000 rows");
    ask(&mut terminal, ".last", "more than 1000 rows");
    ask(&mut terminal, ".mode csv", "");
    terminal.press(format!("{ENDLESS};\r"));
    terminal.wait_for("banner,k59");
    terminal.interrupt();
    terminal.wait_for("error[interrupted]");
    leave(terminal);
}

#[test]
fn a_pager_shows_rows_as_they_are_found_and_its_end_ends_them() {
    let typist = Typist::new();
    let pager = typist.program("pager", "#!/bin/sh\nsed -u -e 's/^/PAGED /' -e 3q\n");
    let mut terminal = typist.with(&[("PCQ_PAGER", &pager)], &[]);
    make_keys(&typist, &mut terminal);
    terminal.press(format!("{ENDLESS};\r"));
    terminal.wait_for("PAGED ┌");
    let told = terminal.wait_for(READY);
    assert!(!told.contains("error") && !told.contains("rows"), "{told}");
    // nor does anybody wait then for a row that is never found
    let pager = typist.program("slow", "#!/bin/sh\nsed -u -e 's/^/SLOWLY /' -e 3q\nsleep 1\n");
    ask(&mut terminal, &format!(".pager {pager}"), "");
    let banners = "a.key || b.key || c.key || d.key || e.key || f.key = 'bannerbannerbannerbannerbannerbanner'";
    let few = ENDLESS.replace("g.key, ", "");
    terminal.press(format!("{few} WHERE {banners};\r"));
    terminal.wait_for("SLOWLY ┌");
    let told = terminal.wait_for(READY);
    assert!(!told.contains("error"), "{told}");
    // one that reads all of them is waited for
    ask(&mut terminal, ".pager sed -e 's/^/AGAIN /'", "");
    ask(&mut terminal, &format!("{ENDLESS} LIMIT 3000;"), "AGAIN └");
    ask(&mut terminal, ".pager no-such-pager", "");
    terminal.press(format!("{ENDLESS} LIMIT 3000;\r"));
    terminal.wait_for("not found");
    terminal.wait_for("┌──");
    terminal.wait_for("└──");
    terminal.wait_for("3000 rows");
    leave(terminal);
}

#[test]
fn what_is_taller_than_the_screen_goes_through_the_pager() {
    let typist = Typist::new();
    let pager = typist.program("pager", "#!/bin/sh\nsed -u -e 's/^/PAGED /' -e 3q\n");
    let mut terminal = typist.with(&[("PCQ_PAGER", &pager), ("PAGER", "false")], &[]);
    ask(&mut terminal, "SHOW KEYS;", "row");
    let many = (0..80).map(|key| format!("CREATE KEY k{key} INTEGER DEFAULT 1;\n"));
    typist.place.file("many.pcq", many.collect::<Vec<_>>().concat());
    // it reads no more than it shows, which is no error
    let tall = "SHOW KEYS ORDER BY key;\r";
    terminal.press(".read many.pcq\r");
    terminal.wait_for(READY);
    terminal.press(tall);
    terminal.wait_for("PAGED ┌");
    let told = terminal.wait_for(READY);
    assert!(told.contains("rows") && !told.contains("error"), "{told}");
    for (typed, shown) in [(".pager", "pager"), (".pager off", ""), (".pager", "off")] {
        ask(&mut terminal, typed, shown);
    }
    terminal.press(tall);
    terminal.wait_for(TAKEN);
    assert!(!terminal.wait_for(READY).contains("PAGED"));
    // one that there is not leaves the table to the terminal
    ask(&mut terminal, ".pager no-such-pager", "");
    terminal.press(tall);
    terminal.wait_for("not found");
    terminal.wait_for("┌──");
    terminal.wait_for(READY);
    ask(&mut terminal, ".pager sed -e 's/^/AGAIN /'", "");
    ask(&mut terminal, ".help", "AGAIN ");
    terminal.press("\r");
    leave(terminal);
}

#[test]
fn statements_are_edited_with_an_editor() {
    let typist = Typist::new();
    let editor = typist.program("editor", "#!/bin/sh\nsed -i 's/nope/rate/' \"$1\"\n");
    let mut terminal = typist.with(&[("VISUAL", &editor), ("EDITOR", "false")], &[]);
    ask(&mut terminal, "GET nope;", "unknown-key");
    terminal.press(".edit\r");
    terminal.wait_for("GET rate;");
    ask(&mut terminal, "", "│ rate ");
    // one that is open
    terminal.press("GET nope\rFOR USER 'u'\r.edit\r");
    terminal.wait_for("GET rate");
    terminal.wait_for("FOR USER 'u'");
    ask(&mut terminal, ";", "│ rate ");
    terminal.press("\r");
    leave(terminal);
    let mut terminal = typist.with(&[("VISUAL", ""), ("EDITOR", "false")], &[]);
    ask(&mut terminal, ".edit", "the editor failed");
    terminal.press("\r");
    leave(terminal);
}

#[test]
fn a_statement_is_watched_until_ctrl_c() {
    let mut terminal = Typist::new().sit_down();
    terminal.press(".watch 0.1 GET rate\r");
    for _ in 0..3 {
        terminal.wait_for("every 0.1 s; Ctrl-C ends");
        terminal.wait_for("│ rate ");
    }
    terminal.interrupt();
    terminal.wait_for(READY);
    ask(&mut terminal, ".watch 0.1 GET nope", "unknown-key");
    ask(&mut terminal, ".watch x", ".watch SECONDS STATEMENT");
    terminal.press("\r");
    leave(terminal);
}

#[test]
fn a_person_is_asked_before_what_others_notice() {
    let typist = Typist::new();
    let config = typist.place.file(
        "config.pcq",
        "CREATE CONFIG c SEGMENTS EVERYONE KEY rate = 6; PUBLISH CONFIG c; ALTER CONFIG c SET rate = 7;
         TRACK 'x' FOR USER 'ada';",
    );
    let mut terminal = typist.sit_down();
    // nobody is asked in a file
    ask(&mut terminal, &format!(".read {}", config.display()), "tracked");
    terminal.press("PUBLISH CONFIG c; GET rate;\r");
    let shown = terminal.wait_for("make version 2 of config c live in place of version 1? [y/N] ");
    assert!(shown.contains("│ cell │ EVERYONE │ rate │    6 │  7 │"), "{shown}");
    assert!(shown.contains("of all users: 1 of 1 gets another value"), "{shown}");
    ask(&mut terminal, "", "nothing was done");
    ask(&mut terminal, "GET rate;", "│     6 ");
    terminal.press("PUBLISH CONFIG c;\r");
    terminal.wait_for("[y/N] ");
    ask(&mut terminal, "y", "published version 2 of config c");
    // what is yet to come is no change of what is live
    ask(&mut terminal, "PUBLISH CONFIG c VERSION 1 AT '2100-01-01T00:00:00Z';", "scheduled");
    for (typed, shown, question) in [
        ("REVERT CONFIG c;", "│ cell", "make version 1 of config c live in place of version 2?"),
        ("ARCHIVE CONFIG c;", "", "archive config c, version 2 of which is live?"),
        ("DISABLE CONFIG c;", "", "disable config c, version 2 of which is live?"),
        ("FORGET USER 'ada';", "│ ada ", "forget user ada for good?"),
    ] {
        terminal.press(format!("{typed}\r"));
        let before = terminal.wait_for(question);
        assert!(before.contains(shown), "{typed}: {before}");
        terminal.press("\x03");
        terminal.wait_for("nothing was done");
        terminal.wait_for(READY);
    }
    // a transaction is asked about as a whole
    ask(&mut terminal, "BEGIN; PUBLISH CONFIG c VERSION 1; FORGET USER 'ada';", "forgot user ada");
    terminal.press("COMMIT;\r");
    let shown = terminal.wait_for("commit this? [y/N] ");
    assert!(shown.contains("published version 1 of config c") && shown.contains("forgot user ada"));
    ask(&mut terminal, "n", "nothing was done");
    ask(&mut terminal, "ROLLBACK;", "rolled back");
    terminal.press("\r");
    leave(terminal);
    let mut terminal = typist.at(100, &["--yes"]);
    ask(&mut terminal, "ARCHIVE CONFIG c;", "archived config c");
    terminal.press("\r");
    leave(terminal);
}

/// Configs of which one is live, and what they use.
const LIVE_AND_DRAFT: &str = "CREATE SEGMENT s WHERE TRUE; CREATE KEY other INTEGER DEFAULT 1;
    CREATE CONFIG live SEGMENTS s KEY other = 2; PUBLISH CONFIG live;
    CREATE SEGMENT idle WHERE TRUE; CREATE KEY third INTEGER DEFAULT 1;
    CREATE CONFIG draft SEGMENTS idle KEY third = 2;";

#[test]
fn a_person_is_asked_before_what_is_live_changes_at_once() {
    let typist = Typist::new();
    let configs = typist.place.file("configs.pcq", LIVE_AND_DRAFT);
    let mut terminal = typist.sit_down();
    ask(&mut terminal, &format!(".read {}", configs.display()), "created config draft");
    // what only drafts use may change
    ask(&mut terminal, "ALTER SEGMENT idle WHERE FALSE;", "altered segment idle");
    ask(&mut terminal, "DISABLE CONFIG draft; ENABLE CONFIG draft;", "enabled config draft");
    // what the change would do is said each time, and once
    let question = "change segment s in live configs, at once?";
    for (answer, done) in [("n", "nothing was done"), ("y", "altered segment s")] {
        terminal.press("ALTER SEGMENT s WHERE FALSE;\r");
        let before = terminal.wait_for(question);
        assert!(before.contains("note[in-force]"), "{before}");
        terminal.press(format!("{answer}\r"));
        terminal.wait_for(done);
        assert!(!terminal.wait_for(READY).contains("in-force"));
    }
    for (typed, question, done) in [
        ("DISABLE CONFIG live;", "disable config live, version 1", "disabled config live"),
        ("ENABLE CONFIG live;", "enable config live, version 1", "enabled config live"),
        ("ARCHIVE CONFIG live;", "archive config live, version 1", "archived config live"),
        ("RESTORE CONFIG live;", "restore config live, version 1", "restored config live"),
    ] {
        terminal.press(format!("{typed}\r"));
        terminal.wait_for(question);
        ask(&mut terminal, "y", done);
    }
    terminal.press("\r");
    leave(terminal);
}

#[test]
fn the_usual_settings_are_read_at_the_start() {
    let typist = Typist::new();
    let folder = typist.place.path("config/pcq");
    fs::create_dir_all(&folder).unwrap();
    let usual = "-- as I like it\n.null nothing\n.zone Asia/Tokyo\n.editing vi\n";
    fs::write(folder.join("rc.pcq"), usual).unwrap();
    let config = typist.place.path("config").to_str().unwrap().to_owned();
    let variables = [("XDG_CONFIG_HOME", &*config)];
    let mut terminal = typist.with(&variables, &[]);
    ask(&mut terminal, "DESCRIBE KEY rate;", "nothing");
    ask(&mut terminal, "SHOW HISTORY;", "+09:00");
    ask(&mut terminal, ".zone", "Asia/Tokyo");
    ask(&mut terminal, ".zone tokio", "there is no time zone `tokio`");
    ask(&mut terminal, ".zone oslo", "did you mean `Europe/Oslo`?");
    ask(&mut terminal, ".editing", "vi");
    // to the start of the line, its first word away, another in
    terminal.press("XXX rate;\x1b0cwGET\r");
    terminal.wait_for("│ rate ");
    terminal.wait_for(READY);
    terminal.press(".editing emacs\r");
    leave(terminal);
    for option in ["--no-rc", "--safe"] {
        let mut terminal = typist.with(&variables, &[option]);
        ask(&mut terminal, ".zone", "UTC");
        terminal.press("\r");
        leave(terminal);
    }
    fs::write(folder.join("rc.pcq"), ".zone UTC\nGET nope;\n.zone Asia/Tokyo\n").unwrap();
    let mut terminal = typist.with(&variables, &[]);
    assert!(terminal.text().contains("unknown-key"), "{}", terminal.text());
    assert!(terminal.text().contains("rc.pcq ended at line 2"), "{}", terminal.text());
    ask(&mut terminal, ".zone", "UTC");
    terminal.press("\r");
    leave(terminal);
}

#[test]
fn a_safe_shell_touches_nothing_but_the_store() {
    let typist = Typist::new();
    let before = fs::read_dir(typist.place.path("")).unwrap().count();
    let pager = ("PCQ_PAGER", "sed -e 's/^/PAGED /'");
    let mut terminal = typist.with(&[pager, ("VISUAL", "touch edited")], &["--safe"]);
    for typed in [
        ".read s.pcdb",
        ".open other.pcdb",
        ".dump dump.pcq",
        ".backup other.pcdb",
        ".output out.csv",
        ".once out.csv",
        ".edit",
        ".pager cat",
        "\\i s.pcdb",
    ] {
        ask(&mut terminal, typed, "with --safe");
    }
    ask(&mut terminal, ".dump", "LOAD KEY rate");
    ask(&mut terminal, ".help", "PUBLISH CONFIG");
    assert!(!terminal.text().contains("PAGED"));
    terminal.press("\r");
    leave(terminal);
    assert_eq!(fs::read_dir(typist.place.path("")).unwrap().count(), before);
}

#[test]
fn options_of_the_shell_are_refused_where_nobody_types() {
    let place = Place::new();
    let store = place.store();
    let options = [
        ("--yes", "nobody is asked"),
        ("--safe", "no file but the store is touched"),
        ("--no-rc", "no rc file is read"),
    ];
    for (option, so) in options {
        let told = place.run(&[store, option, "-e", "GET rate"]);
        assert_eq!(told.code, 2, "{option}");
        let why = format!("{option} is for the shell that a person types into: here {so} anyway");
        assert!(told.err.contains(&why), "{}", told.err);
    }
}

#[test]
fn names_that_the_open_transaction_made_are_completed() {
    let mut terminal = Typist::new().sit_down();
    ask(&mut terminal, "BEGIN; CREATE KEY zebra INTEGER DEFAULT 1;", "created key zebra");
    terminal.press("GET zeb\t;\r");
    terminal.wait_for("│ zebra ");
    leave(terminal);
}
