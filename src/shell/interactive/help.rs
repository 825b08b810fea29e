//! Help of the shell: what it understands, and how statements are written.

use pcq::statement::{HELP, Help, TOPICS, Topic};
use pcq::{ErrorCode, Short};

use super::dot;
use crate::shell::prose;
use crate::shell::width::{pad, width};

/// The widest that the left of two columns gets.
const LEFT: usize = 34;

const INTRODUCTION: &str = "A statement ends with `;` and may go over several lines: Enter goes on in the next \
    one, Up and Down move between them. Tab completes, Right takes the grey word. Ctrl-C drops what was typed, and \
    ends what runs; Ctrl-R looks for what was typed before.";

/// What the shell understands, a line each, in a number of columns.
pub(super) fn overview(columns: usize) -> String {
    let commands = dot::COMMANDS.iter().map(|command| (command.form(), command.summary));
    let statements = HELP.iter().map(|help| (help.name.to_owned(), help.summary));
    let topics = TOPICS.iter().map(|topic| (topic.name.to_owned(), topic.summary));
    let more = [
        ("TABLES".to_owned(), "the tables of SHOW and SELECT; `.help keys` has the columns of one"),
        ("ERRORS".to_owned(), "the codes of errors; `.help unknown-key` is about one"),
    ];
    [
        wrapped(INTRODUCTION, columns),
        listed(commands, columns),
        wrapped("`.help TOPIC` says more of a statement, or of a part of one:", columns),
        listed(statements, columns),
        listed(topics.chain(more), columns),
    ]
    .join("\n")
}

/// All that has a name which begins with a text: statements, parts of them, functions, tables, codes of errors.
pub(super) fn about(topic: &str, columns: usize) -> String {
    described(topic, columns).unwrap_or_else(|| {
        format!("there is no help on `{}`; `.help` lists what there is", Short(topic))
    })
}

