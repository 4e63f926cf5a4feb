//! The key of the control API: the credential `gateway_api_key/default/key`, or one that the gate
//! makes on its first start and keeps in its data folder, readable by its owner alone.

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::credentials::{Credentials, Exposure, random_hex};

/// Where a key of our own making lies, in the data folder.
pub const FILE: &str = "api-key";

/// A kind of key: as which credential it is kept, and in which file of the data folder where there is
/// no such credential.
#[derive(Debug)]
pub struct KeyKind {
    /// The type of the credential.
    pub credential: &'static str,
    /// The name of the file.
    pub file: &'static str,
}

/// Keys that may do everything.
pub const FULL: KeyKind = KeyKind { credential: "gateway_api_key", file: FILE };
/// Keys that may only look.
pub const READ: KeyKind = KeyKind { credential: "gateway_read_key", file: "read-key" };
/// Permission bits of the group and of everybody else.
const OTHERS: u32 = 0o077;

/// The key of the control API.
#[derive(Debug, Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// A key as it is written in its file.
    pub fn new(key: impl Into<String>) -> Self {
        Self(SecretString::from(key.into()))
    }

    /// What fingerprints of secrets are made with, for those who have the key.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }

    /// Compares in constant time, whatever the lengths: the MACs of both under a fixed key.
    pub fn admits(&self, given: &str) -> bool {
        let mac = |text: &str| {
            Hmac::<Sha256>::new_from_slice(b"herdgate api key")
                .expect("HMAC takes keys of any length")
                .chain_update(text)
        };
        let expected = mac(self.0.expose_secret()).finalize().into_bytes();
        mac(given).verify_slice(&expected).is_ok()
    }

    /// The MAC of a text that the gate hands out and wants back unchanged, for one purpose alone.
    pub fn seal(&self, purpose: &str, text: &str) -> Hmac<Sha256> {
        Hmac::<Sha256>::new_from_slice(self.0.expose_secret().as_bytes())
            .expect("HMAC takes keys of any length")
            .chain_update(purpose)
            .chain_update([0])
            .chain_update(text)
    }
}

/// A key, and what is to be known of its file.
#[derive(Debug)]
pub struct FoundKey {
    /// The key, without what an editor adds.
    pub key: SecretString,
    /// Where it lies.
    pub path: PathBuf,
    /// Who can read it.
    pub exposure: Exposure,
}

/// The key of this kind that a gate with these credentials and this data folder uses.
///
/// # Errors
/// It can be neither read nor made.
pub fn find_or_make(kind: &KeyKind, credentials: &Credentials, data_dir: &Path) -> io::Result<ApiKey> {
    match find_of(kind, credentials, data_dir)? {
        Some(found) => Ok(ApiKey::new(found.key.expose_secret())),
        None => make(&data_dir.join(kind.file)).map(ApiKey::new),
    }
}

/// The key, if there is one yet.
///
/// # Errors
/// It cannot be read, or there is nothing in it.
pub fn find(credentials: &Credentials, data_dir: &Path) -> io::Result<Option<FoundKey>> {
    find_of(&FULL, credentials, data_dir)
}

fn find_of(kind: &KeyKind, credentials: &Credentials, data_dir: &Path) -> io::Result<Option<FoundKey>> {
    let credential = credentials
        .read_if_present(kind.credential, "default", "key")
        .map_err(|error| io::Error::other(error.to_string()))?;
    if let Some(credential) = credential {
        let key = String::from_utf8_lossy(credential.expose()).into_owned().into();
        return Ok(Some(FoundKey { key, path: credential.path, exposure: credential.exposure }));
    }
    let path = data_dir.join(kind.file);
    let mut file = match fs::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let exposure = if file.metadata()?.mode() & OTHERS == 0 { Exposure::OwnerOnly } else { Exposure::Others };
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    if text.trim().is_empty() {
        return Err(io::Error::other("the file is empty: delete it to have a new key made"));
    }
    Ok(Some(FoundKey { key: text.trim().into(), path, exposure }))
}

fn make(path: &Path) -> io::Result<String> {
    let key = random_hex()?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{key}")?;
    file.sync_all()?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_that_others_can_read_is_told_of_wherever_it_lies() {
        let folder = tempfile::tempdir().unwrap();
        let credentials = Credentials::at(folder.path().join("credentials"));
        assert!(find(&credentials, folder.path()).unwrap().is_none());
        find_or_make(&FULL, &credentials, folder.path()).unwrap();
        let made = find(&credentials, folder.path()).unwrap().unwrap();
        assert_eq!((made.key.expose_secret().len(), made.exposure), (64, Exposure::OwnerOnly));
        fs::set_permissions(&made.path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(find(&credentials, folder.path()).unwrap().unwrap().exposure, Exposure::Others);

        let own = folder.path().join("credentials/gateway_api_key/default/key");
        fs::create_dir_all(own.parent().unwrap()).unwrap();
        fs::write(&own, "mine\n").unwrap();
        fs::set_permissions(&own, fs::Permissions::from_mode(0o666)).unwrap();
        let found = find(&credentials, folder.path()).unwrap().unwrap();
        assert_eq!((found.key.expose_secret(), found.path, found.exposure), ("mine", own, Exposure::Others));
        assert!(!format!("{:?}", found.key).contains("mine"));
    }
}
