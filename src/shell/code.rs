//! `pcq errors`: what the codes of errors and notes mean.

use std::fmt::Write as _;
use std::io::Write as _;

use super::args::ErrorsArgs;
use super::exit::Stop;
use super::manual::nothing_called;
use super::report::Reporter;
use super::screen::buffered_stdout;
use super::text::near;
use pcq::{Builder, Database, Error, ErrorCode, NoteCode, Role, Timestamp};

/// Says what a code means, or lists them all.
pub(super) fn errors(args: &ErrorsArgs, reporter: &Reporter) -> Result<(), Stop> {
    let text = match args.code.as_deref() {
        None => overview(),
        Some(name) => about(name, reporter).ok_or_else(|| unknown(name))?,
    };
    let mut output = buffered_stdout();
    output.write_all(text.as_bytes())?;
    Ok(output.flush()?)
}

fn unknown(name: &str) -> Stop {
    let guess = near(name, codes().map(|(code, _)| code));
    let guess = guess.map(|code| format!("did you mean `{code}`?"));
    let hint = guess.unwrap_or_else(|| "`pcq errors` lists them".to_owned());
    nothing_called("code of an error or a note", name, &hint)
}

/// All codes with what they mean.
fn codes() -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    let errors = ErrorCode::ALL.iter().map(|code| (code.as_str(), code.cause()));
    errors.chain(NoteCode::ALL.iter().map(|code| (code.as_str(), code.when())))
}

/// All codes, a line each.
fn overview() -> String {
    let width = codes().map(|(code, _)| code.len()).max().unwrap_or(0);
    let mut text = "Errors:\n".to_owned();
    for (at, (code, meaning)) in codes().enumerate() {
        if at == ErrorCode::ALL.len() {
            text.push_str("\nNotes:\n");
        }
        let _ = writeln!(text, "  {code:<width$}  {meaning}");
    }
    text.push_str("\n`pcq errors CODE` says what one can do about it, with an example.\n");
    text
}

/// What a code means; of an error also what one can do, and an example. `suspicious` is both, and told as an error.
fn about(name: &str, reporter: &Reporter) -> Option<String> {
    if let Some(code) = ErrorCode::ALL.iter().find(|code| code.as_str() == name) {
        let mut text = format!("{code}: {}\n\nWhat to do: {}\n", code.cause(), code.cure());
        if let Some((script, error)) = code.example().and_then(|script| failed(*code, script)) {
            let script = script.replace('\n', "\n  ");
            let told = reporter.told(Some("example"), &error);
            let _ = write!(text, "\nFor example:\n\n  {script}\n\n{told}");
        }
        return Some(text);
    }
    let note = NoteCode::ALL.iter().find(|code| code.as_str() == name)?;
    Some(format!("{note}: {}\n", note.when()))
}

/// The example of a code, with what comes of it.
fn failed(code: ErrorCode, script: &'static str) -> Option<(&'static str, Error)> {
    let database = world(code)?.in_memory().ok()?;
    Some((script, database.execute(script).err()?))
}

/// A store on which the example of a code fails.
fn world(code: ErrorCode) -> Option<Builder> {
    let builder = Database::builder();
    let builder = match code {
        ErrorCode::ClockNotManual => return Some(builder),
        ErrorCode::Suspicious => builder.strict(true),
        ErrorCode::NotAllowed => builder.role(Role::Read),
        _ => builder,
    };
    Some(builder.manual_clock(Timestamp::parse("2026-03-01T09:00:00Z").ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_fails_with_its_code() {
        for code in ErrorCode::ALL {
            let Some(script) = code.example() else { continue };
            let (_, error) = failed(*code, script).unwrap_or_else(|| panic!("{code} is right"));
            assert_eq!(error.code(), code.as_str(), "{error:?}");
            let last = script.lines().count();
            let line = error.place().map(|place| place.line as usize);
            assert_eq!(line, Some(last), "{code} fails before its last statement");
        }
    }
}
