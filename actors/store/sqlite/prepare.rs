//! What can be done to a receipt before the writer's turn, which is everybody's: serializing and
//! compressing.
//!
//! For most receipts that takes less than handing them to another thread, and is done where the
//! last hand let go. For large ones it would hold up whatever else that thread has to do, usually
//! other requests or the filters of many agents; they are prepared by threads of their own.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::{
    domain::{AttemptOutcome, Event, JobTrigger, Origin, Parsed, ReceiptBatch, RunReport, fact},
    store::ReceiptState,
};

/// Bodies up to this many bytes are prepared at once: at about 600 MB/s that takes a tenth of a
/// millisecond.
const INLINE_LIMIT: usize = 64 * 1024;
/// Large bodies take a few milliseconds each.
const THREADS: usize = 2;

/// A receipt, ready to be written.
pub(super) struct Prepared {
    pub(super) batch: ReceiptBatch,
    pub(super) state: ReceiptState,
    /// The body, LZ4-compressed; empty for a reroute, whose body is there already.
    pub(super) lz4: Vec<u8>,
    pub(super) sources: String,
    /// By what they knew the sender, where that is known.
    pub(super) verified_by: Option<String>,
    pub(super) headers: String,
    /// The event.
    pub(super) context: Option<String>,
    pub(super) verdicts: String,
    /// The triggers of its jobs, in their order.
    pub(super) triggers: Vec<String>,
}

impl Prepared {
    /// Compresses and serializes.
    pub(super) fn new(batch: ReceiptBatch) -> Self {
        let lz4 = match batch.origin {
            Origin::Reroute => Vec::new(),
            Origin::Request | Origin::Replay { .. } => lz4_flex::block::compress(batch.delivery.body()),
        };
        Self {
            state: ReceiptState::of(&batch),
            lz4,
            sources: json(batch.delivery.sources()),
            verified_by: Some(batch.delivery.verified_by()).filter(|known| !known.is_empty()).map(json),
            headers: json(batch.delivery.headers()),
            context: event(&batch).map(json),
            verdicts: json(&batch.verdicts),
            triggers: batch.jobs.iter().map(|job| json(&job.trigger)).collect(),
            batch,
        }
    }

    /// About how many bytes it writes.
    pub(super) fn bytes(&self) -> usize {
        let context = self.context.as_ref().map_or(0, String::len);
        self.lz4.len() + self.headers.len() + self.verdicts.len() + context + 256
    }

    /// The name of the event, its action and its repository, as listings tell them.
    pub(super) fn told(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        let Some(event) = event(&self.batch) else { return (None, None, None) };
        let header = &event.header;
        (Some(&header.event), header.action.as_deref(), event.facts.text(fact::REPO))
    }

    /// Why it is no event.
    pub(super) fn problem(&self) -> Option<&str> {
        match &self.batch.parsed {
            Some(Parsed::Unparsable(problem)) => Some(&problem.0),
            _ => None,
        }
    }
}

fn event(batch: &ReceiptBatch) -> Option<&Event> {
    match &batch.parsed {
        Some(Parsed::Event(event)) => Some(event),
        _ => None,
    }
}

/// About how many bytes a receipt holds in memory until it is written.
pub(super) fn size(batch: &ReceiptBatch) -> usize {
    batch.delivery.body().len() + 64 * batch.verdicts.len() + 128 * batch.jobs.len() + 512
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("texts, numbers and lists of them are always JSON")
}

/// A trigger as its column has it.
pub(super) fn trigger_json(trigger: &JobTrigger) -> String {
    json(trigger)
}

/// An outcome as its column has it.
pub(super) fn outcome_json(outcome: &AttemptOutcome) -> String {
    json(outcome)
}

/// What a run told of itself, as its column has it: nothing where it told nothing.
pub(super) fn report_json(report: &RunReport) -> Option<String> {
    (!report.is_empty()).then(|| json(report))
}

type Task = Box<dyn FnOnce() + Send>;

/// The threads. What they are given is bounded by the places in the writer's queue, which are taken
/// before.
pub(super) struct Preparation {
    tasks: Sender<Task>,
}

impl Preparation {
    /// Starts them.
    pub(super) fn start() -> io::Result<Self> {
        let (tasks, waiting) = unbounded::<Task>();
        for _ in 0..THREADS {
            let waiting = waiting.clone();
            thread::Builder::new().name("store-prepare".to_owned()).spawn(move || work(&waiting))?;
        }
        Ok(Self { tasks })
    }

    /// Has `task` done, with what is made of `batch`: at once or soon.
    pub(super) fn of(&self, batch: ReceiptBatch, task: impl FnOnce(Prepared) + Send + 'static) {
        let is_small = batch.delivery.body().len() <= INLINE_LIMIT;
        let task = move || task(Prepared::new(batch));
        if is_small {
            contain(task);
        } else {
            // They live as long as this sender does.
            let _ = self.tasks.send(Box::new(task));
        }
    }
}

fn work(waiting: &Receiver<Task>) {
    waiting.iter().for_each(contain);
}

/// A panic drops what the task held, and whoever waits for its answer is told by that. It must not
/// reach a thread that lets go of the receipt because it panics itself.
fn contain(task: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(task));
}
