//! Topics of the help that are parts of statements: actions, cells, conditions, functions, types.

/// Topic of the help: a part of statements, and the forms that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic {
    /// What it is called.
    pub name: &'static str,
    /// Where it stands, in a sentence.
    pub summary: &'static str,
    /// Its forms, and what each of them says.
    pub forms: &'static [(&'static str, &'static str)],
    /// A statement that has some of them, without `;`.
    pub example: &'static str,
}

/// The topics.
pub const TOPICS: &[Topic] = &[
    ACTIONS,
    CELLS,
    SEGMENT_LISTS,
    CONDITIONS,
    FUNCTIONS,
    EVENTS,
    QUERIES,
    SOURCES,
    POPULATIONS,
    CAUSES,
    TYPES,
];

const ACTIONS: Topic = Topic {
    name: "ACTIONS",
    summary: "what ALTER CONFIG does; all actions of one statement make one new version",
    forms: &[
        ("SET <key> = <cell> [KEEPING USERS]", "gives the key the same cell in every row"),
        (
            "SET <key> VALUES (<segment> = <cell>, …)",
            "changes the cells it names; BLANK empties one",
        ),
        ("ADD KEY <key> [= <cell> | VALUES (…)]", "takes a key into the config"),
        ("DROP KEY <key>", "takes a key and its cells out"),
        ("ADD SEGMENT <segment> [<percent>] [<position>]", "adds a row, the last before EVERYONE"),
        (
            "MOVE SEGMENT <segment> <position>",
            "puts a row elsewhere: FIRST, LAST, BEFORE s, AFTER s",
        ),
        ("DROP SEGMENT <segment>", "takes a row and its cells out"),
        (
            "SET ROLLOUT <segment> = <percent> [BY <attribute>]",
            "the share of its users who get the row",
        ),
        ("SET SEGMENTS <segment> [<percent>], …", "the whole list of rows, in its order"),
        ("SET DESCRIPTION '…'", "says what it is for"),
        ("RENAME TO <name>", "gives the config another name, at once"),
    ],
    example: "ALTER CONFIG look MOVE SEGMENT beta FIRST, SET ROLLOUT beta = 25%, SET dark VALUES (beta = TRUE)",
};

const CELLS: Topic = Topic {
    name: "CELLS",
    summary: "what a row of a config gives a key",
    forms: &[
        ("<literal>", "the value"),
        ("SPLIT (<percent> <literal>, …)", "divides users among arms, whose shares sum to 100 %"),
        (
            "SPLIT (<name>: <percent> <literal>, …)",
            "the same with names, which GET shows as variants",
        ),
        ("SPLIT (…) BY <attribute>", "divides by an attribute in place of the user's id"),
        ("BLANK", "none: the rows below decide, and at last the default of the key"),
        (
            "… KEEPING USERS",
            "after a changed split: who has a value keeps it, as far as shares allow",
        ),
    ],
    example: "ALTER CONFIG look SET size VALUES (EVERYONE = SPLIT (small: 40% 1, big: 60% 2) BY company, beta = BLANK)",
};

const SEGMENT_LISTS: Topic = Topic {
    name: "ROWS",
    summary: "the segments of a config, first to last; the first row that gives a key a value decides",
    forms: &[
        ("<segment>", "all users of the segment"),
        ("EVERYONE", "all users, always the last row"),
        ("<segment> <percent>", "a share of them, the same users each time"),
        (
            "<segment> <percent> BY <attribute>",
            "the share by an attribute, so that one company is alike",
        ),
        ("<segment> … SALT '…'", "the text that users are drawn by, if not the usual one"),
    ],
    example: "CREATE CONFIG look SEGMENTS beta, fans 25% BY company SALT 'x', EVERYONE KEY dark = TRUE",
};

