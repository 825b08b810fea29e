//! What lines ask of the shell.

use std::time::Duration;

use super::super::keys::Keys;
use super::*;
use crate::shell::format::{Format, Zone};

#[test]
fn commands_and_those_of_other_shells_are_understood() {
    for (line, wanted) in [
        (".help", Ask::Help(String::new())),
        (" .help create key ", Ask::Help("create key".into())),
        ("help;", Ask::Help(String::new())),
        ("help get", Ask::Help("get".into())),
        ("\\h publish", Ask::Help("publish".into())),
        ("?", Ask::Help(String::new())),
        ("EXIT", Ask::Leave),
        ("quit;", Ask::Leave),
        (".quit", Ask::Leave),
        ("\\q", Ask::Leave),
        (".format json", Setting::Mode(Format::Json).into()),
        (".mode record", Setting::Mode(Format::Record).into()),
        ("\\x", Setting::Records.into()),
        (".width 60", Setting::Width(Some(60)).into()),
        (".width", Setting::Width(None).into()),
        (".null '-'", Setting::Null(Some("-".into())).into()),
        ("\\i a b.pcq", Ask::Read("a b.pcq".into())),
        ("\\timing", Setting::Timer(Some(true)).into()),
        (".timer auto", Setting::Timer(None).into()),
        (".param set :n 5", Setting::Parameter("n".into(), "5".into()).into()),
        (".param", Ask::Parameters),
        ("\\d look", Ask::Show("look".into())),
        (".keys", Ask::Statement("SHOW KEYS")),
        (".watch 0.5 GET a;", Ask::Watch(Duration::from_millis(500), "GET a".into())),
        ("\\e", Ask::Edit),
        (".zone UTC", Setting::Zone(Zone::named("UTC").unwrap()).into()),
        (".pager less -S", Setting::Pager("less -S".into()).into()),
        (".pager off", Setting::Paging(false).into()),
        (".editing vi", Setting::Keys(Keys::Vi).into()),
    ] {
        assert_eq!(ask(line), Some(wanted), "{line}");
    }
    for line in ["GET a;", "quit now", "helper", ""] {
        assert_eq!(ask(line), None, "{line}");
    }
}

#[test]
fn what_is_unknown_is_answered() {
    for (line, told) in [
        (".kyes", "did you mean `.keys`?"),
        (".tables", "`.configs`"),
        (".width 5", ".width [COLUMNS]: fits tables to a width, of 20 at least"),
        (".quit now", ".quit: leaves"),
        (".mode xml", "there is no format `xml`; `.mode` lists them"),
        (".mode mark", "there is no format `mark`: did you mean `markdown`?"),
        (".mode tabel", "there is no format `tabel`: did you mean `table`?"),
        (".seg", "did you mean `.segments`?"),
        (".sheep", "`.sheep` is no command of the shell; "),
        (".shell ls", "starts no program"),
        ("\\! ls", "starts no program"),
        ("\\di", "no indexes"),
        ("\\du", "no accounts"),
        ("\\g", "runs at its `;`"),
        ("\\conninfo", "which store"),
        ("\\set a 1", "`.param set NAME VALUE`"),
        (".indexes", "no indexes"),
        (".stats on", "`SHOW STATS FOR CONFIG name`"),
        (".print a", "`.echo on`"),
        (".separator ;", "`.mode csv`"),
        (".changes on", "`SHOW HISTORY LIMIT 1`"),
        (".log a", "`SHOW HISTORY`"),
        (".prompt a", "names the store"),
        (".maxrows 5", "`LIMIT n`"),
        (".version", "`pcq --version`"),
        (".clear", "Ctrl-L"),
        (".cd a", "where the shell was started"),
        (".read", ".read FILE: "),
        (".watch 0 GET a", ".watch SECONDS STATEMENT: "),
        (".zone new york", "did you mean `America/New_York`?"),
        (".editing nano", ".editing vi | emacs: "),
        ("\\zzz", "is no command of the shell; `.help` lists them"),
    ] {
        let Some(Ask::Told(text)) = ask(line) else { panic!("{line}") };
        assert!(text.contains(told), "{line}: {text}");
    }
}

#[test]
fn every_command_is_understood_with_what_its_help_says() {
    for command in COMMANDS {
        let argument = match command.arguments.split(' ').next() {
            Some("FILE" | "NAME") => "x",
            Some("SECONDS") => "0.5 GET a",
            Some("on") => "on",
            _ => "",
        };
        for name in [command.name].iter().chain(command.others) {
            let asked = ask(&format!("{name} {argument}"));
            assert!(!matches!(asked, None | Some(Ask::Told(_))), "{name}");
        }
        let is_of_files = command.takes == Takes::File;
        let asked = ask(&format!("{} x", command.name));
        assert!(!is_of_files || asked.is_some_and(|asked| asked.reaches_out()), "{}", command.name);
    }
}
