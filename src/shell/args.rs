//! The arguments of the program.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use super::format::Format;
use super::report::ColorWhen;
use super::row_format::RowFormat;
use pcq::{Name, Timestamp, Value};

const EXAMPLES: &str = "\
Examples:
  pcq app.pcdb                                  open a shell on a store
  pcq app.pcdb -e \"GET ALL FOR USER 'u1'\"       run statements
  pcq app.pcdb -e 'GET banner FOR USER :id' -v id=\"'u1'\" --format json
  pcq run setup.pcq release.pcq --db app.pcdb   run scripts
  pcq run test.pcq --clock 2026-01-01T00:00:00Z
                                                run a test in memory, with its own clock
  pcq track app.pcdb users.csv events.jsonl     load users and events
  pcq list app.pcdb vips ids.txt                load a list of users into a segment
  pcq stats app.pcdb banner --by day            draw what was delivered of a config
  pcq dump app.pcdb | pcq run - --db copy.pcdb  copy a store through a script

Exit codes:
  0  all went well        3  the store cannot be opened, or is corrupt
  1  a statement failed   4  a script does not parse
  2  usage, or a script cannot be read

The words of the commands win: a store in a file called `run` is `./run`.";

const TRACK_HELP: &str = "\
JSON lines (.jsonl, .ndjson, .json): each line is an event or a profile.
  {\"event\": \"Charged\", \"user\": \"u1\", \"id\": \"e1\", \"at\": 1771718400000}
  {\"event\": \"Charged\", \"user\": \"u1\", \"id\": \"e2\", \"properties\": {\"amount\": 12.5}}
  {\"user\": \"u1\", \"at\": \"2026-02-22T00:00:00Z\", \"attributes\": {\"city\": \"Pune\"}}
  `at`, `id` and `properties` may be left out. `at` is a timestamp, or milliseconds since 1970;
  without it, the time of loading.

CSV (.csv, .tsv): a header, then each row is an event.
  event,user,at,id,amount:number,vip:boolean,tags:json,note
  Charged,u1,2026-02-22T00:00:00Z,e1,12.5,true,\"[1, 2]\",first
  All columns but `event`, `user`, `at` and `id` are properties: strings, unless there is a type
  after a colon. With a type, those four are properties, too. An empty cell is no property; an
  empty string can be said with the type `json` only. Without a column `event`, each row is a
  profile, and the columns are its attributes. A profile has no `id`.

Loading the same again, after a crash or with new lines, adds only what is missing, if the events
have ids: one whose id the store has seen is passed over. Events without ids are added again. A
profile is set again, which changes nothing unless it was changed in between.

Examples:
  pcq track app.pcdb users.csv events.jsonl
  zcat events.jsonl.gz | pcq track app.pcdb - --rejected rejected.jsonl
  pcq track app.pcdb export.txt --format csv --delimiter ';' --summary json

Exit codes:
  0  all was loaded       2  usage, or a file or its header cannot be read
  1  some was rejected    3  the store cannot be opened or written, or is corrupt";

/// An embedded, versioned store of product configs, and its query language.
///
/// Without a command: a shell on the store. Each statement ends with `;` and is a transaction of its
/// own unless BEGIN opens one. Where standard input is not a terminal, the statements are read from it.
#[derive(Debug, Parser)]
#[command(name = "pcq", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
#[command(subcommand_negates_reqs = true, subcommand_help_heading = "Commands")]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) shell: ShellArgs,
}

/// `pcq [STORE]`
#[derive(Args, Debug)]
pub(super) struct ShellArgs {
    /// The file of the store, which is made if it does not exist; without it, a store in memory
    #[arg(id = "store", value_name = "STORE")]
    pub(super) store: Option<PathBuf>,
    /// Run these statements and exit; the last `;` may be left out
    #[arg(short = 'e', long = "execute", value_name = "STATEMENTS", allow_hyphen_values = true)]
    pub(super) statements: Vec<String>,
    #[command(flatten)]
    pub(super) session: SessionArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run scripts
    ///
    /// The syntax of all scripts is checked before the first runs. A script stops at its first error;
    /// what was committed before stays. Only tables are printed. Each script begins without a
    /// transaction, and with the actor and the comment of the options.
    Run(RunArgs),
    /// Check the syntax of scripts, and run nothing
    Check(CheckArgs),
    /// Write scripts in canonical form
    ///
    /// The canonical text goes to standard output, comments included, unless an option says otherwise.
    Fmt(FmtArgs),
    /// Write a script that rebuilds a store
    ///
    /// The script is for `pcq run - --db NEW`, on a store that is empty. It has the whole history:
    /// revisions, versions, publications.
    Dump(DumpArgs),
    /// Show what was delivered of a config, and when
    ///
    /// Asks SHOW STATS FOR CONFIG of the store, and changes nothing. On a terminal: a chart of the
    /// deliveries over time, and for each key how often each value was delivered. Elsewhere, and in the
    /// other formats: the rows.
    Stats(StatsArgs),
    /// Load users and events from files
    ///
    /// Each line of JSON, or each row of CSV, is an event of a user or the profile of one. They are read as
    /// they come, however many they are, and kept in batches. What makes no sense is rejected and told; the
    /// rest is loaded.
    #[command(after_help = TRACK_HELP)]
    Track(TrackArgs),
    /// Load a list of users into a segment of a store
    ///
    /// The list takes the place of the segment's condition, or of the list that it has, when all of it is
    /// there; a segment that does not exist is made. In conditions and configs the segment is one like any
    /// other, and its earlier lists are in its history.
    List(ListArgs),
    /// Check every page of a store, and every rule that ties its tables together
    Verify(VerifyArgs),
    /// Copy a store into a new file
    Backup(BackupArgs),
    /// Drop the events that are kept no longer, and make the file anew without them
    ///
    /// How long events are kept ALTER EVENT says. Prints how many were dropped, and the size of the file
    /// before and after. What was forgotten by FORGET USER is gone from the file, too.
    Compact(CompactArgs),
}

/// `pcq run`
#[derive(Args, Debug)]
pub(super) struct RunArgs {
    /// The scripts, in order; `-` is standard input
    #[arg(required = true, value_name = "SCRIPT")]
    pub(super) scripts: Vec<PathBuf>,
    /// The file of the store, which is made if it does not exist; without it, a store in memory
    #[arg(id = "store", long = "db", value_name = "STORE")]
    pub(super) db: Option<PathBuf>,
    #[command(flatten)]
    pub(super) session: SessionArgs,
}

/// `pcq check`
#[derive(Args, Debug)]
pub(super) struct CheckArgs {
    /// The scripts; `-` is standard input
    #[arg(required = true, value_name = "SCRIPT")]
    pub(super) scripts: Vec<PathBuf>,
    #[command(flatten)]
    color: ColorArg,
}

/// `pcq fmt`
#[derive(Args, Debug)]
pub(super) struct FmtArgs {
    /// The scripts; `-` is standard input
    #[arg(required = true, value_name = "SCRIPT")]
    pub(super) scripts: Vec<PathBuf>,
    /// Write nothing but the names of the scripts that are not canonical, and exit with 1 if there are any
    #[arg(long, conflicts_with = "write")]
    pub(super) check: bool,
    /// Rewrite the scripts in place
    #[arg(long)]
    pub(super) write: bool,
    #[command(flatten)]
    color: ColorArg,
}

/// `pcq dump`
#[derive(Args, Debug)]
pub(super) struct DumpArgs {
    /// The file of the store
    #[arg(value_name = "STORE")]
    pub(super) store: PathBuf,
    /// Write only what is there now, without the history
    #[arg(long)]
    pub(super) current: bool,
    #[command(flatten)]
    color: ColorArg,
}

/// `pcq stats`
#[derive(Args, Debug)]
pub(super) struct StatsArgs {
    /// The file of the store
    #[arg(value_name = "STORE")]
    pub(super) store: PathBuf,
    /// The name of the config, without quotes
    #[arg(value_name = "CONFIG", value_parser = name)]
    pub(super) config: Name,
    /// Count only this key
    #[arg(long, value_name = "KEY", value_parser = name)]
    pub(super) key: Option<Name>,
    /// Count only what the row of this segment gave
    #[arg(long, value_name = "SEGMENT", value_parser = name)]
    pub(super) segment: Option<Name>,
    /// Count only what this version gave
    #[arg(long, value_name = "NUMBER")]
    pub(super) of_version: Option<u32>,
    /// The size of the buckets of time; days, if not said. What is long past may come in larger ones
    #[arg(long, value_enum, value_name = "UNIT")]
    pub(super) by: Option<By>,
    /// Count from the bucket of an instant on, such as 2026-01-01T00:00:00Z
    #[arg(long, value_name = "TIMESTAMP", value_parser = timestamp)]
    pub(super) since: Option<Timestamp>,
    /// Count the buckets that begin before an instant
    #[arg(long, value_name = "TIMESTAMP", value_parser = timestamp)]
    pub(super) until: Option<Timestamp>,
    /// Write a picture into a file, in place of the one that may be there; `-` is standard output
    #[arg(long, value_name = "FILE", conflicts_with_all = ["html", "format"])]
    pub(super) svg: Option<PathBuf>,
    /// Write a page with the picture and its numbers into a file; `-` is standard output
    #[arg(long, value_name = "FILE", conflicts_with = "format")]
    pub(super) html: Option<PathBuf>,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) format: Format,
    #[command(flatten)]
    color: ColorArg,
}

/// How long a time is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum By {
    /// Minutes
    Minute,
    /// Hours
    Hour,
    /// Days
    Day,
}

