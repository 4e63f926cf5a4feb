//! What a payload would trigger: one that is pasted or stored, held against the filters of today or a
//! draft of one. Nothing is stored, and nobody runs.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use herdgate_actors::{
    agent::evaluate,
    domain::{Headers, Match, ProviderName, ReceiptId, SourceName, Trigger, TriggerMismatch, Verdict},
    provider,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    error::Trouble,
    html::Html,
    json_tree,
    listing::{Choice, choices, given},
    matrix::{self, Judged, Matrix},
    page,
    shell::{Place, Shell},
    visitor::{Visitor, is_own},
};
use crate::{config, explain, views};

/// A pasted payload may be so long.
pub(super) const LONGEST: usize = 4 << 20;
/// What is shown of a stored one, to be changed.
const SHOWN: usize = 1 << 20;
/// A header that says which event it is.
const EVENT_HEADER: &str = "x-github-event";

/// What is to be tried.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    provider: String,
    source: String,
    event: String,
    headers: String,
    body: String,
    draft: String,
}

/// Which stored delivery it begins with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    delivery: String,
}

/// What came of it.
struct Outcome {
    class: &'static str,
    text: String,
    matrix: Matrix,
    context: Html,
}

#[derive(Template)]
#[template(path = "try.html")]
struct TryPage {
    shell: Shell,
    form: Form,
    providers: Vec<Choice>,
    sources: Vec<Choice>,
    outcome: Option<Outcome>,
    problem: Option<String>,
}

pub(super) async fn show(visitor: Visitor, wanted: web::Query<Wanted>) -> Result<HttpResponse, Trouble> {
    let form = match given(&wanted.delivery) {
        None => Form::default(),
        Some(id) => stored(&visitor, id).await?,
    };
    page(&visitor, form, None, None).await
}

/// The form of a stored delivery.
async fn stored(visitor: &Visitor, id: &str) -> Result<Form, Trouble> {
    let missing = || Trouble::Missing(format!("delivery `{id}`"));
    let id = id.parse::<ReceiptId>().map_err(|_| missing())?;
    let receipt = visitor.store().receipt(id).await?.ok_or_else(missing)?;
    let delivery = &receipt.delivery;
    if delivery.body().len() > SHOWN {
        return Err(Trouble::Wrong(
            "its body is too long for a form: download it, and use `herdgate explain`".to_owned(),
        ));
    }
    let header = |(name, value): (&str, &str)| (name != EVENT_HEADER).then(|| format!("{name}: {value}"));
    Ok(Form {
        provider: delivery.provider().to_string(),
        source: delivery.sources().first().map(ToString::to_string).unwrap_or_default(),
        event: delivery.headers().get(EVENT_HEADER).unwrap_or_default().to_owned(),
        headers: delivery.headers().iter().filter_map(header).collect::<Vec<_>>().join("\n"),
        body: String::from_utf8_lossy(delivery.body()).into_owned(),
        draft: String::new(),
    })
}

/// `POST /dashboard/try`: a form for its length; it changes nothing.
pub(super) async fn judge(
    request: HttpRequest,
    visitor: Visitor,
    form: web::Form<Form>,
) -> Result<HttpResponse, Trouble> {
    if !is_own(request.headers()) {
        return Err(Trouble::Foreign);
    }
    let form = form.into_inner();
    match outcome(&visitor, &form) {
        Ok(outcome) => page(&visitor, form, Some(outcome), None).await,
        Err(problem) => page(&visitor, form, None, Some(problem)).await,
    }
}

async fn page(
    visitor: &Visitor,
    form: Form,
    outcome: Option<Outcome>,
    problem: Option<String>,
) -> Result<HttpResponse, Trouble> {
    let backlog = visitor.store().backlog().await?;
    let topology = visitor.control().topology();
    let sources: Vec<_> = topology.sources().iter().map(|source| source.name.to_string()).collect();
    let providers: Vec<_> = provider::all().iter().map(|provider| provider.spec().name.as_str()).collect();
    let page = TryPage {
        // It stands still: nobody's typing is taken away.
        shell: Shell::new(visitor, Place::TryOut, "Try out", "", &backlog),
        providers: choices(providers, &form.provider),
        sources: choices(sources.iter().map(String::as_str), &form.source),
        form,
        outcome,
        problem,
    };
    page::answer(visitor, &page)
}

