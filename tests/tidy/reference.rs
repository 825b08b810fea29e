//! Links of the documents, and the contents and the index of the reference.

use std::fs;

use super::source::{read, root};

#[test]
fn links_lead_somewhere() {
    for page in ["README.md", "grammar/README.md", "grammar/promises.md"] {
        let source = read(page);
        let links = source.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let broken: Vec<_> = links.filter(|link| !leads_somewhere(page, &source, link)).collect();
        assert!(broken.is_empty(), "{page}: {broken:?}");
    }
}

/// The headings of a page of two and three signs, in their order.
fn headings(source: &str) -> Vec<(usize, &str)> {
    let mut is_code = false;
    let lines = source.lines().filter(move |line| {
        is_code ^= line.starts_with("```");
        !is_code
    });
    let level = |line: &str| line.find(|c| c != '#').filter(|level| matches!(level, 2 | 3));
    lines.filter_map(|line| Some((level(line)?, line.trim_start_matches('#').trim()))).collect()
}

#[test]
fn the_contents_of_the_reference_are_all_of_it() {
    let source = read("grammar/README.md");
    let (contents, _) = source.split_once("\n[What pcq promises]").expect("contents are on top");
    let listed = contents.lines().filter(|line| line.trim_start().starts_with("- ["));
    let listed: Vec<_> = listed.map(|line| line.split(':').next().unwrap_or(line)).collect();
    let index = ["Statements", "Functions of conditions", "Codes"];
    let wanted = headings(&source).into_iter().filter(|(_, heading)| !index.contains(heading));
    let wanted: Vec<_> = wanted
        .map(|(level, heading)| {
            let more = if heading == "Index" { " of statements, functions and codes" } else { "" };
            format!("{}- [{heading}](#{}){more}", &"  "[..2 * (level - 2)], slug(heading))
        })
        .collect();
    assert_eq!(listed, wanted);
}

#[test]
fn the_index_of_the_reference_has_everything() {
    let source = read("grammar/README.md");
    let (_, index) = source.split_once("\n## Index\n").expect("the page ends with its index");
    let (statements, rest) = index.split_once("### Functions of conditions").expect("functions");
    let (functions, codes) = rest.split_once("### Codes").expect("codes");
    let firsts = |part: &str| -> Vec<String> {
        let rows = part.lines().filter(|line| line.starts_with("| `"));
        rows.filter_map(|row| row.split('`').nth(1).map(str::to_owned)).collect()
    };
    let mut wanted: Vec<_> = pcq::statement::HELP.iter().map(|help| help.name).collect();
    wanted.sort_unstable();
    assert_eq!(firsts(statements), wanted);
    let db = pcq::Database::in_memory().expect("there is a store in memory");
    let found = db.completer().complete("CREATE SEGMENT s WHERE ").candidates;
    let found = found.into_iter().filter(|found| found.kind == pcq::CandidateKind::Function);
    let found: Vec<_> =
        found.map(|f| f.text.split(['(', ' ']).next().unwrap_or_default().to_owned()).collect();
    let listed = firsts(functions);
    let missing: Vec<_> = found.iter().filter(|name| !listed.contains(name)).collect();
    assert!(missing.is_empty() && found.len() > 30, "{missing:?}");
    let errors = pcq::ErrorCode::ALL.iter().map(|code| code.as_str());
    let all = errors.chain(pcq::NoteCode::ALL.iter().map(|code| code.as_str()));
    let missing: Vec<_> = all.filter(|code| !codes.contains(&format!("`{code}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Whether a link to a heading or a file finds it; the web is not asked.
fn leads_somewhere(page: &str, source: &str, link: &str) -> bool {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    if link.starts_with("https://") {
        return true;
    }
    let path = root().join(page).with_file_name(file);
    if file.is_empty() {
        return has_heading(source, anchor);
    }
    let target = fs::read_to_string(path);
    target.is_ok_and(|target| anchor.is_empty() || has_heading(&target, anchor))
}

fn has_heading(source: &str, anchor: &str) -> bool {
    let headings = source.lines().filter(|line| line.starts_with('#'));
    headings.into_iter().any(|line| slug(line.trim_start_matches('#').trim()) == anchor)
}

/// The anchor that a heading has on GitHub.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
