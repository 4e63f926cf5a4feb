//! A disk that a test can fill, and a share that never answers.

use std::{
    io::PipeReader,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A file system of its own.
pub(crate) struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where this process may not mount.
    pub(crate) fn new(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder.path()).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// A network share whose server is gone: whoever looks for something on it waits. It is an automount
/// whose daemon listens and does nothing.
pub(crate) struct DeadShare {
    folder: tempfile::TempDir,
    _daemon: PipeReader,
}

impl DeadShare {
    /// `None` where this process may not mount one.
    pub(crate) fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let (daemon, kernel) = std::io::pipe().unwrap();
        // Of the daemon's own group nobody is kept waiting, so that it is one which ends at once.
        let mount = "exec mount -i -t autofs -o fd=0,pgrp=$$,minproto=5,maxproto=5,indirect dead \"$0\"";
        let mounted = Command::new("sh")
            .args(["-c", mount])
            .arg(folder.path())
            .stdin(Stdio::from(kernel))
            .process_group(0)
            .output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self { folder, _daemon: daemon })
    }

    /// A folder on it.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("folder")
    }
}

impl Drop for DeadShare {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}
