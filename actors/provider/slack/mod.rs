//! Slack's Events API.
//!
//! Facts: <https://docs.slack.dev/apis/events-api/> and
//! <https://docs.slack.dev/authentication/verifying-requests-from-slack/>. A request is signed with
//! its time; an address is accepted once it has echoed a signed challenge. A delivery is tried up
//! to four times with the same `event_id`.

#[cfg(test)]
mod tests;

use std::{borrow::Cow, time::Duration};

use serde::Deserialize;

use super::{
    CredentialSpec, KnownEvent, Provider, ProviderSpec, Sample, fields,
    keys::{hashed_key, id_key},
    lenient::{self, Number, Object, Text},
    payload as json_of,
};
use crate::domain::{
    DeliveryKey, Encoding, FIELD, FieldSpec, Hash, Headers, HttpReply, KeyForm, Matcher, Part, Place,
    ProviderName, Scheme, Signature, Timestamp, Unparsable, WebhookContext, cut,
};

/// Slack.
pub(super) struct Slack;

/// What is fixed about it.
static SLACK: ProviderSpec = ProviderSpec {
    name: ProviderName::new("slack"),
    title: "Slack",
    documentation: Some("https://docs.slack.dev/apis/events-api/"),
    credential: CredentialSpec { r#type: "slack_signing_secret", key: KeyForm::Raw },
    signatures: &SIGNATURES,
    kept_headers: &[
        "x-slack-request-timestamp",
        "x-slack-retry-num",
        "x-slack-retry-reason",
        "content-type",
        "user-agent",
    ],
    fields: &FIELDS,
    signs_time: true,
    // As its documentation asks.
    tolerance: Some(Duration::from_secs(300)),
    body_window: None,
    // Buttons and commands.
    sends_forms: true,
    asked_by_name: &[],
    known_events: &KNOWN,
    samples: &SAMPLES,
};

static SIGNATURES: [Signature; 1] = [Signature {
    header: Cow::Borrowed("x-slack-signature"),
    scheme: Scheme::Hmac {
        prefix: Cow::Borrowed("v0="),
        hash: Hash::Sha256,
        encoding: Encoding::Hex,
        before: &[Part::Text("v0:"), Part::Header("x-slack-request-timestamp"), Part::Text(":")],
        several: false,
    },
    legacy: false,
}];

static FIELDS: [FieldSpec; 3] = [
    fields::EVENTS,
    FieldSpec {
        name: "channels",
        aliases: &["channel"],
        values: &[Place::Detail("channel")],
        matcher: Matcher::IgnoreCase,
        selectivity: 9,
        ..FIELD
    },
    fields::SENDER,
];

static KNOWN: [KnownEvent; 12] = [
    KnownEvent { name: "app_mention", actions: &[] },
    KnownEvent { name: "app_home_opened", actions: &[] },
    KnownEvent { name: "app_rate_limited", actions: &[] },
    KnownEvent { name: "app_uninstalled", actions: &[] },
    KnownEvent { name: "channel_created", actions: &[] },
    KnownEvent { name: "file_shared", actions: &[] },
    KnownEvent { name: "link_shared", actions: &[] },
    KnownEvent { name: "member_joined_channel", actions: &[] },
    KnownEvent { name: "message", actions: &[] },
    KnownEvent { name: "reaction_added", actions: &[] },
    KnownEvent { name: "reaction_removed", actions: &[] },
    KnownEvent { name: "team_join", actions: &[] },
];

static SAMPLES: [Sample; 1] =
    [Sample { name: "app_mention", event: "app_mention", body: include_str!("samples/app_mention.json") }];

impl Provider for Slack {
    fn spec(&self) -> &'static ProviderSpec {
        &SLACK
    }

    fn delivery_key(&self, headers: &Headers, body: &[u8]) -> DeliveryKey {
        let id = envelope(headers, body, |envelope| envelope.event_id.owned()).ok().flatten();
        id.map_or_else(|| hashed_key(&[body]), |id| id_key(&id))
    }

    fn delivery_id<'a>(&self, _: &'a Headers) -> Option<&'a str> {
        None
    }

    fn signed_at(&self, headers: &Headers, _: &[u8]) -> Option<Timestamp> {
        let seconds: i64 = headers.get("x-slack-request-timestamp")?.parse().ok()?;
        Some(Timestamp::from_millis(seconds.checked_mul(1000)?))
    }

    fn handshake(&self, headers: &Headers, body: &[u8]) -> Option<HttpReply> {
        let challenge = |envelope: &Envelope<'_>| {
            let is_asked = envelope.r#type.get() == Some("url_verification");
            envelope.challenge.owned().filter(|_| is_asked)
        };
        let challenge = envelope(headers, body, challenge).ok().flatten()?;
        (challenge.len() <= LONGEST_CHALLENGE).then(|| HttpReply::text(challenge))
    }

    fn parse(&self, headers: &Headers, body: &[u8]) -> Result<WebhookContext, Unparsable> {
        envelope(headers, body, |envelope| context(headers, envelope))?
            .ok_or_else(|| Unparsable("the body has no `type`, or its `event` has none".to_owned()))
    }

    fn sample_headers(&self, _: &Sample, _: &str, now: Timestamp) -> Vec<(&'static str, String)> {
        vec![("x-slack-request-timestamp", (now.as_millis() / 1000).to_string())]
    }

    /// It calls a delivery by a name in the body.
    fn sample_body(&self, sample: &Sample, id: &str) -> String {
        sample.body.replacen("\"Ev0SAMPLE1\"", &serde_json::json!(format!("Ev{id}")).to_string(), 1)
    }
}