impl By {
    /// The word of the language.
    pub(super) fn keyword(self) -> &'static str {
        match self {
            Self::Minute => "MINUTE",
            Self::Hour => "HOUR",
            Self::Day => "DAY",
        }
    }
}

/// `pcq track`
#[derive(Args, Debug)]
pub(super) struct TrackArgs {
    /// The file of the store, which is made if it does not exist
    #[arg(value_name = "STORE")]
    pub(super) store: PathBuf,
    /// The files, in order; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// What the files are; the extension of each tells, if not said, and standard input is jsonl
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) format: Option<RowFormat>,
    /// What is between the cells of CSV, `\t` for a tab; a comma, if not said, and in .tsv a tab
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub(super) delimiter: Option<u8>,
    /// Tell of the first so many rejected lines; all are counted
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub(super) show_rejected: u64,
    /// Write all rejected lines into a file, as JSON lines with place and reason, in place of the file that
    /// may be there; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(super) rejected: Option<PathBuf>,
    /// Stop once so many lines are rejected; what was read before is kept
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) max_rejected: Option<u64>,
    /// Print what was done as a table in a format: events, profiles, repeated, rejected; a sentence, if
    /// not said
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) summary: Option<Format>,
    /// Show no progress, and say nothing at the end but of what was rejected
    #[arg(long, conflicts_with = "summary")]
    pub(super) quiet: bool,
    #[command(flatten)]
    color: ColorArg,
}

