//! What is fixed about a provider, as data.

use std::time::Duration;

use super::Shape;
use crate::domain::{FactName, FieldSpec, KeyField, KeyForm, Place, ProviderName, Signature};

/// Everything that the rest of the system must know of a provider without asking it about a
/// delivery.
#[derive(Debug)]
pub struct ProviderSpec {
    /// Its name in configuration, URLs and contexts.
    pub name: ProviderName,
    /// What people call it.
    pub title: &'static str,
    /// Where it documents its webhooks; nothing where it does not.
    pub documentation: Option<&'static str>,
    /// The secrets it signs with.
    pub credential: CredentialSpec,
    /// Where its signature may stand, the best first: a request is judged by the first header that
    /// it has.
    pub signatures: &'static [Signature],
    /// Headers that are kept with the delivery, lower-case; never a signature.
    pub kept_headers: &'static [&'static str],
    /// The fields which a filter may name, in the order in which mismatches tell them.
    pub fields: &'static [FieldSpec],
    /// The facts, beside those of its fields, of which a trigger's `key` may be made.
    pub key_facts: &'static [FactName],
    /// Whether its signature covers the time of a request.
    pub signs_time: bool,
    /// How far that time may lie from now, unless the source says otherwise; `None` does not look.
    pub tolerance: Option<Duration>,
    /// Whether it sends forms too, with the JSON in a field of them.
    pub sends_forms: bool,
    /// How long a key that is made of a body is remembered; `None` is the configured window. Minutes
    /// where a provider repeats equal bodies by nature, so that a build that fails in the same words
    /// tomorrow counts.
    pub body_window: Option<Duration>,
    /// Events that are no work for an agent that did not ask for them by name.
    pub asked_by_name: &'static [&'static str],
    /// The events that it is known to send, with their actions. New ones are understood too.
    pub known_events: &'static [KnownEvent],
    /// What tells the bodies of its events from one another, where a header that is not signed names
    /// the event.
    pub shapes: &'static [Shape],
    /// The member of the body that these speak of; `None` is the body itself.
    pub shaped: Option<&'static str>,
    /// Deliveries to try things with.
    pub samples: &'static [Sample],
}

/// Where the secrets of a provider lie: `<credentials>/<type>/<instance>/<file>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialSpec {
    /// The type, as Action Llama names it.
    pub r#type: &'static str,
    /// How the text in the file becomes the key.
    pub key: KeyForm,
}

/// The file with the secret.
pub const SECRET_FILE: &str = "secret";
/// The file with the secret before it, accepted while it is rotated.
pub const PREVIOUS_SECRET_FILE: &str = "secret_previous";

/// An event that a provider is known to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownEvent {
    /// Its name.
    pub name: &'static str,
    /// Its actions; empty where it has none, or any.
    pub actions: &'static [&'static str],
}

/// A delivery shaped like a real one, about people and projects that do not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// `event.action`, as in `herdgate send github issues.labeled`.
    pub name: &'static str,
    /// What the provider's event header says.
    pub event: &'static str,
    /// The body.
    pub body: &'static str,
}

impl ProviderSpec {
    /// The field that a key of a `[[webhooks]]` table means.
    pub fn field(&self, key: &str) -> Option<&'static FieldSpec> {
        self.fields.iter().find(|field| field.is(key))
    }

    /// The field of its events that a trigger's `key` calls so: by the name that prompts show.
    pub fn key_field(&self, name: &str) -> Option<KeyField> {
        match name {
            "event" => Some(KeyField::Event),
            "action" => Some(KeyField::Action),
            "sender" => Some(KeyField::Sender),
            _ => match name.strip_prefix("details.") {
                Some(path) => (!path.is_empty()).then(|| KeyField::Detail(path.to_owned())),
                None => self.keyed().find(|fact| fact.as_str() == name).map(KeyField::Fact),
            },
        }
    }

    /// The names of all fields of which a `key` may be made, but for those of details.
    pub fn key_fields(&self) -> Vec<&'static str> {
        let facts = self.keyed().map(|fact| fact.as_str());
        let mut names: Vec<_> = facts.chain(["event", "action", "sender"]).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn keyed(&self) -> impl Iterator<Item = FactName> {
        self.key_facts.iter().copied().chain(self.facts())
    }

    /// The facts that its fields ask for, the common ones among them.
    pub(super) fn facts(&self) -> impl Iterator<Item = FactName> {
        let places = self.fields.iter().flat_map(|field| field.values.iter().chain(field.also));
        places.filter_map(|place| match place {
            Place::Fact(name) => Some(*name),
            Place::Event | Place::Action | Place::Sender => None,
        })
    }

    /// Whether events of this name can have a value in the field `name`.
    pub(crate) fn kind_has(&self, event: &str, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name && field.is_of_kind(event))
    }

    /// The headers that are worth taking from a request, but for those of signatures that a source
    /// names itself.
    pub fn wanted_headers(&self) -> impl Iterator<Item = &'static str> {
        let signed = self.signatures.iter().flat_map(Signature::signed_headers);
        self.kept_headers.iter().copied().chain(signed)
    }
}
