//! Codes of errors, which stay the same when sentences change.

use std::fmt;

use super::class::ErrorClass;

/// Makes the enum of codes out of one entry for each: its text, its class, its cause, what to do, and a script
/// that ends with it; the script is empty where none can.
macro_rules! codes {
    ($($code:ident = $text:literal, $class:ident, $cause:literal, $cure:literal, $example:literal;)*) => {
        /// Stable code of an error.
        ///
        /// ```
        /// let codes: Vec<_> = pcq::ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        /// assert!(codes.contains(&"unknown-key"));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = $cause] $code,)*
        }

        impl ErrorCode {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// The text of the code, in kebab-case.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $text,)*
                }
            }

            /// What brings it about, in a sentence.
            #[must_use]
            pub fn cause(self) -> &'static str {
                match self {
                    $(Self::$code => $cause,)*
                }
            }

            /// What one can do about it, in a sentence.
            #[must_use]
            pub fn cure(self) -> &'static str {
                match self {
                    $(Self::$code => $cure,)*
                }
            }

            /// A script whose last statement fails with it; `None`: no script alone can.
            ///
            /// ```
            /// let example = pcq::ErrorCode::UnknownKey.example().unwrap();
            /// let error = pcq::Database::in_memory()?.execute(example).unwrap_err();
            /// assert_eq!(error.code(), "unknown-key");
            /// # Ok::<(), pcq::Error>(())
            /// ```
            #[must_use]
            pub fn example(self) -> Option<&'static str> {
                let example = match self {
                    $(Self::$code => $example,)*
                };
                (!example.is_empty()).then_some(example)
            }

            /// Who can mend it.
            #[must_use]
            pub fn class(self) -> ErrorClass {
                match self {
                    $(Self::$code => ErrorClass::$class,)*
                }
            }
        }
    };
}

