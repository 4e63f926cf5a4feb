//! Puts secrets where they are read, and takes them away.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use herdgate_actors::{
    domain::Timestamp,
    provider::{PREVIOUS_SECRET_FILE, SECRET_FILE},
};
use secrecy::{ExposeSecret, SecretSlice};

use super::{Credentials, OTHERS, is_file_name};

/// A file with a secret, which is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The credential type.
    pub r#type: String,
    /// The instance of it.
    pub instance: String,
    /// The field of that.
    pub field: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Whether others than its owner can read or write it.
    pub is_exposed: bool,
    /// When it was written.
    pub changed_at: Timestamp,
}

impl Credentials {
    /// Where a field lies.
    ///
    /// # Errors
    /// A name that would leave the folder.
    pub fn path_of(&self, kind: &str, instance: &str, field: &str) -> io::Result<PathBuf> {
        if let Some(name) = [kind, instance, field].into_iter().find(|name| !is_file_name(name)) {
            let why = format!("`{name}` cannot be the name of a file");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        Ok(self.root().join(kind).join(instance).join(field))
    }

    /// Writes a secret into its file, which only its owner can read, in folders that only he can
    /// enter. What was there is replaced in one step, or with `keep` becomes the previous secret.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, path: &Path, secret: &SecretSlice<u8>, keep: bool) -> io::Result<()> {
        let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let fresh = folder.join(format!(".{SECRET_FILE}.{}", std::process::id()));
        let written = write_new(&fresh, secret.expose_secret()).and_then(|()| {
            if keep && path.exists() {
                fs::rename(path, folder.join(PREVIOUS_SECRET_FILE))?;
            }
            fs::rename(&fresh, path)?;
            File::open(folder)?.sync_all()
        });
        if written.is_err() {
            // It is of no use any more, and why it is there was told.
            let _ = fs::remove_file(&fresh);
        }
        written
    }

    /// Every file that is there, by type, instance and field.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn list(&self) -> io::Result<Vec<Stored>> {
        let mut found = Vec::new();
        for (kind, folder) in entries(self.root())? {
            for (instance, folder) in entries(&folder)? {
                for (field, path) in entries(&folder)? {
                    let about = fs::metadata(&path)?;
                    if about.is_file() {
                        found.push(Stored {
                            r#type: kind.clone(),
                            instance: instance.clone(),
                            field,
                            path,
                            is_exposed: about.mode() & OTHERS != 0,
                            changed_at: Timestamp::from_millis(about.mtime().saturating_mul(1_000)),
                        });
                    }
                }
            }
        }
        Ok(found)
    }

    /// Deletes files of one instance, and its folder where nothing else is in it.
    ///
    /// # Errors
    /// A file that cannot be deleted.
    pub fn remove(&self, paths: &[PathBuf]) -> io::Result<()> {
        for path in paths {
            fs::remove_file(path)?;
            // The folders stay where something else is in them.
            let _ = path.ancestors().skip(1).take(2).try_for_each(fs::remove_dir);
        }
        Ok(())
    }
}

fn write_new(path: &Path, secret: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(secret)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// What lies in a folder, by name; nothing where it is none.
fn entries(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let listing = match fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in listing {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn secret(text: &str) -> SecretSlice<u8> {
        text.as_bytes().to_vec().into()
    }

    #[test]
    fn a_secret_and_its_folders_are_their_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let credentials = Credentials::at(folder.path().join("new"));
        let path = credentials.path_of("github_webhook_secret", "mine", "secret").unwrap();
        credentials.write(&path, &secret("one"), true).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert!(path.ancestors().skip(1).take(3).all(|folder| mode(folder) == 0o700));
        assert_eq!(credentials.read("github_webhook_secret", "mine", "secret").unwrap().expose(), b"one");
    }

    #[test]
    fn a_rotation_keeps_the_secret_before_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let credentials = Credentials::at(folder.path());
        let path = credentials.path_of("github_webhook_secret", "mine", "secret").unwrap();
        for text in ["one", "two"] {
            credentials.write(&path, &secret(text), true).unwrap();
        }
        let keyring = credentials.keyring("github_webhook_secret", "mine").unwrap();
        assert_eq!(keyring.current.expose(), b"two");
        assert_eq!(keyring.previous.unwrap().expose(), b"one");
        let names: Vec<_> = credentials.list().unwrap().into_iter().map(|stored| stored.field).collect();
        assert_eq!(names, ["secret", "secret_previous"]);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 2);
    }

    #[test]
    fn what_is_removed_takes_its_empty_folders_along() {
        let folder = tempfile::tempdir().unwrap();
        let credentials = Credentials::at(folder.path());
        let paths: Vec<_> = ["one", "two"]
            .iter()
            .map(|instance| credentials.path_of("github_webhook_secret", instance, "secret").unwrap())
            .collect();
        for path in &paths {
            credentials.write(path, &secret("x"), false).unwrap();
        }
        credentials.remove(&paths[..1]).unwrap();
        assert_eq!(credentials.list().unwrap().len(), 1);
        assert!(!paths[0].parent().unwrap().exists() && paths[1].exists());
        credentials.remove(&paths[1..]).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn no_name_leaves_the_folder() {
        let credentials = Credentials::at("/nowhere");
        for name in ["..", "a/b", ""] {
            assert!(credentials.path_of("github_webhook_secret", name, "secret").is_err(), "{name}");
        }
    }
}
