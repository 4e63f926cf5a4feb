//! What a payload says.

use super::{
    details,
    payload::{Data, Issue, Payload, Person},
    spec::LINEAR,
};
use crate::{
    domain::{WebhookContext, cut},
    provider::lenient::{Object, Text},
};

/// The event of an entity type.
fn event_of(entity: &str) -> String {
    match entity {
        "Issue" => "issues".to_owned(),
        "Comment" => "issue_comment".to_owned(),
        other => other.to_ascii_lowercase(),
    }
}

/// The context, if the payload or its header says what it is about.
pub(super) fn of(header: Option<&str>, payload: &Payload<'_>) -> Option<WebhookContext> {
    let entity = payload.r#type.get().or(header.filter(|entity| !entity.is_empty()))?;
    let mut context = WebhookContext::new(LINEAR.name, event_of(entity));
    context.action = payload.action.owned();
    context.repo = organization(payload);
    context.sender = payload.actor.get().and_then(name);
    context.timestamp = payload.created_at.owned();
    context.url = payload.url.owned();
    if let Some(data) = payload.data.get().or(payload.issue_data.get()) {
        match entity {
            "Comment" => of_comment(&mut context, payload, data),
            _ => of_entity(&mut context, payload, data),
        }
    }
    of_session(&mut context, payload);
    of_notification(&mut context, payload);
    context.org = slug(payload, &context);
    details::describe(&mut context.details, entity, payload);
    Some(context)
}

/// Payloads of 2021 name it in the team, if at all.
fn organization(payload: &Payload<'_>) -> Option<String> {
    payload.organization_id.owned().or_else(|| payload.data.get()?.team.get()?.organization.get()?.id.owned())
}

fn of_entity(context: &mut WebhookContext, payload: &Payload<'_>, data: &Data<'_>) {
    context.number = data.number.0.or_else(|| data.identifier.get().and_then(number));
    context.title = [&data.title, &data.name].into_iter().find_map(Text::owned);
    let body = data.description.get().or(data.body.get()).or(data.content.get());
    context.body = body.map(|text| cut(text).into_owned());
    context.comment =
        data.comment.get().and_then(|comment| comment.body.get()).map(|text| cut(text).into_owned());
    context.labels = data.labels.0.iter().filter_map(|label| label.get()?.name.owned()).collect();
    link(context, [&data.url]);
    subject(context, data);
    if context.title.is_none() {
        context.title = data.identifier.owned();
    }
    author(context, data.creator.get().or(data.user.get()).or_else(|| creator(payload)));
    context.assignee = data.assignee.get().and_then(name);
    context.assignees =
        [&data.assignee, &data.delegate].into_iter().filter_map(Object::get).flat_map(names).collect();
}

fn of_comment(context: &mut WebhookContext, payload: &Payload<'_>, data: &Data<'_>) {
    let writer = data.user.get().or_else(|| creator(payload));
    context.comment = data.body.get().map(|text| cut(text).into_owned());
    context.commenter = writer.and_then(name);
    author(context, writer);
    link(context, [&data.url]);
    subject(context, data);
    // A filter on authors means that of the issue too, where the payload knows it.
    let maker = data.issue.get().and_then(|issue| issue.creator.get());
    context.author_aliases.extend(maker.into_iter().flat_map(names));
    // Older payloads name the issue in the link alone.
    context.number = context.number.or_else(|| number_of_page(context.url.as_deref()?));
}

/// What something is about, if it is not itself the subject.
fn subject(context: &mut WebhookContext, data: &Data<'_>) {
    if let Some(issue) = data.issue.get() {
        about(context, issue);
    }
    if context.title.is_none() {
        let parents = [&data.project_update, &data.document_content].into_iter().filter_map(Object::get);
        let document = parents.clone().filter_map(|parent| parent.document.get()).map(|parent| &parent.title);
        let project = parents.filter_map(|parent| parent.project.get()).map(|parent| &parent.name);
        let own = data.project.get().map(|project| &project.name);
        context.title = own.into_iter().chain(document).chain(project).find_map(Text::owned);
    }
}

/// Schemas promise a creator, payloads have none: who made it is known when it is made.
fn creator<'p, 'a>(payload: &'p Payload<'a>) -> Option<&'p Person<'a>> {
    payload.actor.get().filter(|_| payload.action.get() == Some("create"))
}