const CONDITIONS: Topic = Topic {
    name: "CONDITIONS",
    summary: "what stands after WHERE of a segment or a SHOW, and in CHECK (…)",
    forms: &[
        ("a = x   != < <= > >=", "compares; what is missing makes it unknown, not false"),
        ("a [NOT] BETWEEN x AND y", "from x to y, both included"),
        ("a [NOT] IN (x, y, …)", "is one of these"),
        ("a IS [NOT] NULL", "is missing or null; never unknown"),
        ("… IS [NOT] TRUE   IS [NOT] FALSE", "takes unknown for no; never unknown"),
        ("a [NOT] CONTAINS x", "a text in a text, a member of a list; also ANY (…), ALL (…)"),
        ("a [NOT] STARTS WITH x   ENDS WITH x", "a list in parentheses: any of them"),
        ("a [NOT] MATCHES 'regex'", "a regular expression somewhere in the text"),
        ("ANY(list) …", "holds for some element"),
        (
            "ANY(list WHERE …)   EVERY(list WHERE …)",
            "holds for some, for every element; VALUE is it",
        ),
        ("[NOT] IN SEGMENT <segment>", "whether the user is in another segment"),
        ("KEY(<key>)", "the value that the user gets of a key"),
        ("a.b.\"c d\"", "a member inside JSON"),
        ("NOT …   … AND …   … OR …", "NOT binds closest, OR loosest"),
        ("+ - * / %   ||", "arithmetic; || joins texts"),
    ],
    example: "CREATE SEGMENT s WHERE country IN ('NO', 'SE') AND NOT email ENDS WITH '.test' AND ANY(tags) = 'vip'",
};

const FUNCTIONS: Topic = Topic {
    name: "FUNCTIONS",
    summary: "what stands in conditions; of NULL most give NULL",
    forms: &[
        ("LOWER(s)", "in small letters"),
        ("UPPER(s)", "in capitals"),
        ("TRIM(s)", "without blanks at both ends"),
        ("LENGTH(s)", "how many code points"),
        ("SUBSTR(s, from, count)", "a part, counted from 1"),
        ("REPLACE(s, from, to)", "each `from` becomes `to`"),
        ("COALESCE(x, …)", "the first that is not NULL"),
        ("IF(condition, a, b)", "`b` if it is false or unknown"),
        ("ABS(n)", "without its sign; of a duration, too"),
        ("FLOOR(n)", "the whole number below"),
        ("CEIL(n)", "the whole number above"),
        ("ROUND(n)", "the nearest; half goes away from zero"),
        ("MOD(a, b)", "the rest, with the sign of `a`"),
        ("DIV(a, b)", "the whole quotient, towards zero"),
        ("NORMALIZE(s)", "the form C of Unicode"),
        ("CASEFOLD(s)", "for comparing without regard to case"),
        ("SIZE(list)", "how many elements"),
        ("ELEMENT(list, n)", "the n-th, from 1; from the end with -1"),
        ("TYPE(x)", "'boolean', 'number', 'string', 'list', 'object', 'null', 'missing'"),
        ("NOW()", "the instant of the evaluation"),
        ("TO_TIMESTAMP(s, 'zone')", "a local date or time in a zone"),
        ("ADD_MONTHS(t, n, 'zone')", "the same local time n months later"),
        ("HOUR(t, 'zone')", "0 to 23"),
        ("WEEKDAY(t, 'zone')", "1 for Monday to 7"),
        ("IP_IN(ip, 'range')", "whether an address is in a range such as '10.0.0.0/8'"),
        ("DISTANCE_KM(lat, lon, lat2, lon2)", "the great circle"),
        ("BUCKET('salt', x)", "where a text falls, as for shares"),
        ("HASH('algorithm', s [, seed])", "a hash as a whole number"),
        ("HASH_MOD('algorithm', s, m [, bits])", "a hash modulo m"),
        ("HASH_HEX('algorithm', s)", "a hash in hexadecimal"),
        ("CAST(x AS <type>)", "as INTEGER, DOUBLE, STRING or BOOLEAN; else NULL"),
    ],
    example: "CREATE SEGMENT s WHERE LOWER(TRIM(city)) = 'oslo' AND HOUR(NOW(), 'Europe/Oslo') < 12",
};

