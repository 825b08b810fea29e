//! The arguments of the program.

mod about;
mod check;
mod guess;
mod help;
#[cfg(test)]
mod tests;
mod value;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use about::{CompletionsArgs, ErrorsArgs, HelpArgs, ManArgs, NewArgs};
pub(super) use check::{is_interactive, parse};
use help::{
    CHECK_HELP, EXAMPLES, LIST_HELP, RUN_HELP, STATE_HELP, STATS_HELP, TRACK_HELP, TRAFFIC_HELP,
};
pub(super) use value::{ColumnArg, Deliveries};
use value::{column, delimiter, duration, name, parameter, role, timestamp};

use super::format::{Format, Formulas};
use super::report::{ColorWhen, ErrorFormat};
use super::row_format::{ListFormat, RowFormat, TimeUnit};
use pcq::{Name, Role, Timestamp, Value};

/// An embedded, versioned store of product configs, and its query language.
///
/// Without a command: a shell on the store. Each statement ends with `;` and is a transaction of its
/// own unless BEGIN opens one. Where standard input is not a terminal, the statements are read from it.
#[derive(Debug, Parser)]
#[command(name = "pcq", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
#[command(subcommand_negates_reqs = true, subcommand_help_heading = "Commands")]
#[command(disable_help_subcommand = true)]
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
    pub(super) interactive: InteractiveArgs,
    #[command(flatten)]
    pub(super) session: SessionArgs,
}

/// What is said of the shell that a person types into.
#[derive(Args, Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(super) struct InteractiveArgs {
    /// Count what GET gives as deliveries, as `pcq run` does: without it, whoever looks around leaves no trace
    #[arg(long)]
    count: bool,
    /// Ask nobody: without it, a person at a terminal is asked before ARCHIVE, FORGET and what changes what is live
    #[arg(long)]
    pub(super) yes: bool,
    /// Touch no file but the store, and start no program: no rc file, no history, no pager, no editor, and
    /// no commands that read or write files
    #[arg(long)]
    pub(super) safe: bool,
    /// Do not read the rc file, pcq/rc.pcq where programs have their settings, at the start
    #[arg(long)]
    pub(super) no_rc: bool,
}

impl InteractiveArgs {
    /// What becomes of deliveries.
    pub(super) fn deliveries(self) -> Deliveries {
        if self.count { Deliveries::Counted } else { Deliveries::Uncounted }
    }

