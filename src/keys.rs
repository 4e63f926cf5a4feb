//! Who may use the control API: keys, each with a name under which its deeds are written down.
//!
//! A key that may do everything is the credential `gateway_api_key/<name>/key`, one that may only look
//! `gateway_read_key/<name>/key`. Where there is no `default` of a kind, the gate makes one on its first
//! start and keeps it in its data folder, readable by its owner alone.

use std::{io, path::Path};

use crate::{
    api_key::{ApiKey, FULL, KeyKind, READ, find_or_make},
    credentials::Credentials,
};

/// The instance that is made where there is none.
const DEFAULT: &str = "default";

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everything.
    Full,
    /// Look.
    ReadOnly,
}

/// The keys of a gate; the first one always is the `default` that may do everything.
#[derive(Debug, Clone)]
pub struct Keys(Vec<Named>);

#[derive(Debug, Clone)]
struct Named {
    name: String,
    access: Access,
    key: ApiKey,
}

impl Keys {
    /// The keys that a gate with these credentials and this data folder takes.
    ///
    /// # Errors
    /// One can be neither read nor made.
    pub fn find_or_make(credentials: &Credentials, data_dir: &Path) -> io::Result<Self> {
        let mut keys = Vec::new();
        for (kind, access) in [(&FULL, Access::Full), (&READ, Access::ReadOnly)] {
            let name = match access {
                Access::Full => DEFAULT,
                Access::ReadOnly => "read-only",
            };
            let key = find_or_make(kind, credentials, data_dir)?;
            keys.push(Named { name: name.to_owned(), access, key });
            keys.extend(further(kind, access, credentials)?);
        }
        Ok(Self(keys))
    }

    /// What fingerprints of secrets are made with, for those who have the first key.
    pub fn salt(&self) -> &[u8] {
        self.sealing().as_bytes()
    }

    /// What the gate seals with what it hands out and wants back unchanged.
    pub fn sealing(&self) -> &ApiKey {
        &self.0[0].key
    }

    /// What the key of this name may do, as long as there is one.
    pub fn access_of(&self, name: &str) -> Option<Access> {
        self.0.iter().find(|named| named.name == name).map(|named| named.access)
    }

    /// Whose key this is, and what it may do. Looks at every key, whichever it is, so that the time
    /// tells nothing.
    pub fn find(&self, given: &str) -> Option<(&str, Access)> {
        let mut found = None;
        for named in &self.0 {
            if named.key.admits(given) && found.is_none() {
                found = Some((named.name.as_str(), named.access));
            }
        }
        found
    }
}

/// Keys beside the default.
fn further(kind: &KeyKind, access: Access, credentials: &Credentials) -> io::Result<Vec<Named>> {
    let mut keys = Vec::new();
    for name in credentials.instances(kind.credential).into_iter().filter(|name| name != DEFAULT) {
        let key = credentials.read_if_present(kind.credential, &name, "key");
        if let Some(key) = key.map_err(|error| io::Error::other(error.to_string()))? {
            let text = String::from_utf8_lossy(key.expose()).into_owned();
            keys.push(Named { name, access, key: ApiKey::new(text) });
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn put(root: &Path, kind: &str, name: &str, key: &str) {
        let folder = root.join(kind).join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("key"), key).unwrap();
    }

    #[test]
    fn each_key_has_a_name_and_its_rights() {
        let folder = tempfile::tempdir().unwrap();
        let (root, data) = (folder.path().join("credentials"), folder.path());
        put(&root, "gateway_api_key", "ann", "of ann\n");
        put(&root, "gateway_read_key", "board", "of the board");
        let keys = Keys::find_or_make(&Credentials::at(&root), data).unwrap();
        let made = |file: &str| fs::read_to_string(data.join(file)).unwrap().trim().to_owned();
        assert_eq!(keys.find(&made(FULL.file)), Some(("default", Access::Full)));
        assert_eq!(keys.find(&made(READ.file)), Some(("read-only", Access::ReadOnly)));
        assert_eq!(keys.find("of ann"), Some(("ann", Access::Full)));
        assert_eq!(keys.find("of the board"), Some(("board", Access::ReadOnly)));
        assert_eq!(keys.find(""), None);
        assert!(!format!("{keys:?}").contains("of ann"));
    }
}
