//! Deleting what runs left, in its own time.
//!
//! A run may leave a hundred thousand files, and a file system searches long for inodes that were just
//! freed. So what is to go is renamed into the trash, which is done at once, and one thread deletes
//! from there in small steps. It goes by open folders and never by paths below them, so that a link
//! that a run left, or still swaps in, leads it nowhere.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, bounded};
use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags, fchmod, openat, renameat, unlinkat},
    io::Errno,
};

use super::create::create_folders;
use crate::telemetry::{Event, emit};

/// Files that are deleted between two pauses.
const STEP: u32 = 64;
/// A pause is so many times as long as the step before it: the disk is the runs' most of the time.
const REST: u32 = 3;

#[derive(Debug)]
pub(super) struct Trash {
    folder: PathBuf,
    /// Makes names in the trash; another life's are passed over.
    next: AtomicU64,
    /// Rouses the janitor. One is enough: it looks until the trash is empty.
    rouse: Sender<()>,
    roused: Mutex<Option<Receiver<()>>>,
}

impl Trash {
    pub(super) fn new(folder: PathBuf) -> Self {
        let (rouse, roused) = bounded(1);
        Self { folder, next: AtomicU64::new(0), rouse, roused: Mutex::new(Some(roused)) }
    }

    /// Takes a folder from its place. One that is not there is no failure.
    pub(super) fn take(&self, path: &Path) -> io::Result<()> {
        loop {
            let place = self.folder.join(self.new_name());
            match fs::rename(path, &place).map_err(|error| (error.kind(), error)) {
                Ok(()) => break,
                Err((io::ErrorKind::NotFound, error)) => match fs::symlink_metadata(path) {
                    Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(()),
                    _ if self.folder.exists() => return Err(error),
                    _ => create_folders(&self.folder)?,
                },
                // Left by another life.
                Err((io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists, _)) => {}
                Err((_, error)) => return Err(error),
            }
        }
        // Full means roused.
        let _ = self.rouse.try_send(());
        Ok(())
    }

    fn new_name(&self) -> String {
        self.next.fetch_add(1, Ordering::Relaxed).to_string()
    }

    /// The thread holds the trash weakly, and ends with it. Started twice it is one.
    pub(super) fn start_janitor(trash: &Arc<Self>, shared: PathBuf) -> io::Result<()> {
        let Some(roused) = trash.roused.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(());
        };
        let watched = Arc::downgrade(trash);
        let folder = trash.folder.clone();
        let serve = move || {
            remove_unshared(&shared);
            loop {
                let next_name = || watched.upgrade().map(|trash| trash.new_name());
                if let Err(error) = empty(&folder, &next_name) {
                    let detail = format!("could not delete what is in {}: {error}", folder.display());
                    emit(Event::Warned { about: "run files", detail });
                }
                if roused.recv().is_err() {
                    return;
                }
            }
        };
        thread::Builder::new().name("run-janitor".to_owned()).spawn(serve).map(|_| ())
    }
}

/// Files that no run is linked to any more. Only at the start: later ones may be about to be linked.
fn remove_unshared(folder: &Path) {
    use std::os::unix::fs::MetadataExt;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.nlink() == 1) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Deletes all that is in the trash. Folders inside folders are moved up into the trash first, so the
/// depth of what a run left costs neither stack nor descriptors.
fn empty(folder: &Path, next_name: &impl Fn() -> Option<String>) -> io::Result<()> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let trash = match openat(rustix::fs::CWD, folder, flags, Mode::empty()) {
        Ok(trash) => trash,
        Err(Errno::NOENT) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut pace = Pace { step: 0, since: Instant::now() };
    let mut failure = None;
    loop {
        let mut progress = false;
        for entry in Dir::read_from(&trash)? {
            let entry = entry?;
            if is_dots(entry.file_name()) {
                continue;
            }
            let mut discard = || -> Result<(), Errno> {
                let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let opened = openat(&trash, entry.file_name(), flags, Mode::empty()).or_else(|error| {
                    if error != Errno::ACCESS {
                        return Err(error);
                    }
                    // Package caches are often written so that nobody can change them by mistake. The
                    // trash itself is the gate's alone.
                    rustix::fs::chmodat(&trash, entry.file_name(), Mode::RWXU, AtFlags::empty())?;
                    openat(&trash, entry.file_name(), flags, Mode::empty())
                });
                match opened {
                    Ok(inside) => {
                        clear(&inside, &trash, next_name, &mut pace)?;
                        unlinkat(&trash, entry.file_name(), AtFlags::REMOVEDIR)
                    }
                    Err(Errno::NOTDIR | Errno::LOOP) => unlinkat(&trash, entry.file_name(), AtFlags::empty()),
                    Err(error) => Err(error),
                }
            };
            match discard() {
                Ok(()) => progress = true,
                Err(error) => failure = Some(error),
            }
        }
        if !progress {
            return failure.map_or(Ok(()), |error| Err(error.into()));
        }
        failure = None;
    }
}

