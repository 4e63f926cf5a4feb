//! Holds a TOML value against the schema.
//!
//! The walk leaves canonical values: keys in `snake_case`, spans in milliseconds, sizes in bytes,
//! one-or-many texts as lists. So the model behind it is plain, and every complaint has a place.
//! What is wrong is reported and left out, so that one walk finds everything.

use std::{collections::HashMap, ops::Range};

use toml::{
    Spanned, Table, Value,
    de::{DeInteger, DeTable, DeValue},
};

use super::{
    ConfigError,
    cause::nearest,
    schema::{Key, Kind, Zero, find},
    value,
};

/// Where values stand, by canonical path like `webhooks[0].labels`.
pub(super) type Spans = HashMap<String, Range<usize>>;

/// A walk, and what it came by.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// What is wrong, and at which bytes.
    pub(super) found: Vec<(Range<usize>, ConfigError)>,
    /// Where everything stands, also what is wrong.
    pub(super) spans: Spans,
    /// Keys of Action Llama without effect, by path.
    pub(super) foreign: Vec<(String, Range<usize>)>,
}

impl Walk {
    /// Reads a table whose keys are known.
    pub(super) fn table(&mut self, path: &str, table: &DeTable<'_>, keys: &'static [Key]) -> Table {
        let mut canonical = Table::new();
        for (spelling, value) in table {
            let Some(key) = find(keys, spelling.get_ref()) else {
                self.found.push((spelling.span(), unknown(spelling.get_ref(), keys)));
                continue;
            };
            let path = join(path, key.name);
            if matches!(key.kind, Kind::Foreign) {
                self.foreign.push((path, spelling.span()));
                continue;
            }
            if self.spans.insert(path.clone(), value.span()).is_some() {
                let spelled = spelling.get_ref().to_string();
                self.found
                    .push((spelling.span(), ConfigError::GivenTwice { spelling: spelled, name: key.name }));
                continue;
            }
            if let Some(value) = self.value(&path, value, &key.kind) {
                canonical.insert(key.name.to_owned(), value);
            }
        }
        canonical
    }

    /// Reads one value; `None` where it is wrong.
    pub(super) fn value(&mut self, path: &str, value: &Spanned<DeValue<'_>>, kind: &Kind) -> Option<Value> {
        match (kind, value.get_ref()) {
            (Kind::Flag, DeValue::Boolean(flag)) => Some(Value::Boolean(*flag)),
            (Kind::Count { min, max }, DeValue::Integer(number)) => {
                let number = integer(number).filter(|number| (min..=max).contains(&number));
                self.or_wrong(value, kind, number.map(Value::Integer))
            }
            (Kind::Span(zero), DeValue::Integer(number)) => {
                let span = integer(number)
                    .and_then(|seconds| seconds.checked_mul(1_000))
                    .filter(|millis| *millis > 0 || (*millis == 0 && *zero == Zero::Allowed));
                self.or_wrong(value, kind, span.map(Value::Integer))
            }
            (Kind::Span(zero), DeValue::String(text)) => {
                let span = value::parse_span(text).and_then(|span| {
                    if span.is_zero() && *zero == Zero::Refused {
                        return Err("it must be longer than nothing".to_owned());
                    }
                    i64::try_from(span.as_millis()).map_err(|_| "it is too much".to_owned())
                });
                self.or_bad(path, value, span)
            }
            (Kind::Size, DeValue::Integer(number)) => {
                let size = integer(number).filter(|bytes| *bytes > 0);
                self.or_wrong(value, kind, size.map(Value::Integer))
            }
            (Kind::Size, DeValue::String(text)) => {
                let size = value::parse_size(text).and_then(|bytes| match i64::try_from(bytes) {
                    Ok(0) => Err("it must be more than nothing".to_owned()),
                    Ok(bytes) => Ok(bytes),
                    Err(_) => Err("it is too much".to_owned()),
                });
                self.or_bad(path, value, size)
            }
            (Kind::Text, DeValue::String(text)) => Some(Value::String(text.to_string())),
            (Kind::Choice(words), DeValue::String(text)) => {
                let word = words.contains(&text.as_ref()).then(|| Value::String(text.to_string()));
                self.or_wrong(value, kind, word)
            }
            (Kind::Texts, _) => self.texts(value, kind),
            (Kind::List, DeValue::Array(items)) => {
                let texts = items.iter().map(|item| self.value(path, item, &Kind::Text));
                texts.collect::<Option<Vec<_>>>().map(Value::Array)
            }
            (Kind::Variables, _) => self.variables(path, value, kind),
            (Kind::Table(keys), DeValue::Table(table)) => Some(Value::Table(self.table(path, table, keys))),
            (Kind::Named(keys), DeValue::Table(tables)) => Some(Value::Table(self.named(path, tables, keys))),
            (Kind::Triggers, DeValue::Array(triggers)) => {
                let triggers = triggers.iter().enumerate();
                let triggers =
                    triggers.filter_map(|(at, trigger)| self.trigger(&format!("{path}[{at}]"), trigger));
                Some(Value::Array(triggers.collect()))
            }
            (Kind::Free, DeValue::Table(table)) => Some(free_table(table)),
            _ => self.or_wrong(value, kind, None),
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
        let mut filters = Table::new();
        for (key, value) in table {
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
                "type" => self.foreign.push((path, key.span())),
                field => {
                    if let Some(wanted) = self.value(&path, value, &Kind::Texts) {
                        filters.insert(field.to_owned(), wanted);
                    }
                }
            }
        }
        canonical.insert("filters".to_owned(), Value::Table(filters));
        Some(Value::Table(canonical))
    }

