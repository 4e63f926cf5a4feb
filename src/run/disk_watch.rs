//! What the data folder takes, and what its disk has left, shown before a full disk is told.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};

use herdgate_actors::{
    domain::Clock,
    telemetry::{self, DiskUse},
};
use rustix::fs::statvfs;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{DATABASE, RUNS, health::FullDisk};

/// Cheap: a question to the file system and three files.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// With less than this a delivery of usual size, with its jobs and their runs, may find no room.
const FULL: u64 = 1 << 20;
/// Runs leave several files each, so looking at all of them takes its time, half a second for a hundred
/// thousand: it may take this part of all time.
const COUNTING: u32 = 200;
/// `st_blocks` counts these, whatever the file system's own blocks are.
const BLOCK: u64 = 512;

/// Shows it for ever, and tells `full` while the disk is.
pub(super) async fn watch(data_dir: PathBuf, full: watch::Sender<Option<FullDisk>>, clock: Clock) {
    let mut count_at = Instant::now();
    loop {
        let begun = Instant::now();
        let (folder, with_runs) = (data_dir.clone(), begun >= count_at);
        // A disk that hangs holds up nobody but this task.
        if let Ok(now) = tokio::task::spawn_blocking(move || look(&folder, with_runs)).await {
            telemetry::disk(now);
            let left = now.free_bytes.filter(|left| *left < FULL);
            full.send_modify(|known| {
                let since = known.map_or_else(|| clock.now(), |known| known.since);
                *known = left.map(|left| FullDisk { left, since });
            });
        }
        if with_runs {
            count_at = begun + begun.elapsed() * COUNTING;
        }
        sleep(LOOK_EVERY).await;
    }
}

fn look(data_dir: &Path, with_runs: bool) -> DiskUse {
    let disk = statvfs(data_dir).ok();
    DiskUse {
        store: store_bytes(data_dir).ok(),
        runs: with_runs.then(|| folder_bytes(&data_dir.join(RUNS)).ok()).flatten(),
        // What others than root may still write.
        free_bytes: disk.as_ref().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
        free_inodes: disk.as_ref().map(|disk| disk.f_favail),
    }
}

fn store_bytes(data_dir: &Path) -> io::Result<u64> {
    let database = fs::metadata(data_dir.join(DATABASE))?.len();
    let beside = ["-wal", "-shm"].map(|end| data_dir.join(format!("{DATABASE}{end}")));
    Ok(database
        + beside.iter().filter_map(|path| fs::metadata(path).ok()).map(|file| file.len()).sum::<u64>())
}

/// What a folder takes of the disk. What vanishes meanwhile is not counted.
fn folder_bytes(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    let mut folders = vec![fs::read_dir(folder)?];
    while let Some(entries) = folders.pop() {
        for entry in entries.flatten() {
            let Ok(found) = entry.metadata() else { continue };
            bytes += found.blocks() * BLOCK;
            if found.is_dir() {
                folders.extend(fs::read_dir(entry.path()));
            }
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_as_large_as_all_that_lies_below_it() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join(RUNS).join("one/work");
        fs::create_dir_all(&run).unwrap();
        fs::write(folder.path().join(DATABASE), [0; 5000]).unwrap();
        fs::write(folder.path().join(format!("{DATABASE}-wal")), [0; 3000]).unwrap();
        let before = look(folder.path(), true);
        fs::write(run.join("output.log"), vec![1; 100_000]).unwrap();
        // A link to elsewhere is not followed.
        std::os::unix::fs::symlink("/usr", run.join("link")).unwrap();
        let now = look(folder.path(), true);
        assert_eq!(now.store, Some(8000));
        let grown = now.runs.unwrap() - before.runs.unwrap();
        assert!((100_000..200_000).contains(&grown), "{grown}");
        assert!(now.free_bytes.unwrap() > 0);
        assert_eq!(look(folder.path(), false).runs, None);
    }
}
