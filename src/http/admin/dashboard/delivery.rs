//! One delivery: why it did, or did not, trigger.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web,
};
use askama::Template;
use herdgate_actors::{
    domain::{AgentName, Origin, Parsed, ReceiptId, SourceName, fact},
    store::StoredReceipt,
};
use serde::Deserialize;

use super::{
    answer, curl,
    error::Trouble,
    html::Html,
    job_rows::JobLine,
    json_tree,
    listing::given,
    matrix::{self, Judged, Matrix},
    page,
    shell::{Place, Shell},
    visitor::{Operator, Visitor},
    why::{self, Why},
    words::{When, bytes, plural},
};
use crate::{
    api::deliveries::{Replay, Replayed, Secret},
    explain,
    http::admin::api::{Body, Named, NoParams, Params, deliveries},
    views,
};

/// Bodies longer than this are not shown as a tree.
const READABLE: usize = 4 << 20;

/// What of it is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Look {
    /// `today`: as it would be judged now.
    judged: String,
    all: String,
}

/// A step of its way.
struct Step {
    class: &'static str,
    text: String,
    detail: String,
}

#[derive(Template)]
#[template(path = "delivery.html")]
struct DeliveryPage {
    shell: Shell,
    id: String,
    title: String,
    provider: String,
    at: When,
    why: Why,
    is_today: bool,
    same_filters: bool,
    revision: u64,
    now_revision: u64,
    matrix: Matrix,
    more: Option<String>,
    steps: Vec<Step>,
    facts: Vec<(&'static str, String)>,
    links: Vec<(&'static str, String)>,
    jobs: Vec<JobLine>,
    headers: Vec<(String, String)>,
    size: String,
    tree: Option<Html>,
    is_tree_cut: bool,
    context: Html,
    curl: String,
}

fn id_of(text: &str) -> Result<ReceiptId, Trouble> {
    text.parse().map_err(|_| Trouble::Missing(format!("delivery `{text}`")))
}

async fn find(visitor: &Visitor, id: ReceiptId) -> Result<StoredReceipt, Trouble> {
    let found = visitor.store().receipt(id).await?;
    found.ok_or_else(|| Trouble::Missing(format!("delivery {id}")))
}

pub(super) async fn show(
    visitor: Visitor,
    id: web::Path<String>,
    look: web::Query<Look>,
) -> Result<HttpResponse, Trouble> {
    let receipt = find(&visitor, id_of(&id)?).await?;
    let backlog = visitor.store().backlog().await?;
    let topology = visitor.control().topology();
    let event = match &receipt.parsed {
        Some(Parsed::Event(event)) => Some(event),
        _ => None,
    };
    let triggers = views::triggers_of(&topology);
    let agents = || triggers.iter().map(|(agent, triggers)| (agent.as_str(), triggers.as_slice()));
    let today =
        event.map(|event| explain::verdicts(agents(), receipt.delivery.sources(), event)).unwrap_or_default();
    let is_today = look.judged == "today";
    let same_filters = receipt.revision == topology.revision().0;
    let (shown, other) = if is_today { (&today, &receipt.verdicts) } else { (&receipt.verdicts, &today) };
    let judged =
        Judged { shown, other, is_today, same_filters, topology: &topology, event: event.map(AsRef::as_ref) };
    let matrix = matrix::lay_out(&judged, look.all == "1");
    let here = format!("/dashboard/deliveries/{}", receipt.id);
    let judged = if is_today { "today" } else { "then" };
    let more = (matrix.hidden > 0).then(|| format!("{here}?judged={judged}&all=1#matrix"));
    let (tree, is_tree_cut) = tree(receipt.delivery.body());
    let context_json = event.and_then(|event| serde_json::to_value(event).ok()).unwrap_or_default();
    let shell_title = format!("Delivery {}", receipt.id);
    let page = DeliveryPage {
        shell: Shell::new(&visitor, Place::Deliveries, shell_title, "deliveries jobs runs config", &backlog),
        id: receipt.id.to_string(),
        title: title(&receipt),
        provider: receipt.delivery.provider().to_string(),
        at: When::new(receipt.delivery.at(), visitor.now),
        why: why::answer(&receipt, &today),
        is_today,
        same_filters,
        revision: receipt.revision,
        now_revision: topology.revision().0,
        matrix,
        more,
        steps: steps(&receipt),
        facts: facts(&receipt),
        links: links(&receipt),
        jobs: receipt.jobs.iter().cloned().map(|job| JobLine::new(&job.into(), visitor.now)).collect(),
        headers: receipt
            .delivery
            .headers()
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        size: bytes(receipt.delivery.body().len() as u64),
        tree,
        is_tree_cut,
        context: json_tree::tree(&context_json).0,
        curl: curl::command(&receipt, topology.source(&receipt.delivery.sources()[0])),
    };
    page::answer(&visitor, &page)
}

fn title(receipt: &StoredReceipt) -> String {
    let Some(Parsed::Event(event)) = &receipt.parsed else {
        return format!("Delivery to {}", receipt.delivery.provider());
    };
    let mut title = event.header.event.clone();
    if let Some(action) = &event.header.action {
        title = format!("{title}.{action}");
    }
    match event.facts.text(fact::TITLE) {
        Some(subject) => format!("{title}: {subject}"),
        None => title,
    }
}

fn tree(body: &[u8]) -> (Option<Html>, bool) {
    if body.len() > READABLE {
        return (None, true);
    }
    serde_json::from_slice(body).map_or((None, false), |value| {
        let (html, cut) = json_tree::tree(&value);
        (Some(html), cut)
    })
}

fn facts(receipt: &StoredReceipt) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(Parsed::Event(event)) = &receipt.parsed {
        let mut add = |name, value: Option<&str>| facts.extend(value.map(|value| (name, value.to_owned())));
        add("Repository", event.facts.text(fact::REPO));
        add("Sender", event.header.sender.as_deref());
        add("Author", event.facts.text(fact::AUTHOR));
        add("Branch", event.facts.text(fact::BRANCH));
        add("Conclusion", event.facts.text(fact::CONCLUSION));
        let labels = event.facts.list(fact::LABELS).join(", ");
        add("Labels", Some(labels.as_str()).filter(|labels| !labels.is_empty()));
    }
    facts.push(("Known by", receipt.delivery.key().to_owned()));
    facts
}

fn links(receipt: &StoredReceipt) -> Vec<(&'static str, String)> {
    let replay_of = match receipt.origin {
        Origin::Replay { of } => Some(("Replay of", of.to_string())),
        Origin::Request | Origin::Reroute => None,
    };
    replay_of.into_iter().chain(receipt.duplicate_of.map(|first| ("Same as", first.to_string()))).collect()
}

/// Its way so far. Times are known of its arrival and of its jobs alone: what lies between is one
/// commit.
fn steps(receipt: &StoredReceipt) -> Vec<Step> {
    let step = |class, text: String, detail: String| Step { class, text, detail };
    let delivery = &receipt.delivery;
    let came = match receipt.origin {
        Origin::Replay { .. } => "replayed by an operator",
        Origin::Request | Origin::Reroute => "received",
    };
    let mut steps = vec![step(
        "good",
        came.to_owned(),
        delivery.at().to_utc().format("%Y-%m-%d %H:%M:%S%.3f UTC").to_string(),
    )];
    steps.extend(verified(receipt));
    match &receipt.parsed {
        Some(Parsed::Event(event)) => {
            steps.push(step("good", format!("read as {}", event.header.event), String::new()));
        }
        Some(Parsed::Unparsable(problem)) => {
            steps.push(step("poor", "not an event".to_owned(), problem.0.clone()));
        }
        None => steps.push(step("busy", "waits to be read".to_owned(), "routed by the upkeep".to_owned())),
    }
    if let Some(quarantine) = &receipt.quarantine {
        steps.push(step("poor", "put aside".to_owned(), quarantine.to_string()));
    } else if matches!(receipt.parsed, Some(Parsed::Event(_))) {
        let wanted = receipt.verdicts.iter().filter(|verdict| matrix::matched(verdict)).count();
        let asked = receipt.verdicts.len();
        steps.push(step(
            "good",
            format!("{wanted} of {asked} agents that were asked wanted it"),
            String::new(),
        ));
    }
    steps
}

/// By what each of its sources knew its sender.
fn verified(receipt: &StoredReceipt) -> Vec<Step> {
    let delivery = &receipt.delivery;
    let mut by = delivery.verified_by().iter().map(|by| Secret::from(*by));
    let step = |source: &SourceName| {
        let (class, text, detail) = match by.next() {
            Some(Secret::Current) => ("good", format!("verified for {source} by its current secret"), ""),
            Some(Secret::Previous) => (
                "busy",
                format!("verified for {source} by its previous secret"),
                "the sender does not sign by the new one yet",
            ),
            Some(Secret::Unsigned) => {
                ("poor", format!("not verified for {source}"), "the source has no secret: anybody may send")
            }
            None => ("good", format!("taken for {source}"), "by which secret was not written down"),
        };
        Step { class, text, detail: detail.to_owned() }
    };
    delivery.sources().iter().map(step).collect()
}

/// `GET …/body`: the bytes as they came.
pub(super) async fn body(visitor: Visitor, id: web::Path<String>) -> Result<HttpResponse, Trouble> {
    let id = id_of(&id)?;
    let receipt = find(&visitor, id).await?;
    Ok(answer::guarded(StatusCode::OK)
        // Never anything that a browser would run.
        .insert_header((header::CONTENT_TYPE, "application/octet-stream"))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.json\"")))
        .body(receipt.delivery.body().clone()))
}

/// To whom it is given again.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct To {
    agent: String,
}

/// `POST …/replay`.
pub(super) async fn replay(
    operator: Operator,
    id: web::Path<String>,
    to: Option<web::Form<To>>,
) -> Result<HttpResponse, Trouble> {
    let id = id_of(&id)?;
    let agent = to.as_ref().and_then(|to| given(&to.agent)).map(AgentName::from);
    let (admin, caller) = operator.asks();
    let replay = Body(Replay { agent: agent.clone() });
    let replayed = deliveries::replay(admin, caller, Named(id), Params(NoParams {}), replay).await;
    let mut shown = id;
    let flash = page::told(replayed, |Replayed { receipt, matched, .. }| {
        shown = receipt;
        agent.map_or_else(
            || {
                let jobs = plural(matched.into(), "job");
                format!("Replayed {id} with the filters of today: it made {jobs}. This is the replay.")
            },
            |agent| format!("Given to {agent} again, whatever its filters say."),
        )
    });
    Ok(page::went(&format!("/dashboard/deliveries/{shown}"), &flash))
}
