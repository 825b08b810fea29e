//! How a statement that is begun may go on.

use super::super::helper::room;
use super::super::shape::rest;

/// What is typed, and the rest.
const SHAPES: &[(&str, &str)] = &[
    ("PUBLISH CONFIG ", "<name> [VERSION <n>] [AT <timestamp>] [UNTIL <timestamp>] [COMMENT '…']"),
    ("publish config dark ", "[VERSION <n>] [AT <timestamp>] [UNTIL <timestamp>] [COMMENT '…']"),
    ("PUBLISH CONFIG dark VERSION 2 ", "[AT <timestamp>] [UNTIL <timestamp>] [COMMENT '…']"),
    ("PUBLISH CONFIG dark AT '2030-01-01T00:00:00Z' ", "[UNTIL <timestamp>] [COMMENT '…']"),
    ("FORGET USER ", "'<id>'"),
    ("SET CLOCK ", "<timestamp>"),
    ("SHOW KEYS ", "[WHERE …] [ORDER BY …] [LIMIT <n>]"),
    (
        "GET a FOR USER 'u' ",
        "[WITH <json> | <attribute> = <literal>, …] [AS OF <timestamp>] [UNDER CONFIG <c> [VERSION <n>]]",
    ),
    (
        "CREATE KEY k ",
        "BOOLEAN | INTEGER | DOUBLE | STRING | JSON [SENSITIVE] DEFAULT <value> [CHECK (<condition over VALUE>)] [DESCRIPTION '…']",
    ),
    (
        "CREATE OR ALTER KEY a.b.c STRING ",
        "[SENSITIVE] DEFAULT <value> [CHECK (<condition over VALUE>)] [DESCRIPTION '…']",
    ),
    ("CREATE KEY k STRING DEFAULT 'a' CHECK (VALUE != 'b') ", "[DESCRIPTION '…']"),
    ("SHOW KEYS WHERE ", "… [ORDER BY …] [LIMIT <n>]"),
    ("SHOW KEYS WHERE key = 'a' ", "[ORDER BY …] [LIMIT <n>]"),
    ("SHOW COUNT OF HISTORY OF KEY k ", "[WHERE …] [ORDER BY …] [LIMIT <n>]"),
    (
        "SHOW STATS FOR CONFIG c KEY k ",
        "[SEGMENT <segment>] [VERSION <n>] [BY SEGMENT | VALUE | VERSION | MINUTE | HOUR | DAY | WEEK | MONTH [, …]] [SINCE <timestamp>] [UNTIL <timestamp>] [WHERE …] [ORDER BY …] [LIMIT <n>]",
    ),
    (
        "SHOW STATS FOR CONFIG c BY DAY ",
        "[, …] [SINCE <timestamp>] [UNTIL <timestamp>] [WHERE …] [ORDER BY …] [LIMIT <n>]",
    ),
    (
        "SHOW STATS FOR KEYS ",
        "[SINCE <timestamp>] [UNTIL <timestamp>] [WHERE …] [ORDER BY …] [LIMIT <n>]",
    ),
    ("ARCHIVE KEY ", "<name>"),
    ("ARCHIVE CONFIG c ", "[COMMENT '…']"),
    ("DESCRIBE CONFIG ", "<name> [VERSION <n>] [AS OF <timestamp>] [AS STATEMENT]"),
    (
        "GET a, ",
        "<key>, … | GET CONFIG <config> | GET ALL [FOR USER '<id>'] [WITH <json> | <attribute> = <literal>, …] [AS OF <timestamp>] [UNDER CONFIG <c> [VERSION <n>]]",
    ),
    (
        "GET a WITH ",
        "<json> | <attribute> = <literal>, … [AS OF <timestamp>] [UNDER CONFIG <c> [VERSION <n>]]",
    ),
    ("GET a WITH {\"a\": 1} ", "[AS OF <timestamp>] [UNDER CONFIG <c> [VERSION <n>]]"),
    (
        "GET a WITH version = 1, ",
        "<attribute> = <literal>, … [AS OF <timestamp>] [UNDER CONFIG <c> [VERSION <n>]]",
    ),
    (
        "EXPLAIN GET a FOR USER 'u' WITH a = 1 ",
        "[AS OF <timestamp>] [UNDER CONFIG <c> [VERSION <n>]]",
    ),
    ("ALTER CONFIG c ", "[IF VERSION <n>] <action>, …"),
    ("ALTER CONFIG c SET ", "<key> | ROLLOUT | SEGMENTS | DESCRIPTION"),
    ("ALTER CONFIG c SET a.b ", "= | VALUES"),
    ("ALTER CONFIG c SET a = 1, ADD ", "KEY | SEGMENT"),
    ("ALTER CONFIG c ADD SEGMENT s ", "[<percent>] [<position>]"),
    ("ALTER CONFIG c ADD SEGMENT s 20% ", "[<position>]"),
    ("ALTER CONFIG c SET a VALUES (", "<segment> = <cell>, …)"),
    (
        "ALTER KEY k SET ",
        "DEFAULT <value> [SET DESCRIPTION '…'] [SET CHECK (…) | DROP CHECK] [SET SENSITIVE | DROP SENSITIVE]",
    ),
    ("ALTER KEY k SET CHECK (VALUE > 1) ", "[SET SENSITIVE | DROP SENSITIVE]"),
    ("ALTER KEY k SET SENSITIVE ", ""),
    ("ALTER SEGMENT s RENAME ", "TO <name>"),
    ("ALTER EVENT 'x' KEEP ", "<duration> | FOREVER"),
    ("ALTER EVENTS KEEP ", "<duration> | FOREVER"),
    (
        "ASSERT ERROR 'x' PUBLISH CONFIG c ",
        "[VERSION <n>] [AT <timestamp>] [UNTIL <timestamp>] [COMMENT '…']",
    ),
    (
        "CREATE CONFIG c SEGMENTS s ",
        "[<percent> [BY <attribute>]] [SALT '…'], … KEY <key> [= <cell> | VALUES (<segment> = <cell>, …)], …",
    ),
    (
        "CREATE CONFIG c SEGMENTS s 20% ",
        "[BY <attribute>] [SALT '…'], … KEY <key> [= <cell> | VALUES (<segment> = <cell>, …)], …",
    ),
    ("TRACK 'x' FOR USER 'u' ", "[<json object>] [AT <timestamp>] [ID '<id>']"),
];

#[test]
fn the_rest_of_a_statement_is_told() {
    for (typed, wanted) in SHAPES {
        let wanted = Some(*wanted).filter(|wanted| !wanted.is_empty());
        assert_eq!(rest(typed).as_deref(), wanted, "{typed}");
    }
    for typed in [
        "",
        "PUBL",
        "COMMIT",
        "GET a;",
        "FORGET USER 'u'",
        "ADVANCE CLOCK 3 DAYS",
        // what is open ends first
        "PUBLISH CONFIG \"c ",
        "PUBLISH CONFIG c COMMENT 'a ",
        "GET a WITH {\"a\": ",
        "CREATE KEY k STRING DEFAULT 'a' CHECK (VALUE ",
    ] {
        assert_eq!(rest(typed), None, "{typed}");
    }
}

#[test]
fn a_hint_takes_no_line_of_its_own() {
    for (line, prompt, columns, left) in [
        ("SHOW KEYS WHERE ", 7, 40, 16),
        ("SHOW KEYS\nWHERE ", 7, 40, 33),
        ("SHOW KEYS WHERE key = 'a' ", 7, 20, 6),
        ("日本", 7, 20, 8),
    ] {
        assert_eq!(room(line, prompt, columns), left, "{line}");
    }
}
