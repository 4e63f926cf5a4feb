//! What files are like from outside: size, times, inode.

use std::{
    collections::HashMap,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    os::unix::fs::MetadataExt,
    path::Path,
};

use herdgate_actors::domain::Timestamp;

use crate::config::Watched;

/// What was written so shortly before it was first looked at may have been written after it was read.
const FRESH_SECONDS: i64 = 2;

/// Each file, as a hash of its path, with a hash of what it is like from outside. A hundred thousand
/// files take a megabyte and a fraction of a second.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::run) struct Stamp(HashMap<u64, u64>);

impl Stamp {
    /// Of all files, as they are now; those that are not there are a part of it. Blocks.
    pub(in crate::run) fn of(watched: &Watched) -> Self {
        Self(watched.paths().map(|path| (hash(&path), look(&path))).collect())
    }

    /// What was in force after a load that began with this stamp and found these to be its files.
    /// A file that nobody knew of before is only believed where it is not fresh.
    pub(in crate::run) fn after(&self, watched: &Watched, begun: Timestamp) -> Self {
        let fresh = |path: &Path| {
            let changed = fs::metadata(path).map(|found| found.ctime());
            changed.is_ok_and(|changed| changed + FRESH_SECONDS > begun.as_millis() / 1_000)
        };
        let mut marks = HashMap::new();
        for path in watched.paths() {
            let name = hash(&path);
            match self.0.get(&name) {
                Some(known) => drop(marks.insert(name, *known)),
                None if fresh(&path) => drop(marks.insert(name, 0)),
                None => drop(marks.insert(name, look(&path))),
            }
        }
        Self(marks)
    }
}

fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Follows links, so that it sees what they lead to now.
fn look(path: &Path) -> u64 {
    let found = fs::metadata(path).ok();
    hash(&found.map(|found| {
        let (changed, moved) = ((found.mtime(), found.mtime_nsec()), (found.ctime(), found.ctime_nsec()));
        (found.len(), changed, moved, found.dev(), found.ino())
    }))
}
