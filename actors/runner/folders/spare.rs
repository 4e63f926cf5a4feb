//! Folders in which runs worked and left nothing, kept for the next ones.
//!
//! Most commands leave nothing behind. Were each of their folders removed, the file system would make
//! and free an inode for each run. A disk that has freed many was seen to start runs slowly; whether
//! these are what slows it is not proven.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use rustix::{
    fs::{Dir, Mode, OFlags, fstat, open},
    process::geteuid,
};

use super::create::{FOLDER_MODE, create_folders};

/// More than a gate under load has between the ends of some runs and the starts of the next.
const KEPT: usize = 128;
/// A folder that once held many files stays as large on some file systems, and slow to look through.
const LARGEST: i64 = 4096;

#[derive(Debug)]
pub(super) struct SpareFolders {
    folder: PathBuf,
    /// Those there are; `None` until what an earlier life left was looked at.
    names: Mutex<Option<Vec<OsString>>>,
    /// Makes names; another life's are passed over.
    next: AtomicU64,
}

impl SpareFolders {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, names: Mutex::default(), next: AtomicU64::new(0) }
    }

    /// Moves a spare folder to `path`; `false` where there is none.
    ///
    /// Nobody should have touched it meanwhile, but runs may have the gate's own user, so one that is
    /// not as it should be is left in its place, and not offered again.
    pub(super) fn take(&self, path: &Path) -> bool {
        while let Some(name) = self.names().as_mut().and_then(Vec::pop) {
            let spare = self.folder.join(name);
            if is_as_new(&spare) && fs::rename(&spare, path).is_ok() {
                return true;
            }
        }
        false
    }

    /// Moves a folder here if it is as a new one would be and there is room; `false` where not.
    pub(super) fn give(&self, path: &Path) -> io::Result<bool> {
        if self.names().as_ref().is_some_and(|names| names.len() >= KEPT) || !is_as_new(path) {
            return Ok(false);
        }
        let name = OsString::from(self.next.fetch_add(1, Ordering::Relaxed).to_string());
        let place = self.folder.join(&name);
        match fs::rename(path, &place) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create_folders(&self.folder)?;
                fs::rename(path, &place)?;
            }
            Err(error) => return Err(error),
        }
        if let Some(names) = self.names().as_mut() {
            names.push(name);
        }
        Ok(true)
    }

    /// Every change under this lock is whole, so a panic elsewhere leaves nothing half done.
    fn names(&self) -> MutexGuard<'_, Option<Vec<OsString>>> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.is_none() {
            *names = Some(self.of_an_earlier_life());
        }
        names
    }

    fn of_an_earlier_life(&self) -> Vec<OsString> {
        let names: Vec<_> = fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        let numbers = names.iter().filter_map(|name| name.to_str()?.parse::<u64>().ok());
        let next = numbers.max().map_or(0, |largest| largest.saturating_add(1));
        self.next.store(next, Ordering::Relaxed);
        names
    }
}

/// Whether a folder is as if it had just been made: ours, empty and closed to others.
fn is_as_new(path: &Path) -> bool {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let Ok(folder) = open(path, flags, Mode::empty()) else { return false };
    let Ok(stat) = fstat(&folder) else { return false };
    let is_ours = stat.st_uid == geteuid().as_raw() && stat.st_mode & 0o7777 == FOLDER_MODE;
    let is_empty = || {
        Dir::read_from(&folder).is_ok_and(|mut entries| {
            entries.all(|entry| entry.is_ok_and(|entry| matches!(entry.file_name().to_bytes(), b"." | b"..")))
        })
    };
    is_ours && stat.st_size <= LARGEST && is_empty()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::{super::create::create_folder, *};

    fn spares() -> (tempfile::TempDir, SpareFolders) {
        let data = tempfile::tempdir().unwrap();
        let spares = SpareFolders::new(data.path().join("common/spare"));
        (data, spares)
    }

    fn inode(path: &Path) -> u64 {
        fs::metadata(path).unwrap().ino()
    }

    #[test]
    fn an_empty_folder_is_the_next_runs() {
        let (data, spares) = spares();
        let (first, second) = (data.path().join("first"), data.path().join("second"));
        create_folder(&first).unwrap();
        let known = inode(&first);
        assert!(!spares.take(&second));
        assert!(spares.give(&first).unwrap() && !first.exists());
        assert!(spares.take(&second) && inode(&second) == known);
        assert!(!spares.take(&first), "given out once");
    }

    #[test]
    fn what_is_not_as_new_is_nobody_elses() {
        let (data, spares) = spares();
        let folder = |name: &str| {
            let path = data.path().join(name);
            create_folder(&path).unwrap();
            path
        };
        let (full, open, target) = (folder("full"), folder("open"), folder("target"));
        fs::write(full.join("file"), "").unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        let link = data.path().join("link");
        symlink(&target, &link).unwrap();
        for path in [full, open, link] {
            assert!(!spares.give(&path).unwrap(), "{}", path.display());
        }
    }

    #[test]
    fn what_was_changed_while_it_was_kept_is_not_given_out() {
        let (data, spares) = spares();
        let path = data.path().join("run");
        create_folder(&path).unwrap();
        spares.give(&path).unwrap();
        fs::write(spares.folder.join("0/left"), "by somebody").unwrap();
        assert!(!spares.take(&path));
    }

    #[test]
    fn no_more_are_kept_than_runs_begin_at_once() {
        let (data, spares) = spares();
        let kept = |number: usize| {
            let path = data.path().join(number.to_string());
            create_folder(&path).unwrap();
            spares.give(&path).unwrap()
        };
        assert!((0..KEPT).all(kept));
        assert!(!kept(KEPT));
    }

    #[test]
    fn those_of_an_earlier_life_are_used() {
        let (data, spares) = spares();
        let path = data.path().join("run");
        create_folder(&path).unwrap();
        spares.give(&path).unwrap();
        let later = SpareFolders::new(spares.folder.clone());
        create_folder(&path).unwrap();
        assert!(later.give(&path).unwrap(), "under a name of its own");
        assert!(later.take(&path) && later.take(&data.path().join("another")));
    }
}
