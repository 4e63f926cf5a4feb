//! What stands behind a key.

use toml::{Spanned, Table, Value, de::DeValue};

use super::{
    Validator,
    free::{free_table, integer},
    join,
};
use crate::config::{
    ConfigError,
    schema::{Kind, Zero},
    value::{parse_size, parse_span},
};

impl Validator {
    /// Reads one value; `None` where it is wrong.
    pub(in crate::config) fn value(
        &mut self,
        path: &str,
        value: &Spanned<DeValue<'_>>,
        kind: &Kind,
    ) -> Option<Value> {
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
                let span = parse_span(text).and_then(|span| {
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
                let size = parse_size(text).and_then(|bytes| match i64::try_from(bytes) {
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
            self.hide(value);
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
            self.hide(value);
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

    pub(super) fn wrong(&mut self, value: &Spanned<DeValue<'_>>, expected: &str) {
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

pub(in crate::config) fn expected(kind: &Kind) -> String {
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
        Kind::Table(_) | Kind::Named(_) | Kind::Credentials | Kind::Free => "a table".to_owned(),
        Kind::Triggers => "[[webhooks]] tables".to_owned(),
        Kind::Foreign => "anything".to_owned(),
    }
}
