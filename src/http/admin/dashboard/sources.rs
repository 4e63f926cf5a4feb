//! Sources: where providers deliver, how to set them up, and samples to try them with.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use actix_web::{HttpResponse, web};
use askama::Template;
use herdgate_actors::domain::ProviderName;

use super::{
    error::Trouble,
    links::{encoded, link},
    page,
    shell::{Place, Shell},
    visitor::Visitor,
    words::When,
};
use crate::{
    api::sources::{Secret, Source},
    samples,
};

/// Where webhooks come in, as seen from this machine.
#[derive(Debug, Clone, Copy)]
pub(in crate::http) struct PublicDoor(pub(in crate::http) SocketAddr);

impl PublicDoor {
    /// An address to connect to: one that stands for all of them is none.
    pub(super) fn reached(self) -> SocketAddr {
        let ip = if self.0.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { self.0.ip() };
        SocketAddr::new(ip, self.0.port())
    }
}

struct SourceLine {
    name: String,
    link: String,
    provider: String,
    class: &'static str,
    word: &'static str,
    url: String,
    is_local: bool,
    matched: u64,
    unmatched: u64,
    duplicates: u64,
    failed: u64,
    refused: BTreeMap<String, u64>,
    refused_all: u64,
    last: Option<(String, When)>,
    deliveries: String,
    steps: Vec<&'static str>,
    headers: String,
    samples: Vec<&'static str>,
}

#[derive(Template)]
#[template(path = "sources.html")]
struct SourcesPage {
    shell: Shell,
    sources: Vec<SourceLine>,
}

pub(super) async fn show(visitor: Visitor, door: web::Data<PublicDoor>) -> Result<HttpResponse, Trouble> {
    let backlog = visitor.store().backlog().await?;
    let sources = visitor.reads().sources().await?.items;
    let page = SourcesPage {
        shell: Shell::new(&visitor, Place::Sources, "Sources", "deliveries config", &backlog),
        sources: sources.into_iter().map(|source| line(source, &visitor, **door)).collect(),
    };
    page::answer(&visitor, &page)
}

fn line(source: Source, visitor: &Visitor, door: PublicDoor) -> SourceLine {
    let (class, word) = match source.secret {
        Secret::Present => ("yes", "signed"),
        Secret::PresentAndPrevious => ("yes", "signed, current and previous secret"),
        Secret::Unsigned => ("warn", "unsigned: anybody may send"),
    };
    let counters = source.since_start;
    let path = source.paths.last().cloned().unwrap_or_default();
    SourceLine {
        link: format!("/dashboard/sources/{}", encoded(source.name.as_str())),
        deliveries: link("/dashboard/deliveries", [("source", source.name.as_str())]),
        is_local: source.url.is_none(),
        url: source.url.unwrap_or_else(|| format!("http://{}{path}", door.reached())),
        class,
        word,
        matched: counters.matched,
        unmatched: counters.unmatched,
        duplicates: counters.duplicates,
        failed: counters.unparsable + counters.unavailable,
        refused_all: counters.refused.values().sum(),
        refused: counters.refused,
        last: source.last_delivery.map(|last| (last.receipt.to_string(), When::new(last.at.0, visitor.now))),
        steps: steps(&source.provider),
        headers: source.signature_headers.join(", "),
        samples: source
            .provider
            .parse::<ProviderName>()
            .map(|provider| samples::of(provider).map(|sample| sample.name).collect())
            .unwrap_or_default(),
        name: source.name.to_string(),
        provider: source.provider,
    }
}

/// What to do at the provider, in its own words.
fn steps(provider: &str) -> Vec<&'static str> {
    match provider {
        "github" => vec![
            "Repository or organization: Settings, Webhooks, Add webhook.",
            "Payload URL: the address above. Content type: application/json.",
            "Secret: what lies in the source's credential, to the letter.",
            "Choose the events that your agents ask for, or all of them; what nobody asks for costs nothing.",
            "GitHub sends a ping at once: it must show up here as a delivery without a match.",
        ],
        "linear" => vec![
            "Settings, API, Webhooks, New webhook; you must be an admin of the workspace.",
            "URL: the address above. It must be reachable by HTTPS.",
            "The signing secret that Linear shows is the source's secret: put it into its credential.",
            "Choose the resource types that your agents ask for.",
        ],
        "sentry" => vec![
            "Settings, Developer Settings, New Internal Integration.",
            "Webhook URL: the address above; switch Alert Rule Action on for alerts.",
            "The client secret is the source's secret: put it into its credential.",
            "Sentry hangs up after one second; the gate answers before that whatever happens.",
        ],
        "slack" => vec![
            "api.slack.com, Your Apps, Event Subscriptions, Enable Events.",
            "Request URL: the address above; Slack asks it to prove itself, and it does.",
            "The signing secret under Basic Information is the source's secret.",
        ],
        "mintlify" => vec![
            "What sends for Mintlify must sign the body with HMAC-SHA256 under the source's secret.",
            "Give it the address above.",
        ],
        _ => vec![
            "Give the sender the address above.",
            "It must sign as Standard Webhooks says, with the source's secret.",
        ],
    }
}
