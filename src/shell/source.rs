//! Sources of scripts: files, standard input, the command line.
//!
//! A script is never held: a dump may be larger than memory, so what does not fit of one is read twice, to check it
//! and to run it.

use std::cell::RefCell;
use std::fmt;
use std::fs::{self, DirEntry, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::exit::{Exit, Stop};
use super::file::is_store;
use pcq::{Error, ErrorClass, ErrorKind, Script};

/// A script that can be read more than once.
#[derive(Debug)]
pub(super) struct ScriptSource {
    name: String,
    text: Text,
    /// Whether the last `;` may be left out.
    is_lenient: bool,
}

#[derive(Debug)]
enum Text {
    Given(String),
    File(PathBuf),
    /// What can be read only once.
    Spooled(RefCell<Spool>),
}

impl ScriptSource {
    /// The statements of a `-e`.
    pub(super) fn statements(text: String) -> Self {
        Self { name: "-e".to_owned(), text: Text::Given(text), is_lenient: true }
    }

    /// Standard input, to its end.
    pub(super) fn standard_input() -> Result<Self, Stop> {
        Self::spool("-".to_owned(), Box::new(io::stdin().lock()))
    }

    /// What is piped into the shell, where the last `;` may be left out as in one that is typed into.
    pub(super) fn piped() -> Result<Self, Stop> {
        Ok(Self { is_lenient: true, ..Self::standard_input()? })
    }

    /// A file; `-` is standard input.
    pub(super) fn open(path: &Path) -> Result<Self, Stop> {
        if path.as_os_str() == "-" {
            return Self::standard_input();
        }
        let name = path.display().to_string();
        let file = File::open(path).map_err(|e| unreadable(&name, &e))?;
        let kind = file.metadata().map_err(|e| unreadable(&name, &e))?.file_type();
        if kind.is_dir() {
            return Err(unreadable(&name, &io::ErrorKind::IsADirectory.into()));
        }
        if !kind.is_file() {
            return Self::spool(name, Box::new(file));
        }
        if is_store(path) {
            let kind = ErrorKind::Io { path: name, message: "this is a store".to_owned() };
            let hint = "`--db` takes a store, and scripts stand before it";
            return Err(Stop::error(Error::from(kind).hint(hint), Exit::Usage));
        }
        Ok(Self { name, text: Text::File(path.to_owned()), is_lenient: false })
    }

    fn spool(name: String, from: Box<dyn Read>) -> Result<Self, Stop> {
        let copy = tempfile::tempfile().map_err(|e| unreadable("a temporary file", &e))?;
        let text = Text::Spooled(RefCell::new(Spool { from: Some(from), copy }));
        Ok(Self { name, text, is_lenient: false })
    }

    /// The name by which errors call it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The path of the file, if it is one.
    pub(super) fn path(&self) -> Option<&Path> {
        if let Text::File(path) = &self.text { Some(path) } else { None }
    }

    /// Whether the next source goes on where this one ends: several `-e` are one script in pieces.
    pub(super) fn is_piece(&self) -> bool {
        matches!(self.text, Text::Given(_))
    }

    /// Reads the text from its start.
    pub(super) fn reader(&self) -> Result<Box<dyn BufRead + '_>, Stop> {
        let opened: io::Result<Box<dyn BufRead + '_>> = match &self.text {
            Text::Given(text) => Ok(Box::new(text.as_bytes())),
            Text::File(path) => File::open(path).map(|file| Box::new(BufReader::new(file)) as _),
            Text::Spooled(spool) => spool.borrow_mut().reader(),
        };
        opened.map_err(|e| unreadable(&self.name, &e))
    }

    /// Reads the statements from the first.
    pub(super) fn script(&self) -> Result<Script<Box<dyn BufRead + '_>>, Stop> {
        let reader = self.reader()?;
        Ok(if self.is_lenient { Script::lenient(reader) } else { Script::new(reader) })
    }

    /// Tells an error of reading from one of the text.
    pub(super) fn stop(&self, error: pcq::Error) -> Stop {
        let exit = match error.class() {
            ErrorClass::File => Exit::Usage,
            ErrorClass::Statement => Exit::Failed, // a statement so long that its end was not looked for
            _ => Exit::Syntax,
        };
        Stop::Error { file: Some(self.name.clone()), error, exit }
    }
}

/// Opens all scripts before anything is done with the first.
pub(super) fn open_all(paths: &[PathBuf]) -> Result<Vec<ScriptSource>, Stop> {
    paths.iter().map(|path| ScriptSource::open(path)).collect()
}

/// Whether a file begins as most texts do, without a character of number 0.
pub(super) fn is_text(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(512).read_to_end(&mut start));
    read.is_ok() && !start.contains(&0)
}

/// Opens all scripts, those in folders too, before anything is done with the first.
pub(super) fn open_all_in(paths: &[PathBuf]) -> Result<Vec<ScriptSource>, Stop> {
    let mut scripts = Vec::new();
    for path in paths {
        if !path.is_dir() {
            scripts.push(path.clone());
            continue;
        }
        let (name, before) = (path.display().to_string(), scripts.len());
        scripts_in(path, &mut scripts).map_err(|error| unreadable(&name, &error))?;
        if scripts.len() == before {
            return Err(unreadable(&name, &io::Error::other("no file in it is called *.pcq")));
        }
    }
    open_all(&scripts)
}

/// Finds the files `*.pcq` of a folder and of those in it, by name. What begins with a dot is left out, and so are links
/// to folders.
fn scripts_in(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            scripts_in(&path, found)?;
        } else if path.extension().is_some_and(|end| end == "pcq") && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// That a script cannot be read is an error of the command line, which names it.
fn unreadable(name: &str, error: &io::Error) -> Stop {
    Stop::io(name, error, Exit::Usage)
}

/// Copy of what can be read only once, in a temporary file without a name. It is made by the first who reads, who need
/// not go on to an end that may never come; then nobody reads after.
struct Spool {
    /// The text itself, until it is read.
    from: Option<Box<dyn Read>>,
    copy: File,
}

impl Spool {
    fn reader<'r>(&mut self) -> io::Result<Box<dyn BufRead + 'r>> {
        let copy = self.copy.try_clone()?;
        Ok(match self.from.take() {
            Some(from) => Box::new(BufReader::new(Tee { from, copy })),
            None => Box::new(BufReader::new(Reread { copy, at: 0 })),
        })
    }
}

/// Reader of a copy from its start. Others may read the copy meanwhile, so it has a place of its own.
struct Reread {
    copy: File,
    at: u64,
}

impl Read for Reread {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.copy.seek(SeekFrom::Start(self.at))?;
        let read = self.copy.read(bytes)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool").field("copy", &self.copy).finish_non_exhaustive()
    }
}

/// Reader that writes a copy of all that it reads.
struct Tee {
    from: Box<dyn Read>,
    copy: File,
}

impl Read for Tee {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(bytes)?;
        self.copy.write_all(bytes.get(..read).unwrap_or_default())?;
        Ok(read)
    }
}
