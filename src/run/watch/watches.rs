//! The folders that the system watches for us.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};
use tokio::sync::mpsc;

use crate::config::Watched;

/// Which folder it was when it began to be watched.
type Inode = (u64, u64);

/// Watches on folders; dropped with them.
pub(super) struct Watches {
    watcher: RecommendedWatcher,
    watched: BTreeMap<PathBuf, Inode>,
}

impl Watches {
    /// Watches nothing yet; something that happens is told by `changed`.
    ///
    /// # Errors
    /// The system has no more of them.
    pub(super) fn new(changed: mpsc::Sender<()>) -> notify::Result<Self> {
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.map_or(true, |event| changes_something(event.kind)) {
                // One that waits already says the same.
                let _ = changed.try_send(());
            }
        })?;
        Ok(Self { watcher, watched: BTreeMap::new() })
    }

    /// Watches the folders in which these files are, or could appear, and no others. Blocks.
    ///
    /// # Errors
    /// One of them that cannot be watched; the others are.
    pub(super) fn follow(&mut self, files: &Watched) -> Result<(), String> {
        let wanted = folders(files);
        let gone: Vec<_> = self
            .watched
            .iter()
            .filter(|(path, inode)| wanted.get(*path) != Some(inode))
            .map(|(path, _)| path.clone())
            .collect();
        for path in gone {
            // One that was removed is forgotten by the system itself.
            let _ = self.watcher.unwatch(&path);
            self.watched.remove(&path);
        }
        let mut failed = None;
        for (path, inode) in wanted {
            if self.watched.contains_key(&path) {
                continue;
            }
            match self.watcher.watch(&path, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.watched.insert(path, inode)),
                Err(error) => failed = Some(format!("{}: {error}", path.display())),
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

/// Looking at a folder is an event too, and looking is what follows an event.
const fn changes_something(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

/// Editors and orchestrators put another file in the place of one, so folders are watched and not
/// files; of a file that is a link also the folder that it leads to.
fn folders(files: &Watched) -> BTreeMap<PathBuf, Inode> {
    let mut folders = BTreeMap::new();
    let mut add = |folder: &Path| {
        // What is not there yet appears in the nearest folder that is.
        for folder in folder.ancestors() {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            if let Ok(found) = fs::metadata(folder) {
                folders.entry(folder.to_owned()).or_insert((found.dev(), found.ino()));
                return;
            }
        }
    };
    for path in files.paths() {
        if let Some(parent) = path.parent() {
            add(parent);
        }
        let is_link = fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink());
        if is_link && let Some(parent) = path.canonicalize().ok().as_deref().and_then(Path::parent) {
            add(parent);
        }
    }
    add(files.agents_dir());
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_looks_is_no_change() {
        assert!(!changes_something(EventKind::Access(AccessKind::Open(AccessMode::Any))));
        assert!(!changes_something(EventKind::Access(AccessKind::Close(AccessMode::Read))));
        assert!(changes_something(EventKind::Access(AccessKind::Close(AccessMode::Write))));
        assert!(changes_something(EventKind::Other) && changes_something(EventKind::Any));
    }
}