/// The same; `None`: there is nothing of that name.
pub(in crate::shell) fn described(topic: &str, columns: usize) -> Option<String> {
    let wanted = topic.trim_end_matches('(').to_uppercase();
    let begins = |name: &str| name.to_uppercase().starts_with(&wanted);
    let mut parts: Vec<_> =
        HELP.iter().filter(|help| begins(help.name)).map(|help| statement(help, columns)).collect();
    parts.extend(TOPICS.iter().filter(|topic| begins(topic.name)).map(|t| section(t, columns)));
    parts.extend(tables(&wanted, columns));
    parts.extend(codes(&wanted, columns));
    if parts.is_empty() {
        parts.extend(forms(&wanted, columns));
    }
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// The names of all topics.
pub(super) fn topics() -> Vec<String> {
    let statements = HELP.iter().map(|help| help.name.to_owned());
    let parts = TOPICS.iter().map(|topic| topic.name.to_owned());
    let asked = pcq::query_tables().map(|table| table.name().to_uppercase());
    let tables = pcq::tables().map(|table| table.name().to_owned()).chain(asked);
    let codes = ErrorCode::ALL.iter().map(|code| code.as_str().to_owned());
    let others = ["TABLES", "ERRORS"].map(str::to_owned);
    let mut all: Vec<_> =
        statements.chain(parts).chain(tables).chain(codes).chain(others).collect();
    all.sort();
    all.dedup();
    all
}

fn statement(help: &Help, columns: usize) -> String {
    let Help { name, syntax, summary, example } = help;
    let see = PARTS.iter().filter(|(place, _)| syntax.contains(place));
    let see: Vec<_> = see.map(|(place, topic)| format!("\n{place}: `.help {topic}`\n")).collect();
    let see = see.concat();
    format!(
        "{}\n{}\nFor example:\n\n{}{see}",
        wrapped(&format!("{name} {summary}."), columns),
        indented(&format!("{syntax};"), columns),
        indented(&format!("{example};"), columns),
    )
}

/// Parts of statements as they stand in the help of those, and the topics that are about them.
const PARTS: [(&str, &str); 9] = [
    ("<expr>", "QUERIES"),
    ("FROM <table>", "SOURCES"),
    ("FOR CONTEXTS", "POPULATIONS"),
    ("<action>", "ACTIONS"),
    ("<cell>", "CELLS"),
    ("<segment>", "ROWS"),
    ("<condition>", "CONDITIONS"),
    ("WHERE", "CONDITIONS"),
    ("<type>", "TYPES"),
];

fn section(topic: &Topic, columns: usize) -> String {
    let heading = wrapped(&format!("{}: {}.", topic.name, topic.summary), columns);
    let forms = listed(topic.forms.iter().map(|(form, says)| ((*form).to_owned(), *says)), columns);
    let example = indented(&format!("{};", topic.example), columns);
    format!("{heading}\n{forms}\nFor example:\n\n{example}")
}

/// The columns of the tables that are named, or the tables.
fn tables(wanted: &str, columns: usize) -> Vec<String> {
    if wanted == "TABLES" {
        let line = |table: &pcq::Schema| {
            let names: Vec<_> = table.columns().iter().map(pcq::Column::name).collect();
            (format!("SHOW {}", table.name()), names.join(", "))
        };
        let asked = pcq::query_tables().map(|table| {
            let (_, names) = line(&table);
            (table.name().to_owned(), names)
        });
        return vec![
            listed(pcq::tables().map(line), columns),
            format!("Those that SELECT reads:\n\n{}", listed(asked, columns)),
        ];
    }
    let name = wanted.strip_prefix("SHOW ").unwrap_or(wanted);
    let columns_of = |what: &str, table: &pcq::Schema| {
        let each = table.columns().iter().map(|column| (column.name().to_owned(), column.doc()));
        format!("Columns of {}{what}:\n\n{}", table.name(), listed(each, columns))
    };
    let shown = pcq::tables().filter(|table| table.name().starts_with(name));
    let shown = shown.map(|table| columns_of("", table));
    let is_asked = |table: &pcq::Schema| {
        !table.name().is_empty() && table.name().to_uppercase().starts_with(wanted)
    };
    // what SHOW has the same columns of is told once
    let is_shown = |table: &pcq::Schema| {
        pcq::tables().any(|shown| {
            shown.name().eq_ignore_ascii_case(table.name()) && shown.columns() == table.columns()
        })
    };
    let asked = pcq::query_tables().filter(|table| is_asked(table) && !is_shown(table));
    shown.chain(asked.map(|table| columns_of(" in SELECT", &table))).collect()
}

/// What brings errors of some codes about.
fn codes(wanted: &str, columns: usize) -> Option<String> {
    let is_wanted = |code: &str| wanted == "ERRORS" || code.to_uppercase().starts_with(wanted);
    let found: Vec<_> = ErrorCode::ALL.iter().filter(|code| is_wanted(code.as_str())).collect();
    let lines = found.iter().map(|code| (code.to_string(), code.cause()));
    (!found.is_empty()).then(|| format!("Errors:\n\n{}", listed(lines, columns)))
}

/// The forms that have a word, in any topic.
fn forms(wanted: &str, columns: usize) -> Option<String> {
    let all = TOPICS.iter().flat_map(|topic| topic.forms);
    let has = |form: &str| {
        let words = form.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.into_iter().any(|word| word == wanted)
            || form.contains(wanted) && wanted.contains(' ')
    };
    let found: Vec<_> = all.filter(|(form, _)| has(form)).collect();
    let lines = found.iter().map(|(form, says)| ((*form).to_owned(), *says));
    (!found.is_empty()).then(|| listed(lines, columns))
}

/// Two columns: what something is called, and what it is.
fn listed(lines: impl Iterator<Item = (String, impl AsRef<str>)>, columns: usize) -> String {
    let lines: Vec<_> = lines.collect();
    let widths = lines.iter().map(|(left, _)| width(left)).filter(|width| *width <= LEFT);
    let left = widths.max().unwrap_or(LEFT).min(columns / 2) + 4;
    let mut text = String::new();
    for (name, says) in &lines {
        let mut head = pad(&format!("  {name}"), left);
        if width(&head) > left {
            text.push_str(&indented(name, columns));
            head = " ".repeat(left);
        }
        for line in prose::wrapped(says.as_ref(), columns.saturating_sub(left)).split('\n') {
            // a word that is too wide stands further out
            let room = columns.saturating_sub(width(line));
            if room < left && !head.trim().is_empty() {
                text.push_str(head.trim_end());
                text.push('\n');
                head.clear();
            }
            let before = pad(head.trim_end(), left.min(room));
            text.push_str(format!("{before}{line}").trim_end());
            text.push('\n');
            head.clear();
        }
    }
    text
}

/// A text in lines of a number of columns.
fn wrapped(text: &str, columns: usize) -> String {
    prose::wrapped(text, columns) + "\n"
}

/// The same, two columns in, and what goes on below four; a word that is too wide for that stands further out.
fn indented(text: &str, columns: usize) -> String {
    let inner = columns.saturating_sub(2);
    let text = prose::hung(text, 2, inner);
    let lines = text.split('\n').map(|line| {
        let room = columns.saturating_sub(width(line)).min(2);
        format!("{}{line}\n", " ".repeat(room))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_of_statements_their_parts_tables_and_errors() {
        let all = overview(100);
        for named in ["PUBLISH", ".read FILE", "ACTIONS", "FUNCTIONS", "ERRORS"] {
            assert!(all.contains(named), "{named}");
        }
        for (topic, said) in [
            ("publish", "[UNTIL <timestamp>]"),
            ("show keys", "Columns of KEYS"),
            ("keys", "default"),
            ("alter config", "<action>: `.help ACTIONS`"),
            ("actions", "MOVE SEGMENT <segment> <position>"),
            ("substr", "SUBSTR(s, from, count)"),
            ("Lower(", "in small letters"),
            ("between", "both included"),
            ("starts with", "a list in parentheses"),
            ("unknown-key", "There is no key of that name"),
            ("errors", "store-locked"),
            ("tables", "SHOW USERS"),
            ("types", "TIMESTAMP"),
            ("tables", "evaluations"),
            ("evaluations", "Columns of evaluations in SELECT"),
            ("versions", "definition"),
            ("select", "FROM <table>: `.help SOURCES`"),
            ("from", "all pairs of rows"),
            ("left join", "without a match"),
            ("group by", "a row for each group"),
            ("having", "of the groups"),
            ("with", "gives queries names"),
            ("preview", "FOR CONTEXTS: `.help POPULATIONS`"),
            ("by user", "a row for each user"),
            ("causes", "an event that is too old"),
            ("nonsense", "there is no help on `nonsense`"),
        ] {
            let text = about(topic, 100);
            assert!(text.contains(said), "{topic}: {text}");
        }
    }

    #[test]
    fn help_fits_the_width() {
        for columns in [40, 60, 80, 120] {
            let all = topics().iter().map(|topic| about(topic, columns)).collect::<String>();
            for line in overview(columns).lines().chain(all.lines()) {
                // what is one word may be wider
                assert!(width(line) <= columns || !line.contains(' '), "{columns}: {line}");
            }
        }
    }
}
