//! Help of the shell: what it understands, and how statements are written.

use std::fmt::Write as _;

use pcq::Short;
use pcq::statement::{HELP, Help};

use super::dot;

/// What the shell understands, a line each.
pub(super) fn overview() -> String {
    let mut text = "\
A statement ends with `;` and may go over several lines: Enter goes on in the next one, Up and Down move
between them. Tab completes, Right takes the grey word. Ctrl-C drops what was typed, and ends what runs;
Ctrl-R looks for what was typed before.

"
    .to_owned();
    text.push_str(&dot::overview());
    text.push('\n');
    let width = HELP.iter().map(|help| help.name.chars().count()).max().unwrap_or(0);
    for help in HELP {
        let _ = writeln!(text, "  {:<width$}  {}", help.name, help.summary);
    }
    text
}

/// The help of the statements whose names begin with a text, and of the tables that have the name.
pub(super) fn about(topic: &str) -> String {
    described(topic).unwrap_or_else(|| {
        format!("there is no statement `{}`; `.help` lists them", Short(&topic.to_uppercase()))
    })
}

/// The same; `None`: there is nothing of that name.
pub(in crate::shell) fn described(topic: &str) -> Option<String> {
    let topic = topic.to_uppercase();
    let mut text = String::new();
    for help in HELP.iter().filter(|help| help.name.to_uppercase().starts_with(&topic)) {
        let Help { name, syntax, summary, example } = help;
        let _ =
            writeln!(text, "{name} {summary}.\n\n  {syntax};\n\nFor example:\n\n  {example};\n");
    }
    text.push_str(&columns(&topic));
    (!text.is_empty()).then_some(text)
}

/// The columns of the tables that are named.
fn columns(topic: &str) -> String {
    let name = topic.strip_prefix("SHOW ").unwrap_or(topic);
    let mut text = String::new();
    for table in pcq::tables().filter(|table| table.name().starts_with(name)) {
        let _ = writeln!(text, "Columns of {}:\n", table.name());
        let width = table.columns().iter().map(|c| c.name().chars().count()).max().unwrap_or(0);
        for column in table.columns() {
            let _ = writeln!(text, "  {:<width$}  {}", column.name(), column.doc());
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_is_of_statements_and_tables() {
        assert!(overview().contains("PUBLISH") && overview().contains(".read FILE"));
        assert!(about("publish").contains("[UNTIL <timestamp>]"));
        assert!(
            about("show keys").contains("Columns of KEYS") && about("keys").contains("default")
        );
        assert!(about("nothing").starts_with("there is no statement `NOTHING`"));
    }
}
