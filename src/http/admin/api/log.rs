//! `/runs/{id}/log`: what a run printed, whole, in parts, or as it comes.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    rt,
    web::Data,
};
use herdgate_actors::domain::RunId;

use super::{answer::Refused, params::Params, path::Named};
use crate::{
    api::{problem::Kind, runs::LogQuery},
    http::admin::{
        Admin,
        stream::{self, Pieces},
    },
};

/// How often a log that is followed is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Bytes of a log: from one to before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    start: u64,
    end: u64,
}

/// What a run printed. `Range` asks for a part, `tail` for the end, and `follow` goes on until the run
/// ends.
#[utoipa::path(get, path = "/runs/{id}/log", tag = "runs", params(("id" = crate::api::ids::RunKey, Path), LogQuery),
    responses((status = 200, body = String, content_type = "text/plain"),
              (status = 206, body = String, content_type = "text/plain"), super::doc::Refusals))]
pub(super) async fn show(
    admin: Data<Admin>,
    Named(run): Named<RunId>,
    Params(query): Params<LogQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, Refused> {
    let detail = admin.reads.run(run).await?;
    let length = admin.reads.log_length(run).await?;
    let range = request.headers().get(header::RANGE).and_then(|range| range.to_str().ok());
    let part = match (range.filter(|range| range.starts_with("bytes=")), query.tail) {
        (Some(range), _) => Some(part_of(range, length)?),
        (None, Some(tail)) => Some(Part { start: length.saturating_sub(tail), end: length }),
        (None, None) => None,
    };
    let whole = Part { start: 0, end: length };
    let Part { start, end } = part.unwrap_or(whole);
    let place = query.follow.then(|| admin.follow());
    if matches!(place, Some(None)) {
        return Err(Refused::new(Kind::TooManyFollowers, "as many follow as may"));
    }
    let (pieces, body) = stream::channel(&request);
    let agent = detail.run.agent;
    let follow = query.follow;
    rt::spawn(async move {
        let at = write(&admin, run, start, end, &pieces).await;
        if let Some(at) = at.filter(|_| follow) {
            go_on(&admin, run, &agent, at, &pieces).await;
        }
        drop(place);
    });
    let is_range = range.is_some() && !follow;
    let mut answer = HttpResponse::build(if is_range { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK });
    answer
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header(("X-Log-Length", length.to_string()));
    if is_range {
        let last = end.saturating_sub(1);
        answer.insert_header((header::CONTENT_RANGE, format!("bytes {start}-{last}/{length}")));
    }
    if !follow {
        answer.no_chunking(end - start);
    }
    Ok(answer.streaming(body))
}

/// Writes a part; says how far it came, where somebody still reads.
async fn write(admin: &Admin, run: RunId, mut at: u64, end: u64, pieces: &Pieces) -> Option<u64> {
    while at < end {
        let part = admin.reads.log(run, at, end - at).await.ok()?;
        if part.bytes.is_empty() {
            return None;
        }
        at += part.bytes.len() as u64;
        if !pieces.send(part.bytes).await {
            return None;
        }
    }
    Some(at)
}

/// Goes on until the run ends, or nobody reads.
async fn go_on(
    admin: &Admin,
    run: RunId,
    agent: &herdgate_actors::domain::AgentName,
    mut at: u64,
    pieces: &Pieces,
) {
    let mut closing = admin.closing();
    loop {
        // First, so that nothing written before the end is missed.
        let observed = admin.control().agents().observed_one(agent);
        let runs = observed.is_some_and(|state| state.executing.iter().any(|one| one.run == run));
        let Ok(length) = admin.reads.log_length(run).await else { return };
        match write(admin, run, at, length.max(at), pieces).await {
            Some(reached) => at = reached,
            None => return,
        }
        if !runs {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = closing.wait_for(|closing| *closing) => return,
            () = pieces.closed() => return,
        }
    }
}

/// The first range of a header like `bytes=0-99`, `bytes=100-` or `bytes=-100`.
fn part_of(range: &str, length: u64) -> Result<Part, Refused> {
    let wrong = || Refused::new(Kind::InvalidRequest, format!("`{range}` is no range like `bytes=0-99`"));
    let first = range.trim_start_matches("bytes=").split(',').next().unwrap_or_default();
    let (from, to) = first.split_once('-').ok_or_else(wrong)?;
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| wrong());
    let part = match (from.trim(), to.trim()) {
        ("", "") => return Err(wrong()),
        ("", last) => Part { start: length.saturating_sub(number(last)?), end: length },
        (from, "") => Part { start: number(from)?, end: length },
        (from, to) => Part { start: number(from)?, end: number(to)?.saturating_add(1).min(length) },
    };
    if part.start >= length || part.start >= part.end {
        let detail = format!("the log has {length} bytes so far");
        return Err(Refused::new(Kind::RangeNotSatisfiable, detail));
    }
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_has_them() {
        let part =
            |range| part_of(range, 100).map(|part| (part.start, part.end)).map_err(|error| error.0.kind());
        assert_eq!(part("bytes=0-9"), Ok((0, 10)));
        assert_eq!(part("bytes=90-"), Ok((90, 100)));
        assert_eq!(part("bytes=-10"), Ok((90, 100)));
        assert_eq!(part("bytes=90-1000"), Ok((90, 100)));
        assert_eq!(part("bytes=100-"), Err(Some(Kind::RangeNotSatisfiable)));
        assert_eq!(part("bytes=9-3"), Err(Some(Kind::RangeNotSatisfiable)));
        assert_eq!(part("bytes=x"), Err(Some(Kind::InvalidRequest)));
    }
}
