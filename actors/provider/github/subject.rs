//! What an event is about.

use super::{
    objects::{Account, Advisory, Alert, Check, Comment, Large, Subject},
    payload::Payload,
};
use crate::{
    domain::{Facts, fact},
    provider::lenient::{Object, Text},
};

/// Fills in number, title, texts, link, people and labels; says when it happened.
pub(super) fn describe(facts: &mut Facts, payload: &Payload<'_>) -> Option<String> {
    let subject = subject(payload);
    facts.set_number(fact::NUMBER, number(payload, subject));
    facts.set(fact::TITLE, title(payload, subject));
    facts.set(fact::BODY, body(payload, subject));
    facts.set(fact::URL, url(payload, subject));
    facts.set(fact::AUTHOR, author(payload, subject));
    comment(facts, payload);
    people(facts, payload, subject);
    labels(facts, payload, subject);
    time(payload, subject)
}

/// The issue, pull request or discussion.
fn subject<'p, 'a>(payload: &'p Payload<'a>) -> Option<&'p Subject<'a>> {
    let places = [
        &payload.issue,
        &payload.pull_request,
        &payload.discussion,
        &payload.sub_issue,
        &payload.parent_issue,
        &payload.blocked_issue,
        &payload.blocking_issue,
        &payload.milestone,
        &payload.projects_v2,
    ];
    places.into_iter().find_map(Object::get).map(Box::as_ref)
}

/// The workflow or check, the most specific one.
pub(super) fn check<'p, 'a>(payload: &'p Payload<'a>) -> Option<&'p Check<'a>> {
    [&payload.workflow_job, &payload.check_run, &payload.workflow_run, &payload.check_suite]
        .into_iter()
        .find_map(Object::get)
        .map(Box::as_ref)
}

fn number(payload: &Payload<'_>, subject: Option<&Subject<'_>>) -> Option<i64> {
    subject
        .and_then(|subject| subject.number.0)
        .or(payload.number.0)
        .or_else(|| payload.alert.get()?.number.0)
        .or_else(|| check(payload)?.pull_requests.0.first()?.get()?.number.0)
}

fn title<'p>(payload: &'p Payload<'_>, subject: Option<&'p Subject<'_>>) -> Option<&'p str> {
    let subject_title = subject.and_then(|subject| subject.title.get());
    subject_title
        .or_else(|| payload.release.get().and_then(|release| release.name.get().or(release.tag_name.get())))
        .or_else(|| check(payload).and_then(check_title))
        .or_else(|| alert_title(payload.alert.get()?))
        .or_else(|| advisory(payload)?.summary.get())
        .or_else(|| first_line(payload.head_commit.get()?.message.get()?))
        .or_else(|| first_line(payload.commit.get()?.commit.get()?.message.get()?))
        .or_else(|| first_line(payload.merge_group.get()?.head_commit.get()?.message.get()?))
        .or_else(|| payload.pages.0.first()?.get()?.title.get())
        .or_else(|| payload.deployment.get()?.task.get())
        .or_else(|| payload.label.get()?.name.get())
        .or_else(|| {
            [&payload.package, &payload.registry_package, &payload.project, &payload.team]
                .into_iter()
                .find_map(|named| named.get()?.name.get())
        })
}

fn check_title<'p>(check: &'p Check<'_>) -> Option<&'p str> {
    let app = || check.app.get().and_then(|app| app.name.get());
    check.display_title.get().or(check.name.get()).or_else(app)
}

fn alert_title<'p>(alert: &'p Alert<'_>) -> Option<&'p str> {
    let rule = alert.rule.get().and_then(|rule| rule.description.get());
    rule.or_else(|| alert.security_advisory.get()?.summary.get())
        .or(alert.secret_type_display_name.get())
        .or(alert.affected_package_name.get())
}

fn advisory<'p, 'a>(payload: &'p Payload<'a>) -> Option<&'p Advisory<'a>> {
    payload.security_advisory.get().or(payload.repository_advisory.get()).map(Box::as_ref)
}

