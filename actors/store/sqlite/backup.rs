//! A copy of a store that may be in use.
//!
//! The copy is of one moment: a read transaction is held from the first page to the last, beside which a
//! gate goes on writing. Its log cannot be emptied meanwhile, so it grows by what is written.

use std::{
    fs, io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};
use rustix::{
    fs::{CWD, RenameFlags, renameat_with},
    io::Errno,
};

use super::open::{OpenError, connect_any_version};

/// Pages of one step, some 4 MB: between steps it is seen whether others wait for the disk.
const STEP: i32 = 1000;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Something is there already.
    #[error("{} is there already and is not overwritten: name another file", .0.display())]
    Exists(PathBuf),
    /// The copy cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
    /// SQLite cannot copy.
    #[error("cannot copy the store: {0}")]
    Copy(#[from] rusqlite::Error),
    /// The copy is not what it should be.
    #[error("the copy is damaged, as the store may be: {0}")]
    Damaged(String),
}

/// Copies the store at `from` to a new file, which is whole and on the disk when this returns; how many
/// bytes it has.
///
/// # Errors
/// Nothing is left behind then.
pub fn backup(from: &Path, to: &Path) -> Result<u64, BackupError> {
    let write = |error| BackupError::Write { path: to.to_owned(), error };
    if fs::symlink_metadata(to).is_ok() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let source = connect_any_version(from)?;
    let part = Part::create(to).map_err(write)?;
    copy(&source, &part.path)?;
    let file = fs::File::open(&part.path).map_err(write)?;
    file.sync_all().map_err(write)?;
    let bytes = file.metadata().map_err(write)?.len();
    part.become_whole(to).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(to.to_owned()),
        _ => write(error),
    })?;
    fs::File::open(folder_of(to)).and_then(|folder| folder.sync_all()).map_err(write)?;
    Ok(bytes)
}

fn copy(source: &Connection, to: &Path) -> Result<(), BackupError> {
    let mut copy = Connection::open(to)?;
    // It is nobody's before it is whole, and is brought to the disk as one then.
    copy.pragma_update(None, "synchronous", "OFF")?;
    let moment = source.unchecked_transaction()?;
    moment.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let backup = Backup::new(&moment, &mut copy)?;
    while backup.step(STEP)? != StepResult::Done {}
    drop(backup);
    // One file, without a log beside it.
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    let found: String = copy.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(BackupError::Damaged(found)) }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A copy under way; gone when it is dropped before it is whole.
struct Part {
    path: PathBuf,
}

impl Part {
    fn create(to: &Path) -> io::Result<Self> {
        let name = to.file_name().ok_or_else(|| io::Error::other("it has no name"))?;
        let name = format!(".{}.part-{}", name.to_string_lossy(), std::process::id());
        let path = folder_of(to).join(name);
        // Receipts may be read by their owner alone, here too.
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Self { path })
    }

    /// Takes its name, unless somebody else has it.
    fn become_whole(&self, to: &Path) -> io::Result<()> {
        match renameat_with(CWD, &self.path, CWD, to, RenameFlags::NOREPLACE) {
            // Not every file system knows that; a second name is refused in the same way.
            Err(Errno::INVAL | Errno::NOSYS) => fs::hard_link(&self.path, to),
            done => Ok(done?),
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        for end in ["", "-journal", "-wal", "-shm"] {
            let mut path = self.path.clone().into_os_string();
            path.push(end);
            // Where it took its name nothing is there any more.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::store::{SqliteEngine, SqliteOptions, SqliteReader};

    #[test]
    fn a_store_in_use_is_copied_to_one_private_file_that_is_a_store() {
        let folder = tempfile::tempdir().unwrap();
        let (path, to) = (folder.path().join("herdgate.db"), folder.path().join("copies/copy.db"));
        fs::create_dir(to.parent().unwrap()).unwrap();
        let _in_use = SqliteEngine::open(&path, SqliteOptions::default()).unwrap();
        let bytes = backup(&path, &to).unwrap();
        assert_eq!(fs::metadata(&to).unwrap().len(), bytes);
        assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(to.parent().unwrap()).unwrap().count(), 1, "nothing lies beside it");
        assert!(SqliteReader::open(&to).is_ok());
    }

    #[test]
    fn what_is_there_is_never_overwritten_and_what_fails_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (path, to) = (folder.path().join("herdgate.db"), folder.path().join("copy.db"));
        drop(SqliteEngine::open(&path, SqliteOptions::default()).unwrap());
        fs::write(&to, "mine").unwrap();
        assert!(matches!(backup(&path, &to), Err(BackupError::Exists(_))));
        assert_eq!(fs::read_to_string(&to).unwrap(), "mine");
        fs::remove_file(&to).unwrap();
        fs::write(folder.path().join("no-store.db"), "no store at all").unwrap();
        assert!(backup(&folder.path().join("no-store.db"), &to).is_err());
        let left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().contains("copy.db")), "{left:?}");
    }
}
