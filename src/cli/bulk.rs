//! What is done to all that match: the gate does it as a task of its own, and this looks on.

use std::{process::ExitCode, time::Duration};

use clap::Args;
use tokio::{select, signal::ctrl_c, time::sleep};

use super::{
    confirm::agreed,
    gate::Gate,
    globals::Globals,
    outcome::{INTERRUPTED, Outcome, report},
    print::{Out, note},
    progress::Progress,
};
use crate::{
    api::bulk::{Bulk, DEFAULT_RATE, NewBulk, State},
    client::{Api, ApiError},
};

/// How often it is looked how far the task is.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How it is asked for.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Manner {
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Only say how many.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// At most so many a second. Ctrl-C cancels the rest; what is done stays done.
    #[arg(long, value_name = "PER_SECOND", default_value_t = DEFAULT_RATE,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
}

/// What will be done, in words.
pub(super) struct Words {
    /// To so many: `3 deliveries will be routed again`.
    pub(super) will: fn(u64) -> String,
    /// It was: `replayed 3 deliveries`.
    pub(super) was: fn(&Bulk) -> String,
}

/// Counts, asks, and has it done.
pub(super) fn run(globals: &Globals, wanted: NewBulk, manner: Manner, words: &Words) -> Outcome {
    let gate = Gate::of(globals)?;
    let wanted = NewBulk { per_second: manner.rate, ..wanted };
    let counting = NewBulk { dry_run: true, ..wanted.clone() };
    let counted = gate.ask(|api| api.begin_bulk(&counting))?;
    let mut out = Out::new();
    let will = (words.will)(counted.total);
    if manner.dry_run || counted.total == 0 {
        if globals.json {
            out.object(&counted)?;
        } else {
            out.line(will)?;
        }
        return out.success();
    }
    // One is what was meant; of many it is not known.
    if !agreed(&will, manner.yes || counted.total == 1)? {
        note("nothing was changed");
        return Ok(ExitCode::FAILURE);
    }
    let begun = gate.ask(|api| api.begin_bulk(&wanted))?;
    let mut progress = Progress::new();
    let ended = gate.ask(|api| look_on(api, begun, &mut progress))?;
    drop(progress);
    tell(globals, &ended, words, out)
}

/// Looks on until the task has ended; Ctrl-C ends it.
async fn look_on(api: &Api, mut bulk: Bulk, progress: &mut Progress) -> Result<Bulk, ApiError> {
    let mut is_cancelled = false;
    while bulk.state == State::Running {
        let Bulk { done, skipped, total, .. } = bulk;
        progress.tell(|| format!("{} of {total}; Ctrl-C cancels the rest", done + skipped));
        select! {
            () = sleep(LOOK_EVERY) => {}
            // Where it cannot be listened to, it ends this program and leaves the task at work.
            Ok(()) = ctrl_c(), if !is_cancelled => {
                is_cancelled = true;
                api.cancel_bulk(bulk.id).await?;
            }
        }
        bulk = api.bulk(bulk.id).await?;
    }
    Ok(bulk)
}

fn tell(globals: &Globals, bulk: &Bulk, words: &Words, mut out: Out) -> Outcome {
    if globals.json {
        out.object(bulk)?;
    } else {
        out.line((words.was)(bulk))?;
    }
    let problem = bulk.problem.as_deref().unwrap_or("nobody said why");
    if bulk.skipped > 0 {
        note(&format!("not done to {}: {problem}", bulk.skipped));
    }
    match bulk.state {
        State::Cancelled => {
            let left = bulk.total.saturating_sub(bulk.done + bulk.skipped);
            note(&format!("cancelled: {left} of {} are as they were", bulk.total));
            out.flush()?;
            Ok(ExitCode::from(INTERRUPTED))
        }
        State::Failed | State::Interrupted => {
            out.flush()?;
            Err(report(format!("it ended early: {problem}")))
        }
        State::Counted | State::Running | State::Done => out.success(),
    }
}