fn first_line(message: &str) -> Option<&str> {
    message.lines().next().filter(|line| !line.is_empty())
}

fn body<'p>(payload: &'p Payload<'_>, subject: Option<&'p Subject<'_>>) -> Option<&'p str> {
    subject
        .and_then(|subject| subject.body.get().or(subject.description.get()))
        .or_else(|| payload.release.get()?.body.get())
        .or_else(|| advisory(payload)?.description.get())
        .or_else(|| payload.alert.get()?.most_recent_instance.get()?.message.get()?.text.get())
        .or_else(|| payload.alert.get()?.security_advisory.get()?.description.get())
        .or_else(|| payload.head_commit.get()?.message.get())
        .or_else(|| payload.deployment_status.get()?.description.get())
        .or_else(|| payload.commit.get().and(payload.description.get()))
}

/// The most specific page.
fn url(payload: &Payload<'_>, subject: Option<&Subject<'_>>) -> Option<String> {
    let of_comment =
        |comment: &Large<Comment<'_>>| comment.get().and_then(|comment| comment.html_url.owned());
    let deployed = |payload: &Payload<'_>| {
        let status = payload.deployment_status.get()?;
        status.target_url.owned().or(status.environment_url.owned())
    };
    of_comment(&payload.comment)
        .or_else(|| of_comment(&payload.review))
        .or_else(|| of_comment(payload.thread.get()?.comments.0.first()?))
        .or_else(|| subject?.html_url.owned())
        .or_else(|| check(payload)?.html_url.owned())
        .or_else(|| payload.alert.get()?.html_url.owned())
        .or_else(|| payload.release.get()?.html_url.owned())
        .or_else(|| payload.compare.owned())
        .or_else(|| payload.target_url.owned())
        .or_else(|| payload.commit.get()?.html_url.owned())
        .or_else(|| deployed(payload))
        .or_else(|| payload.pages.0.first()?.get()?.html_url.owned())
        .or_else(|| payload.forkee.get()?.html_url.owned())
        .or_else(|| advisory(payload)?.html_url.owned())
        .or_else(|| {
            [&payload.package, &payload.registry_package, &payload.team]
                .into_iter()
                .find_map(|named| named.get()?.html_url.owned())
        })
        .or_else(|| suite_url(payload))
        .or_else(|| {
            payload.installation.get().filter(|_| payload.repository.get().is_none())?.html_url.owned()
        })
        .or_else(|| payload.repository.get()?.html_url.owned())
}

/// A check suite has no page of its own: its commit's page shows the checks.
fn suite_url(payload: &Payload<'_>) -> Option<String> {
    let sha = payload.check_suite.get()?.head_sha.get()?;
    let repository = payload.repository.get()?.html_url.get()?;
    Some(format!("{repository}/commit/{sha}"))
}

fn login(account: &Object<Account<'_>>) -> Option<String> {
    account.get().and_then(|account| account.login.owned())
}

/// Who wrote the subject; where there is none, who wrote the comment, the commit or the release.
/// A subject whose account is gone has no author: who comments on it has not written it.
fn author(payload: &Payload<'_>, subject: Option<&Subject<'_>>) -> Option<String> {
    if let Some(subject) = subject {
        return login(&subject.user).or_else(|| login(&subject.creator));
    }
    let pushed = || {
        let commit = payload.head_commit.get().and_then(|commit| commit.author.get()?.username.owned());
        commit.or_else(|| payload.pusher.get()?.name.owned())
    };
    let of_comment = payload.comment.get().and_then(|comment| login(&comment.user));
    of_comment
        .or_else(|| login(&payload.review.get()?.user))
        .or_else(|| login(&payload.release.get()?.author))
        .or_else(|| {
            check(payload).and_then(|check| login(&check.actor).or_else(|| login(&check.triggering_actor)))
        })
        .or_else(|| login(&payload.workflow_run.get()?.actor))
        .or_else(pushed)
        .or_else(|| login(&payload.deployment.get()?.creator))
        .or_else(|| login(&payload.deployment_status.get()?.creator))
        .or_else(|| login(&payload.commit.get()?.author))
        .or_else(|| login(&payload.build.get()?.pusher))
        .or_else(|| login(&payload.forkee.get()?.owner))
        .or_else(|| login(&payload.projects_v2_item.get()?.creator))
        .or_else(|| login(&payload.member))
}

