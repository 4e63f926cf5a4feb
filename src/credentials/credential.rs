//! What lies in a file of a credential.

use std::path::PathBuf;

use herdgate_actors::domain::Timestamp;
use secrecy::{ExposeSecret, SecretSlice};

/// What the secrets of Herdgate's own example begin with. They lie in its repository.
const PUBLISHED: &[u8] = b"example-only-";

/// A secret and what is to be known of its file.
#[derive(Debug, Clone)]
pub struct Credential {
    secret: SecretSlice<u8>,
    /// Where it was read.
    pub path: PathBuf,
    /// Who can read it.
    pub exposure: Exposure,
    /// When it was written.
    pub changed_at: Timestamp,
}

impl Credential {
    pub(super) fn new(secret: &[u8], path: PathBuf, exposure: Exposure, changed_at: Timestamp) -> Self {
        Self { secret: secret.to_vec().into(), path, exposure, changed_at }
    }

    /// The trimmed contents, for keying a hash.
    pub fn expose(&self) -> &[u8] {
        self.secret.expose_secret()
    }

    /// Whether anybody can read it on the Internet.
    pub fn is_published(&self) -> bool {
        self.expose().starts_with(PUBLISHED)
    }
}

/// The secrets of one instance.
#[derive(Debug, Clone)]
pub struct Keyring {
    /// The one in force.
    pub current: Credential,
    /// The one before it, which is accepted while it is rotated.
    pub previous: Option<Credential>,
}

/// Who can read or write a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// Its owner alone.
    OwnerOnly,
    /// The group or everybody.
    Others,
}