const EVENTS: Topic = Topic {
    name: "EVENTS OF USERS",
    summary: "what TRACK stored, in conditions; each may end with a window",
    forms: &[
        ("DID '<event>'", "whether there is any"),
        ("COUNT(EVENT '<event>' [WHERE …])", "how many"),
        ("DAYS(EVENT '<event>' [, '<zone>'])", "on how many days"),
        ("SUM(EVENT '<event>' OF <property>)", "the sum of a property"),
        ("AVG(EVENT '<event>' OF <property>)", "its mean"),
        ("MIN(EVENT '<event>' OF <property>)", "its least value"),
        ("MAX(EVENT '<event>' OF <property>)", "its greatest value"),
        ("FIRST(EVENT '<event>')", "the time of the first"),
        ("LAST(EVENT '<event>')", "the time of the last"),
        ("DISTINCT(EVENT '<event>' OF <property>)", "how many different values"),
        ("FAVORITE(EVENT '<event>' OF <property>)", "the most frequent value"),
        ("SHARE(EVENT '<event>' OF <property> = <literal>)", "the share that has a value"),
        ("… WITHIN 30 DAYS", "a window: the time up to now"),
        ("… SINCE '<timestamp>'", "a window: from then up to now"),
        ("… FROM '<timestamp>' TO '<timestamp>'", "a window with both ends"),
    ],
    example: "CREATE SEGMENT s WHERE COUNT(EVENT 'Charged' WHERE amount > 10 WITHIN 30 DAYS) >= 5 AND NOT DID 'Refunded'",
};

const QUERIES: Topic = Topic {
    name: "QUERIES",
    summary: "what stands in SELECT, besides what stands in conditions; names are columns",
    forms: &[
        ("COUNT(*)", "how many rows"),
        ("COUNT([DISTINCT] x)", "how many values that are not NULL"),
        ("SUM(x)", "the sum of the numbers, exact and rounded once"),
        ("AVG(x)", "their mean"),
        ("MIN(x)", "the least value"),
        ("MAX(x)", "the greatest value"),
        ("LIST(x)", "the values as a list, in the order of the rows"),
        ("… FILTER (WHERE …)", "an aggregate of those rows alone"),
        (
            "CASE WHEN … THEN x ELSE y END",
            "the first for which it is true; also CASE a WHEN b THEN x",
        ),
        (
            "DATE_TRUNC('week', t [, 'zone'])",
            "where the minute, hour, day, week, month or year began",
        ),
        ("EPOCH(t)", "the seconds since 1970"),
        ("(SELECT …)", "the value of one row; NULL if there is none"),
        (
            "x [NOT] IN (SELECT …)   EXISTS (SELECT …)",
            "whether it is among them, whether there are any",
        ),
        ("SELECT DISTINCT …", "each row once"),
        (
            "GROUP BY x, …",
            "a row for each group; by a name that AS gave, or the number of an item, too",
        ),
        ("HAVING …", "of the groups those for which it is true; aggregates may stand in it"),
        (
            "ORDER BY x [ASC | DESC] [NULLS FIRST | LAST], …",
            "sorts; by a name or the number of an item, too",
        ),
        ("LIMIT n [OFFSET m]", "n rows, after the first m"),
        ("UNION   UNION ALL   EXCEPT   INTERSECT", "rows of two queries put together"),
        ("WITH a AS (SELECT …), … SELECT …", "gives queries names, by which they are sources"),
        ("AS OF '<timestamp>'", "at the end: all tables as they were, or will be"),
    ],
    example: "SELECT value, COUNT(*) AS users FROM evaluations WHERE key = 'dark' GROUP BY value ORDER BY users DESC",
};

const SOURCES: Topic = Topic {
    name: "SOURCES",
    summary: "where the rows of a query come from: what stands in FROM",
    forms: &[
        (
            "<table> [AS] a",
            "a table, by the name a; `.help evaluations` has the columns of one, `.help TABLES` all",
        ),
        ("FROM a, b   a CROSS JOIN b", "all pairs of rows"),
        ("a [INNER] JOIN b ON …", "the pairs for which it is true"),
        ("a LEFT JOIN b ON …", "the same, and rows of a without a match, beside NULL"),
        ("(SELECT …) AS a   (SHOW …) AS a   (PREVIEW …) AS a", "rows of a question"),
        ("<table> AS OF '<timestamp>'", "a table as it was, or will be"),
        ("evaluations UNDER CONFIG c VERSION n", "as if that version were live; memberships, too"),
        ("evaluations FOR TRAFFIC", "of recorded contexts, not of users; memberships, too"),
        ("a.key   attributes.city", "a column of one source; a step into JSON"),
        ("a.*", "all columns of one source"),
    ],
    example: "SELECT k.key, c.status FROM keys AS k LEFT JOIN configs AS c ON k.config = c.config",
};

