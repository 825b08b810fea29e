//! `stats`: what was delivered of a config, as a chart, a picture or a page.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use super::args::StatsArgs;
use super::chart::{self, Statistics};
use super::exit::{Exit, Stop};
use super::file::{self, refuse_store};
use super::output::Printer;
use super::report::Reporter;
use super::screen::buffered_stdout;
use super::store;
use pcq::{Name, Rows};

/// Shows what was delivered of a config.
pub(super) fn stats(args: &StatsArgs, reporter: &Reporter) -> Result<(), Stop> {
    let database = store::open_to_read(&args.store, reporter)?;
    let session = database.session().show_sensitive(args.show_sensitive);
    let outcomes = session.and_then(|mut session| session.execute(&statement(args)));
    let outcomes = outcomes.map_err(Stop::failed)?;
    let found = outcomes.iter().find_map(|outcome| outcome.rows());
    let rows = found.cloned().unwrap_or_default();
    if let Some(file) = args.svg.as_deref().or(args.html.as_deref()) {
        return draw(args, &rows, file);
    }
    let mut printer = Printer::new(args.format);
    printer.print(&rows)?;
    Ok(printer.flush()?)
}

/// Writes a picture or a page; `-` is standard output.
fn draw(args: &StatsArgs, rows: &Rows, path: &Path) -> Result<(), Stop> {
    refuse_store(path)?;
    let title = title(args);
    let statistics = Statistics::of(rows, chart::MOST_POINTS);
    let make = if args.svg.is_some() { chart::picture } else { chart::page };
    let unwritten = |error| Stop::io(&path.display().to_string(), &error, Exit::Failed);
    let text = make(&title, statistics.as_ref()).map_err(unwritten)?;
    if path.as_os_str() != "-" {
        return file::write(path, &text).map_err(unwritten);
    }
    let mut output = buffered_stdout();
    output.write_all(text.as_bytes())?;
    Ok(output.flush()?)
}

/// What a picture shows, and what it leaves out.
fn title(args: &StatsArgs) -> String {
    let mut title = format!("deliveries of {}", args.config.as_str());
    let mut add = |what: &str, of: Option<String>| {
        if let Some(of) = of {
            let _ = write!(title, ", {what} {of}");
        }
    };
    add("key", args.key.as_ref().map(|name| name.as_str().to_owned()));
    add("segment", args.segment.as_ref().map(|name| name.as_str().to_owned()));
    add("version", args.of_version.map(|version| version.to_string()));
    add("since", args.since.map(|time| time.to_string()));
    add("until", args.until.map(|time| time.to_string()));
    title
}

/// The statement that asks for it.
fn statement(args: &StatsArgs) -> String {
    let mut text = format!("SHOW STATS FOR CONFIG {}", args.config);
    let mut add = |clause: &str, what: Option<String>| {
        if let Some(what) = what {
            let _ = write!(text, " {clause} {what}");
        }
    };
    add("KEY", args.key.as_ref().map(ToString::to_string));
    add("SEGMENT", args.segment.as_ref().map(segment));
    add("VERSION", args.of_version.map(|version| version.to_string()));
    let by: Vec<_> = args.by.iter().map(|by| by.keyword()).collect();
    add("BY", (!by.is_empty()).then(|| by.join(", ")));
    add("SINCE", args.since.map(|time| format!("'{time}'")));
    add("UNTIL", args.until.map(|time| format!("'{time}'")));
    text
}

/// A segment as a statement names it: the built-in one has no name in quotes.
fn segment(name: &Name) -> String {
    let everyone = Name::everyone();
    let is_everyone = name.as_str().eq_ignore_ascii_case(everyone.as_str());
    if is_everyone { everyone.as_str().to_owned() } else { name.to_string() }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::args::{Cli, Command};
    use super::*;

    fn asked(options: &[&str]) -> String {
        let cli = Cli::try_parse_from([&["pcq", "stats", "s"], options].concat()).unwrap();
        let Some(Command::Stats(args)) = cli.command else { unreachable!() };
        statement(&args)
    }

    #[test]
    fn options_become_clauses() {
        assert_eq!(asked(&["home"]), "SHOW STATS FOR CONFIG home");
        let options = ["--until=2026-03-02T01:00:00+01:00", "--since=2026-03-01T00:00:00Z"];
        let more = ["home", "--by=value,hour", "--of-version=3", "--segment=us", "--key=a.b"];
        let all = "SHOW STATS FOR CONFIG home KEY a.b SEGMENT us VERSION 3 BY VALUE, HOUR \
                   SINCE '2026-03-01T00:00:00Z' UNTIL '2026-03-02T00:00:00Z'";
        assert_eq!(asked(&[&options[..], &more].concat()), all);
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        let text = asked(&["a\"; DROP", "--key=key", "--segment=new users"]);
        let quoted = "CONFIG \"a\"\"; DROP\" KEY \"key\" SEGMENT \"new users\"";
        assert_eq!(text, format!("SHOW STATS FOR {quoted}"));
        assert!(asked(&["a", "--segment=everyone"]).ends_with(" SEGMENT EVERYONE"));
    }
}
