//! What configuration knows of providers beside their specs.

use herdgate_actors::{
    domain::ProviderName,
    provider::{self, find, names},
};

use super::schema::is_camel_case_of;

/// Types that Action Llama has; those among them that the registry has are served.
const OF_ACTION_LLAMA: [&str; 4] = ["discord", "slack", "test", "twitter"];

/// How a check at GitHub can end.
const CONCLUSIONS: [&str; 9] = [
    "action_required",
    "cancelled",
    "failure",
    "neutral",
    "skipped",
    "stale",
    "startup_failure",
    "success",
    "timed_out",
];

/// All types of sources.
pub(super) fn types() -> Vec<&'static str> {
    names().collect()
}

/// Whether a source of this type works in Action Llama, and not here.
pub(super) fn is_of_action_llama_alone(name: &str) -> bool {
    OF_ACTION_LLAMA.contains(&name) && find(name).is_none()
}

/// The type of credential that `spelling` names, in whatever case.
pub(super) fn credential_type(spelling: &str) -> Option<&'static str> {
    credential_types().find(|name| *name == spelling || is_camel_case_of(spelling, name))
}

/// The types of credentials that sources have.
pub(super) fn credential_types() -> impl Iterator<Item = &'static str> {
    provider::all().iter().map(|provider| provider.spec().credential.r#type)
}

/// How an event of `provider` can end; nothing where that is not known.
pub(super) fn conclusions(provider: ProviderName) -> &'static [&'static str] {
    if provider.as_str() == "github" { &CONCLUSIONS } else { &[] }
}