    /// The option that would do nothing where nobody types, and what is so there anyway.
    fn for_people(self) -> Option<(&'static str, &'static str)> {
        let options = [
            (self.yes, "--yes", "nobody is asked"),
            (self.safe, "--safe", "no file but the store is touched"),
            (self.no_rc, "--no-rc", "no rc file is read"),
        ];
        options.into_iter().find_map(|(is_given, name, so)| is_given.then_some((name, so)))
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run scripts
    ///
    /// The syntax of all scripts is checked before the first runs. A script stops at its first error;
    /// what was committed before stays. Only tables are printed. Each script begins without a
    /// transaction, and with the actor and the comment of the options.
    #[command(after_help = RUN_HELP)]
    Run(RunArgs),
    /// Check scripts, and run nothing
    ///
    /// Tells all errors of all scripts: of the syntax, and of statements as far as no store is needed to find them;
    /// and what is legal and likely a slip. With --db or --after names are checked, too.
    #[command(after_help = CHECK_HELP)]
    Check(CheckArgs),
    /// Write scripts in canonical form
    ///
    /// The canonical text goes to standard output, comments included, unless an option says otherwise. A script that does
    /// not parse is told and left out; the others are formatted all the same.
    Fmt(FmtArgs),
    /// Write a script that rebuilds a store
    ///
    /// The script is for `pcq run - --db NEW`, on a store that is empty. It has the whole history:
    /// revisions, versions, publications.
    Dump(DumpArgs),
    /// Show what would have to change so that a store is as state files say
    ///
    /// A state file has CREATE statements of keys, segments and configs, PUBLISH CONFIG for those that are to be live,
    /// DISABLE CONFIG and ARCHIVE: `pcq dump STORE --current` writes one. What the files do not name stays as it is.
    /// Prints the statements as a script, and runs none. Exit code 0: nothing is to be done, 6: something is.
    #[command(after_help = STATE_HELP)]
    Plan(PlanArgs),
    /// Make a store what state files say
    ///
    /// Shows the statements of `pcq plan`, asks, and runs them in one transaction.
    #[command(after_help = STATE_HELP)]
    Apply(ApplyArgs),
    /// Show what was delivered of a config, and when
    ///
    /// Asks SHOW STATS FOR CONFIG of the store, and changes nothing. On a terminal: a chart of the
    /// deliveries over time, and for each key how often each value was delivered. Elsewhere, and in the
    /// other formats: the rows.
    #[command(after_help = STATS_HELP)]
    Stats(StatsArgs),
    /// Load users and events from files
    ///
    /// Each line of JSON, or each row of CSV, is an event of a user or the profile of one. They are read as
    /// they come, however many they are, and kept in batches. What makes no sense is rejected and told; the
    /// rest is loaded.
    #[command(after_help = TRACK_HELP)]
    Track(TrackArgs),
    /// Load contexts that an app asked with, as if they had been recorded
    ///
    /// Each line of JSON is a context: attributes, and perhaps a user, when it was seen, and how often. What makes
    /// no sense is rejected and told; the rest is loaded. Questions about traffic (PREVIEW … FOR TRAFFIC) go by them.
    #[command(after_help = TRAFFIC_HELP)]
    Traffic(TrafficArgs),
    /// Load a list of users into a segment of a store
    ///
    /// The list takes the place of the segment's condition, or of the list that it has, when all of it is
    /// there; a segment that does not exist is made. In conditions and configs the segment is one like any
    /// other, and its earlier lists are in its history. Lines that look wrong are rejected and told; the rest is
    /// loaded.
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
    /// Save what can be read of a damaged store, or take one out of the future
    ///
    /// It says what can be read of the store, which pages are damaged and what is lost, and changes nothing. With
    /// --to it makes a new store of what can be read: the history up to the first revision of which something is
    /// lost, and all that is left of users, lists and deliveries. The new store is verified before it gets its name.
    /// With --current it writes what stands now as a script, for which the history is not needed.
    ///
    /// With --clock: times of commits never go back, so one commit under a clock that was ahead holds all later
    /// ones at its instant. This brings the times that are later than the clock down to it: of revisions, of what
    /// they published at once, and of events and attributes of users. Times that somebody wrote stay. It says what
    /// it will do, and does it with --yes or --to.
    Repair(RepairArgs),
    /// Write a script to start from
    ///
    /// It is a state with a few keys, segments and configs, and comments that say what they are: `pcq run` runs it in
    /// memory, and `pcq apply` makes a store what it says.
    New(NewArgs),
    /// Show the language step by step
    ///
    /// Some twenty statements in a store in memory, with what they are for. On a terminal each waits for Enter, and one
    /// may type statements of one's own; elsewhere all of it is printed.
    Tour,
    /// Say how a command is used, or a statement written
    ///
    /// Without a topic: what the program understands. `pcq help reference` prints the whole reference of the language.
    Help(HelpArgs),
    /// Say what the codes of errors and notes mean
    ///
    /// Without a code: all of them, a line each. Of a code: what brings it about, what one can do, and an example.
    Errors(ErrorsArgs),
    /// Write a script that completes commands and options in a shell
    ///
    /// For bash: `pcq completions bash > ~/.local/share/bash-completion/completions/pcq`. For zsh: the same into a
    /// file `_pcq` of a folder that `fpath` names. For fish: `~/.config/fish/completions/pcq.fish`.
    Completions(CompletionsArgs),
    /// Write manual pages
    ///
    /// `pcq man | man -l -` shows one; `pcq man --into ~/.local/share/man/man1` installs one for each command.
    Man(ManArgs),
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
    /// Run all scripts in one transaction: it is committed after the last of them, or not at all
    #[arg(long)]
    pub(super) single_transaction: bool,
    /// Say what each write did; with --dry-run that is said anyway
    #[arg(long)]
    pub(super) echo: bool,
    #[command(flatten)]
    pub(super) session: SessionArgs,
}

/// `pcq check`
#[derive(Args, Debug)]
pub(super) struct CheckArgs {
    /// The scripts; `-` is standard input, and a folder all `*.pcq` in it and below
    #[arg(required = true, value_name = "SCRIPT")]
    pub(super) scripts: Vec<PathBuf>,
    /// The file of the store on which they are to run, which stays as it is
    #[arg(long, value_name = "STORE")]
    pub(super) db: Option<PathBuf>,
    /// A script that runs before them, such as a dump; the scripts go by what it makes, and by one another
    #[arg(long, value_name = "SCRIPT")]
    pub(super) after: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) slips: StrictArg,
    /// Give the parameter `:name` a value: -v n=5 -v who=ada
    #[arg(short = 'v', long = "var", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(super) parameters: Vec<(String, Value)>,
    #[command(flatten)]
    report: ReportArgs,
}

