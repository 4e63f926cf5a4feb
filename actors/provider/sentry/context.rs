//! One function for each shape of data.

use serde_json::{Map, Value};

use super::{
    payload::{Actor, Assignee, Data, Event as Sighting, Finding, Issue, MetricAlert, Payload},
    spec::SENTRY,
};
use crate::{
    domain::{Details, Event, Facts, cut, fact},
    provider::lenient::{List, Object, Text},
};

/// How many tags are shown, and how many bytes one may have.
const TAGS: usize = 32;
const TAG_LIMIT: usize = 512;

/// What a payload says.
pub(super) fn of(resource: &str, payload: &Payload<'_>) -> Event {
    let mut event = Event::new(SENTRY.name, resource);
    event.header.action = payload.action.owned();
    if let Some(actor) = payload.actor.get() {
        caused(&mut event, actor);
    }
    if let Some(data) = payload.data.get() {
        describe(&mut event, &data.value);
    }
    event
}

fn caused(event: &mut Event, actor: &Actor<'_>) {
    event.header.sender = actor.name.owned().or_else(|| actor.id.owned());
    event.details.add("actor_type", actor.r#type.get());
}

fn describe(event: &mut Event, data: &Data<'_>) {
    if let Some(sighting) = data.event.get().or(data.error.get()) {
        of_sighting(event, sighting);
    }
    if let Some(issue) = data.issue.get() {
        of_issue(event, issue);
    }
    if let Some(assignee) = data.issue.get().and_then(|issue| issue.assigned_to.get()).or(data.assignee.get())
    {
        of_assignee(event, assignee);
    }
    if let Some(alert) = data.metric_alert.get() {
        of_metric_alert(event, data, alert);
    }
    if data.comment.get().is_some() {
        of_comment(event, data);
    }
    let Event { facts, details, .. } = event;
    if let Some(installation) = data.installation.get() {
        let organization = installation.organization.get();
        facts.set(fact::ORG, organization.and_then(|organization| organization.slug.get()));
        details.add("status", installation.status.get());
        details.add("app", installation.app.get().and_then(|app| app.slug.get()));
    }
    of_seer(facts, details, data);
    of_build(event, data);
    let Event { facts, details, .. } = event;
    details.add("triggered_rule", data.triggered_rule.get());
    details.add("issue_alert", data.issue_alert.get().and_then(|alert| alert.title.get()));
    details.add("alert", data.alert.get().and_then(|alert| alert.title.get()));
    let activity = data.activity.get();
    details.add("activity", activity.and_then(|activity| activity.r#type.get()));
    let summary = activity.and_then(|activity| activity.details.get()?.summary.get());
    details.add("summary", summary.map(cut));
    if facts.text(fact::ORG).is_none() {
        let of_issue = data.issue.get().and_then(|issue| issue.url.get());
        let org = [facts.text(fact::URL), of_issue].into_iter().flatten().find_map(org_of_page);
        facts.set(fact::ORG, org);
    }
}

/// A sighting of an alert, or an error. Its project is a number; the slug stands in its API address.
fn of_sighting(event: &mut Event, sighting: &Sighting<'_>) {
    let Event { header, facts, details } = event;
    if let Some((org, project)) = sighting.url.get().and_then(org_and_project) {
        facts.set(fact::ORG, Some(org));
        facts.set(fact::REPO, Some(project));
    }
    facts.keep(fact::REPO, sighting.project.get().and_then(|project| project.slug.get()));
    let metadata = sighting.metadata.get();
    facts.set(fact::TITLE, sighting.title.get());
    facts.set(fact::URL, first([&sighting.web_url, &sighting.issue_url]));
    header.time = sighting.datetime.owned();
    let body = sighting.message.get().or_else(|| metadata?.value.get()).or(sighting.culprit.get());
    facts.set(fact::BODY, body);
    details.add("event_id", sighting.id.get());
    details.add("issue_id", sighting.issue_id.get());
    details.add("level", sighting.level.get());
    details.add("culprit", sighting.culprit.get());
    details.add("platform", sighting.platform.get());
    details.add("environment", sighting.environment.get());
    details.add("error_type", metadata.and_then(|metadata| metadata.r#type.get()));
    details.add("filename", metadata.and_then(|metadata| metadata.filename.get()));
    details.add("tags", tags(sighting));
}

/// The tags of an event, which are pairs. An agent needs no hundred of them.
fn tags(sighting: &Sighting<'_>) -> Option<Value> {
    let pair = |tag: &List<Text<'_>>| {
        let (name, value) = (tag.0.first()?.get()?, tag.0.get(1)?.get()?);
        (name.len() + value.len() <= TAG_LIMIT).then(|| (name.to_owned(), Value::from(value)))
    };
    let tags: Map<_, _> = sighting.tags.0.iter().filter_map(pair).take(TAGS).collect();
    (!tags.is_empty()).then_some(Value::Object(tags))
}

fn of_issue(event: &mut Event, issue: &Issue<'_>) {
    let Event { header, facts, details } = event;
    let project = issue.project.get();
    facts.keep(fact::REPO, project.and_then(|project| first([&project.slug, &project.name])));
    facts.keep(fact::TITLE, issue.title.get());
    facts.keep(fact::URL, first([&issue.web_url, &issue.permalink, &issue.url]));
    keep(&mut header.time, first([&issue.last_seen, &issue.first_seen]));
    let metadata = issue.metadata.get();
    facts.keep(fact::BODY, metadata.and_then(|metadata| metadata.value.get()).or(issue.culprit.get()));
    details.add("issue_id", issue.id.get());
    details.add("short_id", issue.short_id.get());
    details.add("level", issue.level.get());
    details.add("culprit", issue.culprit.get());
    details.add("status", issue.status.get());
    details.add("substatus", issue.substatus.get());
    details.add("priority", issue.priority.get());
    details.add("count", issue.count.get());
    details.add("users", issue.users.0);
    details.add("error_type", metadata.and_then(|metadata| metadata.r#type.get()));
    details.add("filename", metadata.and_then(|metadata| metadata.filename.get()));
}

fn of_assignee(event: &mut Event, assignee: &Assignee<'_>) {
    let names: Vec<_> = [&assignee.name, &assignee.email].into_iter().filter_map(Text::owned).collect();
    event.facts.set(fact::ASSIGNEE, names.first());
    event.facts.set_list(fact::ASSIGNEES, names);
    event.details.add("assignee_type", assignee.r#type.get());
}

/// Its own title is a code name like "Sacred Marmot"; people read `description_title`.
fn of_metric_alert(event: &mut Event, data: &Data<'_>, alert: &MetricAlert<'_>) {
    let Event { header, facts, details } = event;
    facts.set(fact::ORG, alert.organization.get().and_then(|organization| organization.slug.get()));
    let projects: Vec<_> = alert.projects.0.iter().filter_map(Text::owned).collect();
    facts.set(fact::REPO, projects.first());
    facts.set_list(fact::REPOS, projects);
    facts.set(fact::TITLE, first([&data.description_title, &alert.title]));
    facts.set(fact::BODY, data.description_text.get());
    facts.set(fact::URL, first([&data.web_url, &alert.web_url]));
    header.time = first([&alert.date_closed, &alert.date_detected, &alert.date_started]).map(str::to_owned);
    details.add("alert_id", alert.id.get());
    details.add("identifier", alert.identifier.get());
    details.add("status", alert.status.get());
    details.add("organization_id", alert.organization_id.get());
    details.add("rule", alert.alert_rule.get().and_then(|rule| rule.name.get()));
}

fn of_comment(event: &mut Event, data: &Data<'_>) {
    let Event { header, facts, details } = event;
    if let Some(project) = data.project_slug.get() {
        facts.set(fact::REPO, Some(project));
    }
    facts.set(fact::COMMENT, data.comment.get());
    // A comment may be deleted by somebody else than who wrote it.
    if header.action.as_deref() != Some("deleted") {
        facts.set(fact::COMMENTER, header.sender.as_deref());
        facts.set(fact::AUTHOR, header.sender.as_deref());
    }
    header.time = data.timestamp.owned().or(header.time.take());
    details.add("comment_id", data.comment_id.get());
    details.add("issue_id", data.issue_id.get());
}

fn of_seer(facts: &mut Facts, details: &mut Details, data: &Data<'_>) {
    let (cause, solution) = (data.root_cause.get(), data.solution.get());
    let said = |finding: &Finding<'_>| {
        first([&finding.one_line_summary, &finding.one_line_description, &finding.description])
            .map(str::to_owned)
    };
    if let Some(text) = solution.and_then(said).or_else(|| cause.and_then(said)) {
        facts.set(fact::BODY, Some(text));
    }
    details.add("repository", cause.and_then(|cause| cause.relevant_repo.get()));
    if let Some(made) = data.pull_requests.0.first().and_then(Object::get) {
        let link = made.pull_request.get();
        facts.set(fact::URL, link.and_then(|link| link.pr_url.get()));
        facts.set_number(fact::NUMBER, link.and_then(|link| link.pr_number.0));
        details.add("repository", made.repo_name.get());
    }
    details.add("run_id", data.run_id.get());
    details.add("issue_id", data.group_id.get());
}

fn of_build(event: &mut Event, data: &Data<'_>) {
    let Event { header, facts, details } = event;
    let app = data.app_info.get();
    facts.keep(fact::REPO, data.build_project.get());
    facts.keep(fact::ORG, data.build_org.get());
    facts.keep(fact::TITLE, app.and_then(|app| app.name.get()).or(data.app_name.get()));
    facts.keep(fact::BODY, data.error_message.get());
    keep(&mut header.time, app.and_then(|app| first([&app.date_added, &app.date_built])));
    details.add("version", app.and_then(|app| app.version.get()));
    details.add("build_id", data.build_id.get());
    details.add("platform", data.platform.get());
    details.add("state", data.state.get());
    details.add("error_code", data.error_code.get());
    let Some(git) = data.git_info.get() else { return };
    facts.set(fact::BRANCH, git.head_ref.get());
    facts.set(fact::BASE_BRANCH, git.base_ref.get());
    facts.set_number(fact::NUMBER, git.number.0);
    facts.keep(fact::REPO, git.head_repo.get());
    details.add("repository", git.head_repo.get());
    details.add("sha", git.head_sha.get());
}

/// `…/api/0/projects/{org}/{project}/events/…`
fn org_and_project(url: &str) -> Option<(&str, &str)> {
    let mut steps = url.split_once("/api/0/projects/")?.1.split('/').filter(|step| !step.is_empty());
    Some((steps.next()?, steps.next()?))
}

/// `https://sentry.io/organizations/{org}/…` or `https://{org}.sentry.io/…`; an address of the API
/// may start with a region, which is no organization.
fn org_of_page(url: &str) -> Option<String> {
    if let Some((_, rest)) = url.split_once("/organizations/") {
        return rest.split('/').next().filter(|org| !org.is_empty()).map(str::to_owned);
    }
    let (host, path) = url.split_once("://")?.1.split_once('/')?;
    let org = host.strip_suffix(".sentry.io")?;
    (!org.contains('.') && !path.starts_with("api/")).then(|| org.to_owned())
}

fn first<'t, const N: usize>(texts: [&'t Text<'_>; N]) -> Option<&'t str> {
    texts.into_iter().find_map(Text::get)
}

/// Fills a gap. What is known already comes from a better place.
fn keep(known: &mut Option<String>, other: Option<&str>) {
    if known.is_none() {
        *known = other.map(str::to_owned);
    }
}