    /// Empty texts stand for nothing, as they do in Action Llama.
    fn texts(&mut self, value: &Spanned<DeValue<'_>>, kind: &Kind) -> Option<Value> {
        let one = std::slice::from_ref(value);
        let many = match value.get_ref() {
            DeValue::Array(many) => &many[..],
            _ => one,
        };
        let mut texts = Vec::with_capacity(many.len());
        for item in many {
            match item.get_ref() {
                DeValue::String(text) if text.is_empty() => {}
                DeValue::String(text) => texts.push(Value::String(text.to_string())),
                _ => {
                    self.wrong(item, &expected(kind));
                    return None;
                }
            }
        }
        Some(Value::Array(texts))
    }

    /// Names become `NAME = true`, so that both spellings are one table.
    fn variables(&mut self, path: &str, value: &Spanned<DeValue<'_>>, kind: &Kind) -> Option<Value> {
        let DeValue::Table(table) = value.get_ref() else {
            let Some(Value::Array(names)) = self.texts(value, kind) else { return None };
            let names = names.into_iter().filter_map(|name| match name {
                Value::String(name) => Some((name, Value::Boolean(true))),
                _ => None,
            });
            return Some(Value::Table(names.collect()));
        };
        let mut canonical = Table::new();
        for (name, value) in table {
            self.spans.insert(join(path, name.get_ref()), value.span());
            match value.get_ref() {
                DeValue::String(text) => {
                    canonical.insert(name.get_ref().to_string(), Value::String(text.to_string()));
                }
                DeValue::Boolean(true) => {
                    canonical.insert(name.get_ref().to_string(), Value::Boolean(true));
                }
                _ => self.wrong(value, "a text, or `true` to pass the gate's own variable on"),
            }
        }
        Some(Value::Table(canonical))
    }

    fn or_wrong(&mut self, value: &Spanned<DeValue<'_>>, kind: &Kind, read: Option<Value>) -> Option<Value> {
        if read.is_none() {
            self.wrong(value, &expected(kind));
        }
        read
    }

    fn or_bad(
        &mut self,
        path: &str,
        value: &Spanned<DeValue<'_>>,
        read: Result<i64, String>,
    ) -> Option<Value> {
        let key = path.rsplit('.').next().unwrap_or(path).to_owned();
        read.map_err(|why| self.found.push((value.span(), ConfigError::BadValue { key, why })))
            .ok()
            .map(Value::Integer)
    }

    fn wrong(&mut self, value: &Spanned<DeValue<'_>>, expected: &str) {
        let found = match value.get_ref() {
            DeValue::Integer(number) => format!("the number {number}"),
            DeValue::Float(number) => format!("the number {number}"),
            DeValue::Boolean(flag) => format!("`{flag}`"),
            DeValue::String(text) if text.is_empty() => "an empty text".to_owned(),
            // The value itself might be a secret in the wrong place.
            DeValue::String(_) => "a text".to_owned(),
            DeValue::Datetime(_) => "a date".to_owned(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        self.found.push((value.span(), ConfigError::WrongType { expected: expected.to_owned(), found }));
    }
}

/// The path of `key` in the table at `path`.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn unknown(spelling: &str, keys: &'static [Key]) -> ConfigError {
    let known: Vec<_> =
        keys.iter().filter(|key| !matches!(key.kind, Kind::Foreign)).map(|key| key.name).collect();
    let spellings = keys.iter().flat_map(|key| std::iter::once(key.name).chain(key.aliases.iter().copied()));
    ConfigError::UnknownKey { key: spelling.to_owned(), nearest: nearest(spelling, spellings), known }
}

fn expected(kind: &Kind) -> String {
    match kind {
        Kind::Flag => "`true` or `false`".to_owned(),
        Kind::Count { min, max } => format!("a whole number from {min} to {max}"),
        Kind::Span(Zero::Refused) => "seconds above 0, or a text like \"15m\"".to_owned(),
        Kind::Span(Zero::Allowed) => "seconds, or a text like \"15m\"".to_owned(),
        Kind::Size => "bytes, or a text like \"10MiB\"".to_owned(),
        Kind::Text => "a text in quotes".to_owned(),
        Kind::Texts => "a text or a list of texts".to_owned(),
        Kind::List => "a list of texts, like [\"claude\", \"-p\"]".to_owned(),
        Kind::Choice(words) => {
            words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ")
        }
        Kind::Variables => "a list of variable names, or a table of them".to_owned(),
        Kind::Table(_) | Kind::Named(_) | Kind::Free => "a table".to_owned(),
        Kind::Triggers => "[[webhooks]] tables".to_owned(),
        Kind::Foreign => "anything".to_owned(),
    }
}

fn integer(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn free_table(table: &DeTable<'_>) -> Value {
    Value::Table(
        table.iter().map(|(key, value)| (key.get_ref().to_string(), free(value.get_ref()))).collect(),
    )
}

/// Dates become texts, because this ends as JSON.
fn free(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            integer(number).map_or_else(|| Value::String(number.to_string()), Value::Integer)
        }
        DeValue::Float(number) => {
            number.as_str().parse().map_or_else(|_| Value::String(number.to_string()), Value::Float)
        }
        DeValue::Boolean(flag) => Value::Boolean(*flag),
        DeValue::Datetime(date) => Value::String(date.to_string()),
        DeValue::Array(items) => Value::Array(items.iter().map(|item| free(item.get_ref())).collect()),
        DeValue::Table(table) => free_table(table),
    }
}
