//! How a statement that is begun may go on.

use super::super::shape::rest;

#[test]
fn the_rest_of_a_statement_is_told() {
    for (typed, wanted) in [
        (
            "PUBLISH CONFIG ",
            "<name> [VERSION <n>] [AT <timestamp>] [UNTIL <timestamp>] [COMMENT '…']",
        ),
        (
            "publish config dark ",
            "[VERSION <n>] [AT <timestamp>] [UNTIL <timestamp>] [COMMENT '…']",
        ),
        ("PUBLISH CONFIG dark VERSION 2 ", "[AT <timestamp>] [UNTIL <timestamp>] [COMMENT '…']"),
        ("PUBLISH CONFIG dark AT '2030-01-01T00:00:00Z' ", "[UNTIL <timestamp>] [COMMENT '…']"),
        ("FORGET USER ", "'<id>'"),
        ("SET CLOCK ", "<timestamp>"),
        ("SHOW KEYS ", "[WHERE …] [ORDER BY …] [LIMIT <n>]"),
        (
            "GET a FOR USER 'u' ",
            "[WITH <json> | WITH <attribute> = <literal>, …] [AS OF <timestamp>] [UNDER CONFIG <c> [VERSION <n>]]",
        ),
    ] {
        assert_eq!(rest(typed).as_deref(), Some(wanted), "{typed}");
    }
    for typed in ["", "PUBL", "COMMIT", "GET a;", "FORGET USER 'u'"] {
        assert_eq!(rest(typed), None, "{typed}");
    }
}
