//! Temporary file: one that is made whole beside its place, readable by its user alone, and then gets its name.
//!
//! It is locked as long as somebody makes it. What a process leaves behind that was killed is locked by nobody, and
//! is removed by the next one that makes such a file in the directory, or opens a store there to write.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::failure::file_failure;
use super::file::{Keeping, StoreFile};
use crate::error::{Error, ErrorKind, Result, StoreFailure};

/// How its name begins and ends. It is short, so that any store may have one beside it.
const NAME: (&str, &str) = (".pcq-", ".tmp");

/// How often another one is made if somebody is in the way.
const ATTEMPTS: u32 = 10_000;

/// File without a name of its own, which is removed unless it gets one.
#[derive(Debug)]
pub(super) struct Temporary {
    path: Option<PathBuf>,
    file: StoreFile,
}

impl Temporary {
    /// Makes a file in the directory of another one, and opens and so locks it. Who cleans up may hold the lock of one
    /// that is new for a moment, and remove it; then there is another one.
    pub(super) fn open<T>(
        target: &Path,
        keeping: Keeping,
        open: impl Fn(StoreFile) -> Result<T>,
    ) -> Result<(Self, T)> {
        clean(target);
        for number in 0..ATTEMPTS {
            let Some(made) = Self::make(target, keeping, number)? else { continue };
            match open(made.file.clone()) {
                Err(error) if is_contended(&error) => {}
                opened => return opened.map(|opened| (made, opened)),
            }
        }
        Err(file_failure(io::ErrorKind::AlreadyExists.into()))
    }

    fn make(target: &Path, keeping: Keeping, number: u32) -> Result<Option<Self>> {
        let (first, last) = NAME;
        let name = format!("{first}{}-{number}{last}", std::process::id());
        let path = directory(target).join(name);
        match private(&path) {
            Ok(file) => {
                let file = StoreFile::new(file, &path, keeping)?;
                Ok(Some(Self { path: Some(path), file }))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(file_failure(error)),
        }
    }

    pub(super) fn file(&self) -> &StoreFile {
        &self.file
    }

    /// Gives the file owner, group and mode of another one; `false`, and it stays private, if the first two cannot be
    /// given away.
    pub(super) fn take_access(&self, of: &Metadata) -> Result<bool> {
        let file = self.file.file();
        if !own_alike(file, of) {
            return Ok(false);
        }
        file.set_permissions(of.permissions()).map_err(file_failure)?;
        Ok(true)
    }

    /// The same; that they cannot be given away is an error.
    pub(super) fn keep_access(&self, of: &Metadata) -> Result<()> {
        if self.take_access(of)? {
            return Ok(());
        }
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        Err(file_failure(denied).hint("the new file has to be its owner's and its group's"))
    }

    /// Gives the file a name that is free; `false` if it is not.
    pub(super) fn name(mut self, to: &Path) -> Result<bool> {
        let Some(path) = &self.path else { return Ok(false) };
        self.file.check().map_err(file_failure)?;
        #[cfg(test)]
        super::seam::names();
        // a link, unlike a rename, replaces nothing
        let linked = fs::hard_link(path, to);
        if linked.is_err() {
            if fs::symlink_metadata(to).is_ok() {
                return Ok(false);
            }
            // there are file systems without links
            fs::rename(path, to).map_err(file_failure)?;
            self.path = None;
        }
        self.file.is_called(to);
        Ok(true)
    }

    /// Puts the file in the place of another one, which must still have its name.
    pub(super) fn replace(mut self, other: &StoreFile, at: &Path) -> Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        #[cfg(test)]
        super::seam::names();
        self.file.check().and_then(|()| other.check()).map_err(file_failure)?;
        fs::rename(path, at).map_err(file_failure)?;
        self.path = None;
        self.file.is_called(&other.path());
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path); // else the next process does
        }
    }
}

/// Whether somebody who cleans up was in the way.
fn is_contended(error: &Error) -> bool {
    use StoreFailure::Replaced;
    let kind = error.kind();
    matches!(kind, ErrorKind::StoreLocked { .. } | ErrorKind::StoreFailed { why: Replaced, .. })
}

/// Makes a file that nobody but its user may read or write, whatever the process says of new files.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        const MODE: u32 = 0o600;
        let file = options.mode(MODE).open(path)?;
        file.set_permissions(fs::Permissions::from_mode(MODE))?;
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path)
}

/// Gives a file owner and group of another one, if it has not got them.
fn own_alike(file: &File, of: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        let alike = |found: Metadata| (found.uid(), found.gid()) == (of.uid(), of.gid());
        file.metadata().is_ok_and(alike) || fchown(file, Some(of.uid()), Some(of.gid())).is_ok()
    }
    #[cfg(not(unix))]
    {
        let _ = (file, of);
        true
    }
}

/// The directory of a file.
pub(super) fn directory(of: &Path) -> &Path {
    let parent = of.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// Removes what killed processes left in the directory of a file. That it cannot be is no error: it may be
/// somebody else's.
pub(super) fn clean(beside: &Path) {
    let Ok(entries) = fs::read_dir(directory(beside)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(NAME.0) && name.ends_with(NAME.1) {
            let _ = remove_left(&entry.path());
        }
    }
}

/// Removes a file that nobody makes any more.
fn remove_left(path: &Path) -> Result<()> {
    let found = fs::symlink_metadata(path).map_err(file_failure)?;
    if !found.is_file() {
        return Ok(());
    }
    if has_other_name(&found) {
        return fs::remove_file(path).map_err(file_failure);
    }
    let file = StoreFile::open_to_write(path)?;
    if file.try_lock()? && file.check().is_ok() {
        fs::remove_file(path).map_err(file_failure)?;
    }
    Ok(())
}

/// Whether the file got its name, and only this one was not taken away.
fn has_other_name(found: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        found.nlink() > 1
    }
    #[cfg(not(unix))]
    {
        let _ = found;
        false
    }
}