/// `pcq fmt`
#[derive(Args, Debug)]
pub(super) struct FmtArgs {
    /// The scripts; `-` is standard input, and a folder all `*.pcq` in it and below
    #[arg(required = true, value_name = "SCRIPT")]
    pub(super) scripts: Vec<PathBuf>,
    /// Write nothing but the names of the scripts that are not canonical, and exit with 1 if there are any
    #[arg(long, conflicts_with = "write")]
    pub(super) check: bool,
    /// Write what would change in the scripts, as a unified diff, and exit with 1 if anything would
    #[arg(long, conflicts_with = "write")]
    pub(super) diff: bool,
    /// Rewrite the scripts in place
    #[arg(long)]
    pub(super) write: bool,
    #[command(flatten)]
    report: ReportArgs,
}

/// `pcq dump`
#[derive(Args, Debug)]
pub(super) struct DumpArgs {
    /// The file of the store
    #[arg(value_name = "STORE")]
    pub(super) store: PathBuf,
    /// Write only what is there now, as a state file for `pcq plan` and `pcq apply`
    #[arg(long)]
    pub(super) current: bool,
    /// With --current: and what is known of users, lists of them, and how long events are kept
    #[arg(long, requires = "current")]
    pub(super) users: bool,
    /// With --current: only this config and what it needs
    #[arg(long, value_name = "CONFIG", value_parser = name, requires = "current", conflicts_with = "users")]
    pub(super) config: Option<Name>,
    #[command(flatten)]
    report: ReportArgs,
}

/// `pcq plan`
#[derive(Args, Debug)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) state: StateArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// `pcq apply`
#[derive(Args, Debug)]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    pub(super) state: StateArgs,
    /// Ask nobody
    #[arg(long)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) wait: WaitArg,
    #[command(flatten)]
    report: ReportArgs,
}

/// A store, and what it is to be.
#[derive(Args, Debug)]
pub(super) struct StateArgs {
    /// The file of the store
    #[arg(value_name = "STORE")]
    pub(super) store: PathBuf,
    /// The state files; `-` is standard input
    #[arg(required = true, value_name = "STATE")]
    pub(super) files: Vec<PathBuf>,
    /// Archive what the files do not name
    #[arg(long)]
    pub(super) prune: bool,
    #[command(flatten)]
    pub(super) slips: StrictArg,
    /// Give the parameter `:name` a value: -v n=5 -v who=ada
    #[arg(short = 'v', long = "var", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(super) parameters: Vec<(String, Value)>,
    /// Who writes, as SET ACTOR says
    #[arg(long, value_name = "WHO")]
    pub(super) actor: Option<String>,
    /// Why, as SET COMMENT says
    #[arg(long, value_name = "WHY")]
    pub(super) comment: Option<String>,
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
    /// What to sum up by, and the size of the buckets of time, such as `value,week`; days, if none is said. What is long
    /// past may come in larger ones
    #[arg(long, value_enum, value_name = "GROUP", value_delimiter = ',')]
    pub(super) by: Vec<By>,
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
    /// Show the values of sensitive keys, in place of ***
    #[arg(long)]
    pub(super) show_sensitive: bool,
    #[command(flatten)]
    pub(super) format: FormatArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// What deliveries are summed up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum By {
    /// The segment of the row that gave the value
    Segment,
    /// The value
    Value,
    /// The version
    Version,
    /// Minutes
    Minute,
    /// Hours
    Hour,
    /// Days
    Day,
    /// Weeks, from Monday on
    Week,
    /// Months
    Month,
}

impl By {
    /// The word of the language.
    pub(super) fn keyword(self) -> &'static str {
        match self {
            Self::Segment => "SEGMENT",
            Self::Value => "VALUE",
            Self::Version => "VERSION",
            Self::Minute => "MINUTE",
            Self::Hour => "HOUR",
            Self::Day => "DAY",
            Self::Week => "WEEK",
            Self::Month => "MONTH",
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
    /// Print what was done as a table in a format: events, profiles, repeated, rejected; a sentence, if
    /// not said
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) summary: Option<Format>,
    #[command(flatten)]
    pub(super) load: LoadArgs,
}

