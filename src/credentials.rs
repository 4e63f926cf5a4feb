//! Secrets in files: `<root>/<type>/<instance>/<field>`.
//!
//! The layout is Action Llama's, so that both read the same folder. Contents are trimmed, because
//! editors and `echo` add newlines; what is empty then is refused, because an empty secret would
//! let anybody sign. No message, log line or `Debug` output shows what a file holds.

use std::{
    fmt::{self, Write},
    fs,
    io::{self, Read},
    mem::MaybeUninit,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use herdgate_actors::domain::ProviderName;
use rustix::rand::{GetRandomFlags, getrandom};

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
            Err(error) => return Err(CredentialError::Unreadable { path, why: error.kind().to_string() }),
        };
        let unreadable = |error: io::Error| CredentialError::Unreadable {
            path: path.clone(),
            why: error.kind().to_string(),
        };
        let mode = file.metadata().map_err(unreadable)?.mode();
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
        Ok(Credential { secret: SecretBytes(trimmed.to_vec()), path, exposure })
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

    /// The instances of a type, by name; empty where the folder cannot be read.
    fn instances(&self, kind: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(kind)).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}

/// The credential type that holds webhook secrets of `provider`, as Action Llama names it.
pub fn secret_type(provider: ProviderName) -> &'static str {
    herdgate_actors::provider::spec(provider).credential.r#type
}

/// A secret and what is to be known of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    secret: SecretBytes,
    /// Where it was read.
    pub path: PathBuf,
    /// Who can read it.
    pub exposure: Exposure,
}

impl Credential {
    /// The trimmed contents, for keying a hash.
    pub fn expose(&self) -> &[u8] {
        &self.secret.0
    }
}

/// Who can read or write a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// Its owner alone.
    OwnerOnly,
    /// The group or everybody.
    Others,
}

/// Bytes that are never shown.
#[derive(Clone, PartialEq, Eq)]
struct SecretBytes(Vec<u8>);

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(…)")
    }
}

/// Why a credential is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// No such file.
    #[error("there is no secret at {}", .path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
        /// The instances which that type has.
        existing: Vec<String>,
    },
    /// Nothing but white space.
    #[error("the secret at {} is empty", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Not readable.
    #[error("the secret at {} cannot be read: {why}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// Longer than any secret.
    #[error("the file at {} is too long for a secret", .path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// A name that is a path.
    #[error("`{instance}` is not the name of a credential instance")]
    BadInstance {
        /// The name.
        instance: String,
    },
}

impl CredentialError {
    /// How to put it right.
    pub fn help(&self) -> String {
        match self {
            Self::Missing { existing, .. } if !existing.is_empty() => {
                format!("there are these instances: {}", existing.join(", "))
            }
            Self::Missing { .. } => "put the secret which the provider signs with into that file; \
                 another folder is chosen by `credentials_dir` or HERDGATE_CREDENTIALS_DIR"
                .to_owned(),
            Self::Empty { .. } => {
                "put the secret into that file; an empty one would let anybody sign".to_owned()
            }
            Self::Unreadable { .. } => "the user that runs the gate must be able to read it".to_owned(),
            Self::TooLong { .. } => "is it another file?".to_owned(),
            Self::BadInstance { .. } => "an instance is the name of a folder, not a path".to_owned(),
        }
    }
}

/// 32 random bytes in hex: a new secret or key.
///
/// # Errors
/// The system gives none.
pub fn random_hex() -> io::Result<String> {
    let mut bytes = [MaybeUninit::uninit(); 32];
    let (bytes, _) = getrandom(&mut bytes, GetRandomFlags::empty())?;
    let mut text = String::with_capacity(64);
    for byte in bytes {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
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
        assert_eq!(
            credentials.read_if_present("github_webhook_secret", "MyOrg", "secret_previous"),
            Ok(None)
        );
    }

    #[test]
    fn random_secrets_are_long_and_differ() {
        let (one, other) = (random_hex().unwrap(), random_hex().unwrap());
        assert_eq!(one.len(), 64);
        assert_ne!(one, other);
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
