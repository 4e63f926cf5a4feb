//! Mintlify, unverified against the vendor.
//!
//! Mintlify documents no outgoing webhooks, no signature and no payload (as of November 2026). This
//! reads any JSON object that looks like news of a build, and invents nothing that is not there.

#[cfg(test)]
mod tests;

use std::{borrow::Cow, time::Duration};

use serde::{Deserialize, Deserializer};

use super::{
    CredentialSpec, KnownEvent, Provider, ProviderSpec, SameBytes, Sample, fields,
    keys::{hashed_key, id_key},
    lenient::{self, Object, Scalar, Text, TextOr, places},
};
use crate::domain::{
    DeliveryKey, Event, Facts, FieldSpec, Headers, KeyForm, KindFields, ProviderName, Signature, Timestamp,
    Unparsable, fact,
};

/// Mintlify.
pub(super) struct Mintlify;

/// What is fixed about it.
static MINTLIFY: ProviderSpec = ProviderSpec {
    name: ProviderName::new("mintlify"),
    title: "Mintlify",
    documentation: None,
    credential: CredentialSpec { r#type: "mintlify_webhook_secret", key: KeyForm::Raw },
    signatures: &SIGNATURES,
    kept_headers: &["x-mintlify-delivery", "x-mintlify-event", "content-type", "user-agent"],
    fields: &FIELDS,
    key_facts: &[
        fact::REPO,
        fact::TITLE,
        fact::URL,
        fact::AUTHOR,
        fact::BRANCH,
        fact::TAG,
        fact::CONCLUSION,
        fact::ORG,
    ],
    signs_time: false,
    tolerance: None,
    body_window: Some(Duration::from_secs(600)),
    // Nothing says that Mintlify signs at all.
    sends_forms: false,
    asked_by_name: &[],
    known_events: &KNOWN,
    shapes: &[],
    shaped: None,
    samples: &SAMPLES,
};

static SIGNATURES: [Signature; 2] =
    [Signature::sha256("x-mintlify-signature", ""), Signature::sha256("mintlify-signature", "")];

static FIELDS: [FieldSpec; 4] = [
    fields::EVENTS,
    fields::ACTIONS,
    // Action Llama filters them by `repos`.
    FieldSpec { aliases: &["repos"], ..fields::PROJECTS },
    fields::BRANCHES,
];

static KNOWN: [KnownEvent; 1] = [KnownEvent { name: "build", actions: &[] }];

static SAMPLES: [Sample; 1] =
    [Sample { name: "build.failed", event: "build", body: include_str!("samples/build.failed.json") }];

impl Provider for Mintlify {
    fn spec(&self) -> &'static ProviderSpec {
        &MINTLIFY
    }

    fn delivery_id<'a>(&self, headers: &'a Headers) -> Option<&'a str> {
        headers.get("x-mintlify-delivery").filter(|id| !id.is_empty())
    }

    fn delivery_key(&self, headers: &Headers, body: &[u8]) -> DeliveryKey {
        self.delivery_id(headers).map_or_else(|| hashed_key(&[body]), id_key)
    }

    /// Builds repeat themselves, but hardly within a minute.
    fn same_bytes(&self, _: &Headers) -> SameBytes {
        SameBytes::MayRepeat
    }

    fn parse(&self, headers: &Headers, body: &[u8]) -> Result<Event, Unparsable> {
        let of_header = headers.get("x-mintlify-event");
        lenient::read(body, |bytes| {
            serde_json::from_slice::<Payload<'_>>(bytes).map(|payload| event(of_header, &payload))
        })
    }

    fn sample_headers(&self, _: &Sample, id: &str, _: Timestamp) -> Vec<(&'static str, String)> {
        vec![("x-mintlify-delivery", id.to_owned())]
    }
}

