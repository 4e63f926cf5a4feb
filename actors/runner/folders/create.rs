//! Making files and folders that are the gate's alone.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Readable by the gate's user alone.
const FILE_MODE: u32 = 0o600;
/// What several runs look at, none shall change for the others.
pub(super) const SHARED_MODE: u32 = 0o400;
/// Enterable by the gate's user alone.
pub(super) const FOLDER_MODE: u32 = 0o700;

/// Makes a folder that is not there yet.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(FOLDER_MODE).create(path)
}

/// Makes a folder and those above it, where they are not there yet.
pub(super) fn create_folders(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(FOLDER_MODE).recursive(true).create(path)
}

/// Creates a file that is not there yet.
pub(in crate::runner) fn create_file(path: &Path) -> io::Result<File> {
    create_with_mode(path, FILE_MODE)
}

pub(super) fn create_with_mode(path: &Path, mode: u32) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

/// Writes a file that is not there yet.
pub(super) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    create_file(path)?.write_all(content)
}

/// The same, but for a file without content, which is left out.
pub(super) fn write_some(path: PathBuf, content: &[u8]) -> io::Result<Option<PathBuf>> {
    if content.is_empty() {
        return Ok(None);
    }
    write(&path, content)?;
    Ok(Some(path))
}
