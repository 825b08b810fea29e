//! What helps at the start: a script to start from, and the tour.

use std::fs;

use super::{Place, assert_fails};

#[test]
fn a_new_script_runs_is_a_state_and_overwrites_nothing() {
    let place = Place::new();
    let ran = place.run(&["new", "app.pcq"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.starts_with("wrote app.pcq"), "{}", ran.out);
    let written = fs::read_to_string(place.path("app.pcq")).unwrap();
    assert!(written.contains("pcq run app.pcq") && !written.contains("FILE"), "{written}");
    for name in ["a.pcq", "a-script-of-a-long-name.pcq"] {
        assert_eq!(place.run(&["new", name]).code, 0);
        let written = fs::read_to_string(place.path(name)).unwrap();
        let commands: Vec<_> = written.lines().filter(|line| line.starts_with("--   ")).collect();
        let columns = commands.iter().map(|line| line.rfind("  ").unwrap());
        let columns = columns.collect::<std::collections::BTreeSet<_>>();
        assert_eq!((commands.len(), columns.len()), (5, 1), "{commands:#?}");
    }
    let ran = place.run(&["run", "app.pcq", "--strict"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(place.run(&["check", "app.pcq", "--strict"]).code, 0);
    assert_eq!(place.run(&["apply", "app.pcdb", "app.pcq", "--yes"]).code, 0);
    assert_eq!(place.run(&["plan", "app.pcdb", "app.pcq"]).code, 0);
    let ran = place.run(&[
        "app.pcdb",
        "-e",
        "GET welcome.text FOR USER 'u' WITH email = 'a@example.com'",
    ]);
    assert!(ran.out.contains("Hello, tester"), "{}", ran.out);
    place.file("mine.pcq", "GET a;");
    assert_fails(&place.run(&["new", "mine.pcq"]), 2, "hint: what is there is never overwritten");
    assert_eq!(fs::read_to_string(place.path("mine.pcq")).unwrap(), "GET a;");
}

#[test]
fn the_tour_is_printed_where_nobody_types() {
    let place = Place::new();
    let ran = place.run(&["tour"]);
    assert_eq!(ran.code, 0);
    let script = include_str!("../../src/shell/tour.pcq");
    let shown: Vec<_> = ran.out.lines().filter_map(|line| line.strip_prefix("> ")).collect();
    let statements = pcq::Script::new(script.as_bytes()).map(|statement| statement.unwrap());
    let firsts: Vec<_> =
        statements.map(|s| format!("{};", s.text()).lines().next().unwrap().to_owned()).collect();
    assert_eq!(shown, firsts);
    // the one mistake is on purpose
    assert_eq!(ran.err.matches("error[").count(), 1, "{}", ran.err);
    assert!(ran.err.contains("did you mean `title`?"), "{}", ran.err);
    for shown in ["Hello, tester", "Welcome back", "published version 1", "ada"] {
        assert!(ran.out.contains(shown), "no {shown} in {}", ran.out);
    }
    assert!(!ran.out.contains("Enter"), "{}", ran.out);
    assert_eq!(fs::read_dir(place.path("")).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn the_tour_waits_for_who_types() {
    use super::terminal::Terminal;
    let place = Place::new();
    let mut terminal = Terminal::run(&mut place.command(&["tour"]));
    terminal.wait_for("> CREATE KEY dark_mode");
    terminal.press("\n");
    terminal.wait_for("created key dark_mode");
    terminal.wait_for("> CREATE KEY title");
    terminal.press("SHOW COUNT OF KEYS; GRT\n");
    let shown = terminal.wait_for("(Enter goes on)");
    assert!(shown.contains("1 \u{2502}") && shown.contains("error[syntax]"), "{shown}");
    terminal.press("\n");
    terminal.wait_for("created key title");
    terminal.wait_for("> GET dark_mode");
    terminal.press("quit\n");
    assert_eq!(terminal.end(), 0);
}

#[cfg(unix)]
#[test]
fn what_the_tour_says_fits_the_terminal() {
    use super::session::plain;
    use super::terminal::Terminal;
    let place = Place::new();
    let mut command = place.command(&["tour"]);
    let mut terminal = Terminal::run_at(&mut command, &place.path("history"), 40);
    let mut shown = terminal.wait_for("> CREATE KEY dark_mode");
    terminal.press("\n");
    shown += &terminal.wait_for("> CREATE KEY title");
    terminal.press("GET tilte\n");
    shown += &terminal.wait_for("(Enter goes on)");
    terminal.press("quit\n");
    assert_eq!(terminal.end(), 0);
    // a statement is shown as it is
    let shown = plain(&shown);
    let prose = shown.lines().filter(|line| !line.contains("KEY") && !line.contains("CHECK"));
    let too_wide: Vec<_> = prose.filter(|line| line.trim_end().chars().count() > 40).collect();
    assert!(too_wide.is_empty(), "{too_wide:#?}");
}
