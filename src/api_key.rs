//! The key of the control API: the credential `gateway_api_key/default/key`, or one that the gate
//! makes on its first start and keeps in its data folder, readable by its owner alone.

use std::{
    fmt, fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::config::ResolvedConfig;

/// The key of the control API.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// A key as it is written in its file.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// Compares in constant time, whatever the lengths: the MACs of both under a fixed key.
    pub fn admits(&self, given: &str) -> bool {
        let mac = |text: &str| {
            Hmac::<Sha256>::new_from_slice(b"herdgate api key")
                .expect("HMAC takes keys of any length")
                .chain_update(text)
        };
        let expected = mac(&self.0).finalize().into_bytes();
        mac(given).verify_slice(&expected).is_ok()
    }
}

/// Never shows the key.
impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// Where a key of our own making lies, in the data folder.
pub const FILE: &str = "api-key";

/// The key that a gate of this plan uses.
///
/// # Errors
/// It can be neither read nor made.
pub fn find_or_make(plan: &ResolvedConfig) -> io::Result<ApiKey> {
    match find(plan)? {
        Some(key) => Ok(ApiKey::new(key)),
        None => make(&plan.data_dir.join(FILE)).map(ApiKey::new),
    }
}

/// The text of the key, if there is one yet.
///
/// # Errors
/// It cannot be read.
pub fn find(plan: &ResolvedConfig) -> io::Result<Option<String>> {
    let credential = plan
        .credentials
        .read_if_present("gateway_api_key", "default", "key")
        .map_err(|error| io::Error::other(error.to_string()))?;
    if let Some(credential) = credential {
        return Ok(Some(String::from_utf8_lossy(credential.expose()).into_owned()));
    }
    made(&plan.data_dir)
}

/// The text of the key that a gate made in its data folder, if there is one.
///
/// # Errors
/// It cannot be read.
pub fn made(data_dir: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(data_dir.join(FILE)) {
        Ok(key) if !key.trim().is_empty() => Ok(Some(key.trim().to_owned())),
        Ok(_) => Err(io::Error::other("the file is empty: delete it to have a new key made")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn make(path: &Path) -> io::Result<String> {
    let key = crate::credentials::random_hex()?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{key}")?;
    file.sync_all()?;
    Ok(key)
}