places! {
    "snake_case";
    /// A whole payload.
    Payload {
        id: Scalar<'a>,
        event: Text<'a>,
        r#type: Text<'a>,
        action: Text<'a>,
        status: Text<'a>,
        project: NameOf<'a>,
        organization: NameOf<'a>,
        branch: Text<'a>,
        r#ref: Text<'a>,
        git: Object<Git<'a>>,
        title: Text<'a>,
        message: Text<'a>,
        body: Text<'a>,
        description: Text<'a>,
        error: Text<'a>,
        log: Text<'a>,
        url: Text<'a>,
        build_url: Text<'a>,
        logs_url: Text<'a>,
        author: NameOf<'a>,
        user: NameOf<'a>,
        sender: NameOf<'a>,
        timestamp: Scalar<'a>,
        #[serde(rename = "createdAt")]
        created_at: Scalar<'a>,
    }

    /// What was built.
    Git {
        branch: Text<'a>,
    }

    /// Somebody or something with a name.
    Named {
        slug: Text<'a>,
        email: Text<'a>,
        name: Text<'a>,
        login: Text<'a>,
        id: Scalar<'a>,
    }
}

/// Somebody or something, written as a name or as an object that has one.
#[derive(Debug, Default)]
pub(super) struct NameOf<'a>(Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for NameOf<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match TextOr::<Named<'a>>::deserialize(deserializer)? {
            TextOr::Text(text) => Some(text).filter(|text| !text.is_empty()),
            TextOr::Object(named) => [named.slug.0, named.email.0, named.name.0, named.login.0, named.id.0]
                .into_iter()
                .flatten()
                .find(|text| !text.is_empty()),
            TextOr::Absent => None,
        }))
    }
}

impl NameOf<'_> {
    fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

fn event(of_header: Option<&str>, payload: &Payload<'_>) -> Event {
    let name = payload.event.get().or(payload.r#type.get()).or(of_header).unwrap_or("build");
    let mut event = Event::new(MINTLIFY.name, name);
    let Event { header, facts, details } = &mut event;
    header.kind = KindFields { branch: true, conclusion: false };
    header.action = payload.action.owned().or_else(|| payload.status.owned());
    let (author, user) = (payload.author.get(), payload.user.get());
    header.sender = payload.sender.get().or(user).or(author).map(str::to_owned);
    header.time = payload.timestamp.owned().or_else(|| payload.created_at.owned());
    let conclusion = conclusion(payload);
    facts.set(fact::CONCLUSION, conclusion);
    facts.set(fact::REPO, payload.project.get().or(payload.organization.get()));
    facts.set(fact::ORG, payload.organization.get());
    place(facts, payload);
    facts.set(fact::TITLE, payload.title.get().or(payload.message.get()));
    let failed = conclusion == Some("failure");
    let body = [&payload.body, &payload.message, &payload.error, &payload.log, &payload.description];
    let body = Some(&payload.error).filter(|_| failed).into_iter().chain(body).find_map(Text::get);
    facts.set(fact::BODY, body);
    let pages = [&payload.url, &payload.build_url, &payload.logs_url];
    facts.set(fact::URL, pages.into_iter().find_map(Text::get));
    facts.set(fact::AUTHOR, author.or(user));
    details.add("id", payload.id.get());
    event
}

/// The branch, or the tag, if there is word of one.
fn place(facts: &mut Facts, payload: &Payload<'_>) {
    let of_git = payload.git.get().and_then(|git| git.branch.get());
    let Some(place) = payload.branch.get().or(of_git).or(payload.r#ref.get()) else { return };
    match place.strip_prefix("refs/tags/") {
        Some(tag) => facts.set(fact::TAG, Some(tag)),
        None => facts.set(fact::BRANCH, Some(place.strip_prefix("refs/heads/").unwrap_or(place))),
    }
}

/// How the build ended, in the words of the other providers where there are such.
fn conclusion<'p>(payload: &'p Payload<'_>) -> Option<&'p str> {
    let usual = |word: &str| match word {
        "failed" | "failure" => Some("failure"),
        "succeeded" | "success" => Some("success"),
        _ => None,
    };
    let (action, status) = (payload.action.get(), payload.status.get());
    action.and_then(usual).or(status.and_then(usual)).or(status)
}
