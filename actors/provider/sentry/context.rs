//! One function for each shape of data.

use serde_json::{Map, Value};

use super::{
    payload::{Actor, Assignee, Data, Event, Finding, Issue, MetricAlert, Payload},
    spec::SENTRY,
};
use crate::{
    domain::{WebhookContext, cut},
    provider::lenient::{List, Object, Text},
};

/// How many tags are shown, and how many bytes one may have.
const TAGS: usize = 32;
const TAG_LIMIT: usize = 512;

/// The context of a payload.
pub(super) fn of(resource: &str, payload: &Payload<'_>) -> WebhookContext {
    let mut context = WebhookContext::new(SENTRY.name, resource);
    context.action = payload.action.owned();
    if let Some(actor) = payload.actor.get() {
        caused(&mut context, actor);
    }
    if let Some(data) = payload.data.get() {
        describe(&mut context, data);
    }
    context
}

fn caused(context: &mut WebhookContext, actor: &Actor<'_>) {
    context.sender = actor.name.owned().or_else(|| actor.id.owned());
    add(&mut context.details, "actor_type", actor.r#type.get());
}

fn describe(context: &mut WebhookContext, data: &Data<'_>) {
    if let Some(event) = data.event.get().or(data.error.get()) {
        of_event(context, event);
    }
    if let Some(issue) = data.issue.get() {
        of_issue(context, issue);
    }
    if let Some(assignee) = data.issue.get().and_then(|issue| issue.assigned_to.get()).or(data.assignee.get())
    {
        of_assignee(context, assignee);
    }
    if let Some(alert) = data.metric_alert.get() {
        of_metric_alert(context, data, alert);
    }
    if data.comment.get().is_some() {
        of_comment(context, data);
    }
    if let Some(installation) = data.installation.get() {
        context.org = installation.organization.get().and_then(|organization| organization.slug.owned());
        add(&mut context.details, "status", installation.status.get());
        add(&mut context.details, "app", installation.app.get().and_then(|app| app.slug.get()));
    }
    of_seer(context, data);
    of_build(context, data);
    let details = &mut context.details;
    add(details, "triggered_rule", data.triggered_rule.get());
    add(details, "issue_alert", data.issue_alert.get().and_then(|alert| alert.title.get()));
    add(details, "alert", data.alert.get().and_then(|alert| alert.title.get()));
    let activity = data.activity.get();
    add(details, "activity", activity.and_then(|activity| activity.r#type.get()));
    let summary = activity.and_then(|activity| activity.details.get()?.summary.get());
    add(details, "summary", summary.map(cut));
    if context.org.is_none() {
        let of_issue = data.issue.get().and_then(|issue| issue.url.get());
        context.org = [context.url.as_deref(), of_issue].into_iter().flatten().find_map(org_of_page);
    }
}

/// An event of an alert, or an error. Its project is a number; the slug stands in its API address.
fn of_event(context: &mut WebhookContext, event: &Event<'_>) {
    if let Some((org, project)) = event.url.get().and_then(org_and_project) {
        context.org = Some(org.to_owned());
        context.repo = Some(project.to_owned());
    }
    keep(&mut context.repo, event.project.get().and_then(|project| project.slug.owned()));
    let metadata = event.metadata.get();
    context.title = event.title.owned();
    context.url = first([&event.web_url, &event.issue_url]);
    context.timestamp = event.datetime.owned();
    let body = event.message.get().or_else(|| metadata?.value.get()).or(event.culprit.get());
    context.body = body.map(|text| cut(text).into_owned());
    let details = &mut context.details;
    add(details, "event_id", event.id.get());
    add(details, "issue_id", event.issue_id.get());
    add(details, "level", event.level.get());
    add(details, "culprit", event.culprit.get());
    add(details, "platform", event.platform.get());
    add(details, "environment", event.environment.get());
    add(details, "error_type", metadata.and_then(|metadata| metadata.r#type.get()));
    add(details, "filename", metadata.and_then(|metadata| metadata.filename.get()));
    add(details, "tags", tags(event));
}

/// The tags of an event, which are pairs. An agent needs no hundred of them.
fn tags(event: &Event<'_>) -> Option<Value> {
    let pair = |tag: &List<Text<'_>>| {
        let (name, value) = (tag.0.first()?.get()?, tag.0.get(1)?.get()?);
        (name.len() + value.len() <= TAG_LIMIT).then(|| (name.to_owned(), Value::from(value)))
    };
    let tags: Map<_, _> = event.tags.0.iter().filter_map(pair).take(TAGS).collect();
    (!tags.is_empty()).then_some(Value::Object(tags))
}

fn of_issue(context: &mut WebhookContext, issue: &Issue<'_>) {
    let project = issue.project.get();
    keep(&mut context.repo, project.and_then(|project| first([&project.slug, &project.name])));
    keep(&mut context.title, issue.title.owned());
    keep(&mut context.url, first([&issue.web_url, &issue.permalink, &issue.url]));
    keep(&mut context.timestamp, first([&issue.last_seen, &issue.first_seen]));
    let metadata = issue.metadata.get();
    let body = metadata.and_then(|metadata| metadata.value.get()).or(issue.culprit.get());
    keep(&mut context.body, body.map(|text| cut(text).into_owned()));
    let details = &mut context.details;
    add(details, "issue_id", issue.id.get());
    add(details, "short_id", issue.short_id.get());
    add(details, "level", issue.level.get());
    add(details, "culprit", issue.culprit.get());
    add(details, "status", issue.status.get());
    add(details, "substatus", issue.substatus.get());
    add(details, "priority", issue.priority.get());
    add(details, "count", issue.count.get());
    add(details, "users", issue.users.0);
    add(details, "error_type", metadata.and_then(|metadata| metadata.r#type.get()));
    add(details, "filename", metadata.and_then(|metadata| metadata.filename.get()));
}

fn of_assignee(context: &mut WebhookContext, assignee: &Assignee<'_>) {
    context.assignees = [&assignee.name, &assignee.email].into_iter().filter_map(Text::owned).collect();
    context.assignee = context.assignees.first().cloned();
    add(&mut context.details, "assignee_type", assignee.r#type.get());
}

/// Its own title is a code name like "Sacred Marmot"; people read `description_title`.
fn of_metric_alert(context: &mut WebhookContext, data: &Data<'_>, alert: &MetricAlert<'_>) {
    context.org = alert.organization.get().and_then(|organization| organization.slug.owned());
    context.repos = alert.projects.0.iter().filter_map(Text::owned).collect();
    context.repo = context.repos.first().cloned();
    context.title = first([&data.description_title, &alert.title]);
    context.body = data.description_text.get().map(|text| cut(text).into_owned());
    context.url = first([&data.web_url, &alert.web_url]);
    context.timestamp = first([&alert.date_closed, &alert.date_detected, &alert.date_started]);
    let details = &mut context.details;
    add(details, "alert_id", alert.id.get());
    add(details, "identifier", alert.identifier.get());
    add(details, "status", alert.status.get());
    add(details, "organization_id", alert.organization_id.get());
    add(details, "rule", alert.alert_rule.get().and_then(|rule| rule.name.get()));
}

fn of_comment(context: &mut WebhookContext, data: &Data<'_>) {
    context.repo = data.project_slug.owned().or(context.repo.take());
    context.comment = data.comment.get().map(|text| cut(text).into_owned());
    // A comment may be deleted by somebody else than who wrote it.
    if context.action.as_deref() != Some("deleted") {
        context.commenter.clone_from(&context.sender);
        context.author.clone_from(&context.sender);
    }
    context.timestamp = data.timestamp.owned().or(context.timestamp.take());
    add(&mut context.details, "comment_id", data.comment_id.get());
    add(&mut context.details, "issue_id", data.issue_id.get());
}

fn of_seer(context: &mut WebhookContext, data: &Data<'_>) {
    let (cause, solution) = (data.root_cause.get(), data.solution.get());
    let said = |finding: &Finding<'_>| {
        first([&finding.one_line_summary, &finding.one_line_description, &finding.description])
    };
    if let Some(text) = solution.and_then(said).or_else(|| cause.and_then(said)) {
        context.body = Some(cut(&text).into_owned());
    }
    add(&mut context.details, "repository", cause.and_then(|cause| cause.relevant_repo.get()));
    if let Some(made) = data.pull_requests.0.first().and_then(Object::get) {
        let link = made.pull_request.get();
        context.url = link.and_then(|link| link.pr_url.owned());
        context.number = link.and_then(|link| link.pr_number.0);
        add(&mut context.details, "repository", made.repo_name.get());
    }
    add(&mut context.details, "run_id", data.run_id.get());
    add(&mut context.details, "issue_id", data.group_id.get());
}

fn of_build(context: &mut WebhookContext, data: &Data<'_>) {
    let app = data.app_info.get();
    keep(&mut context.repo, data.build_project.owned());
    keep(&mut context.org, data.build_org.owned());
    keep(&mut context.title, app.and_then(|app| app.name.owned()).or_else(|| data.app_name.owned()));
    keep(&mut context.body, data.error_message.get().map(|text| cut(text).into_owned()));
    keep(&mut context.timestamp, app.and_then(|app| first([&app.date_added, &app.date_built])));
    let details = &mut context.details;
    add(details, "version", app.and_then(|app| app.version.get()));
    add(details, "build_id", data.build_id.get());
    add(details, "platform", data.platform.get());
    add(details, "state", data.state.get());
    add(details, "error_code", data.error_code.get());
    let Some(git) = data.git_info.get() else { return };
    context.branch = git.head_ref.owned();
    context.base_branch = git.base_ref.owned();
    context.number = git.number.0;
    keep(&mut context.repo, git.head_repo.owned());
    add(&mut context.details, "repository", git.head_repo.get());
    add(&mut context.details, "sha", git.head_sha.get());
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

fn first<const N: usize>(texts: [&Text<'_>; N]) -> Option<String> {
    texts.into_iter().find_map(Text::owned)
}

/// Fills a gap. What is known already comes from a better place.
fn keep<T>(known: &mut Option<T>, other: Option<T>) {
    if known.is_none() {
        *known = other;
    }
}

fn add(details: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        details.insert(key.to_owned(), value.into());
    }
}
