//! Why a credential is of no use.

use std::path::PathBuf;

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
        /// The user that tried.
        uid: u32,
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
            Self::Unreadable { uid, .. } => format!(
                "the gate runs as user {uid}, who must be able to read it; a container with a mounted folder wants `--user \"$(id -u)\"`"
            ),
            Self::TooLong { .. } => "is it another file?".to_owned(),
            Self::BadInstance { .. } => "an instance is the name of a folder, not a path".to_owned(),
        }
    }

    /// The same without the name of the instance, which may be a secret in the wrong place.
    pub(crate) fn without_instance(self) -> Self {
        const HIDDEN: &str = "…";
        let hidden = |path: PathBuf| {
            let field = path.file_name().map(PathBuf::from).unwrap_or_default();
            let kind = path.ancestors().nth(2).map(PathBuf::from).unwrap_or_default();
            kind.join(HIDDEN).join(field)
        };
        match self {
            Self::Missing { path, existing } => Self::Missing { path: hidden(path), existing },
            Self::Empty { path } => Self::Empty { path: hidden(path) },
            Self::Unreadable { path, why, uid } => Self::Unreadable { path: hidden(path), why, uid },
            Self::TooLong { path } => Self::TooLong { path: hidden(path) },
            Self::BadInstance { .. } => Self::BadInstance { instance: HIDDEN.to_owned() },
        }
    }
}
