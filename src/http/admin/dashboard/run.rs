//! One run: why it ended so, what it was told, and what it printed.

use actix_web::{HttpResponse, web};
use askama::Template;
use herdgate_actors::domain::RunId;
use serde::Deserialize;

use super::{
    error::Trouble,
    html::Html,
    job_rows::JobLine,
    log_lines, page,
    run_rows::RunLine,
    shell::{Place, Shell},
    visitor::{Operator, Visitor},
    words::bytes,
};
use crate::{
    api::{
        history::RunDetail,
        jobs,
        reports::Report,
        runs::{Run, State},
    },
    http::admin::api::{Named, NoParams, Params, runs},
};

/// So much of a log's end is shown at first.
const SHOWN: u64 = 128 * 1024;

/// Which part of the log.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Look {
    /// `all`: from its start.
    log: String,
}

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    shell: Shell,
    run: RunLine,
    job: JobLine,
    runs: Vec<RunLine>,
    class: &'static str,
    verdict: String,
    report: Option<Report>,
    prompt: Option<String>,
    log: Option<Log>,
    is_stopping: bool,
}

/// A part of what a run printed.
struct Log {
    html: Html,
    /// Where to go on.
    from: u64,
    line: u64,
    size: String,
    /// Whether its start is not shown.
    is_cut: bool,
    end: Option<String>,
}

#[derive(Template)]
#[template(path = "log_part.html")]
struct LogPart {
    log: Log,
}

fn id_of(text: &str) -> Result<RunId, Trouble> {
    text.parse().map_err(|_| Trouble::Missing(format!("run `{text}`")))
}

pub(super) async fn show(
    visitor: Visitor,
    id: web::Path<String>,
    look: web::Query<Look>,
) -> Result<HttpResponse, Trouble> {
    let id = id_of(&id)?;
    let found = visitor.reads().run(id).await?;
    let backlog = visitor.store().backlog().await?;
    let log = match found.log_bytes {
        Some(length) => {
            let start = if look.log == "all" { 0 } else { length.saturating_sub(SHOWN) };
            Some(log_from(&visitor, id, start, None, &found).await?)
        }
        None => None,
    };
    let (class, verdict) = verdict(&found);
    let title = format!("Run {id}");
    let page = RunPage {
        shell: Shell::new(&visitor, Place::Runs, title, "runs jobs", &backlog),
        run: RunLine::new(&found.run, visitor.now),
        job: JobLine::new(&found.job, visitor.now),
        runs: found.attempts.iter().rev().map(|run| RunLine::new(run, visitor.now)).collect(),
        class,
        verdict,
        is_stopping: found.phase.is_some_and(|phase| phase != crate::api::runs::Phase::Running),
        report: found.run.report,
        prompt: found.prompt,
        log,
    };
    page::answer(&visitor, &page)
}

/// Where to go on in a log.
#[derive(Debug, Deserialize)]
pub(super) struct From {
    from: u64,
    line: u64,
}

/// `GET …/log`: what was printed since.
pub(super) async fn log(
    visitor: Visitor,
    id: web::Path<String>,
    place: web::Query<From>,
) -> Result<HttpResponse, Trouble> {
    let id = id_of(&id)?;
    let found = visitor.reads().run(id).await?;
    let log = log_from(&visitor, id, place.from, Some(place.line), &found).await?;
    page::answer(&visitor, &LogPart { log })
}

/// The log from a byte on, whole lines only while the run may go on with the last one.
async fn log_from(
    visitor: &Visitor,
    id: RunId,
    start: u64,
    line: Option<u64>,
    run: &RunDetail,
) -> Result<Log, Trouble> {
    let reads = visitor.reads();
    let mut start = start;
    let line = if let Some(line) = line {
        line
    } else {
        let (first, lines) = line_at(visitor, id, start).await?;
        start = first;
        lines + 1
    };
    let is_over = run.run.state != State::Executing;
    let (mut html, mut from, mut number, mut rest) = (Html::default(), start, line, Vec::new());
    let mut length = from;
    loop {
        let part = reads.log(id, from, u64::MAX).await?;
        length = length.max(part.length);
        if part.bytes.is_empty() {
            break;
        }
        from += part.bytes.len() as u64;
        rest.extend_from_slice(&part.bytes);
        let whole = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        number += log_lines::write(&mut html, &rest[..whole], number);
        rest.drain(..whole);
        // A line without an end is shown in pieces.
        if rest.len() as u64 > SHOWN || from - start > 16 * SHOWN {
            break;
        }
    }
    if is_over || rest.len() as u64 > SHOWN {
        number += log_lines::write(&mut html, &rest, number);
        rest.clear();
    }
    let end = is_over.then(|| verdict(run).1);
    let from = from - rest.len() as u64;
    Ok(Log { html, from, line: number, size: bytes(length), is_cut: start > 0, end })
}

