//! Holds a TOML value against the schema.
//!
//! Validation leaves canonical values: keys in `snake_case`, spans in milliseconds, sizes in bytes,
//! one-or-many texts as lists. So the settings behind it are plain, and every complaint has a
//! place. What is wrong is reported and left out, so that one pass finds everything.
//!
//! - here: tables and their keys.
//! - `values`: what stands behind a key.
//! - `free`: values that are kept as they are.

mod free;
mod values;

pub(super) use values::expected;

use std::{collections::HashMap, ops::Range};

use herdgate_actors::provider;
use toml::{
    Spanned, Table, Value,
    de::{DeTable, DeValue},
};

use super::{
    ConfigError,
    agent_settings::TRIGGER_JOBS,
    providers,
    schema::{Key, Kind, credentials, find},
    suggest::nearest,
};

/// Where values stand, by canonical path like `webhooks[0].labels`.
pub(super) type Spans = HashMap<String, Range<usize>>;

/// Keys by which somebody might give a secret instead of its place.
const INLINE_SECRETS: [&str; 6] =
    ["secret", "webhook_secret", "signing_secret", "client_secret", "token", "webhookSecret"];

/// What is no problem, but should be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Remark {
    /// A key of Action Llama without effect here.
    NotActedOn {
        /// The key with its tables.
        key: String,
    },
    /// A key of Action Llama that its author meant for the top of the file.
    Misplaced {
        /// The key.
        key: String,
        /// The table with its brackets.
        table: String,
    },
}

/// One pass over a file, and what it came by.
#[derive(Debug)]
pub(super) struct Validator {
    /// What may stand at the top of the file.
    top: &'static [Key],
    /// What is wrong, and at which bytes.
    pub(super) found: Vec<(Range<usize>, ConfigError)>,
    /// Where everything stands, also what is wrong.
    pub(super) spans: Spans,
    /// What should be told, and at which bytes.
    pub(super) remarks: Vec<(Range<usize>, Remark)>,
    /// What must not be shown.
    pub(super) secrets: Vec<Range<usize>>,
    /// `environment`, by which Action Llama names one more file to lay over a project's.
    pub(super) environment: Option<String>,
}

impl Validator {
    /// A pass over a file with these keys at its top.
    pub(super) fn new(top: &'static [Key]) -> Self {
        Self {
            top,
            found: Vec::new(),
            spans: Spans::new(),
            remarks: Vec::new(),
            secrets: Vec::new(),
            environment: None,
        }
    }

    /// Reads a table whose keys are known.
    pub(super) fn table(&mut self, path: &str, table: &DeTable<'_>, keys: &'static [Key]) -> Table {
        let foreign = is_source_of_action_llama(table, keys);
        let mut canonical = Table::new();
        for (spelling, value) in table {
            let Some(key) = find(keys, spelling.get_ref()) else {
                if !self.credential(path, spelling, value, keys, &mut canonical) {
                    let meant = nearest(spelling.get_ref(), keys.iter().map(|key| key.name));
                    if meant.is_none() || looks_secret(spelling.get_ref()) {
                        self.hide(value);
                    }
                    self.unknown(path, spelling, keys, foreign);
                }
                continue;
            };
            let path = join(path, key.name);
            if matches!(key.kind, Kind::Foreign) {
                if let ("environment", DeValue::String(name)) = (path.as_str(), value.get_ref()) {
                    self.environment = Some(name.to_string());
                }
                self.remarks.push((spelling.span(), Remark::NotActedOn { key: path }));
                continue;
            }
            if self.is_first(&path, spelling, value, key.name)
                && let Some(value) = self.value(&path, value, &key.kind)
            {
                canonical.insert(key.name.to_owned(), value);
            }
        }
        canonical
    }

