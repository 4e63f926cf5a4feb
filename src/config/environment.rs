//! The environment as a layer above `config.toml`.
//!
//! `HERDGATE__GATEWAY__PORT=9090` is `port = 9090` in `[gateway]`: the prefix, then the tables and
//! the key, each after two underscores, in letters of any case. Values are read as TOML where the
//! key wants more than a text; `-` in the name of a source may be written `_`.

use std::{collections::BTreeMap, env, path::PathBuf};

use toml::{Spanned, Table, Value, de::DeValue};

use super::{
    ConfigError, Diagnostic, Warning, providers,
    schema::{Key, Kind, credentials, find},
    settings::PROJECT,
    suggest::nearest,
    validate::{Validator, expected, join},
};

/// What precedes every key.
const PREFIX: &str = "HERDGATE__";

/// Variables that are not keys: of the command line, of credentials, of tests, and those that a run
/// of another gate was given.
const OTHERS: [&str; 18] = [
    "HERDGATE_CONFIG",
    "HERDGATE_CREDENTIALS_DIR",
    "HERDGATE_KEY",
    "HERDGATE_KEY_FILE",
    "HERDGATE_URL",
    "HERDGATE_LOG_FORMAT",
    "HERDGATE_AGENT",
    "HERDGATE_ATTEMPT",
    "HERDGATE_CONTEXT_FILE",
    "HERDGATE_FAILPOINTS",
    "HERDGATE_GATE",
    "HERDGATE_INSTRUCTIONS_FILE",
    "HERDGATE_PAYLOADS",
    "HERDGATE_PAYLOAD_FILE",
    "HERDGATE_PROMPT_FILE",
    "HERDGATE_RECEIPT",
    "HERDGATE_RUN_ID",
    "HERDGATE_TRIGGER",
];

/// The environment of the process, as it was at one moment.
#[derive(Clone, Default)]
pub struct Env {
    variables: BTreeMap<String, String>,
}

