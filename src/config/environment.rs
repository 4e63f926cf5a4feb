//! The environment as a layer above `config.toml`.
//!
//! `HERDGATE__GATEWAY__PORT=9090` is `port = 9090` in `[gateway]`: the prefix, then the tables and
//! the key, each after two underscores, in letters of any case. Values are read as TOML where the
//! key wants more than a text; `-` in the name of a source may be written `_`.

use std::{collections::BTreeMap, env, path::PathBuf};

use toml::{Spanned, Table, Value, de::DeValue};

use super::{
    ConfigError, Diagnostic, Place,
    cause::nearest,
    schema::{Key, Kind, PROJECT, find},
    validate::{Walk, join},
};

/// What precedes every key.
const PREFIX: &str = "HERDGATE__";

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
    /// Reads all variables with the prefix; `file` tells how names of sources are spelled.
    pub(super) fn read(env: &Env, file: &Table, problems: &mut Vec<Diagnostic>) -> Self {
        let mut layer = Self::default();
        for (name, text) in &env.variables {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            let mut at = |cause| problems.push(Diagnostic { cause, place: Place::Variable(name.clone()) });
            let Some((steps, kind)) = resolve(rest, file) else {
                at(ConfigError::UnknownVariable { variable: name.clone(), nearest: nearest_variable(name) });
                continue;
            };
            let path = steps.iter().fold(String::new(), |path, step| join(&path, step));
            let mut walk = Walk::default();
            let value = walk.value(&path, &value_for(kind, text), kind);
            walk.found.into_iter().for_each(|(_, cause)| at(cause));
            if let Some(value) = value {
                insert(&mut layer.table, &steps, value);
            }
            layer.names.insert(path, name.clone());
        }
        if let Some(root) = env.get("HERDGATE_CREDENTIALS_DIR").filter(|root| !root.is_empty()) {
            layer.table.insert("credentials_dir".to_owned(), Value::String(root.to_owned()));
        }
        layer
    }

    /// The variable that sets what stands at `path`.
    pub(super) fn variable(&self, path: &str) -> Option<&str> {
        self.names.get(path).map(String::as_str)
    }
}

/// `GATEWAY__PORT` as the keys to go by, and what must stand there.
fn resolve(name: &str, file: &Table) -> Option<(Vec<String>, &'static Kind)> {
    let mut keys: &'static [Key] = PROJECT;
    let mut steps = Vec::new();
    let mut parts = name.split("__");
    loop {
        let key = find(keys, &parts.next()?.to_ascii_lowercase())?;
        steps.push(key.name.to_owned());
        match &key.kind {
            Kind::Table(inner) => keys = inner,
            Kind::Named(inner) => {
                let name = parts.next().filter(|name| !name.is_empty())?;
                steps.push(as_spelled(name, file.get(key.name)));
                keys = inner;
            }
            Kind::Foreign => return None,
            kind => return parts.next().is_none().then_some((steps, kind)),
        }
    }
}

/// The name in `tables` that a shell-friendly `name` means; itself in lower case where there is none.
fn as_spelled(name: &str, tables: Option<&Value>) -> String {
    let plain = |name: &str| name.to_ascii_lowercase().replace('-', "_");
    let spellings = tables.and_then(Value::as_table).into_iter().flat_map(Table::keys);
    spellings
        .into_iter()
        .find(|spelling| plain(spelling) == plain(name))
        .cloned()
        .unwrap_or_else(|| name.to_ascii_lowercase())
}

fn nearest_variable(name: &str) -> Option<String> {
    fn collect(prefix: &str, keys: &[Key], names: &mut Vec<String>) {
        for key in keys {
            let name = format!("{prefix}{}", key.name.to_ascii_uppercase());
            match key.kind {
                Kind::Table(inner) => collect(&format!("{name}__"), inner, names),
                Kind::Named(_) | Kind::Foreign => {}
                _ => names.push(name),
            }
        }
    }
    let mut names = Vec::new();
    collect(PREFIX, PROJECT, &mut names);
    nearest(name, names.iter().map(String::as_str))
}

/// Keys that want a text take it as it is; `9090` for others is a number, `["a"]` a list.
fn value_for<'a>(kind: &Kind, text: &'a str) -> Spanned<DeValue<'a>> {
    let whole = 0..text.len();
    match kind {
        Kind::Text | Kind::Choice(_) => Spanned::new(whole, DeValue::String(text.into())),
        _ => DeValue::parse(text).unwrap_or_else(|_| Spanned::new(whole, DeValue::String(text.into()))),
    }
}

fn insert(table: &mut Table, steps: &[String], value: Value) {
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