/// Challenges have a few dozen characters; what is echoed must not be anybody's page.
const LONGEST_CHALLENGE: usize = 512;

/// What every request has around its event.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Envelope<'a> {
    r#type: Text<'a>,
    challenge: Text<'a>,
    team_id: Text<'a>,
    api_app_id: Text<'a>,
    event_id: Text<'a>,
    event_time: Number,
    event: Object<Event<'a>>,
}

/// What happened.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Event<'a> {
    r#type: Text<'a>,
    subtype: Text<'a>,
    user: Text<'a>,
    bot_id: Text<'a>,
    text: Text<'a>,
    channel: Text<'a>,
    channel_type: Text<'a>,
    ts: Text<'a>,
    thread_ts: Text<'a>,
    reaction: Text<'a>,
    item: Object<Item<'a>>,
}

/// What a reaction is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Item<'a> {
    channel: Text<'a>,
    ts: Text<'a>,
}

fn envelope<T>(headers: &Headers, body: &[u8], read: impl Fn(&Envelope<'_>) -> T) -> Result<T, Unparsable> {
    let json = json_of(headers, body)?;
    lenient::read(&json, |bytes| {
        serde_json::from_slice::<Envelope<'_>>(bytes).map(|envelope| read(&envelope))
    })
}

fn context(headers: &Headers, envelope: &Envelope<'_>) -> Option<WebhookContext> {
    let kind = envelope.r#type.get()?;
    let event = envelope.event.get();
    let name = if kind == "event_callback" { event?.r#type.get()? } else { kind };
    let mut context = WebhookContext::new(SLACK.name, name);
    context.org = envelope.team_id.owned();
    context.timestamp = envelope.event_time.0.map(|seconds| seconds.to_string());
    let mut add = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            context.details.insert(key.to_owned(), value.into());
        }
    };
    add("event_id", envelope.event_id.get());
    add("app_id", envelope.api_app_id.get());
    add("retry", headers.get("x-slack-retry-num"));
    let Some(event) = event else { return Some(context) };
    let item = event.item.get();
    add("subtype", event.subtype.get());
    add("channel", event.channel.get().or_else(|| item?.channel.get()));
    add("channel_type", event.channel_type.get());
    add("ts", event.ts.get().or_else(|| item?.ts.get()));
    add("thread_ts", event.thread_ts.get());
    add("reaction", event.reaction.get());
    context.sender = event.user.owned().or_else(|| event.bot_id.owned());
    context.author.clone_from(&context.sender);
    context.body = event.text.get().map(|text| cut(text).into_owned());
    Some(context)
}
