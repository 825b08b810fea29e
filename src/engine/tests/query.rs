//! Queries: a plan gives what the naive way gives.

use proptest::prelude::*;
use proptest::sample::select;

use crate::query::naively;
use crate::{Database, Timestamp};

/// A store with some of everything.
fn store() -> Database {
    let start = Timestamp::parse("2026-03-01T09:00:00Z").unwrap();
    let db = Database::builder().manual_clock(start).in_memory().unwrap();
    db.execute(
        "CREATE KEY a BOOLEAN DEFAULT FALSE; CREATE KEY b INTEGER DEFAULT 1; CREATE KEY c JSON DEFAULT {\"x\": 1};
         CREATE SEGMENT s WHERE n > 1; CREATE SEGMENT t WHERE DID 'E'; CREATE SEGMENT a WHERE IN SEGMENT s OR KEY(b) = 2;
         CREATE CONFIG c SEGMENTS s, EVERYONE KEY a VALUES (s = TRUE), KEY b VALUES (EVERYONE = SPLIT (50% 2, b: 50% 3));
         PUBLISH CONFIG c; ALTER CONFIG c SET b = 4; CREATE CONFIG a SEGMENTS t KEY c = [1];
         SET USER 'a' n = 2, b = 'x'; SET USER 'b' n = 1; TRACK 'E' FOR USER 'c' {\"n\": 2} AT '2026-02-01T00:00:00Z';
         TRACK 'E' FOR USER 'a' {\"n\": 1}; ALTER KEY b SET DESCRIPTION 'b'; ARCHIVE SEGMENT a;",
    )
    .unwrap();
    db
}

/// Tables, each with columns of texts and of numbers.
const TABLES: [(&str, [&str; 2], [&str; 2]); 9] = [
    ("keys", ["key", "config"], ["version", "revision"]),
    ("segments", ["segment", "status"], ["version", "revision"]),
    ("configs", ["config", "status"], ["newest", "live"]),
    ("cells", ["key", "segment"], ["version", "position"]),
    ("rows", ["config", "segment"], ["version", "rollout"]),
    ("uses", ["name", "used"], ["version", "version"]),
    ("users", ["user", "attributes.b"], ["events", "attributes.n"]),
    ("evaluations", ["user", "key"], ["version", "weight"]),
    ("memberships", ["user", "segment"], ["LENGTH(x.user)", "1"]),
];

type Table = (&'static str, [&'static str; 2], [&'static str; 2]);

/// A condition over sources that are called `x`, `y`, ….
fn condition(sources: &[(char, Table)]) -> BoxedStrategy<String> {
    let column = |texts: bool| {
        (select(sources.to_vec()), 0..2_usize).prop_map(move |((alias, table), at)| {
            let column = if texts { table.1[at] } else { table.2[at] };
            if column.contains(['(', '1']) { "1".to_owned() } else { format!("{alias}.{column}") }
        })
    };
    let text = select(vec!["a", "b", "c", "s", "t", "active", "EVERYONE"]);
    let operator = select(vec!["=", "!=", "<", ">="]);
    let leaf = prop_oneof![
        (column(true), text.clone()).prop_map(|(c, t)| format!("{c} = '{t}'")),
        (column(true), text.clone(), text).prop_map(|(c, t, u)| format!("{c} IN ('{t}', '{u}')")),
        (column(true), column(true)).prop_map(|(c, d)| format!("{c} = {d}")),
        (column(false), operator.clone(), column(false))
            .prop_map(|(c, o, d)| format!("{c} {o} {d}")),
        (column(false), operator, 0..4).prop_map(|(c, o, n)| format!("{c} {o} {n}")),
        column(true).prop_map(|c| format!("{c} IS NULL")),
        column(true).prop_map(|c| format!("{c} IN (SELECT key FROM keys)")),
        Just("(SELECT COUNT(*) FROM keys) > 2".to_owned()),
    ];
    let pair = (leaf.clone(), select(vec!["AND", "OR"]), leaf.clone());
    prop_oneof![leaf, pair.prop_map(|(a, word, b)| format!("({a} {word} {b})"))].boxed()
}

fn query() -> impl Strategy<Value = String> {
    let join = select(vec!["JOIN", "LEFT JOIN", ","]);
    let more = proptest::collection::vec((join, select(&TABLES[..])), 0..3);
    (select(&TABLES[..]), more).prop_flat_map(|(first, more)| {
        let aliases = ['x', 'y', 'z'];
        let tables = std::iter::once(first).chain(more.iter().map(|(_, table)| *table));
        let sources: Vec<_> = aliases.into_iter().zip(tables).collect();
        let on: Vec<_> = (2..=sources.len()).map(|n| condition(&sources[..n])).collect();
        let filters = proptest::collection::vec(condition(&sources), 0..4);
        let ends =
            select(vec!["", " ORDER BY 1 DESC LIMIT 3", " LIMIT 2 OFFSET 1", " ORDER BY 2, 1"]);
        (on, filters, ends).prop_map(move |(on, filters, end)| {
            let items: Vec<_> = sources.iter().map(|(a, t)| format!("{a}.{}", t.1[0])).collect();
            let mut text = format!("SELECT {}, 1 FROM {} x", items.join(", "), first.0);
            for (index, (join, table)) in more.iter().enumerate() {
                let alias = aliases[index + 1];
                let on = if *join == "," { String::new() } else { format!(" ON {}", on[index]) };
                let space = if *join == "," { "" } else { " " };
                text = format!("{text}{space}{join} {} {alias}{on}", table.0);
            }
            let filter = if filters.is_empty() {
                String::new()
            } else {
                format!(" WHERE {}", filters.join(" AND "))
            };
            format!("{text}{filter}{end}")
        })
    })
}

proptest! {
    #[test]
    fn a_plan_gives_what_is_found_naively(query in query()) {
        let db = store();
        let planned = db.query(&query).map_err(|error| error.to_string());
        let naive = naively(|| db.query(&query)).map_err(|error| error.to_string());
        prop_assert_eq!(planned, naive, "{}", query);
    }
}
