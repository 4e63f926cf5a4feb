//! `herdgate.toml` in the user's configuration folder: gates by name.
//!
//! ```toml
//! gate = "home"                     # which one is meant where nothing else says so
//!
//! [gates.home]
//! url = "https://gate.example"
//! key_file = "home.key"             # beside this file; or key = "…"
//! ```

use std::{
    collections::BTreeMap,
    env, fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

use super::{outcome::report, print::note};

/// Permission bits of the group and of everybody else.
const OTHERS: u32 = 0o077;

/// What the file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gates {
    /// The one that is meant where nothing else says so.
    gate: Option<String>,
    #[serde(default)]
    gates: BTreeMap<String, Named>,
    #[serde(skip)]
    file: PathBuf,
}

/// One gate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    pub(super) url: String,
    #[serde(default, deserialize_with = "secret")]
    key: Option<SecretString>,
    key_file: Option<PathBuf>,
}

impl Gates {
    /// Reads the user's file; empty where there is none.
    pub(super) fn of_user() -> miette::Result<Self> {
        let file = path();
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { file, ..Self::default() });
            }
            Err(error) => return Err(report(format!("cannot read {}: {error}", file.display()))),
        };
        let read: Self = toml::from_str(&text)
            .map_err(|error| report(format!("{}: {}", file.display(), without_values(&error))))?;
        let is_open = fs::metadata(&file).is_ok_and(|about| about.mode() & OTHERS != 0);
        if is_open && read.gates.values().any(|gate| gate.key.is_some()) {
            note(&format!("warning: {} has a key and is open to other users: chmod 600", file.display()));
        }
        Ok(Self { file, ..read })
    }

    /// Where it is, or would be.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// The gate of that name.
    pub(super) fn named(&self, name: &str) -> miette::Result<&Named> {
        self.gates.get(name).ok_or_else(|| {
            let there: Vec<_> = self.gates.keys().map(String::as_str).collect();
            let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
            report(format!("{} names no gate `{name}`; there are: {there}", self.file.display()))
        })
    }

    /// The one that is meant where nothing else says so, and its name.
    pub(super) fn usual(&self) -> miette::Result<Option<(&str, &Named)>> {
        let Some(name) = self.gate.as_deref() else { return Ok(None) };
        Ok(Some((name, self.named(name)?)))
    }

    /// One that is at this URL.
    pub(super) fn at(&self, url: &str) -> Option<(&str, &Named)> {
        let is_there = |gate: &Named| gate.url.trim_end_matches('/') == url.trim_end_matches('/');
        self.gates.iter().find(|(_, gate)| is_there(gate)).map(|(name, gate)| (name.as_str(), gate))
    }

    /// The key of one of them, and where it is from.
    pub(super) fn key(&self, name: &str, gate: &Named) -> miette::Result<Option<(SecretString, String)>> {
        match (&gate.key, &gate.key_file) {
            (Some(key), _) => Ok(Some((key.clone(), format!("gates.{name} in {}", self.file.display())))),
            (None, Some(path)) => {
                let path = self.file.parent().unwrap_or(Path::new("")).join(home(path));
                read_key(&path).map(|key| Some((key, path.display().to_string())))
            }
            (None, None) => Ok(None),
        }
    }
}

/// The key in a file.
pub(super) fn read_key(path: &Path) -> miette::Result<SecretString> {
    let text = fs::read_to_string(path)
        .map_err(|error| report(format!("cannot read the key file {}: {error}", path.display())))?;
    match text.trim() {
        "" => Err(report(format!("the key file {} is empty", path.display()))),
        key => Ok(key.into()),
    }
}

fn path() -> PathBuf {
    let folder = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let home = || PathBuf::from(env::var_os("HOME").unwrap_or_default()).join(".config");
    folder.unwrap_or_else(home).join("herdgate/herdgate.toml")
}

fn home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), env::var_os("HOME")) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => path.to_owned(),
    }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Some(String::deserialize(deserializer)?.into()))
}

/// What is wrong, but for the lines of the file, which may hold keys.
fn without_values(error: &toml::de::Error) -> String {
    error.message().to_owned()
}