impl Env {
    /// The environment of this process; variables that are no UTF-8 are left out.
    pub fn of_process() -> Self {
        let variables = env::vars_os();
        variables
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The user's home folder, where `HOME` names one.
    pub(super) fn home(&self) -> Option<PathBuf> {
        self.get("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
    }
}

impl<Name: Into<String>, Text: Into<String>> FromIterator<(Name, Text)> for Env {
    fn from_iter<Items: IntoIterator<Item = (Name, Text)>>(items: Items) -> Self {
        Self { variables: items.into_iter().map(|(name, text)| (name.into(), text.into())).collect() }
    }
}

/// Never shows a value, which may be a token.
impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

/// What the environment sets.
#[derive(Debug, Default)]
pub(super) struct EnvLayer {
    /// Canonical, like the table of a file.
    pub(super) table: Table,
    /// Which variable set what, by path.
    names: BTreeMap<String, String>,
}

impl EnvLayer {
    /// Reads all variables with the prefix; `files` tell how names of sources are spelled.
    pub(super) fn read(env: &Env, files: &[&Table], problems: &mut Vec<Diagnostic>) -> Self {
        let mut layer = Self::default();
        for (name, text) in &env.variables {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            let Some(target) = Target::of(rest, files) else {
                let nearest = nearest_variable(name);
                let cause = ConfigError::UnknownVariable { variable: name.clone(), nearest };
                problems.push(Diagnostic::of_variable(name, cause));
                continue;
            };
            let mut validator = Validator::new(PROJECT);
            let value = validator.value(&target.path, &value_for(target.kind, text), target.kind);
            for (_, cause) in validator.found {
                problems.push(Diagnostic::of_variable(name, unquoted(cause, target.kind)));
            }
            if let Some(value) = value {
                insert(&mut layer.table, &target.steps, value);
            }
            layer.names.insert(target.path, name.clone());
        }
        if let Some(root) = env.get("HERDGATE_CREDENTIALS_DIR").filter(|root| !root.is_empty()) {
            layer.table.insert("credentials_dir".to_owned(), Value::String(root.to_owned()));
            layer.names.insert("credentials_dir".to_owned(), "HERDGATE_CREDENTIALS_DIR".to_owned());
        }
        layer
    }

    /// The variable that sets what stands at `path`.
    pub(super) fn variable(&self, path: &str) -> Option<&str> {
        self.names.get(path).map(String::as_str)
    }

    /// What is set, and by which variable.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names.iter().map(|(path, name)| (path.as_str(), name.as_str()))
    }
}

/// A warning for each variable that looks like one of ours and means nothing.
pub(super) fn unknown_variables(env: &Env) -> Vec<Warning> {
    let ours = |name: &str| name.starts_with("HERDGATE_") && !name.starts_with(PREFIX);
    let unknown = env.variables.iter().filter(|(name, value)| {
        ours(name) && !OTHERS.contains(&name.as_str()) && !is_of_an_orchestrator(name, value)
    });
    unknown
        .map(|(name, _)| Warning::UnknownVariable {
            variable: name.clone(),
            nearest: nearest(name, all_variables().iter().map(String::as_str).chain(OTHERS)),
        })
        .collect()
}

/// What Kubernetes and Docker set for a service that is called `herdgate`.
fn is_of_an_orchestrator(name: &str, value: &str) -> bool {
    value.starts_with("tcp://")
        || value.starts_with("udp://")
        || ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT_", "_ENV_"].iter().any(|part| name.contains(part))
}

/// What is wrong with the value of a variable, without the value, which may be a token.
fn unquoted(cause: ConfigError, kind: &Kind) -> ConfigError {
    match cause {
        ConfigError::BadValue { .. } => {
            ConfigError::WrongType { expected: expected(kind), found: "another text".to_owned() }
        }
        other => other,
    }
}

/// What a variable sets.
struct Target {
    /// The tables and the key to go by.
    steps: Vec<String>,
    /// The same as problems name it.
    path: String,
    kind: &'static Kind,
}

impl Target {
    /// Of `GATEWAY__PORT`.
    fn of(name: &str, files: &[&Table]) -> Option<Self> {
        let mut keys: &'static [Key] = PROJECT;
        let mut steps = Vec::new();
        let mut path = String::new();
        let mut parts = name.split("__");
        loop {
            let part = parts.next()?.to_ascii_lowercase();
            let Some(key) = find(keys, &part) else {
                let (key, name) = credentials(keys).zip(providers::credential_type(&part))?;
                steps.extend([key.name.to_owned(), name.to_owned()]);
                let target = Self { steps, path: join(&path, name), kind: &Kind::Text };
                return parts.next().is_none().then_some(target);
            };
            steps.push(key.name.to_owned());
            path = join(&path, key.name);
            match &key.kind {
                Kind::Table(inner) => keys = inner,
                Kind::Named(inner) => {
                    let name = parts.next().filter(|name| !name.is_empty())?;
                    let name = as_spelled(name, files.iter().filter_map(|file| file.get(key.name)));
                    path = join(&path, &name);
                    steps.push(name);
                    keys = inner;
                }
                Kind::Foreign => return None,
                kind => return parts.next().is_none().then_some(Self { steps, path, kind }),
            }
        }
    }
}

/// The name in `tables` that a shell-friendly `name` means; itself in lower case where there is none.
fn as_spelled<'a>(name: &str, tables: impl Iterator<Item = &'a Value>) -> String {
    let plain = |name: &str| name.to_ascii_lowercase().replace('-', "_");
    let mut spellings = tables.filter_map(Value::as_table).flat_map(Table::keys);
    spellings
        .find(|spelling| plain(spelling) == plain(name))
        .cloned()
        .unwrap_or_else(|| name.to_ascii_lowercase())
}

fn nearest_variable(name: &str) -> Option<String> {
    nearest(name, all_variables().iter().map(String::as_str))
}

fn all_variables() -> Vec<String> {
    fn collect(prefix: &str, keys: &[Key], names: &mut Vec<String>) {
        for key in keys {
            let name = format!("{prefix}{}", key.name.to_ascii_uppercase());
            match key.kind {
                Kind::Table(inner) => collect(&format!("{name}__"), inner, names),
                Kind::Named(_) | Kind::Foreign | Kind::Credentials => {}
                _ => names.push(name),
            }
        }
    }
    let mut names = Vec::new();
    collect(PREFIX, PROJECT, &mut names);
    names
}

/// Keys that want a text take it as it is; `9090` for others is a number, `["a"]` a list.
fn value_for<'a>(kind: &Kind, text: &'a str) -> Spanned<DeValue<'a>> {
    let whole = 0..text.len();
    match kind {
        Kind::Text | Kind::Choice(_) => Spanned::new(whole, DeValue::String(text.into())),
        _ => DeValue::parse(text).unwrap_or_else(|_| Spanned::new(whole, DeValue::String(text.into()))),
    }
}

pub(super) fn insert(table: &mut Table, steps: &[String], value: Value) {
    match steps {
        [] => {}
        [last] => {
            table.insert(last.clone(), value);
        }
        [first, rest @ ..] => {
            let inner = table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}
