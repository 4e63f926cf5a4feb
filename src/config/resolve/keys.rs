//! `key` and what goes with it: which deliveries are about the same, and what becomes of several.

use std::time::Duration;

use herdgate_actors::{
    domain::{
        AgentName, BadKey, Debounce, Filter, Headers, JobPolicy, KeyTemplate, ProviderName, Timestamp,
        WhenBusy,
    },
    provider::{self, ProviderSpec},
};

use super::Resolver;
use crate::config::{
    ConfigError, Warning,
    agent_settings::{Busy, TriggerJobs},
    agents::AgentFiles,
    suggest::nearest,
};

/// A burst is waited for no longer, unless somebody says so.
const DEBOUNCE_MAX: Duration = Duration::from_mins(5);

impl Resolver<'_> {
    /// What kind of jobs a trigger makes; `path` is where it stands.
    pub(super) fn job_policy(
        &mut self,
        files: &AgentFiles,
        path: &str,
        provider: ProviderName,
        filter: &Filter,
        jobs: &TriggerJobs,
    ) -> JobPolicy {
        let mut problem = |key: &str, cause| {
            self.problems.push(files.document.problem(&format!("{path}.{key}"), cause));
        };
        let key = jobs.key.as_deref().and_then(|text| match template(provider::spec(provider), text) {
            Ok(key) => Some(key),
            Err(cause) => {
                problem("key", cause);
                None
            }
        });
        let needing = [
            ("when_busy", jobs.when_busy.is_some()),
            ("debounce", jobs.debounce.is_some()),
            ("debounce_max", jobs.debounce_max.is_some()),
        ];
        let is_keyed = jobs.key.is_some() || files.document.mentions(&format!("{path}.key"));
        for (setting, _) in needing.into_iter().filter(|(_, is_there)| *is_there && !is_keyed) {
            problem(setting, ConfigError::NeedsKey { setting });
        }
        let debounce = match (jobs.debounce, jobs.debounce_max) {
            (Some(quiet), Some(max)) if *max < *quiet => {
                let why = "it must not be shorter than `debounce`".to_owned();
                problem("debounce_max", ConfigError::BadValue { key: "debounce_max".to_owned(), why });
                None
            }
            (Some(quiet), max) => {
                Some(Debounce { quiet: *quiet, max: max.map_or(DEBOUNCE_MAX.max(*quiet), |max| *max) })
            }
            (None, Some(_)) if is_keyed && !files.document.mentions(&format!("{path}.debounce")) => {
                let why = "it bounds `debounce`, which is not set".to_owned();
                problem("debounce_max", ConfigError::BadValue { key: "debounce_max".to_owned(), why });
                None
            }
            (None, _) => None,
        };
        if let Some(key) = &key {
            self.lacking(&AgentName::from(files.name.as_str()), provider, filter, key);
        }
        JobPolicy { key, when_busy: when_busy(jobs.when_busy), debounce, priority: jobs.priority }
    }

    /// Tells of events that the trigger asks for by name and that have no such key: what is known of
    /// them are the provider's samples.
    fn lacking(&mut self, agent: &AgentName, provider: ProviderName, filter: &Filter, key: &KeyTemplate) {
        let Some(events) = filter.clauses.iter().find(|clause| clause.field.name == "events") else { return };
        let spec = provider::spec(provider);
        for event in &events.wanted {
            let known = provider::provider(provider);
            let samples = spec.samples.iter().filter(|sample| sample.event == event);
            let read = samples.filter_map(|sample| {
                let headers = known.sample_headers(sample, "sample", Timestamp::from_millis(0));
                let headers: Headers = headers.iter().map(|(name, value)| (*name, value.clone())).collect();
                known.read(&headers, sample.body.as_bytes()).ok()
            });
            let mut lacking =
                read.map(|event| key.missing_in(&event).into_iter().map(str::to_owned).collect());
            let first: Option<Vec<String>> = lacking.next();
            let is_always = lacking.all(|fields| !fields.is_empty());
            if let Some(fields) = first.filter(|fields| !fields.is_empty() && is_always) {
                let (agent, event) = (agent.clone(), event.clone());
                self.warnings.push(Warning::KeyLacks { agent, provider, event, fields });
            }
        }
    }
}

fn template(spec: &ProviderSpec, text: &str) -> Result<KeyTemplate, ConfigError> {
    KeyTemplate::parse(text, |name| spec.key_field(name)).map_err(|bad| match bad {
        BadKey::UnknownField { name } => {
            let known = spec.key_fields();
            ConfigError::NoKeyField {
                provider: spec.name,
                nearest: nearest(&name, known.iter().copied()),
                field: name,
                known: known.into(),
            }
        }
        other => ConfigError::BadValue { key: "key".to_owned(), why: other.to_string() },
    })
}

const fn when_busy(word: Option<Busy>) -> WhenBusy {
    match word {
        None | Some(Busy::Queue) => WhenBusy::Queue,
        Some(Busy::Replace) => WhenBusy::Replace,
        Some(Busy::Cancel) => WhenBusy::Cancel,
        Some(Busy::Drop) => WhenBusy::Drop,
    }
}
