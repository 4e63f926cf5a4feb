//! Slack's Events API.
//!
//! Facts: <https://docs.slack.dev/apis/events-api/> and
//! <https://docs.slack.dev/authentication/verifying-requests-from-slack/>. A request is signed with
//! its time; an address is accepted once it has echoed a signed challenge. A delivery is tried up
//! to four times with the same `event_id`.

#[cfg(test)]
mod tests;

use std::{borrow::Cow, time::Duration};

use super::{
    CredentialSpec, KnownEvent, Provider, ProviderSpec, Sample, fields,
    keys::{hashed_key, id_key},
    lenient::{self, Number, Object, Text, places},
    payload as json_of,
};
use crate::domain::{
    DeliveryKey, Encoding, Event, FIELD, FactName, FieldSpec, Hash, Headers, HttpReply, KeyForm, Matcher,
    Part, Place, ProviderName, Scheme, Signature, Timestamp, Unparsable, fact,
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
    key_facts: &[CHANNEL, fact::ORG, fact::AUTHOR],
    signs_time: true,
    // As its documentation asks.
    tolerance: Some(Duration::from_secs(300)),
    body_window: None,
    // Buttons and commands.
    sends_forms: true,
    asked_by_name: &[],
    known_events: &KNOWN,
    shapes: &[],
    shaped: None,
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

/// Where it happened: an id.
const CHANNEL: FactName = FactName::text("channel");

static FIELDS: [FieldSpec; 3] = [
    fields::EVENTS,
    FieldSpec {
        name: "channels",
        aliases: &["channel"],
        values: &[Place::Fact(CHANNEL)],
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

    fn parse(&self, headers: &Headers, body: &[u8]) -> Result<Event, Unparsable> {
        envelope(headers, body, |envelope| event(headers, envelope))?
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

places! {
    "snake_case";
    /// What every request has around its event.
    Envelope {
        r#type: Text<'a>,
        challenge: Text<'a>,
        team_id: Text<'a>,
        api_app_id: Text<'a>,
        event_id: Text<'a>,
        event_time: Number,
        event: Object<Happening<'a>>,
    }

    /// What happened.
    Happening {
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
    Item {
        channel: Text<'a>,
        ts: Text<'a>,
    }
}

fn envelope<T>(headers: &Headers, body: &[u8], read: impl Fn(&Envelope<'_>) -> T) -> Result<T, Unparsable> {
    let json = json_of(headers, body)?;
    lenient::read(&json, |bytes| {
        serde_json::from_slice::<Envelope<'_>>(bytes).map(|envelope| read(&envelope))
    })
}

fn event(headers: &Headers, envelope: &Envelope<'_>) -> Option<Event> {
    let kind = envelope.r#type.get()?;
    let happening = envelope.event.get();
    let name = if kind == "event_callback" { happening?.r#type.get()? } else { kind };
    let mut event = Event::new(SLACK.name, name);
    let Event { header, facts, details } = &mut event;
    header.time = envelope.event_time.0.map(|seconds| seconds.to_string());
    facts.set(fact::ORG, envelope.team_id.get());
    details.add("event_id", envelope.event_id.get());
    details.add("app_id", envelope.api_app_id.get());
    details.add("retry", headers.get("x-slack-retry-num"));
    let Some(happening) = happening else { return Some(event) };
    let item = happening.item.get();
    header.sender = happening.user.owned().or_else(|| happening.bot_id.owned());
    facts.set(CHANNEL, happening.channel.get().or_else(|| item?.channel.get()));
    facts.set(fact::AUTHOR, header.sender.as_deref());
    facts.set(fact::BODY, happening.text.get());
    details.add("subtype", happening.subtype.get());
    details.add("channel_type", happening.channel_type.get());
    details.add("ts", happening.ts.get().or_else(|| item?.ts.get()));
    details.add("thread_ts", happening.thread_ts.get());
    details.add("reaction", happening.reaction.get());
    Some(event)
}