/// The start of the first line at or after a byte, and how many lines come before it.
async fn line_at(visitor: &Visitor, id: RunId, byte: u64) -> Result<(u64, u64), Trouble> {
    let (mut from, mut lines) = (0, 0);
    while from < byte {
        let part = visitor.reads().log(id, from, byte - from).await?;
        if part.bytes.is_empty() {
            break;
        }
        lines += part.bytes.split(|byte| *byte == b'\n').count() as u64 - 1;
        from += part.bytes.len() as u64;
    }
    if byte == 0 {
        return Ok((0, 0));
    }
    let part = visitor.reads().log(id, byte, u64::MAX).await?;
    let skipped = part.bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end as u64 + 1);
    Ok((byte + skipped, lines + u64::from(skipped > 0)))
}

/// Why it ended so, and what that means for its job, in a sentence.
fn verdict(found: &RunDetail) -> (&'static str, String) {
    let (run, job) = (&found.run, &found.job);
    let took = run.took_ms.map(|took| super::words::lasted(std::time::Duration::from_millis(took)));
    let after = took.map(|took| format!(" after {took}")).unwrap_or_default();
    let (class, how) = match run.state {
        State::Executing => return ("", "It runs.".to_owned()),
        State::Completed => ("yes", format!("It completed{after}.")),
        State::Failed => {
            let code = run.exit_code.map(|code| format!(" with exit code {code}")).unwrap_or_default();
            ("bad", format!("It failed{code}{after}."))
        }
        State::NotDone => ("bad", format!("It ended{after}, and its work is not done: {}.", why(run))),
        State::GaveUp => {
            ("bad", format!("It gave up{after}: {}. Another attempt would meet the same.", why(run)))
        }
        State::Stalled => ("bad", format!("It printed nothing for its stall timeout and was ended{after}.")),
        State::RateLimited => {
            let until = run.detail.as_deref().map(|until| format!(" {until}")).unwrap_or_default();
            ("no", format!("The service of its model takes no more{until}; that counts for no attempt."))
        }
        State::Killed => {
            let signal = run.signal.map(|signal| format!(" by signal {signal}")).unwrap_or_default();
            ("bad", format!("It was killed{signal}{after}, not by the gate."))
        }
        State::TimedOut => ("bad", format!("It took longer than its timeout and was ended{after}.")),
        State::TryAgain => ("no", format!("It asked for another try{after}, by exit code 75.")),
        State::Interrupted => ("no", "It was interrupted: the gate ended it, or ended itself.".to_owned()),
        State::NotStarted => ("bad", format!("It could not be started: {}.", why(run))),
    };
    let is_last = found.attempts.last().is_some_and(|last| last.id == run.id);
    let then = match job.state {
        _ if !is_last => " Its job was tried again.".to_owned(),
        jobs::State::Retryable => " Its job is tried again by itself.".to_owned(),
        jobs::State::Discarded => match &job.reason {
            Some(reason) => format!(" Its job is a dead letter: {}.", reason.detail),
            None => " Its job is a dead letter.".to_owned(),
        },
        jobs::State::Cancelled => " Its job was cancelled by an operator.".to_owned(),
        _ => String::new(),
    };
    (class, how + &then)
}

fn why(run: &Run) -> &str {
    run.detail.as_deref().unwrap_or("nobody knows why")
}

/// `POST …/kill`.
pub(super) async fn kill(operator: Operator, id: web::Path<String>) -> Result<HttpResponse, Trouble> {
    let id = id_of(&id)?;
    let (admin, caller) = operator.asks();
    let killed = runs::kill(admin, caller, Named(id), Params(NoParams {})).await;
    let flash = page::told(killed, |_| {
        "Told to end. It has its `kill_grace` for that, then it is killed; its job ends with it.".to_owned()
    });
    Ok(page::went(&format!("/dashboard/runs/{id}"), &flash))
}
