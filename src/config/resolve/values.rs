//! Filters that nothing can ever pass.

use herdgate_actors::{
    domain::{AgentName, Clause, FieldSpec, Filter, ProviderName},
    provider::{self, KnownEvent, ProviderSpec},
};

use super::Resolver;
use crate::config::{Warning, providers, suggest::nearest};

impl Resolver<'_> {
    /// Tells of every wanted value that its provider is not known to send. Providers grow, so this
    /// is a warning.
    pub(super) fn never_match(&mut self, agent: &AgentName, provider: ProviderName, filter: &Filter) {
        for clause in &filter.clauses {
            if clause.field.name == "repos" && provider.as_str() == "github" {
                self.repositories(agent, clause);
            }
            let known = known_values(provider, clause, filter);
            let never = |wanted: &&String| !known.is_empty() && !is_known(clause.field, &known, wanted);
            for found in clause.wanted.iter().filter(never) {
                self.warnings.push(Warning::UnknownValue {
                    agent: agent.clone(),
                    provider,
                    field: clause.field.name,
                    nearest: nearest(found, known.iter().copied()),
                    found: found.clone(),
                });
            }
        }
    }

    fn repositories(&mut self, agent: &AgentName, clause: &Clause) {
        for found in &clause.wanted {
            if let Some(why) = no_repository(found) {
                self.warnings.push(Warning::NoRepository { agent: agent.clone(), found: found.clone(), why });
            }
        }
    }
}

/// What the field of a clause can be at all; nothing where it can be anything.
fn known_values(provider: ProviderName, clause: &Clause, filter: &Filter) -> Vec<&'static str> {
    let spec = provider::spec(provider);
    match clause.field.name {
        // What a provider does not document, its users name themselves.
        "events" | "resources" | "actions" if spec.documentation.is_none() => Vec::new(),
        "events" | "resources" => spec.known_events.iter().map(|event| event.name).collect(),
        "actions" => known_actions(spec, filter),
        "conclusions" => providers::conclusions(provider).to_vec(),
        _ => Vec::new(),
    }
}

/// The actions of the wanted events, or of all; nothing where one of the wanted has any.
fn known_actions(spec: &'static ProviderSpec, filter: &Filter) -> Vec<&'static str> {
    let clauses = filter.clauses.iter();
    let named: Vec<_> =
        clauses.filter(|clause| matches!(clause.field.name, "events" | "resources")).collect();
    let wants = |event: &&KnownEvent| {
        named
            .iter()
            .all(|clause| clause.wanted.iter().any(|wanted| is_known(clause.field, &[event.name], wanted)))
    };
    let events: Vec<_> = spec.known_events.iter().filter(wants).collect();
    if !named.is_empty() && events.iter().any(|event| event.actions.is_empty()) {
        return Vec::new();
    }
    events.into_iter().flat_map(|event| event.actions.iter().copied()).collect()
}

/// Whether `wanted` is among the known values, by any name that the field takes for the same.
fn is_known(field: &FieldSpec, known: &[&str], wanted: &str) -> bool {
    let is = |known: &str| {
        known == wanted
            || field.synonyms.contains(&(wanted, known))
            || field.synonyms.contains(&(known, wanted))
            // Where an event has two names, the one is the other in lower case.
            || (!field.also.is_empty() && known.eq_ignore_ascii_case(wanted))
    };
    known.iter().any(|known| is(known))
}

/// Why a pattern is not of the form `owner/name`.
fn no_repository(pattern: &str) -> Option<String> {
    let path = pattern.split_once("://").map(|(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    if let Some(path) = path {
        let path = path.trim_end_matches('/').trim_end_matches(".git");
        return Some(format!("write `{path}`"));
    }
    match pattern.matches('/').count() {
        1 => None,
        0 if pattern.contains('*') => None,
        0 => Some(format!("write its owner too, like `acme/{pattern}` or `*/{pattern}`")),
        _ => Some("write `owner/name`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_has_an_owner_and_a_name() {
        for sound in ["acme/app", "acme/*", "*", "*/app", "acme*"] {
            assert_eq!(no_repository(sound), None, "{sound}");
        }
        assert_eq!(no_repository("app"), Some("write its owner too, like `acme/app` or `*/app`".to_owned()));
        for url in ["https://github.com/acme/app", "https://github.com/acme/app.git", "http://x/acme/app/"] {
            assert_eq!(no_repository(url), Some("write `acme/app`".to_owned()), "{url}");
        }
        assert!(no_repository("github.com/acme/app").is_some());
    }
}