/// `pcq list`
#[derive(Args, Debug)]
pub(super) struct ListArgs {
    /// The file of the store, which must exist
    #[arg(value_name = "STORE")]
    pub(super) store: PathBuf,
    /// The name of the segment, without quotes
    #[arg(value_name = "SEGMENT", value_parser = name)]
    pub(super) segment: Name,
    /// The ids of the users, one in each line; empty lines are skipped; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Who writes, as SET ACTOR says
    #[arg(long, value_name = "WHO")]
    pub(super) actor: Option<String>,
    /// Why, as SET COMMENT says
    #[arg(long, value_name = "WHY")]
    pub(super) comment: Option<String>,
    #[command(flatten)]
    color: ColorArg,
}

/// `pcq verify`
#[derive(Args, Debug)]
pub(super) struct VerifyArgs {
    /// The file of the store
    #[arg(value_name = "STORE")]
    pub(super) store: PathBuf,
    #[command(flatten)]
    color: ColorArg,
}

/// `pcq backup`
#[derive(Args, Debug)]
pub(super) struct BackupArgs {
    /// The file of the store
    #[arg(value_name = "STORE")]
    pub(super) store: PathBuf,
    /// The file of the copy, which must not exist
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    #[command(flatten)]
    color: ColorArg,
}

/// `pcq compact`
#[derive(Args, Debug)]
pub(super) struct CompactArgs {
    /// The file of the store
    #[arg(value_name = "STORE")]
    pub(super) store: PathBuf,
    #[command(flatten)]
    color: ColorArg,
}

