//! `[[webhooks]]`: what an agent wants to hear of.

use std::collections::BTreeMap;

use herdgate_actors::{
    domain::{Clause, Field, Filter, Provider, SourceName, Trigger},
    provider::protocol,
};
use serde_json::Value;

use super::{Resolver, sources::Declared};
use crate::config::{ConfigError, cause::nearest, herd::AgentFiles, model::TriggerTable};

impl Resolver<'_> {
    pub(super) fn triggers(&mut self, files: &AgentFiles, declared: &Declared) -> Vec<Trigger> {
        let tables = files.agent.webhooks.iter().enumerate();
        tables.filter_map(|(at, table)| self.trigger(files, at, table, declared)).collect()
    }

    fn trigger(
        &mut self,
        files: &AgentFiles,
        at: usize,
        table: &TriggerTable,
        declared: &Declared,
    ) -> Option<Trigger> {
        let path = format!("webhooks[{at}]");
        let known = || declared.keys().cloned().collect::<Vec<_>>();
        let Some(source) = &table.source else {
            if !files.document.mentions(&format!("{path}.source")) {
                self.problems.push(files.document.problem(&path, ConfigError::NoSource { known: known() }));
            }
            return None;
        };
        let Some(provider) = declared.get(source) else {
            let nearest = nearest(source, declared.keys().map(String::as_str));
            let cause = ConfigError::UnknownSource { found: source.clone(), nearest, known: known() };
            self.problems.push(files.document.problem(&format!("{path}.source"), cause));
            return None;
        };
        // A source whose type is wrong is a problem already; which fields it has, nobody knows.
        let provider = (*provider)?;
        match filter(provider, &table.filters) {
            Ok(filter) => Some(Trigger { source: SourceName::from(source.as_str()), filter }),
            Err(unknown) => {
                for (key, cause) in unknown {
                    self.problems.push(files.document.problem(&format!("{path}.{key}"), cause));
                }
                None
            }
        }
    }
}

/// The filter on webhooks of `provider` that a `[[webhooks]]` table asks for. A field that wants
/// nothing is no clause.
///
/// # Errors
/// Each key that is no field of that provider.
pub fn filter(
    provider: Provider,
    wanted: &BTreeMap<String, Vec<String>>,
) -> Result<Filter, Vec<(String, ConfigError)>> {
    let mut clauses = BTreeMap::<Field, Vec<String>>::new();
    let mut unknown = Vec::new();
    for (key, values) in wanted {
        match field(provider, key) {
            Some(_) if values.is_empty() => {}
            Some(field) => clauses.entry(field).or_default().extend(values.iter().cloned()),
            None => unknown.push((key.clone(), no_such_field(provider, key))),
        }
    }
    if unknown.is_empty() {
        let clauses = clauses.into_iter().map(|(field, wanted)| Clause { field, wanted });
        Ok(Filter { clauses: clauses.collect() })
    } else {
        Err(unknown)
    }
}

/// Like [`filter`], of a `[[webhooks]]` table in JSON. `source` and `type` are passed over.
///
/// # Errors
/// Each key that is no field of that provider, or whose value is neither a text nor a list of them.
pub fn filter_of_json(
    provider: Provider,
    table: &serde_json::Map<String, Value>,
) -> Result<Filter, Vec<(String, ConfigError)>> {
    let mut wanted = BTreeMap::new();
    let mut wrong = Vec::new();
    for (key, value) in table {
        if key == "source" || key == "type" {
            continue;
        }
        if let Some(texts) = texts(value) {
            wanted.insert(key.clone(), texts);
        } else {
            let expected = "a text or a list of texts".to_owned();
            wrong.push((key.clone(), ConfigError::WrongType { expected, found: kind(value).to_owned() }));
        }
    }
    match filter(provider, &wanted) {
        Ok(filter) if wrong.is_empty() => Ok(filter),
        Ok(_) => Err(wrong),
        Err(unknown) => Err(wrong.into_iter().chain(unknown).collect()),
    }
}

fn field(provider: Provider, key: &str) -> Option<Field> {
    // Action Llama filters projects of Mintlify by `repos`.
    let key = if provider == Provider::Mintlify && key == "repos" { "projects" } else { key };
    key.parse().ok().filter(|field| protocol(provider).fields().contains(field))
}

fn no_such_field(provider: Provider, key: &str) -> ConfigError {
    let known = protocol(provider).fields().to_vec();
    let nearest = nearest(key, known.iter().map(|field| field.as_str()));
    ConfigError::NoSuchField { provider, field: key.to_owned(), nearest, known }
}

/// Nothing, a text or texts; empty texts stand for nothing.
fn texts(value: &Value) -> Option<Vec<String>> {
    let one = std::slice::from_ref(value);
    let many = match value {
        Value::Null => return Some(Vec::new()),
        Value::Array(many) => many,
        _ => one,
    };
    let texts = many.iter().map(|value| value.as_str().map(str::to_owned));
    texts.filter(|text| text.as_deref() != Some("")).collect()
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list of other things",
        Value::Object(_) => "an object",
    }
}