/// `pcq traffic`
#[derive(Args, Debug)]
pub(super) struct TrafficArgs {
    /// The file of the store, which is made if it does not exist
    #[arg(value_name = "STORE")]
    pub(super) store: PathBuf,
    /// The files of JSON lines, in order; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Print what was done as a table in a format: contexts, rejected; a sentence, if not said
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) summary: Option<Format>,
    #[command(flatten)]
    pub(super) load: LoadArgs,
}

/// How files are loaded, and what is said of it.
#[derive(Args, Debug)]
pub(super) struct LoadArgs {
    /// What a time counts that is a number; milliseconds, if not said, and then none before 1980
    #[arg(long, value_enum, value_name = "UNIT")]
    pub(super) time_unit: Option<TimeUnit>,
    #[command(flatten)]
    pub(super) rejects: RejectArgs,
    /// Stop once so many lines are rejected; what was read before is kept
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) max_rejected: Option<u64>,
    /// Show no progress, and say nothing at the end but of what was rejected
    #[arg(long, conflicts_with = "summary")]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) wait: WaitArg,
    #[command(flatten)]
    report: ReportArgs,
}

/// What becomes of rejected lines.
#[derive(Args, Debug)]
pub(super) struct RejectArgs {
    /// Tell of the first so many rejected lines; all are counted
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub(super) show_rejected: u64,
    /// Write all rejected lines into a file, as JSON lines with place and reason, in place of the file that
    /// may be there; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(super) rejected: Option<PathBuf>,
}

/// `pcq list`
#[derive(Args, Debug)]
#[command(after_help = LIST_HELP)]
pub(super) struct ListArgs {
    /// The file of the store, which is made if it does not exist
    #[arg(value_name = "STORE")]
    pub(super) store: PathBuf,
    /// The name of the segment, without quotes
    #[arg(value_name = "SEGMENT", value_parser = name)]
    pub(super) segment: Name,
    /// The ids of the users, one in each line, or in a column; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// What the file is; its name and its first line tell, if not said
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) format: Option<ListFormat>,
    /// The column with the ids: its name in the first line, or its number, from 1
    #[arg(long, value_name = "NAME|N", value_parser = column)]
    pub(super) column: Option<ColumnArg>,
    /// What is between the cells of CSV, `\t` for a tab; the first line tells, if not said
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub(super) delimiter: Option<u8>,
    #[command(flatten)]
    pub(super) rejects: RejectArgs,
    /// Stop once so many lines are rejected, and load nothing
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) max_rejected: Option<u64>,
    /// Who writes, as SET ACTOR says
    #[arg(long, value_name = "WHO")]
    pub(super) actor: Option<String>,
    /// Why, as SET COMMENT says
    #[arg(long, value_name = "WHY")]
    pub(super) comment: Option<String>,
    #[command(flatten)]
    pub(super) wait: WaitArg,
    #[command(flatten)]
    report: ReportArgs,
}

/// `pcq verify`
#[derive(Args, Debug)]
pub(super) struct VerifyArgs {
    /// The file of the store
    #[arg(value_name = "STORE")]
    pub(super) store: PathBuf,
    /// A hash that was kept (the column `hash` of SHOW HISTORY, or what `verify` printed): proves that the history goes
    /// on from it
    #[arg(long, value_name = "HASH")]
    pub(super) from: Option<String>,
    #[command(flatten)]
    report: ReportArgs,
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
    report: ReportArgs,
}

/// `pcq compact`
#[derive(Args, Debug)]
pub(super) struct CompactArgs {
    /// The file of the store
    #[arg(value_name = "STORE")]
    pub(super) store: PathBuf,
    #[command(flatten)]
    pub(super) wait: WaitArg,
    #[command(flatten)]
    report: ReportArgs,
}

/// `pcq repair`
#[derive(Args, Debug)]
pub(super) struct RepairArgs {
    /// The file of the store
    #[arg(value_name = "STORE")]
    pub(super) store: PathBuf,
    /// Bring times down that are later than the clock, instead of looking for damage
    #[arg(long)]
    pub(super) clock: bool,
    /// Bring them down to an instant, such as 2026-01-01T00:00:00Z; to now, if not said
    #[arg(long, value_name = "TIMESTAMP", value_parser = timestamp, requires = "clock")]
    pub(super) at: Option<Timestamp>,
    /// Put the store with its times brought down in the place of the store
    #[arg(long, conflicts_with = "to", requires = "clock")]
    pub(super) yes: bool,
    /// Write the repaired store into a new file, and leave the store as it is
    #[arg(long, value_name = "FILE")]
    pub(super) to: Option<PathBuf>,
    /// Write what stands now in a damaged store as a script for a new one, without its history
    #[arg(long, conflicts_with_all = ["to", "clock"])]
    pub(super) current: bool,
    #[command(flatten)]
    report: ReportArgs,
}

