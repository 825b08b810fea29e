//! Characters that a terminal would obey or hide, in names, values and comments.

use std::fs;

use super::terminal::Terminal;
use super::{Place, Ran};

/// The title of the window, colours, a bell, nothing; backwards, isolated, no width.
const HOSTILE: &str =
    "a\u{1b}]0;owned\u{7}\u{1b}[31m\u{9b}31m\0\u{7f}\u{202e}\u{2066}\u{200b}\u{feff}z";

/// The same as a terminal shows it.
const SHOWN: &str =
    "a\\u{1b}]0;owned\\u{7}\\u{1b}[31m\\u{9b}31m\\u{0}\\u{7f}\\u{202e}\\u{2066}\\u{200b}\\u{feff}z";

/// The same in JSON.
const JSON: &str =
    "a\\u001b]0;owned\\u0007\\u001b[31m\\u009b31m\\u0000\\u007f\\u202e\\u2066\\u200b\\ufeffz";

const FORMATS: [&str; 8] = ["auto", "table", "chart", "json", "jsonl", "csv", "line", "markdown"];

/// What no terminal may get raw.
fn is_hidden(c: char) -> bool {
    let bidi_or_empty = matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    );
    c.is_control() && !matches!(c, '\r' | '\n') || bidi_or_empty
}

#[track_caller]
fn assert_seen(text: &str) {
    // the one thing that the program itself steers a terminal with
    let text = text.replace("\u{1b}[2mNULL\u{1b}[22m", "NULL");
    assert!(!text.contains(is_hidden), "{text:?}");
    // a carriage return alone would write over the line
    assert!(!text.replace("\r\n", "").contains('\r'), "{text:?}");
}

/// A script that has it in a value, an object, a name, a condition and a comment.
fn script() -> String {
    format!(
        "-- {HOSTILE}\n\
         SET ACTOR '{HOSTILE}';\n\
         CREATE KEY title STRING DEFAULT '{HOSTILE}';\n\
         CREATE KEY \"k\u{202e}decoy\" JSON DEFAULT {{\"\u{202e}\u{9b}\": [\"\u{200b}\u{7f}\"]}};\n\
         CREATE SEGMENT s WHERE city = '{HOSTILE}';\n\
         CREATE CONFIG home SEGMENTS s KEY title = '<script>&{HOSTILE}';\n\
         PUBLISH CONFIG home COMMENT '{HOSTILE}';\n"
    )
}

