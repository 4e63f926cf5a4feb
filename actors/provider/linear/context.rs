//! What a payload says.

use super::{
    details,
    payload::{Data, Issue, Payload, Person},
    spec::{LINEAR, TYPE},
};
use crate::{
    domain::{Event, Facts, fact},
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

/// The event, if the payload or its header says what it is about.
pub(super) fn of(header: Option<&str>, payload: &Payload<'_>) -> Option<Event> {
    let entity = payload.r#type.get().or(header.filter(|entity| !entity.is_empty()))?;
    let mut event = Event::new(LINEAR.name, event_of(entity));
    event.header.action = payload.action.owned();
    event.header.sender = payload.actor.get().and_then(name).map(str::to_owned);
    event.header.time = payload.created_at.owned();
    event.facts.set(fact::REPO, organization(payload));
    event.facts.set(fact::URL, payload.url.get());
    if let Some(data) = payload.data.get().or(payload.issue_data.get()) {
        match entity {
            "Comment" => of_comment(&mut event, payload, data),
            _ => of_entity(&mut event, payload, data),
        }
    }
    of_session(&mut event, payload);
    of_notification(&mut event, payload);
    let org = slug(payload, &event.facts).map(str::to_owned);
    event.facts.set(fact::ORG, org);
    event.facts.set(TYPE, Some(entity));
    details::describe(&mut event.details, payload);
    Some(event)
}

/// Payloads of 2021 name it in the team, if at all.
fn organization<'p>(payload: &'p Payload<'_>) -> Option<&'p str> {
    payload.organization_id.get().or_else(|| payload.data.get()?.team.get()?.organization.get()?.id.get())
}

fn of_entity(event: &mut Event, payload: &Payload<'_>, data: &Data<'_>) {
    let facts = &mut event.facts;
    facts.set_number(fact::NUMBER, data.number.0.or_else(|| data.identifier.get().and_then(number)));
    facts.set(fact::TITLE, [&data.title, &data.name].into_iter().find_map(Text::get));
    facts.set(fact::BODY, data.description.get().or(data.body.get()).or(data.content.get()));
    facts.set(fact::COMMENT, data.comment.get().and_then(|comment| comment.body.get()));
    let labels = data.labels.0.iter().filter_map(|label| label.get()?.name.owned());
    facts.set_list(fact::LABELS, labels.collect());
    facts.keep(fact::URL, data.url.get());
    subject(event, data);
    let facts = &mut event.facts;
    facts.keep(fact::TITLE, data.identifier.get());
    author(facts, data.creator.get().or(data.user.get()).or_else(|| creator(payload)), &[]);
    facts.set(fact::ASSIGNEE, data.assignee.get().and_then(name));
    let assigned = [&data.assignee, &data.delegate].into_iter().filter_map(Object::get).flat_map(names);
    facts.set_list(fact::ASSIGNEES, assigned.collect());
}

fn of_comment(event: &mut Event, payload: &Payload<'_>, data: &Data<'_>) {
    let facts = &mut event.facts;
    let writer = data.user.get().or_else(|| creator(payload));
    facts.set(fact::COMMENT, data.body.get());
    facts.set(fact::COMMENTER, writer.and_then(name));
    // A filter on authors means that of the issue too, where the payload knows it.
    let maker = data.issue.get().and_then(|issue| issue.creator.get());
    author(facts, writer, maker.as_slice());
    facts.keep(fact::URL, data.url.get());
    subject(event, data);
    let facts = &mut event.facts;
    // Older payloads name the issue in the link alone.
    let number = facts.number(fact::NUMBER).or_else(|| number_of_page(facts.text(fact::URL)?));
    facts.set_number(fact::NUMBER, number);
}

/// What something is about, if it is not itself the subject.
fn subject(event: &mut Event, data: &Data<'_>) {
    if let Some(issue) = data.issue.get() {
        about(event, issue);
    }
    let parents = [&data.project_update, &data.document_content].into_iter().filter_map(Object::get);
    let document = parents.clone().filter_map(|parent| parent.document.get()).map(|parent| &parent.title);
    let project = parents.filter_map(|parent| parent.project.get()).map(|parent| &parent.name);
    let own = data.project.get().map(|project| &project.name);
    event.facts.keep(fact::TITLE, own.into_iter().chain(document).chain(project).find_map(Text::get));
}

/// Schemas promise a creator, payloads have none: who made it is known when it is made.
fn creator<'p, 'a>(payload: &'p Payload<'a>) -> Option<&'p Person<'a>> {
    payload.actor.get().filter(|_| payload.action.get() == Some("create"))
}

/// Number, title, labels and link of the issue that something is about.
fn about(event: &mut Event, issue: &Issue<'_>) {
    let facts = &mut event.facts;
    let known = facts.number(fact::NUMBER);
    let number = known.or(issue.number.0).or_else(|| issue.identifier.get().and_then(number));
    facts.set_number(fact::NUMBER, number);
    facts.keep(fact::TITLE, issue.title.get().or(issue.identifier.get()));
    if facts.list(fact::LABELS).is_empty() {
        let labels = issue.labels.0.iter().filter_map(|label| label.get()?.name.owned());
        facts.set_list(fact::LABELS, labels.collect());
    }
    facts.keep(fact::URL, issue.url.get());
    details::of_issue(&mut event.details, issue);
}

fn of_session(event: &mut Event, payload: &Payload<'_>) {
    let Some(session) = payload.agent_session.get() else { return };
    if let Some(issue) = session.issue.get() {
        about(event, issue);
    }
    let Event { header, facts, .. } = event;
    facts.keep(fact::URL, session.url.get());
    author(facts, session.creator.get(), &[]);
    let activity = payload.agent_activity.get();
    let said = activity.and_then(|activity| {
        activity.content.get().and_then(|content| content.body.get()).or(activity.body.get())
    });
    let comment = said.or_else(|| session.comment.get()?.body.get());
    facts.set(fact::COMMENT, comment);
    // These events have no actor: it is who spoke last.
    if header.sender.is_none() {
        let speaker = activity.and_then(|activity| activity.user.get()).or(session.creator.get());
        header.sender = speaker.and_then(name).map(str::to_owned);
    }
    facts.set(fact::COMMENTER, comment.and(header.sender.as_deref()));
    let body = payload.prompt_context.get().or_else(|| session.issue.get()?.description.get());
    facts.set(fact::BODY, body);
}

fn of_notification(event: &mut Event, payload: &Payload<'_>) {
    let Some(notification) = payload.notification.get() else { return };
    if let Some(issue) = notification.issue.get() {
        about(event, issue);
    }
    let Event { header, facts, .. } = event;
    if header.sender.is_none() {
        header.sender = notification.actor.get().and_then(name).map(str::to_owned);
    }
    facts.set(fact::BODY, notification.issue.get().and_then(|issue| issue.description.get()));
    let comment = notification.comment.get().and_then(|comment| comment.body.get());
    facts.set(fact::COMMENT, comment);
    facts.set(fact::COMMENTER, comment.and(header.sender.as_deref()));
}

/// Who wrote it, by all names; filters know it by those of `others` too.
fn author(facts: &mut Facts, person: Option<&Person<'_>>, others: &[&Person<'_>]) {
    let mut aliases = Vec::new();
    if let Some(person) = person {
        let author = name(person);
        facts.set(fact::AUTHOR, author);
        aliases.extend(names(person).filter(|alias| Some(alias.as_str()) != author));
    } else {
        aliases.extend_from_slice(facts.list(fact::AUTHOR_ALIASES));
    }
    aliases.extend(others.iter().flat_map(|other| names(other)));
    facts.set_list(fact::AUTHOR_ALIASES, aliases);
}

/// What people call somebody.
pub(super) fn name<'p>(person: &'p Person<'_>) -> Option<&'p str> {
    person.name.get().or(person.email.get()).or(person.service.get()).or(person.id.get())
}

/// Every name by which a filter may know somebody.
fn names(person: &Person<'_>) -> impl Iterator<Item = String> {
    [&person.name, &person.email].into_iter().filter_map(Text::owned)
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
fn slug<'p>(payload: &'p Payload<'_>, facts: &'p Facts) -> Option<&'p str> {
    let data = payload.data.get().or(payload.issue_data.get());
    let of_data = data.and_then(|data| data.url.get());
    let of_issue = data.and_then(|data| data.issue.get()).and_then(|issue| issue.url.get());
    let links = [payload.url.get(), of_data, of_issue, facts.text(fact::URL)];
    links.into_iter().flatten().find_map(slug_of_page)
}

/// Links of old have no workspace: `https://linear.app/issue/ENG-123`.
fn slug_of_page(url: &str) -> Option<&str> {
    let slug = url.split_once("://linear.app/")?.1.split('/').next()?;
    (!matches!(slug, "" | "issue" | "project" | "team" | "document" | "api")).then_some(slug)
}
