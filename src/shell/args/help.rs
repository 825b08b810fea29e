//! Texts below the options of `--help`.

/// Text below the options of the program.
pub(super) const EXAMPLES: &str = "\
Examples:
  pcq app.pcdb                                  open a shell on a store
  pcq app.pcdb -e \"GET ALL FOR USER 'u1'\"       run statements
  pcq app.pcdb -e 'GET banner FOR USER :id' -v id=\"'u1'\" --format json
  pcq run setup.pcq release.pcq --db app.pcdb   run scripts
  pcq run test.pcq --clock 2026-01-01T00:00:00Z
                                                run a test in memory, with its own clock
  pcq track app.pcdb users.csv events.jsonl     load users and events
  pcq traffic app.pcdb contexts.jsonl           load contexts that an app asked with
  pcq list app.pcdb vips ids.txt                load a list of users into a segment
  pcq stats app.pcdb banner --by day            draw what was delivered of a config
  pcq dump app.pcdb | pcq run - --db copy.pcdb  copy a store through a script
  pcq new app.pcq                               write a script to start from
  pcq tour                                      see the language step by step

Exit codes:
  0  all went well        3  the store cannot be opened, or is corrupt
  1  a statement failed   4  a script does not parse
  2  usage, or a script cannot be read

The words of the commands win: a store in a file called `run` is `./run`. So is a new store whose name
has no dot in it, for that could be a command that is not spelled right.

`pcq help STATEMENT` says how a statement is written, `pcq errors` what the codes of errors mean, and
`pcq help reference` prints the reference of the language, which this program has with it.";

/// Text below the options of `pcq list`.
pub(super) const LIST_HELP: &str = "\
Lines (.txt, or any file whose first line has no comma, semicolon, tab or quote): an id in each.
  Blanks around an id are not of it, empty lines are skipped, and an id that is there twice counts
  once. A line with one of those characters is rejected, unless --format lines says that the lines
  are ids as they are.

CSV (.csv, .tsv, or a first line with one of those characters): the ids are in the column that
  --column says, else in one that is called user, user_id, userid, uid or id, else in the only one.
  The first line is a header if the column is found by its name, or is called so. Quotes are those
  of RFC 4180. Cells that a spreadsheet has made of ids, such as 1.23457E+15 or #N/A, are rejected.

A line that is rejected is told with its place, and the rest is loaded; with --max-rejected 1 the
first one ends it, and nothing is loaded.

Examples:
  pcq list app.pcdb vips ids.txt
  pcq list app.pcdb vips crm.csv --column 'Customer no.'
  cut -f 3 export.txt | pcq list app.pcdb vips - --format lines

Exit codes:
  0  all was loaded       2  usage, or a file or its header cannot be read
  1  some was rejected    3  the store cannot be opened or written, or is corrupt";

/// Text below the options of `pcq track`.
pub(super) const TRACK_HELP: &str = "\
JSON lines (.jsonl, .ndjson, .json): each line is an event or a profile.
  {\"event\": \"Charged\", \"user\": \"u1\", \"id\": \"e1\", \"at\": 1771718400000}
  {\"event\": \"Charged\", \"user\": \"u1\", \"id\": \"e2\", \"properties\": {\"amount\": 12.5}}
  {\"user\": \"u1\", \"at\": \"2026-02-22T00:00:00Z\", \"attributes\": {\"city\": \"Pune\"}}
  `at`, `id` and `properties` may be left out. `at` is a timestamp, or milliseconds since 1970
  (seconds, with --time-unit s; such numbers are rejected without it); without it, the time of loading.

CSV (.csv, .tsv): a header, then each row is an event.
  event,user,at,id,amount:number,vip:boolean,tags:json,note
  Charged,u1,2026-02-22T00:00:00Z,e1,12.5,true,\"[1, 2]\",first
  All columns but `event`, `user`, `at` and `id` are properties: strings, unless there is a type
  after a colon. With a type, those four are properties, too. An empty cell is no property; an
  empty string can be said with the type `json` only. Without a column `event`, each row is a
  profile, and the columns are its attributes. A profile has no `id`. Quotes are those of RFC 4180:
  around a whole cell, and twice within it. A row with others is rejected, and so is a carriage
  return that ends a line alone.

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

/// Text below the options of `pcq traffic`.
pub(super) const TRAFFIC_HELP: &str = "\
JSON lines: each line is a context.
  {\"attributes\": {\"device\": \"iPhone\", \"country\": \"NO\"}}
  {\"user\": \"u1\", \"attributes\": {\"country\": \"SE\"}, \"at\": \"2026-02-22T00:00:00Z\", \"count\": 3}
  `user`, `at` and `count` may be left out. `at` says when it was seen, a timestamp or milliseconds
  since 1970 (seconds, with --time-unit s; such numbers are rejected without it); without it, now.
  `count` says how many questions were asked with it; without it, one.

All attributes are kept, whether anything reads them or not. There is one recorded context for each
user and attributes: loading the same again counts it once more.

Examples:
  pcq traffic app.pcdb contexts.jsonl
  zcat contexts.jsonl.gz | pcq traffic app.pcdb - --rejected rejected.jsonl

Exit codes:
  0  all was loaded       2  usage, or a file cannot be read
  1  some was rejected    3  the store cannot be opened or written, or is corrupt";

/// Text below the options of `pcq run`.
pub(super) const RUN_HELP: &str = "\
Examples:
  pcq run release.pcq --db app.pcdb --actor mia --comment 'spring release'
  pcq run release.pcq --db app.pcdb --dry-run   say what it would do
  pcq run release.pcq --db app.pcdb -v share=50%
  pcq run a.pcq b.pcq --db app.pcdb --single-transaction
  pcq run tests.pcq --keep-going                run all assertions, and say how many failed

A script may begin with `#!/usr/bin/env -S pcq run`.";

/// Text below the options of `pcq check`.
pub(super) const CHECK_HELP: &str = "\
Examples:
  pcq check *.pcq                               all that can be said without a store
  pcq check release.pcq --db app.pcdb           and names, by what is in a store
  pcq check release.pcq --after dump.pcq --strict
  pcq check release.pcq --errors json           for an editor

Exit codes:
  0  nothing is wrong     1  a statement cannot be right, or a slip with --strict
  2  usage                4  a script does not parse";

/// Text below the options of `pcq stats`.
pub(super) const STATS_HELP: &str = "\
Examples:
  pcq stats app.pcdb checkout                   draw what was delivered
  pcq stats app.pcdb checkout --by day --since 2026-03-01T00:00:00Z
  pcq stats app.pcdb checkout --key banner --html banner.html
  pcq stats app.pcdb checkout --format csv      the rows";

/// Text below the options of `pcq plan` and `pcq apply`.
pub(super) const STATE_HELP: &str = "\
Examples:
  pcq dump app.pcdb --current                   write what stands as a state file
  pcq plan app.pcdb app.pcq                     say what would have to change
  pcq apply app.pcdb app.pcq --yes              make it so, and ask nobody
  pcq plan app.pcdb app.pcq --prune             and archive what the file does not name";