fn outcome(visitor: &Visitor, form: &Form) -> Result<Outcome, String> {
    let provider = form.provider.parse::<ProviderName>().map_err(|error| error.to_string())?;
    let topology = visitor.control().topology();
    let headers = headers(form)?;
    let event = provider::provider(provider)
        .read(&headers, form.body.as_bytes())
        .map_err(|problem| format!("it is no event of {provider}: {}", problem.0))?;
    let sources: Vec<SourceName> = if let Some(source) = given(&form.source) {
        vec![source.into()]
    } else {
        let of_type = topology.sources().iter().filter(|source| source.provider == provider);
        of_type.map(|source| source.name.clone()).collect()
    };
    let verdicts = if let Some(draft) = given(&form.draft) {
        vec![of_draft(provider, draft, &sources, &event)?]
    } else {
        let triggers = views::triggers_of(&topology);
        let agents = triggers.iter().map(|(agent, triggers)| (agent.as_str(), triggers.as_slice()));
        explain::verdicts(agents, &sources, &event)
    };
    let judged = Judged {
        shown: &verdicts,
        other: &verdicts,
        is_today: true,
        same_filters: true,
        topology: &topology,
        event: Some(&event),
    };
    let (class, text) = told(&verdicts);
    let json = serde_json::to_value(&event).unwrap_or_default();
    Ok(Outcome { class, text, matrix: matrix::lay_out(&judged, false), context: json_tree::tree(&json).0 })
}

fn headers(form: &Form) -> Result<Headers, String> {
    let event = given(&form.event).map(|event| (EVENT_HEADER.to_owned(), event.to_owned()));
    let lines = form.headers.lines().filter(|line| !line.trim().is_empty());
    let lines = lines.map(|line| match line.split_once(':') {
        Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
        None => Err(format!("`{line}` is no header: write `name: value`")),
    });
    let all: Result<Vec<_>, _> = event.map(Ok).into_iter().chain(lines).collect();
    Ok(all?.into_iter().collect())
}

/// What a trigger says that is not yet in any file.
fn of_draft(
    provider: ProviderName,
    draft: &str,
    sources: &[SourceName],
    event: &herdgate_actors::domain::Event,
) -> Result<Verdict, String> {
    let table: toml::Table =
        draft.parse().map_err(|error: toml::de::Error| format!("the draft is no TOML: {error}"))?;
    let Ok(Value::Object(table)) = serde_json::to_value(table) else {
        return Err("the draft is no table".to_owned());
    };
    // As it stands in a file, or only what is below its heading.
    let table = match table.get("webhooks").and_then(Value::as_array).and_then(|tables| tables.first()) {
        Some(Value::Object(first)) => first.clone(),
        _ => table,
    };
    let keys: Map<_, _> = table.into_iter().filter(|(key, _)| key != "source").collect();
    let filter = config::filter_of_json(provider, &keys).map_err(|problems| {
        let told: Vec<_> = problems.iter().map(|(key, problem)| format!("{key}: {problem}")).collect();
        format!("the draft is wrong: {}", told.join("; "))
    })?;
    let source = sources.first().cloned().unwrap_or_else(|| provider.as_str().into());
    let trigger = Trigger::new(source.clone(), filter);
    Ok(match evaluate(&trigger.filter, event) {
        Ok(()) => Verdict::Matched(Match { agent: "the draft".into(), trigger: 0, trigger_id: None, source }),
        Err(failed) => Verdict::NotMatched {
            agent: "the draft".into(),
            mismatches: vec![TriggerMismatch { trigger: 0, failed }],
        },
    })
}

fn told(verdicts: &[Verdict]) -> (&'static str, String) {
    let wanted: Vec<_> = verdicts
        .iter()
        .filter(|verdict| matrix::matched(verdict))
        .map(|verdict| matrix::agent_of(verdict).as_str())
        .collect();
    match (wanted.as_slice(), matrix::nearest(verdicts)) {
        ([], Some((agent, failed))) => (
            "no",
            format!("It would trigger nobody. {agent} misses it by the least: {}.", matrix::why_not(failed)),
        ),
        ([], None) => ("no", "It would trigger nobody: no enabled agent listens to that source.".to_owned()),
        (wanted, _) => ("yes", format!("It would trigger {}.", wanted.join(", "))),
    }
}
