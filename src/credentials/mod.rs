//! Secrets in files: `<root>/<type>/<instance>/<field>`.
//!
//! The layout is Action Llama's, so that both read the same folder. Contents are trimmed, because
//! editors and `echo` add newlines; what is empty then is refused, because an empty secret would
//! let anybody sign. No message, log line or `Debug` output shows what a file holds.

mod credential;
mod error;
mod keep;
mod permissions;
mod random;

use std::{
    fs,
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use herdgate_actors::{
    domain::{ProviderName, Timestamp},
    provider::{self, PREVIOUS_SECRET_FILE, SECRET_FILE},
};

pub use credential::{Credential, Exposure, Keyring};
pub use error::CredentialError;
pub use keep::Stored;
pub use permissions::{FolderAccess, folder_access, secure_folder};
pub use random::random_hex;

/// The longest file that is read as a secret, in bytes; real ones have less than a hundredth.
const LONGEST: u64 = 64 * 1024;
/// Permission bits of the group and of everybody else.
const OTHERS: u32 = 0o077;

/// The folder that holds the credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    root: PathBuf,
}

impl Credentials {
    /// The credentials under `root`, which need not exist yet.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Reads a field of one instance of a credential type.
    ///
    /// # Errors
    /// A name that would leave the folder, and a file that is missing, unreadable, empty or too long.
    pub fn read(&self, kind: &str, instance: &str, field: &str) -> Result<Credential, CredentialError> {
        if [kind, instance, field].iter().any(|name| !is_file_name(name)) {
            return Err(CredentialError::BadInstance { instance: instance.to_owned() });
        }
        let path = self.root.join(kind).join(instance).join(field);
        let file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let existing = self.instances(kind);
                return Err(CredentialError::Missing { path, existing });
            }
            Err(error) => return Err(unreadable(&path, &error)),
        };
        let unreadable = |error: io::Error| unreadable(&path, &error);
        let metadata = file.metadata().map_err(unreadable)?;
        let mode = metadata.mode();
        let changed_at = Timestamp::from_millis(metadata.mtime().saturating_mul(1_000));
        let mut bytes = Vec::new();
        file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length > LONGEST) {
            return Err(CredentialError::TooLong { path });
        }
        let trimmed = bytes.trim_ascii();
        if trimmed.is_empty() {
            return Err(CredentialError::Empty { path });
        }
        let exposure = if mode & OTHERS == 0 { Exposure::OwnerOnly } else { Exposure::Others };
        Ok(Credential::new(trimmed, path, exposure, changed_at))
    }

    /// Like [`Self::read`], where the file may be absent.
    ///
    /// # Errors
    /// As [`Self::read`], but for a missing file.
    pub fn read_if_present(
        &self,
        kind: &str,
        instance: &str,
        field: &str,
    ) -> Result<Option<Credential>, CredentialError> {
        match self.read(kind, instance, field) {
            Ok(credential) => Ok(Some(credential)),
            Err(CredentialError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The secrets of one instance: the current one, and the one before it while it is rotated.
    ///
    /// # Errors
    /// As [`Self::read`]; a previous secret may be absent.
    pub fn keyring(&self, kind: &str, instance: &str) -> Result<Keyring, CredentialError> {
        let current = self.read(kind, instance, SECRET_FILE)?;
        let previous = self.read_if_present(kind, instance, PREVIOUS_SECRET_FILE)?;
        Ok(Keyring { current, previous })
    }

    /// The instances of a type, by name; empty where the folder cannot be read.
    pub fn instances(&self, kind: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(kind)).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}

/// The credential type that holds webhook secrets of `provider`.
pub fn secret_type(provider: ProviderName) -> &'static str {
    provider::spec(provider).credential.r#type
}

fn unreadable(path: &Path, error: &io::Error) -> CredentialError {
    let uid = rustix::process::geteuid().as_raw();
    CredentialError::Unreadable { path: path.to_owned(), why: error.kind().to_string(), uid }
}

/// Whether joining `name` to a folder stays in that folder.
fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\0'])
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn with_secret(contents: &str, mode: u32) -> (tempfile::TempDir, Credentials) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("github_webhook_secret/MyOrg/secret");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, contents).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let credentials = Credentials::at(folder.path());
        (folder, credentials)
    }

    #[test]
    fn a_secret_is_trimmed_and_not_shown() {
        let (_folder, credentials) = with_secret("  s3cret-value\r\n", 0o600);
        let credential = credentials.read("github_webhook_secret", "MyOrg", "secret").unwrap();
        assert_eq!(credential.expose(), b"s3cret-value");
        assert_eq!(credential.exposure, Exposure::OwnerOnly);
        assert!(!format!("{credential:?}").contains("s3cret"));
    }

    #[test]
    fn a_file_that_others_can_read_is_told_of() {
        for mode in [0o640, 0o604, 0o644] {
            let (_folder, credentials) = with_secret("s", mode);
            let credential = credentials.read("github_webhook_secret", "MyOrg", "secret").unwrap();
            assert_eq!(credential.exposure, Exposure::Others, "{mode:o}");
        }
    }

    #[test]
    fn white_space_alone_is_no_secret() {
        let (_folder, credentials) = with_secret(" \n\t", 0o600);
        let error = credentials.read("github_webhook_secret", "MyOrg", "secret").unwrap_err();
        assert!(matches!(error, CredentialError::Empty { .. }), "{error:?}");
    }

    #[test]
    fn a_missing_secret_names_the_instances_there_are() {
        let (_folder, credentials) = with_secret("s", 0o600);
        let error = credentials.read("github_webhook_secret", "Myorg", "secret").unwrap_err();
        assert_eq!(error.help(), "there are these instances: MyOrg");
        let previous = credentials.read_if_present("github_webhook_secret", "MyOrg", "secret_previous");
        assert!(previous.unwrap().is_none());
    }

    #[test]
    fn an_instance_cannot_leave_the_folder() {
        let (_folder, credentials) = with_secret("s", 0o600);
        for instance in ["..", "../github_webhook_secret/MyOrg", "/etc", "", "."] {
            let error = credentials.read("github_webhook_secret", instance, "secret").unwrap_err();
            assert!(matches!(error, CredentialError::BadInstance { .. }), "{instance}");
        }
    }
}
