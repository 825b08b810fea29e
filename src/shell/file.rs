//! Files that are written, never through a link: it may lead to a file that nobody meant.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use super::exit::{Exit, Stop};

/// Writes a file at once, or leaves it as it is; what is no file is written to.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    match there(path)? {
        Some(there) if !there.is_file() => open_stream(path)?.write_all(text.as_bytes()),
        there => replace(path, text, there.map(|there| there.permissions())),
    }
}

/// Makes a file that is written little by little, in place of the one that may be there; what is no file is
/// written to.
pub(super) fn create(path: &Path) -> io::Result<File> {
    match there(path)? {
        None => File::create_new(path),
        Some(there) if there.is_file() => open_emptied(path, &there),
        Some(_) => open_stream(path),
    }
}

/// Whether two paths lead to one file.
pub(super) fn is_same_file(a: &Path, b: &Path) -> bool {
    let (Ok(a), Ok(b)) = (fs::canonicalize(a), fs::canonicalize(b)) else { return false };
    a == b
}

/// Refuses to put something else in the place of a store.
pub(super) fn refuse_store(file: &Path) -> Result<(), Stop> {
    if !is_store(file) {
        return Ok(());
    }
    let error = io::Error::other("it is a store, which must not be replaced");
    Err(Stop::io(&file.display().to_string(), &error, Exit::Failed))
}

/// Whether a file begins as a store does.
pub(super) fn is_store(file: &Path) -> bool {
    const MAGIC: &[u8; 4] = b"redb";
    let mut first = [0; MAGIC.len()];
    let begun = File::open(file).and_then(|mut there| there.read_exact(&mut first));
    begun.is_ok() && first == *MAGIC
}

/// What is at a path, be it a link.
fn there(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        there => there.map(Some),
    }
}

/// Opens a pipe or a device, to which a link may lead. Nothing is made or emptied before it is known what it is.
fn open_stream(path: &Path) -> io::Result<File> {
    let opened = File::options().write(true).open(path);
    let leads_nowhere = opened.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    if leads_nowhere || opened.as_ref().is_ok_and(is_file) {
        return Err(io::Error::other("it is a link, through which no file is written"));
    }
    opened
}

fn is_file(file: &File) -> bool {
    file.metadata().is_ok_and(|found| found.is_file())
}

/// Empties the file that was found at a path, unless something else is there by now.
fn open_emptied(path: &Path, there: &Metadata) -> io::Result<File> {
    let file = File::options().write(true).open(path)?;
    if !is_same(&file.metadata()?, there) {
        return Err(io::Error::other("it was replaced while it was opened"));
    }
    file.set_len(0)?;
    Ok(file)
}

#[cfg(unix)]
fn is_same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn is_same(a: &Metadata, b: &Metadata) -> bool {
    a.is_file() && b.is_file()
}

/// Puts a new file in the place of one, or of a link. Without permissions, it has those of any new file; else nobody
/// else may read it before it has them.
fn replace(path: &Path, text: &str, permissions: Option<Permissions>) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut file = match permissions {
        Some(_) => NamedTempFile::new_in(folder)?,
        None => tempfile::Builder::new().make_in(folder, |path| File::create_new(path))?,
    };
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.svg");
        write(&path, "first, and longer").unwrap();
        write(&path, "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        create(&path).unwrap().write_all(b"x").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "x");
        for wrong in [folder.path().join("no/a.svg"), folder.path().to_owned()] {
            assert!(write(&wrong, "x").is_err() && create(&wrong).is_err());
        }
    }

    #[cfg(unix)]
    #[test]
    fn permissions_stay_and_links_are_refused() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let [path, link] = ["a.svg", "link.svg"].map(|name| folder.path().join(name));
        write(&path, "first").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        File::create(folder.path().join("usual")).unwrap();
        assert_eq!(mode(&path), mode(&folder.path().join("usual")));
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        write(&path, "second").unwrap();
        assert_eq!(mode(&path), 0o640);
        symlink(&path, &link).unwrap();
        assert!(write(&link, "x").is_err() && create(&link).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        fs::remove_file(&path).unwrap();
        assert!(write(&link, "x").is_err() && create(&link).is_err());
        assert!(!path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        for path in [Path::new("/dev/null"), &link] {
            write(path, "x").unwrap();
            create(path).unwrap();
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
