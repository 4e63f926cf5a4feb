//! Which facts get a log line, and how many of a kind.

use std::{
    borrow::Cow,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tracing::{Level, info, level_filters::LevelFilter, warn};

use super::{
    BulkProgress, Event, RunEnded,
    damp::{Damper, LeftOut, Limit},
    line::line,
};

static DAMPER: LazyLock<Mutex<Damper>> = LazyLock::new(Mutex::default);

/// How often counts of what was left out are told where no line follows.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// Deliveries of one source: each has its line up to this rate.
const DELIVERIES: Limit = Limit { burst: 20.0, per_second: 20.0 };
/// Anybody can send what is refused: one line a minute for each source and reason.
const REFUSALS: Limit = Limit { burst: 1.0, per_second: 1.0 / 60.0 };
/// Runs of one agent: no agent that does anything runs this often for long, and one that crashes in
/// a loop writes at most 20 MB a day.
const RUNS: Limit = Limit { burst: 60.0, per_second: 1.0 };
/// Trouble that repeats: enough lines to see what it is, and then the count each minute.
const TROUBLE: Limit = Limit { burst: 10.0, per_second: 1.0 / 60.0 };

/// Tells, for ever, what was left out of the log and got no later line to tell it.
pub async fn tell_left_out() {
    loop {
        tokio::time::sleep(TELL_EVERY).await;
        let due = damper(|damper| damper.due(Instant::now()));
        due.into_iter().for_each(tell);
    }
}

/// Tells everything that was left out so far: the process is about to end.
pub fn tell_rest() {
    damper(Damper::rest).into_iter().for_each(tell);
}

fn damper<T>(act: impl FnOnce(&mut Damper) -> T) -> T {
    // A bucket is consistent after every single step.
    act(&mut DAMPER.lock().unwrap_or_else(PoisonError::into_inner))
}

fn tell(LeftOut { kind, subject, level, count }: LeftOut) {
    if level == Level::INFO {
        info!(target: "herdgate", kind, of = %subject, left_out = count, "left out of the log");
    } else {
        warn!(target: "herdgate", kind, of = %subject, left_out = count, "left out of the log");
    }
}

/// Writes the line of a fact, unless there were too many like it.
pub(super) fn write(event: &Event) {
    let Some(Damped { kind, subject, level, limit }) = damped(event) else {
        return line(event, None);
    };
    if level <= LevelFilter::current()
        && let Some(earlier) = damper(|damper| damper.admit(kind, &subject, (level, limit), Instant::now()))
    {
        line(event, (earlier > 0).then_some(earlier));
    }
}

/// A fact that does not always get a line.
struct Damped<'a> {
    kind: &'static str,
    subject: Cow<'a, str>,
    level: Level,
    limit: Limit,
}

/// What shares lines with what; `None` for facts that are too rare to be damped.
fn damped(event: &Event) -> Option<Damped<'_>> {
    let (kind, subject, level, limit) = match event {
        Event::DeliveryTaken { answered, .. } => {
            ("delivery_taken", answered.source.as_str().into(), Level::INFO, DELIVERIES)
        }
        Event::DeliveryRefused { source, provider, reason } => {
            let source = source.as_ref().map_or(provider.as_str(), |source| source.as_str());
            let subject = format!("{source}: {}", reason.as_str());
            ("delivery_refused", subject.into(), Level::WARN, REFUSALS)
        }
        Event::DeliveryUnparsable { answered, .. } => {
            ("delivery_unparsable", answered.source.as_str().into(), Level::WARN, TROUBLE)
        }
        Event::DeliveryUnavailable { answered } => {
            ("delivery_unavailable", answered.source.as_str().into(), Level::WARN, REFUSALS)
        }
        Event::RoutingRetried { .. } => ("routing_retried", "".into(), Level::INFO, TROUBLE),
        Event::RunStarted { agent, .. } => ("run_started", agent.as_str().into(), Level::INFO, RUNS),
        Event::RunEnded(RunEnded { agent, outcome: "completed", .. }) => {
            ("run_ended", agent.as_str().into(), Level::INFO, RUNS)
        }
        Event::RunEnded(RunEnded { agent, .. }) => ("run_failed", agent.as_str().into(), Level::WARN, RUNS),
        Event::RunNotStarted { agent, .. } => {
            ("run_not_started", agent.as_str().into(), Level::WARN, TROUBLE)
        }
        Event::JobHeld { agent, .. } => ("job_held", agent.as_str().into(), Level::INFO, RUNS),
        Event::JobDiscarded { agent, .. } => ("job_discarded", agent.as_str().into(), Level::WARN, RUNS),
        Event::ScheduleFired { agent, .. } => ("schedule_fired", agent.as_str().into(), Level::INFO, RUNS),
        Event::ScheduleCoalesced { agent, .. } => {
            ("schedule_coalesced", agent.as_str().into(), Level::INFO, TROUBLE)
        }
        Event::ActorPanicked { actor, .. } => ("actor_panicked", (*actor).into(), Level::ERROR, TROUBLE),
        Event::ActorRestarted { actor, name, .. } => {
            ("actor_restarted", format!("{actor} {name}").into(), Level::ERROR, TROUBLE)
        }
        Event::StoreRefused { wanted, .. } => ("store_refused", (*wanted).into(), Level::WARN, TROUBLE),
        // Between small and large deliveries a disk that is almost full can go back and forth.
        Event::StoreState { writable, .. } => {
            ("store_state", if *writable { "writable" } else { "refusing" }.into(), Level::WARN, TROUBLE)
        }
        Event::FilesLeft { .. } => ("files_left", "".into(), Level::WARN, TROUBLE),
        Event::OutputLost { .. } => ("output_lost", "".into(), Level::WARN, TROUBLE),
        Event::ReaperReplaced { .. } => ("reaper_replaced", "".into(), Level::WARN, TROUBLE),
        Event::ReaperMissing { .. } => ("reaper_missing", "".into(), Level::ERROR, TROUBLE),
        Event::KeyRefused { from } => ("key_refused", from.as_str().into(), Level::WARN, REFUSALS),
        Event::BulkMoved(BulkProgress { state: "running", .. }) => {
            ("bulk_moved", "".into(), Level::INFO, TROUBLE)
        }
        Event::Panicked { place, .. } => ("panicked", place.as_str().into(), Level::ERROR, TROUBLE),
        Event::Warned { about, .. } => ("warned", (*about).into(), Level::WARN, TROUBLE),
        _ => return None,
    };
    Some(Damped { kind, subject, level, limit })
}