/// How statements are run, and how their results are shown.
#[derive(Args, Debug)]
pub(super) struct SessionArgs {
    /// Give the parameter `:name` a value, a literal of the language: -v n=5 -v id="'u1'"
    #[arg(short = 'v', long = "var", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(super) parameters: Vec<(String, Value)>,
    /// Who writes, as SET ACTOR says
    #[arg(long, value_name = "WHO")]
    pub(super) actor: Option<String>,
    /// Why, as SET COMMENT says
    #[arg(long, value_name = "WHY")]
    pub(super) comment: Option<String>,
    /// Use a clock that stands at an instant and moves only when told to, such as
    /// 2026-01-01T00:00:00Z or 2026-01-01T09:00:00[Europe/Paris]
    #[arg(long, value_name = "TIMESTAMP", value_parser = timestamp)]
    pub(super) clock: Option<Timestamp>,
    /// How tables are printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) format: Format,
    /// Refuse every write
    #[arg(long, requires = "store", conflicts_with_all = ["dry_run", "actor", "comment"])]
    pub(super) readonly: bool,
    /// Go on after a statement that failed
    #[arg(long)]
    pub(super) keep_going: bool,
    /// Work on a copy of the store, and leave the store as it is
    #[arg(long, requires = "store")]
    pub(super) dry_run: bool,
    #[command(flatten)]
    color: ColorArg,
}

#[derive(Args, Clone, Copy, Debug)]
struct ColorArg {
    /// When errors are coloured
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: ColorWhen,
}

impl Cli {
    /// When errors are coloured, whatever the command.
    pub(super) fn color(&self) -> ColorWhen {
        let arg = match &self.command {
            None => self.shell.session.color,
            Some(Command::Run(args)) => args.session.color,
            Some(Command::Check(args)) => args.color,
            Some(Command::Fmt(args)) => args.color,
            Some(Command::Dump(args)) => args.color,
            Some(Command::Stats(args)) => args.color,
            Some(Command::Track(args)) => args.color,
            Some(Command::List(args)) => args.color,
            Some(Command::Verify(args)) => args.color,
            Some(Command::Backup(args)) => args.color,
            Some(Command::Compact(args)) => args.color,
        };
        arg.color
    }
}

/// Parses the arguments of the process, and ends it if they make no sense.
pub(super) fn parse() -> Cli {
    let cli = Cli::parse();
    match nonsense(&cli) {
        Some(message) => Cli::command().error(ErrorKind::ArgumentConflict, message).exit(),
        None => cli,
    }
}

/// Whether a person types the statements.
pub(super) fn is_interactive() -> bool {
    io::stdin().is_terminal()
}

/// What would be ignored though somebody asked for it, beyond what the declarations above can say.
fn nonsense(cli: &Cli) -> Option<String> {
    let (scripts, session) = match &cli.command {
        None => (None, Some(&cli.shell.session)),
        Some(Command::Run(args)) => (Some(&args.scripts), Some(&args.session)),
        Some(Command::Check(args)) => (Some(&args.scripts), None),
        Some(Command::Fmt(args)) => (Some(&args.scripts), None),
        Some(Command::Track(args)) => (Some(&args.files), None),
        Some(_) => (None, None),
    };
    let twice =
        scripts.is_some_and(|scripts| scripts.iter().filter(|s| s.as_os_str() == "-").count() > 1);
    if twice {
        return Some("standard input can be read only once: `-` is there twice".to_owned());
    }
    let in_shell = cli.command.is_none() && cli.shell.statements.is_empty() && is_interactive();
    if in_shell && cli.shell.session.keep_going {
        return Some("--keep-going is for scripts: a shell always goes on".to_owned());
    }
    if let Some(Command::Fmt(args)) = &cli.command
        && args.write
        && args.scripts.iter().any(|script| script.as_os_str() == "-")
    {
        return Some("standard input cannot be rewritten in place".to_owned());
    }
    if let Some(Command::Track(args)) = &cli.command {
        return unknown_format(args);
    }
    session.and_then(|session| repeated(&session.parameters))
}