/// Empties one folder: files are deleted, folders moved up.
fn clear(
    inside: impl std::os::fd::AsFd + Copy,
    trash: impl std::os::fd::AsFd + Copy,
    next_name: &impl Fn() -> Option<String>,
    pace: &mut Pace,
) -> Result<(), Errno> {
    // It may not be writable; if it is not ours, what follows tells.
    let _ = fchmod(inside, Mode::RWXU);
    for entry in Dir::read_from(inside)? {
        let entry = entry?;
        let name = entry.file_name();
        if is_dots(name) {
            continue;
        }
        let deleted = match entry.file_type() {
            FileType::Directory => Err(Errno::ISDIR),
            _ => unlinkat(inside, name, AtFlags::empty()),
        };
        match deleted {
            Ok(()) => pace.step(),
            Err(Errno::ISDIR | Errno::PERM) => {
                let Some(new_name) = next_name() else { return Err(Errno::CANCELED) };
                match renameat(inside, name, trash, new_name.as_str()) {
                    // To move a folder, it must be writable itself.
                    Err(Errno::ACCESS) => {
                        rustix::fs::chmodat(inside, name, Mode::RWXU, AtFlags::empty())?;
                        renameat(inside, name, trash, new_name.as_str())?;
                    }
                    other => other?,
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_dots(name: &std::ffi::CStr) -> bool {
    matches!(name.to_bytes(), b"." | b"..")
}

/// Rests between steps.
struct Pace {
    step: u32,
    since: Instant,
}

impl Pace {
    fn step(&mut self) {
        self.step += 1;
        if self.step.is_multiple_of(STEP) {
            thread::sleep((self.since.elapsed() * REST).min(Duration::from_millis(100)));
            self.since = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn trash() -> (tempfile::TempDir, Trash) {
        let data = tempfile::tempdir().unwrap();
        let trash = Trash::new(data.path().join(".trash"));
        (data, trash)
    }

    fn empty_now(trash: &Trash) {
        empty(&trash.folder, &|| Some(trash.new_name())).unwrap();
        assert_eq!(fs::read_dir(&trash.folder).unwrap().count(), 0);
    }

    #[test]
    fn what_a_run_left_is_deleted_with_its_write_protected_folders_and_links_are_not_followed() {
        let (data, trash) = trash();
        let run = data.path().join("run");
        let cache = run.join("work/cache");
        fs::create_dir_all(cache.join("deeper")).unwrap();
        fs::write(cache.join("file"), "").unwrap();
        let outside = data.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("kept"), "").unwrap();
        symlink(&outside, cache.join("link")).unwrap();
        fs::set_permissions(&cache, fs::Permissions::from_mode(0o500)).unwrap();
        trash.take(&run).unwrap();
        assert!(!run.exists());
        empty_now(&trash);
        assert!(outside.join("kept").exists());
    }

    #[test]
    fn a_folder_may_be_deeper_than_any_path() {
        let (data, trash) = trash();
        let run = data.path().join("run");
        fs::create_dir(&run).unwrap();
        let mut inside = fs::File::open(&run).unwrap();
        for _ in 0..3000 {
            rustix::fs::mkdirat(&inside, "d", Mode::RWXU).unwrap();
            let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
            inside = openat(&inside, "d", flags, Mode::empty()).unwrap().into();
        }
        drop(inside);
        trash.take(&run).unwrap();
        empty_now(&trash);
    }

    #[test]
    fn what_is_not_there_is_taken_without_a_word() {
        let (data, trash) = trash();
        trash.take(&data.path().join("nothing")).unwrap();
    }

    #[test]
    fn names_of_an_earlier_life_are_passed_over() {
        let (data, trash) = trash();
        fs::create_dir_all(trash.folder.join("0/full")).unwrap();
        fs::create_dir(data.path().join("run")).unwrap();
        trash.take(&data.path().join("run")).unwrap();
        assert!(trash.folder.join("0/full").exists() && trash.folder.join("1").exists());
        empty_now(&trash);
    }
}