codes! {
    Syntax = "syntax", Syntax,
        "The text is no statement, or something stands where it cannot.",
        "The message says what was expected.",
        "CREATE KEY volume INTEGER DEFAULT;";
    UnknownKey = "unknown-key", Statement,
        "There is no key of that name, or it is not in the config.",
        "Check the name, or `ADD KEY` it to the config.",
        "CREATE KEY volume INTEGER DEFAULT 5;\nGET volme;";
    UnknownSegment = "unknown-segment", Statement,
        "There is no segment of that name, or it is not in the config.",
        "Check the name, or `ADD SEGMENT` it to the config.",
        "CREATE SEGMENT buyers WHERE spent > 0;\nCREATE SEGMENT others WHERE NOT IN SEGMENT buyer;";
    UnknownConfig = "unknown-config", Statement,
        "There is no config of that name.",
        "Check the name; a near one is suggested.",
        "CREATE KEY volume INTEGER DEFAULT 5;\nCREATE CONFIG sound SEGMENTS EVERYONE KEY volume = 7;\nPUBLISH CONFIG sond;";
    UnknownAttribute = "unknown-attribute", Statement,
        "No attribute of that name is declared.",
        "`SHOW ATTRIBUTES` lists them.",
        "CREATE ATTRIBUTE age INTEGER;\nALTER ATTRIBUTE aeg SET DESCRIPTION 'in years';";
    UnknownVersion = "unknown-version", Statement,
        "The object has no version of that number.",
        "`SHOW VERSIONS OF …` lists them.",
        "CREATE KEY volume INTEGER DEFAULT 5;\nCREATE CONFIG sound SEGMENTS EVERYONE KEY volume = 7;\nPUBLISH CONFIG sound VERSION 2;";
    AlreadyExists = "already-exists", Statement,
        "The name is taken, perhaps by something archived, or as a former name of a config.",
        "Choose another name; names are never used again.",
        "CREATE KEY volume INTEGER DEFAULT 5;\nCREATE KEY volume INTEGER DEFAULT 6;";
    Archived = "archived", Statement,
        "The key, segment, config or attribute is archived.",
        "`RESTORE` it first.",
        "CREATE KEY volume INTEGER DEFAULT 5;\nARCHIVE KEY volume;\nALTER KEY volume SET DEFAULT 6;";
    Duplicate = "duplicate", Statement,
        "A segment, key, cell, arm, attribute or JSON member is there twice, or `user_id` is given as an attribute.",
        "Say it once.",
        "CREATE KEY volume INTEGER DEFAULT 5;\nCREATE CONFIG sound SEGMENTS EVERYONE KEY volume = 7, KEY volume = 8;";
    UnknownFunction = "unknown-function", Statement,
        "There is no function of that name.",
        "See functions.",
        "CREATE SEGMENT locals WHERE LOWR(city) = 'oslo';";
    UnknownColumn = "unknown-column", Statement,
        "The table has no such column.",
        "The message lists the columns.",
        "SHOW KEYS WHERE name = 'volume';";
    AmbiguousColumn = "ambiguous-column", Statement,
        "More than one source of the query has a column of that name.",
        "Say which is meant: `source.column`.",
        "SELECT status FROM keys k, configs c;";
    UnknownTable = "unknown-table", Statement,
        "There is no table or source of that name.",
        "The message lists those that there are.",
        "SELECT key FROM kyes;";
    NotGrouped = "not-grouped", Statement,
        "A column of a query is neither grouped by nor in an aggregate, or what is sorted by is not among distinct items.",
        "Name it in `GROUP BY`, or make one value of the group: `MIN(…)`.",
        "SELECT key, COUNT(*) FROM keys GROUP BY status;";
    TooManyRows = "too-many-rows", Statement,
        "A query of which one row is wanted has more.",
        "Add a condition, an aggregate or `LIMIT 1`.",
        "CREATE KEY volume INTEGER DEFAULT 5;\nCREATE KEY title STRING DEFAULT 'a';\nSELECT (SELECT key FROM keys);";
    ColumnCount = "column-count", Statement,
        "A query has not as many columns as are wanted.",
        "Name as many items.",
        "SELECT key FROM keys UNION SELECT config, status FROM configs;";
    UnknownParameter = "unknown-parameter", Statement,
        "A parameter has no value.",
        "Give it one with `-v`.",
        "CREATE KEY volume INTEGER DEFAULT 5;\nGET volume FOR USER :id;";
    NoValue = "no-value", Statement,
        "A client of the library has activated nothing yet, or the key is gone, and the app gave no default.",
        "Fetch and activate, or give a default.",
        "";
    TypeMismatch = "type-mismatch", Statement,
        "A value has not the type that is wanted, or a comparison can never hold.",
        "Write a value of the right type; `CAST` in a condition.",
        "CREATE KEY volume INTEGER DEFAULT 'loud';";
    CheckFailed = "check-failed", Statement,
        "A value does not pass the `CHECK` of its key or attribute, or a new `CHECK` does not hold for values in use.",
        "Change the value or the check.",
        "CREATE KEY volume INTEGER DEFAULT 12 CHECK (VALUE BETWEEN 0 AND 10);";
    BadLiteral = "bad-literal", Statement,
        "A regex, number, version, range, time zone or hash is not valid.",
        "The message says what form it has.",
        "CREATE SEGMENT guests WHERE email MATCHES '[a-z';";
    BadTime = "bad-time", Statement,
        "A timestamp is not valid or lacks its offset, `AT` is in the past, `UNTIL` is not after it, or a clock would go back.",
        "Write an offset or a zone; choose a time to come.",
        "CREATE KEY volume INTEGER DEFAULT 5;\nCREATE CONFIG sound SEGMENTS EVERYONE KEY volume = 7;\nPUBLISH CONFIG sound AT '2030-01-01T09:00:00';";
    BadSplit = "bad-split", Statement,
        "Arms do not sum to 100 %, a share is above 100 %, or a percentage has more than three decimals.",
        "Correct the shares.",
        "CREATE KEY volume INTEGER DEFAULT 5;\nCREATE CONFIG sound SEGMENTS EVERYONE KEY volume = SPLIT (50% 7, 40% 8);";
    BadOrder = "bad-order", Statement,
        "`EVERYONE` is not the last segment.",
        "Move it to the end: nobody is left for the rows after it.",
        "CREATE KEY volume INTEGER DEFAULT 5;\nCREATE SEGMENT kids WHERE age < 12;\nCREATE CONFIG sound SEGMENTS EVERYONE, kids KEY volume = 3;";
    Conflict = "conflict", Statement,
        "Somebody else edited the config (`IF VERSION`), or wrote to the store during the transaction.",
        "Look at what changed, and try again.",
        "CREATE KEY volume INTEGER DEFAULT 5;\nCREATE CONFIG sound SEGMENTS EVERYONE KEY volume = 7;\nALTER CONFIG sound SET volume = 8;\nALTER CONFIG sound IF VERSION 1 SET volume = 9;";
    KeyInUse = "key-in-use", Statement,
        "The key belongs to another config, or cannot be archived because it is used.",
        "Drop it there and publish, or archive what uses it.",
        "CREATE KEY volume INTEGER DEFAULT 5;\nCREATE CONFIG sound SEGMENTS EVERYONE KEY volume = 7;\nARCHIVE KEY volume;";
    SegmentInUse = "segment-in-use", Statement,
        "The segment cannot be archived because a segment or config uses it.",
        "Change what uses it.",
        "CREATE SEGMENT kids WHERE age < 12;\nCREATE SEGMENT others WHERE NOT IN SEGMENT kids;\nARCHIVE SEGMENT kids;";
    AttributeInUse = "attribute-in-use", Statement,
        "The attribute cannot be archived because a segment or config reads it.",
        "Change what reads it.",
        "CREATE ATTRIBUTE age INTEGER;\nCREATE SEGMENT kids WHERE age < 12;\nARCHIVE ATTRIBUTE age;";
    Cycle = "cycle", Statement,
        "Segments or keys would depend on themselves.",
        "The message shows the circle; break it.",
        "CREATE SEGMENT kids WHERE age < 12;\nCREATE SEGMENT pupils WHERE IN SEGMENT kids;\nALTER SEGMENT kids WHERE IN SEGMENT pupils;";
    NothingToPublish = "nothing-to-publish", Statement,
        "The version has no key, or a key without any cell; nothing was live before.",
        "Give the key a cell, or drop it.",
        "CREATE KEY volume INTEGER DEFAULT 5;\nCREATE CONFIG sound SEGMENTS EVERYONE KEY volume;\nPUBLISH CONFIG sound;";
    NotValidNow = "not-valid-now", Statement,
        "The version cannot be served today.",
        "The message lists every reason.",
        "CREATE KEY volume INTEGER DEFAULT 5;\nCREATE SEGMENT kids WHERE age < 12;\nCREATE CONFIG sound SEGMENTS kids KEY volume = 3;\nALTER CONFIG sound SET SEGMENTS EVERYONE;\nARCHIVE SEGMENT kids;\nPUBLISH CONFIG sound VERSION 1;";
    Suspicious = "suspicious", Statement,
        "What is likely a slip, where that is an error (`--strict`): see notes.",
        "Write what the hint says; a declared attribute or a `CAST` says that it is meant.",
        "CREATE SEGMENT phones WHERE device = iPhone;";
    Limit = "limit", Statement,
        "Something is larger than the limits allow.",
        "Make it smaller.",
        "CREATE KEY volume INTEGER DEFAULT 99999999999999999999;";
    AssertionFailed = "assertion-failed", Statement,
        "An `ASSERT` does not hold.",
        "The message says what was found.",
        "CREATE KEY volume INTEGER DEFAULT 5;\nASSERT GET volume = 6;";
    NotAState = "not-a-state", Statement,
        "A state file says more than what is to be, or an instant that moves with the clock: it has statements of attributes, keys, segments, configs and what is live of them.",
        "Take the statement out of the file, and run it; say the instant itself.",
        "";
    TransactionState = "transaction-state", Statement,
        "There is no transaction, or one is open already; the clock was to move in one; a `LOAD` stands outside of a dump.",
        "`BEGIN`, `COMMIT` or `ROLLBACK` first.",
        "COMMIT;";
    ReadOnly = "read-only", Access,
        "The store is open for reading only.",
        "Open it without `--readonly`.",
        "";
    NotAllowed = "not-allowed", Access,
        "The role of the session does not allow it, or a listener writes to the store while the commit that called it waits for it.",
        "Ask whoever gave the session its role; let a listener hand it to another thread, and not wait for that.",
        "CREATE KEY volume INTEGER DEFAULT 5;";
    ClockNotManual = "clock-not-manual", Access,
        "The store goes by the system's clock.",
        "Make the store with `--clock`.",
        "ADVANCE CLOCK 1 DAY;";
    Interrupted = "interrupted", Statement,
        "Somebody asked what takes long to end: a query, a `SHOW` that goes through users, a dump, a backup, a check (Ctrl-C in the shell).",
        "Narrow the condition; `user = '…'` reads one user alone.",
        "";
    Bug = "bug", Bug,
        "A mistake in pcq itself.",
        "Please report it, with the statement.",
        "";
    StoreLocked = "store-locked", Access,
        "Another process has the store open for writing, or this one has already.",
        "Close it there, wait with `--wait`, or open it with `--readonly` here.",
        "";
    StoreFailed = "store-failed", Access,
        "The file of an open store was replaced or removed, a read or write of it failed before, or the process is a fork of the one that opened it.",
        "Open it again. Nothing was committed.",
        "";
    StoreCorrupt = "store-corrupt", Store,
        "The file is no store, is damaged, or was written by a newer version.",
        "Use a backup, or a newer version of pcq: what is checked.",
        "";
    Io = "io", File,
        "A file cannot be read or written.",
        "The message says why.",
        "";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