    /// Keeps a value from being shown, where it can be a secret at all.
    fn hide(&mut self, value: &Spanned<DeValue<'_>>) {
        if !matches!(value.get_ref(), DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_)) {
            self.secrets.push(value.span());
        }
    }

    /// An instance of a credential, by the type of it.
    fn credential(
        &mut self,
        path: &str,
        spelling: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
        keys: &'static [Key],
        canonical: &mut Table,
    ) -> bool {
        let named = credentials(keys).zip(providers::credential_type(spelling.get_ref().as_ref()));
        let Some((key, name)) = named else { return false };
        let path = join(path, name);
        if self.is_first(&path, spelling, value, name)
            && let Some(instance) = self.value(&path, value, &Kind::Text)
        {
            let by_type = canonical.entry(key.name).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(by_type) = by_type {
                by_type.insert(name.to_owned(), instance);
            }
        }
        true
    }

    /// Whether nothing stood at `path` yet.
    fn is_first(
        &mut self,
        path: &str,
        spelling: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
        name: &'static str,
    ) -> bool {
        let first = self.spans.insert(path.to_owned(), value.span()).is_none();
        if !first {
            let spelled = spelling.get_ref().as_ref().to_owned();
            self.found.push((spelling.span(), ConfigError::GivenTwice { spelling: spelled, name }));
        }
        first
    }

    /// A key that does not belong here.
    fn unknown(
        &mut self,
        path: &str,
        spelling: &Spanned<impl AsRef<str>>,
        keys: &'static [Key],
        foreign: bool,
    ) {
        let (span, key) = (spelling.span(), spelling.get_ref().as_ref());
        if foreign {
            self.remarks.push((span, Remark::NotActedOn { key: join(path, key) }));
        } else if !path.is_empty() && find(self.top, key).is_some() {
            self.misplaced(span, key, format!("[{path}]"));
        } else if credentials(keys).is_some() && INLINE_SECRETS.contains(&key) {
            self.found.push((span, ConfigError::InlineSecret { key: key.to_owned() }));
        } else {
            self.found.push((span, unknown_key(key, keys)));
        }
    }

    /// A key of the top of the file in `table`. What Action Llama has too loads there without
    /// effect, and so it does here.
    fn misplaced(&mut self, span: Range<usize>, key: &str, table: String) {
        let key_of_top = find(self.top, key);
        let key = key.to_owned();
        if key_of_top.is_some_and(|key| key.shared) {
            self.remarks.push((span, Remark::Misplaced { key, table }));
        } else {
            self.found.push((span, ConfigError::Misplaced { key, table }));
        }
    }

    fn named(&mut self, path: &str, tables: &DeTable<'_>, keys: &'static [Key]) -> Table {
        let mut canonical = Table::new();
        for (name, table) in tables {
            let path = join(path, name.get_ref());
            self.spans.insert(path.clone(), table.span());
            match table.get_ref() {
                DeValue::Table(inner) => {
                    canonical
                        .insert(name.get_ref().to_string(), Value::Table(self.table(&path, inner, keys)));
                }
                _ => self.wrong(table, "a table"),
            }
        }
        canonical
    }

    /// One `[[webhooks]]`; which filter fields there are depends on its source, so any passes here.
    fn trigger(&mut self, path: &str, trigger: &Spanned<DeValue<'_>>) -> Option<Value> {
        let DeValue::Table(table) = trigger.get_ref() else {
            self.wrong(trigger, "a table");
            return None;
        };
        self.spans.insert(path.to_owned(), trigger.span());
        let mut canonical = Table::new();
        let (mut filters, mut jobs) = (Table::new(), Table::new());
        for (key, value) in table {
            if let Some(known) = find(TRIGGER_JOBS, key.get_ref()) {
                let path = join(path, known.name);
                if self.is_first(&path, key, value, known.name)
                    && let Some(value) = self.value(&path, value, &known.kind)
                {
                    jobs.insert(known.name.to_owned(), value);
                }
                continue;
            }
            let path = join(path, key.get_ref());
            let span = if key.get_ref() == "source" { value.span() } else { key.span() };
            self.spans.insert(path.clone(), span);
            match key.get_ref().as_ref() {
                "source" => {
                    if let Some(source) = self.value(&path, value, &Kind::Text) {
                        canonical.insert("source".to_owned(), source);
                    }
                }
                // Stood beside the source before sources had types.
                "type" => self.remarks.push((key.span(), Remark::NotActedOn { key: path })),
                stray if !is_filter_field(stray) && find(self.top, stray).is_some() => {
                    self.misplaced(key.span(), stray, "[[webhooks]]".to_owned());
                }
                field => {
                    if let Some(wanted) = self.value(&path, value, &Kind::Texts) {
                        filters.insert(field.to_owned(), wanted);
                    }
                }
            }
        }
        canonical.insert("filters".to_owned(), Value::Table(filters));
        canonical.insert("jobs".to_owned(), Value::Table(jobs));
        Some(Value::Table(canonical))
    }
}

/// Whether this is a source whose type only Action Llama has: its keys are its own.
fn is_source_of_action_llama(table: &DeTable<'_>, keys: &'static [Key]) -> bool {
    let found = table.iter().find(|(key, _)| key.get_ref() == "type").map(|(_, value)| value.get_ref());
    let Some(DeValue::String(found)) = found else { return false };
    credentials(keys).is_some() && providers::is_of_action_llama_alone(found)
}

/// Whether a key that nobody knows may hold a secret, though it looks like another one.
fn looks_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["secret", "token", "password", "key", "auth"].iter().any(|word| key.contains(word))
}

/// Whether any provider has a field that is called so.
fn is_filter_field(key: &str) -> bool {
    provider::all().iter().any(|provider| provider.spec().field(key).is_some())
}

/// The path of `key` in the table at `path`.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn unknown_key(spelling: &str, keys: &'static [Key]) -> ConfigError {
    let known: Vec<_> = keys
        .iter()
        .filter(|key| !matches!(key.kind, Kind::Foreign | Kind::Credentials))
        .map(|key| key.name)
        .collect();
    let spellings = keys.iter().flat_map(|key| std::iter::once(key.name).chain(key.aliases.iter().copied()));
    ConfigError::UnknownKey { key: spelling.to_owned(), nearest: nearest(spelling, spellings), known }
}