/// Number, title, labels and link of the issue that something is about.
fn about(context: &mut WebhookContext, issue: &Issue<'_>) {
    context.number = context.number.or(issue.number.0).or_else(|| issue.identifier.get().and_then(number));
    let title = context.title.take().or_else(|| issue.title.owned());
    context.title = title.or_else(|| issue.identifier.owned());
    if context.labels.is_empty() {
        context.labels = issue.labels.0.iter().filter_map(|label| label.get()?.name.owned()).collect();
    }
    link(context, [&issue.url]);
    details::of_issue(&mut context.details, issue);
}

fn of_session(context: &mut WebhookContext, payload: &Payload<'_>) {
    let Some(session) = payload.agent_session.get() else { return };
    if let Some(issue) = session.issue.get() {
        about(context, issue);
    }
    link(context, [&session.url]);
    author(context, session.creator.get());
    let activity = payload.agent_activity.get();
    let said = activity.and_then(|activity| {
        activity.content.get().and_then(|content| content.body.get()).or(activity.body.get())
    });
    let comment = said.or_else(|| session.comment.get()?.body.get());
    context.comment = comment.map(|text| cut(text).into_owned());
    // These events have no actor: it is who spoke last.
    if context.sender.is_none() {
        let speaker = activity.and_then(|activity| activity.user.get()).or(session.creator.get());
        context.sender = speaker.and_then(name);
    }
    context.commenter = context.comment.as_ref().and(context.sender.clone());
    let body = payload.prompt_context.get().or_else(|| session.issue.get()?.description.get());
    context.body = body.map(|text| cut(text).into_owned());
}

fn of_notification(context: &mut WebhookContext, payload: &Payload<'_>) {
    let Some(notification) = payload.notification.get() else { return };
    if let Some(issue) = notification.issue.get() {
        about(context, issue);
    }
    if context.sender.is_none() {
        context.sender = notification.actor.get().and_then(name);
    }
    let body = notification.issue.get().and_then(|issue| issue.description.get());
    context.body = body.map(|text| cut(text).into_owned());
    let comment = notification.comment.get().and_then(|comment| comment.body.get());
    context.comment = comment.map(|text| cut(text).into_owned());
    context.commenter = context.comment.as_ref().and(context.sender.clone());
}

fn author(context: &mut WebhookContext, person: Option<&Person<'_>>) {
    let Some(person) = person else { return };
    context.author = name(person);
    context.author_aliases = names(person).filter(|alias| Some(alias) != context.author.as_ref()).collect();
}

/// What people call somebody.
pub(super) fn name(person: &Person<'_>) -> Option<String> {
    person
        .name
        .owned()
        .or_else(|| person.email.owned())
        .or_else(|| person.service.owned())
        .or_else(|| person.id.owned())
}

/// Every name by which a filter may know somebody.
fn names(person: &Person<'_>) -> impl Iterator<Item = String> {
    [&person.name, &person.email].into_iter().filter_map(Text::owned)
}

fn link<const N: usize>(context: &mut WebhookContext, urls: [&Text<'_>; N]) {
    if context.url.is_none() {
        context.url = urls.into_iter().find_map(Text::owned);
    }
}

/// The number in `ENG-123`.
fn number(identifier: &str) -> Option<i64> {
    identifier.rsplit_once('-')?.1.parse().ok()
}

/// The number in `https://linear.app/{slug}/issue/ENG-123/…`.
fn number_of_page(url: &str) -> Option<i64> {
    number(url.split_once("://linear.app/")?.1.split_once("issue/")?.1.split(['/', '#', '?']).next()?)
}

/// The workspace in `https://linear.app/{slug}/…`, from any link there is.
fn slug(payload: &Payload<'_>, context: &WebhookContext) -> Option<String> {
    let data = payload.data.get().or(payload.issue_data.get());
    let of_data = data.and_then(|data| data.url.get());
    let of_issue = data.and_then(|data| data.issue.get()).and_then(|issue| issue.url.get());
    let links = [payload.url.get(), of_data, of_issue, context.url.as_deref()];
    links.into_iter().flatten().find_map(slug_of_page).map(str::to_owned)
}

/// Links of old have no workspace: `https://linear.app/issue/ENG-123`.
fn slug_of_page(url: &str) -> Option<&str> {
    let slug = url.split_once("://linear.app/")?.1.split('/').next()?;
    (!matches!(slug, "" | "issue" | "project" | "team" | "document" | "api")).then_some(slug)
}
