//! Standard output, and files that are written whole.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, IsTerminal, Read as _, Stdout, Write};
use std::path::Path;

use super::exit::{Exit, Stop};
use super::format::Format;
use pcq::Rows;

/// The width of a terminal that does not tell.
const USUAL_WIDTH: u16 = 80;

/// Prints the tables of statements to standard output, buffered.
#[derive(Debug)]
pub(super) struct Printer {
    stdout: BufWriter<Stdout>,
    format: Format,
    width: Option<u16>,
    is_first: bool,
}

impl Printer {
    /// Makes one that wraps tables to the width of the terminal, if there is one.
    pub(super) fn new(format: Format) -> Self {
        Self { stdout: buffered_stdout(), format, width: terminal_width(), is_first: true }
    }

    /// Whether a remark may follow a table: a program reads nothing but the rows, and a chart says it all.
    pub(super) fn takes_remark(&self, rows: &Rows) -> bool {
        self.format.is_for_people() && !self.format.draws(rows, self.width)
    }

    /// Prints tables from now on in another format.
    pub(super) fn set_format(&mut self, format: Format) {
        self.format = format;
    }

    /// Prints a table.
    pub(super) fn print(&mut self, rows: &Rows) -> io::Result<()> {
        let is_seen = self.format.shows(rows);
        if is_seen && !self.is_first && self.format.wants_blank_line_between_tables() {
            writeln!(self.stdout)?;
        }
        self.is_first &= !is_seen;
        self.format.write(rows, self.width, &mut self.stdout)
    }

    /// Prints a line of text.
    pub(super) fn say(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.stdout, "{text}")
    }

    /// Shows what is printed so far: before an error is told, and whenever a person waits.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()
    }

    /// Looks again how wide the terminal is: it may have been resized.
    pub(super) fn measure(&mut self) {
        self.width = terminal_width();
    }
}

/// Standard output with a buffer of its own: that of the standard library is flushed at every line.
pub(super) fn buffered_stdout() -> BufWriter<Stdout> {
    BufWriter::with_capacity(1 << 16, io::stdout())
}

/// Writes a file at once, or leaves it as it is; a link stays a link, and what is no file is written to.
pub(super) fn write_file(path: &Path, text: &str) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(there) if there.is_file() => {
            replace(&fs::canonicalize(path)?, text, Some(there.permissions()))
        }
        Ok(_) => fs::write(path, text),
        Err(_) => replace(path, text, None),
    }
}

/// Refuses to put something else in the place of a store.
pub(super) fn refuse_store(file: &Path) -> Result<(), Stop> {
    const MAGIC: &[u8; 4] = b"redb";
    let mut first = [0; MAGIC.len()];
    let begun = File::open(file).and_then(|mut there| there.read_exact(&mut first));
    if begun.is_err() || first != *MAGIC {
        return Ok(());
    }
    let error = io::Error::other("it is a store, which must not be replaced");
    Err(Stop::io(&file.display().to_string(), &error, Exit::Failed))
}

/// Puts a new file in the place of one; without permissions, it has those of any new file.
fn replace(path: &Path, text: &str, permissions: Option<Permissions>) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let create = |path: &Path| File::create_new(path);
    let mut file = tempfile::Builder::new().make_in(folder, create)?;
    file.write_all(text.as_bytes())?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The width of the terminal that standard output is, if it is one.
fn terminal_width() -> Option<u16> {
    if !io::stdout().is_terminal() {
        return None;
    }
    Some(terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| width.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        write_file(&path, "first, and longer").unwrap();
        write_file(&path, "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write_file(&folder.path().join("no/a.svg"), "x").is_err());
        assert!(write_file(folder.path(), "x").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let [path, link] = ["a.svg", "link.svg"].map(|name| folder.path().join(name));
        write_file(&path, "first").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        File::create(folder.path().join("usual")).unwrap();
        assert_eq!(mode(&path), mode(&folder.path().join("usual")));
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        symlink(&path, &link).unwrap();
        write_file(&link, "second").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(mode(&path), 0o640);
    }
}
