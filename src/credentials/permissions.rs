//! Who can enter a folder that must be its owner's alone.

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::Path,
};

/// What its owner has, and nobody else.
const PRIVATE: u32 = 0o700;
/// Write permission of the group and of everybody else.
const OTHERS_WRITE: u32 = 0o022;
/// Any permission of the group and of everybody else.
const OTHERS: u32 = 0o077;

/// Who can do what with a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolderAccess {
    /// It is not there.
    Absent,
    /// Its owner alone gets in.
    Private,
    /// Others get in, or see what is in it.
    Entered,
    /// Others can put something else in place of what is in it.
    Written,
}

/// Who can do what with the folder at `path`.
///
/// # Errors
/// The system does not say.
pub fn folder_access(path: &Path) -> io::Result<FolderAccess> {
    let mode = match fs::metadata(path) {
        Ok(metadata) => metadata.mode(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(FolderAccess::Absent),
        Err(error) => return Err(error),
    };
    Ok(if mode & OTHERS_WRITE != 0 {
        FolderAccess::Written
    } else if mode & OTHERS != 0 {
        FolderAccess::Entered
    } else {
        FolderAccess::Private
    })
}

/// Makes a folder that its owner alone can enter, or shuts one that others can; says who could.
///
/// # Errors
/// Others can write in it, so that nobody knows who wrote what is there; or the system refuses.
pub fn secure_folder(path: &Path) -> io::Result<FolderAccess> {
    let access = folder_access(path)?;
    match access {
        FolderAccess::Absent => DirBuilder::new().recursive(true).mode(PRIVATE).create(path)?,
        FolderAccess::Private => {}
        FolderAccess::Entered => {
            // Only its owner can shut it; somebody else's is told of and used.
            if fs::metadata(path)?.uid() == rustix::process::geteuid().as_raw() {
                fs::set_permissions(path, Permissions::from_mode(PRIVATE))?;
            }
        }
        FolderAccess::Written => {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "other users can write there, and replace the API key and the store: chmod 700",
            ));
        }
    }
    Ok(access)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(mode: u32) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
        folder
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn a_new_folder_is_its_owners_alone() {
        let root = folder(0o755);
        let path = root.path().join("a/b");
        assert_eq!(secure_folder(&path).unwrap(), FolderAccess::Absent);
        assert_eq!(mode(&path), 0o700);
        assert_eq!(secure_folder(&path).unwrap(), FolderAccess::Private);
    }

    #[test]
    fn a_folder_that_others_can_enter_is_shut() {
        for open in [0o755, 0o750, 0o701, 0o704] {
            let folder = folder(open);
            assert_eq!(secure_folder(folder.path()).unwrap(), FolderAccess::Entered, "{open:o}");
            assert_eq!(mode(folder.path()), 0o700, "{open:o}");
        }
    }

    #[test]
    fn a_folder_that_others_can_write_is_refused_and_left_as_it_is() {
        for open in [0o777, 0o770, 0o702, 0o1777] {
            let folder = folder(open);
            assert!(secure_folder(folder.path()).is_err(), "{open:o}");
            assert_eq!(mode(folder.path()), open & 0o777, "{open:o}");
        }
    }
}
