//! `pcq new`: a script to start from.

use std::fs::File;
use std::io::Write as _;

use super::args::NewArgs;
use super::exit::{Exit, Stop};
use super::screen::buffered_stdout;
use super::text::{Medium, on_one_line};
use super::width::{pad, width};
use pcq::{Error, ErrorKind};

/// The script, in which `FILE` stands for its own name. What is said of a command stands after two blanks.
const SCRIPT: &str = include_str!("starter.pcq");

/// Writes the script into a file that is not there yet, and says what one can do with it.
pub(super) fn new(args: &NewArgs) -> Result<(), Stop> {
    let path = args.file.display().to_string();
    let name = on_one_line(&path, Medium::Screen);
    let made = File::create_new(&args.file);
    let written = made.and_then(|mut file| file.write_all(script(&name).as_bytes()));
    written.map_err(|error| {
        let is_there = error.kind() == std::io::ErrorKind::AlreadyExists;
        let error = Error::from(ErrorKind::Io { path: path.clone(), message: error.to_string() });
        let hint = "what is there is never overwritten: choose another name";
        Stop::error(if is_there { error.hint(hint) } else { error }, Exit::Usage)
    })?;
    let mut output = buffered_stdout();
    writeln!(output, "wrote {name}: a state with keys, segments and configs to start from")?;
    writeln!(output, "  pcq run {name}             tries it in memory")?;
    writeln!(output, "  pcq apply app.pcdb {name}  makes a store what it says")?;
    Ok(output.flush()?)
}

/// The script in a file of a name: what is said of the commands stands in one column.
fn script(name: &str) -> String {
    let text = SCRIPT.replace("FILE", name);
    let widest =
        text.lines().filter_map(said).map(|(command, _)| width(command)).max().unwrap_or(0);
    let lines = text.lines().map(|line| match said(line) {
        Some((command, says)) => format!("{}  {says}\n", pad(command, widest)),
        None => format!("{line}\n"),
    });
    lines.collect()
}

/// A line about a command: the command, and what is said of it.
fn said(line: &str) -> Option<(&str, &str)> {
    line.rsplit_once("  ").filter(|_| line.starts_with("--   "))
}
