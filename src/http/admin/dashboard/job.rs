//! One job: where it stands, its tries, and what can be done to it.

use actix_web::{HttpResponse, web};
use askama::Template;
use herdgate_actors::domain::JobId;
use serde::Deserialize;

use super::{
    error::Trouble,
    job_action::JobAction,
    job_rows::JobLine,
    page,
    run_rows::RunLine,
    shell::{Place, Shell},
    visitor::{Operator, Visitor},
};

#[derive(Template)]
#[template(path = "job.html")]
struct JobPage {
    shell: Shell,
    job: JobLine,
    runs: Vec<RunLine>,
    verdict: String,
    class: &'static str,
}

fn id_of(text: &str) -> Result<JobId, Trouble> {
    text.parse().map_err(|_| Trouble::Missing(format!("job `{text}`")))
}

pub(super) async fn show(visitor: Visitor, id: web::Path<String>) -> Result<HttpResponse, Trouble> {
    let found = visitor.reads().job(id_of(&id)?).await?;
    let backlog = visitor.store().backlog().await?;
    let job = JobLine::new(&found.job, visitor.now);
    let (class, verdict) = verdict(&job);
    let title = format!("Job {}", job.id);
    let page = JobPage {
        shell: Shell::new(&visitor, Place::Jobs, title, "jobs runs", &backlog),
        runs: found.attempts.iter().rev().map(|run| RunLine::new(run, visitor.now)).collect(),
        job,
        verdict,
        class,
    };
    page::answer(&visitor, &page)
}

/// Where it stands, in a sentence.
fn verdict(job: &JobLine) -> (&'static str, String) {
    let because =
        |text: &str| if job.why.is_empty() { format!("{text}.") } else { format!("{text}: {}.", job.why) };
    match job.class {
        "available" => ("", format!("It waits for a free place of {}.", job.agent)),
        "scheduled" => ("", "It waits for its time.".to_owned()),
        "executing" => ("", "It runs now.".to_owned()),
        "held" => ("", because("It is kept back")),
        "retryable" => ("no", "Its last try failed; it is tried again by itself.".to_owned()),
        "completed" => ("yes", "It is done.".to_owned()),
        "discarded" => ("bad", because("It is a dead letter, and not tried again by itself")),
        _ if !job.why.is_empty() => ("no", because("It is over")),
        _ => ("no", "An operator ended it.".to_owned()),
    }
}

/// What is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Act {
    action: JobAction,
}

/// `POST /dashboard/jobs/{id}`.
pub(super) async fn act(
    operator: Operator,
    id: web::Path<String>,
    act: web::Form<Act>,
) -> Result<HttpResponse, Trouble> {
    let id = id_of(&id)?;
    let flash = page::told(act.action.on(&operator, id).await, |_| act.action.done().to_owned());
    Ok(page::went(&format!("/dashboard/jobs/{id}"), &flash))
}