impl Place {
    fn hostile(&self) -> &'static str {
        self.file("h.pcq", script());
        let ran = self.run(&["run", "h.pcq", "--db", "h.pcdb"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        let count = "GET title; GET title FOR USER 'u' WITH {\"city\": \"x\"}";
        assert_eq!(self.run(&["h.pcdb", "--count", "-e", count]).code, 0);
        "h.pcdb"
    }

    fn shown(&self, arguments: &[&str]) -> String {
        Terminal::output(&mut self.command(arguments))
    }
}

#[test]
fn a_terminal_shows_what_it_would_obey_or_hide() {
    let place = Place::new();
    let store = place.hostile();
    let statements = "SHOW KEYS; GET ALL; SHOW SEGMENTS; SHOW HISTORY; SHOW VERSIONS OF CONFIG home; SHOW STATS FOR CONFIG home;";
    for format in FORMATS {
        let text = place.shown(&[store, "-e", statements, "--format", format]);
        assert_seen(&text);
        let text = place.shown(&[store, "-e", "GET title, \"k\u{202e}decoy\"", "--format", format]);
        let is_json = format.starts_with("json");
        let wanted = match format {
            "json" | "jsonl" => JSON,
            // brackets and backslashes have one before them
            "markdown" => "\\u{202e}\\u{2066}\\u{200b}\\u{feff}z",
            _ => SHOWN,
        };
        assert!(text.contains(wanted), "{format}: {text}");
        assert!(text.contains(if is_json { "k\\u202edecoy" } else { "k\\u{202e}decoy" }), "{text}");
    }
}

#[test]
fn scripts_are_shown_as_well() {
    let place = Place::new();
    let store = place.hostile();
    for arguments in [&["dump", store][..], &["dump", store, "--current"], &["fmt", "h.pcq"]] {
        let text = place.shown(arguments);
        assert_seen(&text);
        assert!(text.contains(SHOWN) && text.contains("k\\u{202e}decoy"), "{text}");
    }
    assert_seen(&place.shown(&["stats", store, "home"]));
    assert_seen(&place.shown(&["stats", store, "home", "--svg", "-"]));
    assert_seen(&place.shown(&["stats", store, "home", "--html", "-"]));
}

#[test]
fn errors_show_it_too() {
    let place = Place::new();
    let store = place.hostile();
    place.file("bad.pcq", format!("GET\t'{HOSTILE}' oh\u{202e};\r\n"));
    place.file("a.csv", format!("user,a:number\nu,{HOSTILE}\n"));
    for (arguments, shown) in [
        (
            &[store, "--color", "never", "-e", "GET \"no\u{202e}\u{200b}\""][..],
            "`no\\u{202e}\\u{200b}`",
        ),
        (&["check", "--color", "never", "bad.pcq"], SHOWN),
        (&["run", "--color", "never", "no\u{202e}\u{1b}[31m.pcq"], "no\\u{202e}\\u{1b}[31m.pcq"),
        (&["track", "t.pcdb", "--quiet", "--color", "never", "a.csv"], SHOWN),
        (&["fmt", "\u{1b}]0;x\u{7}", "--wrong\u{202e}"], "--wrong\\u{202e}"),
        (&[store, "--color", "never", "-v", "x=\u{9b}31m", "-e", "GET title"], "\\u{9b}31m"),
    ] {
        let text = place.shown(arguments);
        assert!(text.contains(shown), "{text}");
        assert_seen(&text);
    }
}

#[test]
fn the_shell_shows_it_too() {
    let place = Place::new();
    let store = place.hostile();
    let mut terminal = Terminal::run(&mut place.command(&[store]));
    for (typed, shown) in [
        ("GET \"k\u{202e}decoy\";\r", "k\\u{202e}decoy"),
        ("GET title;\r", SHOWN),
        (".format csv\r", "csv"),
        ("GET title;\r", SHOWN),
        ("GET \"no\u{202e}\";\r", "`no\\u{202e}`"),
        (".oh\u{200b}no\r", "`.oh\\u{200b}no`"),
        (".help \u{2066}\r", "`\\u{2066}`"),
        // pasted, called back from the history, and without an end
        ("\u{1b}[200~GET \"\u{9b}31m\u{7}\u{202e}\";\u{1b}[201~\r", "\\u{9b}31m"),
        ("\u{1b}[A\u{1b}[D\u{1b}[D\r", "\\u{9b}31m"),
    ] {
        // before that, it would be the terminal that writes what is typed
        terminal.wait_for("\u{1b}[?2004h");
        terminal.press(typed);
        terminal.wait_for(shown);
    }
    terminal.wait_for("\u{1b}[?2004h");
    terminal.press("\u{4}");
    assert_eq!(terminal.end(), 0, "{:?}", terminal.text());
    let hostile =
        ['\u{202e}', '\u{2066}', '\u{200b}', '\u{9b}', '\u{7}', '\0', '\u{7f}', '\u{feff}'];
    let text = terminal.text();
    assert!(!text.contains(hostile) && !text.contains("\u{1b}]"), "{text:?}");
}

#[test]
fn files_and_pipes_get_every_byte_but_json_has_escapes() {
    let place = Place::new();
    let store = place.hostile();
    let get = |format| place.run(&[store, "-e", "GET title", "--format", format]).out;
    assert!(get("csv").contains(&format!("\r\ntitle,{HOSTILE},")), "{}", get("csv"));
    for format in ["json", "jsonl"] {
        assert!(get(format).contains(&format!("\"value\":\"{JSON}\"")), "{}", get(format));
    }
    let object = place.run(&[store, "-e", "GET \"k\u{202e}decoy\"", "--format", "json"]).out;
    assert!(object.contains(r#"{"\u202e\u009b":["\u200b\u007f"]}"#), "{object}");
    assert!(place.run(&["dump", store]).out.contains(&format!("DEFAULT '{HOSTILE}'")));
    assert!(place.run(&["fmt", "h.pcq"]).out.starts_with(&format!("-- {HOSTILE}\n")));
    place.file(
        "a.jsonl",
        format!("{{\"event\": \"e\", \"user\": \"u\", \"{}\": 1}}\n", "\u{202e}\u{7f}"),
    );
    place.run(&["track", "t.pcdb", "a.jsonl", "--rejected", "r.jsonl"]);
    let rejected = fs::read_to_string(place.path("r.jsonl")).unwrap();
    assert!(!rejected.contains(is_hidden) && rejected.contains("\\u202e\\u007f"), "{rejected}");
}

#[test]
fn pictures_and_pages_have_nothing_that_hides() {
    let place = Place::new();
    let store = place.hostile();
    for (option, file) in [("--svg", "a.svg"), ("--html", "a.html")] {
        assert_eq!(place.run(&["stats", store, "home", option, file]).code, 0);
        let drawn = fs::read_to_string(place.path(file)).unwrap();
        assert_seen(&drawn);
        assert!(drawn.contains(SHOWN) && !drawn.contains("<script"), "{drawn}");
    }
}

#[test]
fn markdown_is_text_and_no_page() {
    let place = Place::new();
    let text = "<img src=x onerror=a>&lt; a|b `c` [d](javascript:e) ![](f) *g* __h__ snake_case ~i~ $j$ \\";
    let statement = format!("CREATE KEY t STRING DEFAULT '{text}'; GET t");
    let ran: Ran = place.run(&["-e", &statement, "--format", "markdown"]);
    let escaped = r"| t | &lt;img src=x onerror=a&gt;&amp;lt; a\|b \`c\` \[d\](javascript:e) !\[\](f) \*g\* \_\_h\_\_ snake_case \~i\~ \$j\$ \\ |";
    assert!(ran.out.contains(escaped), "{}", ran.out);
}

#[test]
fn formulas_are_guarded_where_it_is_asked_for() {
    let place = Place::new();
    let texts = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", "a=1", "'=1"];
    let columns = texts.map(|text| format!("'{}'", text.replace('\'', "''")));
    let keys = (0..).zip(&columns);
    let keys = keys.map(|(i, text)| format!("CREATE KEY t{i} STRING DEFAULT {text};"));
    let keys = [keys.collect::<Vec<_>>().join(" "), "CREATE KEY n INTEGER DEFAULT -5;".to_owned()];
    let get: Vec<_> = (0..texts.len()).map(|i| format!("t{i}")).collect();
    let statements = format!("{} GET {}, n", keys.join(" "), get.join(", "));
    let run =
        |options: &[&str]| place.run(&[&["-e", &statements, "--format", "csv"], options].concat());
    let values = |ran: Ran| -> Vec<String> {
        let rows = ran.out.split("\r\n").skip(1).filter(|row| !row.is_empty());
        rows.map(|row| row.split(',').nth(1).unwrap().to_owned()).collect()
    };
    let plain = ["=1+1", "+1", "-1", "@x", "\t=1", "\"\r=1\"", "＝1", "a=1", "'=1", "-5"];
    assert_eq!(values(run(&[])), plain);
    let guarded = ["'=1+1", "'+1", "'-1", "'@x", "'\t=1", "\"'\r=1\"", "'＝1", "a=1", "'=1", "-5"];
    assert_eq!(values(run(&["--csv-guard"])), guarded);
    for arguments in
        [&["-e", "GET a", "--csv-guard"][..], &["-e", "GET a", "--csv-guard", "--format", "json"]]
    {
        assert_eq!(place.run(arguments).code, 2, "{arguments:?}");
    }
}