const POPULATIONS: Topic = Topic {
    name: "POPULATIONS",
    summary: "whom a PREVIEW is about, behind the write; nothing said: all users of the store",
    forms: &[
        ("FOR USERS", "all whom the store knows"),
        ("FOR USERS WHERE …", "those for whom it is true, as they are before"),
        ("FOR USER '<id>' [WITH …]", "one user, with other attributes besides"),
        ("FOR TRAFFIC [WHERE …]", "the recorded contexts of RECORD TRAFFIC"),
        ("FOR CONTEXTS [{…}, …]", "contexts that are given; user_id names a user of the store"),
        ("BY USER", "a row for each user and key that changes"),
        ("AS OF '<timestamp>'", "at that instant, now or later"),
        ("LIMIT n", "the first rows"),
    ],
    example: "PREVIEW ALTER CONFIG look SET ROLLOUT beta = 50% FOR USERS WHERE country = 'NO' BY USER",
};

const CAUSES: Topic = Topic {
    name: "CAUSES",
    summary: "why a value changed, as SHOW CHANGES tells it",
    forms: &[
        ("state", "the first row of a key: what it was then"),
        ("published version 4 of config c", "a commit, with its revision, actor and comment"),
        ("segment s changed   key k changed", "a commit, of a segment in play, of a key"),
        ("version 3 of config c began   … ended", "what was scheduled, when its time came"),
        ("attribute city changed   event Charged", "something that became known of the user"),
        ("WITHIN 7 DAYS of event Charged ended", "an event that is too old by now"),
        ("NOW()", "a condition on the clock"),
    ],
    example: "SHOW CHANGES OF dark FOR USER 'u1' WHERE cause != 'state'",
};

const TYPES: Topic = Topic {
    name: "TYPES",
    summary: "what keys, attributes and literals may be",
    forms: &[
        ("BOOLEAN", "TRUE, FALSE"),
        ("INTEGER", "whole, 64 bits: -5, 20"),
        ("DOUBLE", "9.5, 1e6; integers compare with it exactly"),
        ("STRING", "'text', with '' for a quote in it"),
        ("JSON", "{\"a\": [1, 2]}, [\"x\"]"),
        ("TIMESTAMP", "of attributes: '2026-12-01T09:00:00Z', '2026-12-01T09:00:00[Europe/Oslo]'"),
        ("SEMVER", "of attributes and in conditions: app >= SEMVER '5.9'"),
        ("VERSION", "of attributes and in conditions, 1 to 8 numbers: VERSION '112.2'"),
        ("<duration>", "90 SECONDS, 2 HOURS, 7 DAYS, 1 WEEK"),
        ("<percent>", "12.5%, with up to three decimals"),
        (":name", "a parameter"),
    ],
    example: "CREATE KEY theme JSON DEFAULT {\"primary\": \"#336699\", \"sizes\": [1, 2.5]}",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::functions;
    use crate::model::{Aggregate, Fold};
    use crate::statement::Statement;

    #[test]
    fn examples_are_statements() {
        for topic in TOPICS {
            Statement::parse(topic.example)
                .unwrap_or_else(|error| panic!("{}: {error}", topic.name));
        }
    }

    #[test]
    fn every_function_has_a_form() {
        let has = |topic: Topic, name: &str| {
            topic.forms.iter().any(|(form, _)| form.split(['(', ' ']).next() == Some(name))
        };
        for name in functions(true) {
            assert!(has(FUNCTIONS, name) || has(QUERIES, name), "{name}");
        }
        for fold in Fold::ALL {
            assert!(has(QUERIES, fold.keyword()), "{fold:?}");
        }
        for aggregate in Aggregate::ALL {
            let name = aggregate.to_string();
            assert!(has(EVENTS, &name), "{name}");
        }
    }
}
