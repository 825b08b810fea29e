//! Limits of everything that comes from outside, checked before it costs anything.

/// The longest statement, in bytes of UTF-8.
pub const STATEMENT_BYTES: usize = 1 << 20;

/// The longest statement of a dump, in bytes of UTF-8: it holds what several statements made, or
/// parameters brought in. A record of the store has the same limit.
pub const DUMP_STATEMENT_BYTES: usize = 256 << 20;

/// How many bytes of a script are kept as parsed statements between the check of its syntax and its run; what
/// comes after them is parsed once more.
///
/// It counts their text. Parsed, a statement takes 11 to 25 times as much memory, and 40 times if it is little more
/// than a list of numbers of one digit: 12 to 40 MB for all that is kept.
pub const KEPT_SCRIPT_BYTES: usize = 1 << 20;

/// The longest canonical text of a condition, in bytes of UTF-8: longer than a statement, for it has blanks
/// where the statement may have none.
pub const CONDITION_BYTES: usize = 4 << 20;

/// The longest text that a function or operator makes, in bytes of UTF-8; past it the result is unknown.
pub const TEXT_BYTES: usize = 1 << 20;

/// The most regexes of one condition.
pub const CONDITION_REGEXES: usize = 100;

/// The deepest nesting of parentheses, `NOT`s, minus signs, JSON arrays and objects, and comments.
pub const NESTING: usize = 128;

/// The longest name, in bytes of UTF-8.
pub const NAME_BYTES: usize = 256;

/// The longest name of an event, in bytes of UTF-8.
pub const EVENT_NAME_BYTES: usize = 256;

/// The longest id of a user or of an event, in bytes of UTF-8.
pub const ID_BYTES: usize = 1_024;

/// The most ids of one list of users.
pub const LIST_IDS: usize = 1_000_000;

/// The longest value of a key, in bytes of its JSON text.
pub const VALUE_BYTES: usize = 1 << 20;

/// The longest properties of an event, and the most attributes of a user that are set at once, in bytes of their
/// JSON text: less than a statement, so that a statement can say them.
pub const FACT_BYTES: usize = VALUE_BYTES - (16 << 10);

/// The longest attributes of a context that is recorded, in bytes of their JSON text.
pub const CONTEXT_BYTES: usize = 64 << 10;

/// How much memory contexts take that were recorded and are not in the store yet, in bytes, about: past it no new ones are
/// recorded until the next flush.
pub const WAITING_CONTEXT_BYTES: usize = 16 << 20;

/// The most attributes of one user, those too that were `NULL` later: a `GET` reads them all.
pub const USER_ATTRIBUTES: usize = 10_000;

/// How much of a text that somebody typed an error repeats, in characters.
pub const ECHO_CHARS: usize = 80;

/// How much of a part of a condition `EXPLAIN` writes, in characters.
pub const TRACE_TEXT_CHARS: usize = 200;

/// How much of a value that a condition looked at `EXPLAIN` writes, in characters.
pub const TRACE_VALUE_CHARS: usize = 60;

/// The most segments (rows) of one config.
pub const CONFIG_SEGMENTS: usize = 1_000;

/// The most rows that a preview gathers, so that its memory is bounded: with `BY USER` and no `LIMIT` it has one for each
/// user and key that changes.
pub const PREVIEW_ROWS: usize = 1_000_000;

/// How many pieces a split has at most that is laid out so that users are kept.
pub const SPLIT_PIECES: usize = 1_000;

/// The most keys (columns) of one config.
pub const CONFIG_KEYS: usize = 500;

/// The deepest chain of conditions that refer to one another (`IN SEGMENT`, `KEY(…)`): the sum of the
/// nesting of the conditions along it. Evaluation recurses along the chain, so this bounds its stack.
pub const CHAIN_DEPTH: usize = 512;

/// The most cells of configs that the states of the past which are remembered have together, each key, segment and
/// config as sixteen: they take some 60 bytes each, and what states have in common is there once.
pub const PAST_CELLS: usize = 1 << 20;

/// The most states of the past that are remembered.
pub const PAST_STATES: usize = 256;

/// The largest compiled regex, in bytes.
pub const REGEX_BYTES: usize = 1 << 20;

/// The most that all regexes of a condition take, compiled, in bytes: it bounds the time that it takes to store it.
pub const CONDITION_REGEX_BYTES: usize = 8 << 20;

/// What a search with a regex keeps to be quicker the next time, in bytes, at most; each thread that searches with it
/// at the same time has its own.
pub const REGEX_SEARCH_BYTES: usize = 128 << 10;

/// The most that the regexes of a store take in memory, compiled, and with what their searches keep, in bytes. Those
/// for which there is no room are compiled anew when they are asked for.
pub const REGEXES_BYTES: usize = 128 << 20;

/// The most sources that one `SELECT` joins.
pub const QUERY_SOURCES: usize = 64;

/// The most `SELECT`s in one statement, those in parentheses and in `WITH` included.
pub const QUERY_SELECTS: usize = 500;

/// The most columns of one `SELECT`, and the most expressions that its rows are grouped or sorted by.
pub const QUERY_COLUMNS: usize = 2_000;

/// The most parts of expressions that the names and numbers of items stand for in one statement: `ORDER BY a, a` has those
/// of `a` twice.
pub const QUERY_PARTS: usize = 1_000_000;

/// How much memory the rows of a query may take while it is answered, in bytes.
pub const QUERY_BYTES: usize = 1 << 30;

/// The most full minutes that `SHOW CHANGES` looks at for conditions that ask for the time in another way than a
/// comparison.
pub const CHANGES_MINUTES: usize = 1_000_000;