fn comment(facts: &mut Facts, payload: &Payload<'_>) {
    let in_thread = payload.thread.get().and_then(|thread| thread.comments.0.first()?.get());
    let Some(comment) = payload.comment.get().or(payload.review.get()).or(in_thread) else { return };
    facts.set(fact::COMMENT, comment.body.get());
    facts.set(fact::COMMENTER, login(&comment.user));
}

fn people(facts: &mut Facts, payload: &Payload<'_>, subject: Option<&Subject<'_>>) {
    let list =
        subject.map(|subject| &subject.assignees).or(payload.alert.get().map(|alert| &alert.assignees));
    let mut assignees: Vec<_> = list.into_iter().flat_map(|list| &list.0).filter_map(login).collect();
    let first =
        || subject.and_then(|subject| login(&subject.assignee)).or_else(|| assignees.first().cloned());
    let assignee = login(&payload.assignee).or_else(first);
    if let Some(assignee) = &assignee
        && !assignees.contains(assignee)
    {
        assignees.push(assignee.clone());
    }
    facts.set(fact::ASSIGNEE, assignee);
    facts.set_list(fact::ASSIGNEES, assignees);
}

fn labels(facts: &mut Facts, payload: &Payload<'_>, subject: Option<&Subject<'_>>) {
    let list = subject.map(|subject| &subject.labels.0).into_iter().flatten();
    let mut labels: Vec<_> = list.filter_map(|label| label.get()?.name.owned()).collect();
    let label = payload.label.get().and_then(|label| label.name.owned());
    // A label that was just removed is not in the list any more; filters shall find it.
    if let Some(label) = &label
        && !labels.contains(label)
    {
        labels.push(label.clone());
    }
    facts.set_list(fact::LABELS, labels);
    facts.set(fact::LABEL, label);
}

fn time(payload: &Payload<'_>, subject: Option<&Subject<'_>>) -> Option<String> {
    let of_comment =
        |comment: &Comment<'_>| first([&comment.submitted_at, &comment.updated_at, &comment.created_at]);
    let comment = payload.comment.get().or(payload.review.get()).and_then(|comment| of_comment(comment));
    comment
        .or_else(|| subject.and_then(|subject| first([&subject.updated_at, &subject.created_at])))
        .or_else(|| {
            let check = check(payload)?;
            first([&check.updated_at, &check.completed_at, &check.started_at, &check.created_at])
        })
        .or_else(|| payload.alert.get().and_then(|alert| first([&alert.updated_at, &alert.created_at])))
        .or_else(|| {
            payload.release.get().and_then(|release| first([&release.published_at, &release.created_at]))
        })
        .or_else(|| payload.head_commit.get()?.timestamp.owned())
        .or_else(|| payload.merge_group.get()?.head_commit.get()?.timestamp.owned())
        .or_else(|| {
            let status = payload.deployment_status.get().or(payload.deployment.get())?;
            first([&status.updated_at, &status.created_at])
        })
        .or_else(|| payload.build.get()?.updated_at.owned())
        .or_else(|| advisory(payload)?.updated_at.owned())
        .or_else(|| payload.projects_v2_item.get()?.updated_at.owned())
        .or_else(|| first([&payload.updated_at, &payload.created_at]))
}

fn first<const N: usize>(texts: [&Text<'_>; N]) -> Option<String> {
    texts.into_iter().find_map(Text::owned)
}