/// A file whose name does not tell what it is, or a delimiter for none.
fn unknown_format(args: &TrackArgs) -> Option<String> {
    let format = |path: &PathBuf| args.format.or_else(|| RowFormat::of(path));
    if let Some(file) = args.files.iter().find(|file| format(file).is_none()) {
        let file = file.display();
        return Some(format!("the name of `{file}` does not tell what it is: --format says it"));
    }
    let has_csv = args.files.iter().any(|file| format(file) == Some(RowFormat::Csv));
    let is_useless = args.delimiter.is_some() && !has_csv;
    is_useless.then(|| "--delimiter is for CSV, and no file is that".to_owned())
}

/// The parameter that is given twice.
fn repeated(parameters: &[(String, Value)]) -> Option<String> {
    let mut names = std::collections::HashSet::new();
    let (name, _) = parameters.iter().find(|(name, _)| !names.insert(name))?;
    Some(format!("the parameter `{name}` is given twice"))
}

fn parameter(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("expected name=value")?;
    let is_name = |c: char| c == '_' || c.is_ascii_alphanumeric();
    if !name.chars().all(is_name)
        || name.starts_with(|c: char| c.is_ascii_digit())
        || name.is_empty()
    {
        return Err(format!("`{name}` is no name of a parameter"));
    }
    let value = pcq::parse_value(value).map_err(|error| {
        format!("{error}; a value is a literal of the language, so a text is in single quotes: {name}=\"'text'\"")
    })?;
    Ok((name.to_owned(), value))
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [b'"' | b'\r' | b'\n'] => Err("rows and quotes need it".to_owned()),
        [byte] => Ok(*byte),
        _ => Err("expected one character of ASCII, or \\t".to_owned()),
    }
}

fn name(text: &str) -> Result<Name, String> {
    Name::new(text).map_err(|error| error.to_string())
}

fn timestamp(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &str) -> Result<Cli, ErrorKind> {
        let words = std::iter::once("pcq").chain(arguments.split_whitespace());
        Cli::try_parse_from(words).map_err(|error| error.kind())
    }

    #[test]
    fn the_declarations_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_command_wins_over_a_store_of_its_name() {
        assert!(matches!(parsed("run a.pcq").unwrap().command, Some(Command::Run(_))));
        assert_eq!(parsed("run").unwrap_err(), ErrorKind::MissingRequiredArgument);
        let cli = parsed("./run").unwrap();
        assert_eq!((cli.command.is_none(), cli.shell.store), (true, Some("./run".into())));
    }

    #[test]
    fn options_without_effect_are_refused() {
        for arguments in [
            "check a --format json",
            "fmt a -v x=1",
            "fmt a --check --write",
            "dump s --actor me",
            "verify s --readonly",
            "stats s c --svg a --html b",
            "stats s c --html a --format json",
            "run a --dry-run",
            "run a --db s --readonly --dry-run",
            "run a --db s --readonly --actor me",
            "--readonly",
            "--format json run a",
            "s run a",
        ] {
            assert!(parsed(arguments).is_err(), "{arguments}");
        }
    }

    #[test]
    fn statements_may_begin_with_a_comment() {
        let cli = Cli::try_parse_from(["pcq", "s", "-e", "-- x", "-e", "GET a"]).unwrap();
        assert_eq!(cli.shell.statements, ["-- x", "GET a"]);
    }

    #[test]
    fn parameters_are_literals() {
        assert_eq!(parameter("a=5"), Ok(("a".to_owned(), Value::Integer(5))));
        assert_eq!(parameter("a_1='x=y'"), Ok(("a_1".to_owned(), "x=y".into())));
        for wrong in ["a", "=1", "1a=1", "a b=1", "a=x y", "a="] {
            assert!(parameter(wrong).is_err(), "{wrong}");
        }
        assert!(repeated(&[("a".into(), Value::Null), ("a".into(), Value::Null)]).is_some());
    }
}
