//! Colours of what is typed.

use super::super::paint::{Paint, painted};

/// The text with its colours as letters before each piece.
fn letters(text: &str, cursor: usize) -> String {
    let mut found = painted(text, cursor).replace("\u{1b}[0m", ">");
    for (paint, letter) in [
        (Paint::Keyword, "k"),
        (Paint::Text, "t"),
        (Paint::Name, "n"),
        (Paint::Number, "d"),
        (Paint::Comment, "c"),
        (Paint::Wrong, "w"),
        (Paint::Partner, "p"),
    ] {
        found = found.replace(&format!("\u{1b}[{}m", paint.code()), &format!("<{letter}:"));
    }
    found
}

#[test]
fn each_kind_of_token_has_its_colour() {
    let text = "GET \"a b\", c WITH x = 'y', n = 5; -- z";
    let expected = "<k:GET> <n:\"a b\">, c <k:WITH> x = <t:'y'>, n = <d:5>; <c:-- z>";
    assert_eq!(letters(text, text.len()), expected);
    assert_eq!(letters("a AND NOT b", 0), "a <k:AND> <k:NOT> b");
    assert_eq!(letters("version and key", 0), "version <k:and> key");
}

#[test]
fn words_of_queries_have_theirs_however_they_are_written() {
    let text = "select key from keys order by left; GET left";
    let expected = "<k:select> key <k:from> keys <k:order> <k:by> <k:left>; <k:GET> left";
    assert_eq!(letters(text, 0), expected);
    let text = "explain (with all as (SELECT 1))";
    let expected = "explain (<k:with> <k:all> <k:as> (<k:SELECT> <d:1>))";
    assert_eq!(letters(text, text.len() + 9), expected);
}

#[test]
fn what_is_open_is_red_and_partners_stand_out() {
    assert_eq!(letters("GET 'a", 6), "<k:GET> <w:'a>");
    assert_eq!(letters("f(a, (b)", 0), "f<w:(>a, (b)");
    assert_eq!(letters("f(a)", 4), "f<p:(>a<p:)>");
    assert_eq!(letters("f(a)", 1), "f<p:(>a<p:)>");
    assert_eq!(letters("a)", 0), "a<w:)>");
}