/// How statements are run, and how their results are shown.
#[derive(Args, Debug)]
pub(super) struct SessionArgs {
    /// Give the parameter `:name` a value, a literal of the language, else the text as it is: -v n=5 -v id=u1
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
    #[command(flatten)]
    pub(super) format: FormatArgs,
    #[command(flatten)]
    pub(super) access: AccessArgs,
    /// Refuse every write
    #[arg(long, requires = "store", conflicts_with_all = ["dry_run", "actor", "comment"])]
    pub(super) readonly: bool,
    /// Wait so long for a store that somebody else has open for writing: 5s, 500ms, '2 MINUTES'
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "store")]
    #[arg(conflicts_with_all = ["dry_run", "readonly"])]
    pub(super) wait: Option<Duration>,
    #[command(flatten)]
    pub(super) slips: StrictArg,
    /// Go on after a statement that failed
    #[arg(long)]
    pub(super) keep_going: bool,
    /// Work on a copy of the store, and leave the store as it is
    #[arg(long, requires = "store")]
    pub(super) dry_run: bool,
    #[command(flatten)]
    report: ReportArgs,
}

/// How tables are printed.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct FormatArgs {
    /// How tables are printed
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) format: Format,
    /// Fit tables and charts to a width in columns, as on a terminal; without it they have that of the terminal, and
    /// in a pipe all the width that they need
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(20..))]
    pub(super) width: Option<u16>,
    /// In CSV, put a ' before texts that spreadsheets take for formulas: those that begin with = + - @, a
    /// tab or a line break. Without it, each cell is exactly what it is in the store
    #[arg(long)]
    csv_guard: bool,
}

impl FormatArgs {
    /// What becomes of formulas.
    pub(super) fn formulas(self) -> Formulas {
        if self.csv_guard { Formulas::Guarded } else { Formulas::Kept }
    }
}

#[derive(Args, Clone, Copy, Debug, Default)]
pub(super) struct WaitArg {
    /// Wait so long for a store that somebody else has open for writing: 5s, 500ms, '2 MINUTES'
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) wait: Option<Duration>,
}

/// What becomes of slips.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(super) struct StrictArg {
    /// Make what is legal and likely a slip an error, and store nothing of it
    #[arg(long)]
    pub(super) strict: bool,
}

/// What statements may do, and what they show.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct AccessArgs {
    /// What the statements may do at most: values (read the values of users), read (all), draft (and make
    /// what nobody gets yet), publish (and change what users get) or admin (everything)
    #[arg(long, value_parser = role, default_value_t, value_name = "ROLE")]
    pub(super) role: Role,
    /// Show the values of sensitive keys, in place of ***
    #[arg(long)]
    pub(super) show_sensitive: bool,
}

/// How errors and notes are written.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(super) struct ReportArgs {
    /// When errors are coloured
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub(super) color: ColorWhen,
    /// How errors and notes are written to standard error
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) errors: ErrorFormat,
}

impl Cli {
    /// How errors and notes are written, whatever the command.
    pub(super) fn report(&self) -> ReportArgs {
        match &self.command {
            None => self.shell.session.report,
            Some(Command::Run(args)) => args.session.report,
            Some(Command::Check(args)) => args.report,
            Some(Command::Fmt(args)) => args.report,
            Some(Command::Dump(args)) => args.report,
            Some(Command::Stats(args)) => args.report,
            Some(Command::Track(args)) => args.load.report,
            Some(Command::Traffic(args)) => args.load.report,
            Some(Command::List(args)) => args.report,
            Some(Command::Verify(args)) => args.report,
            Some(Command::Backup(args)) => args.report,
            Some(Command::Compact(args)) => args.report,
            Some(Command::Plan(args)) => args.report,
            Some(Command::Apply(args)) => args.report,
            Some(Command::Repair(args)) => args.report,
            Some(
                Command::New(_)
                | Command::Tour
                | Command::Help(_)
                | Command::Errors(_)
                | Command::Completions(_)
                | Command::Man(_),
            ) => ReportArgs::default(),
        }
    }
}
