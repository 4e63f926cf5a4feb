//! `[[webhooks]]`: what an agent wants to hear of.

use std::collections::BTreeMap;

use herdgate_actors::{
    domain::{AgentName, Clause, FieldSpec, Filter, ProviderName, SourceName, Trigger},
    provider,
};
use serde_json::Value;

use super::{Resolver, sources::Declared};
use crate::config::{
    ConfigError, Warning, agent_settings::TriggerTable, agents::AgentFiles, suggest::nearest,
};

impl Resolver<'_> {
    pub(super) fn triggers(
        &mut self,
        files: &AgentFiles,
        declared: &BTreeMap<String, Declared>,
    ) -> Vec<Trigger> {
        let tables = files.settings.webhooks.iter().enumerate();
        tables.filter_map(|(at, table)| self.trigger(files, at, table, declared)).collect()
    }

    fn trigger(
        &mut self,
        files: &AgentFiles,
        at: usize,
        table: &TriggerTable,
        declared: &BTreeMap<String, Declared>,
    ) -> Option<Trigger> {
        let path = format!("webhooks[{at}]");
        let known = || declared.keys().cloned().collect::<Vec<_>>();
        let Some(source) = &table.source else {
            if !files.document.mentions(&format!("{path}.source")) {
                self.problems.push(files.document.problem(&path, ConfigError::NoSource { known: known() }));
            }
            return None;
        };
        let Some(of_source) = declared.get(source) else {
            let nearest = nearest(source, declared.keys().map(String::as_str));
            let cause = ConfigError::UnknownSource { found: source.clone(), nearest, known: known() };
            self.problems.push(files.document.problem(&format!("{path}.source"), cause));
            return None;
        };
        let agent = || AgentName::from(files.name.as_str());
        let provider = match *of_source {
            Declared::Served(provider) => provider,
            Declared::Unavailable => {
                let source_name = SourceName::from(source.as_str());
                self.warnings.push(Warning::NeverHears { agent: agent(), source_name });
                return None;
            }
            // A problem already; which fields it has, nobody knows.
            Declared::Wrong => return None,
        };
        for (field, _) in table.filters.iter().filter(|(_, wanted)| wanted.is_empty()) {
            self.warnings.push(Warning::EmptyFilter { agent: agent(), field: field.clone() });
        }
        match filter(provider, &table.filters) {
            Ok(filter) => {
                self.never_match(&agent(), provider, &filter);
                let jobs = self.job_policy(files, &path, provider, &filter, &table.jobs);
                Some(Trigger { source: SourceName::from(source.as_str()), filter, jobs })
            }
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
    provider: ProviderName,
    wanted: &BTreeMap<String, Vec<String>>,
) -> Result<Filter, Vec<(String, ConfigError)>> {
    let fields = provider::spec(provider).fields;
    // By the place of the field in the provider's list, in which refusals are told.
    let mut clauses = BTreeMap::<usize, Vec<String>>::new();
    let mut unknown = Vec::new();
    for (key, values) in wanted {
        match fields.iter().position(|field| field.is(key)) {
            Some(_) if values.is_empty() => {}
            Some(place) => clauses.entry(place).or_default().extend(values.iter().cloned()),
            None => unknown.push((key.clone(), no_such_field(provider, key, fields))),
        }
    }
    if unknown.is_empty() {
        let clauses = clauses.into_iter().map(|(place, wanted)| Clause { field: &fields[place], wanted });
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
    provider: ProviderName,
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

fn no_such_field(provider: ProviderName, key: &str, fields: &'static [FieldSpec]) -> ConfigError {
    let known: Vec<_> = fields.iter().map(|field| field.name).collect();
    ConfigError::NoSuchField {
        provider,
        field: key.to_owned(),
        nearest: nearest(key, known.iter().copied()),
        known,
    }
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
