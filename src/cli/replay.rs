//! `herdgate replay`.

use clap::Args;
use herdgate_actors::domain::{AgentName, JobId, ReceiptId, SourceName};

use super::{
    bulk::{self, Manner, Words},
    gate::Gate,
    globals::Globals,
    id::AnyId,
    lists::{When, one_of},
    outcome::{Outcome, usage},
    print::Out,
    words::count,
};
use crate::{
    api::{
        bulk::{Action, DEFAULT_RATE, Filter as ApiFilter, NewBulk},
        deliveries::{self, Replay as To},
    },
    client::Record,
};

/// Route a stored delivery again with the filters of today, or run a job that has ended again; or
/// replay all deliveries that match.
#[derive(Debug, Args)]
#[command(after_help = "\
herdgate replay 38gcpjab60000
herdgate replay --outcome unmatched --repo acme/app --since 7d --dry-run")]
pub(super) struct Replay {
    /// A receipt, a job, or a run, which stands for its job.
    id: Option<AnyId>,
    /// To this agent alone, as if it matched.
    #[arg(long, value_name = "AGENT")]
    to: Option<String>,
    #[command(flatten)]
    which: Box<Which>,
    #[command(flatten)]
    manner: Manner,
}

/// Which deliveries.
#[derive(Debug, Args)]
struct Which {
    /// Only of this source.
    #[arg(long)]
    source: Option<String>,
    /// Only those of which this came, like `unmatched`.
    #[arg(long, value_parser = one_of::<deliveries::Outcome>)]
    outcome: Option<deliveries::Outcome>,
    /// Only of this event.
    #[arg(long)]
    event: Option<String>,
    /// Only of this repository.
    #[arg(long)]
    repo: Option<String>,
    /// Only those that made a job of this agent.
    #[arg(long)]
    agent: Option<String>,
    /// Only with this id of the provider, as `X-GitHub-Delivery` has it.
    #[arg(long)]
    delivery_id: Option<String>,
    /// Only those that say this somewhere: in a title, a name, a comment.
    #[arg(long)]
    text: Option<String>,
    /// Only then or later: a time like `2026-11-24T13:00:00Z`, or so long ago, like `2h` or `1d`.
    #[arg(long, value_name = "TIME")]
    since: Option<When>,
    /// Only before: a time, or so long ago.
    #[arg(long, value_name = "TIME")]
    until: Option<When>,
    /// At most this many, the newest.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

impl Replay {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let to = To { agent: self.to.as_deref().map(AgentName::from) };
        let Some(id) = self.id else { return self.many(globals) };
        if self.which.filter() != ApiFilter::default() || self.which.limit.is_some() {
            return Err(usage("say either an id or which deliveries"));
        }
        let gate = Gate::of(globals)?;
        let found = match id {
            AnyId::Record(receipt, job) => gate.ask(|api| api.record(receipt, job))?,
            AnyId::Run(run) => return again(globals, &gate, run.job),
        };
        match found {
            Record::Job(detail) => again(globals, &gate, detail.job.id),
            Record::Delivery(detail) => one(globals, &gate, detail.delivery.id, &to),
        }
    }

    fn many(self, globals: &Globals) -> Outcome {
        let filter = self.which.filter();
        if filter == ApiFilter::default() {
            return Err(usage("say which: an id, or filters like `--outcome unmatched --since 1d`"));
        }
        let wanted = NewBulk {
            action: Action::ReplayDeliveries,
            filter,
            limit: self.which.limit,
            to: self.to.as_deref().map(AgentName::from),
            dry_run: false,
            per_second: DEFAULT_RATE,
        };
        bulk::run(globals, wanted, self.manner, &WORDS)
    }
}

/// What is said of many.
const WORDS: Words = Words {
    will: |total| match total {
        1 => "1 delivery will be routed again".to_owned(),
        total => format!("{total} deliveries will be routed again"),
    },
    was: |bulk| {
        let deliveries = match bulk.done {
            1 => "1 delivery".to_owned(),
            done => format!("{done} deliveries"),
        };
        format!("replayed {deliveries}: {}", count(bulk.jobs, "new job"))
    },
};

impl Which {
    fn filter(&self) -> ApiFilter {
        ApiFilter {
            agent: self.agent.as_deref().map(AgentName::from),
            source: self.source.as_deref().map(SourceName::from),
            event: self.event.clone(),
            repo: self.repo.clone(),
            outcome: self.outcome,
            delivery_id: self.delivery_id.clone(),
            text: self.text.clone(),
            since: self.since.map(|when| when.0),
            until: self.until.map(|when| when.0),
            ..ApiFilter::default()
        }
    }
}

fn one(globals: &Globals, gate: &Gate, id: ReceiptId, to: &To) -> Outcome {
    let made = gate.ask(|api| api.replay(id, to))?;
    let mut out = Out::new();
    if globals.json {
        out.object(&made)?;
        return out.success();
    }
    let jobs = match (made.matched, made.skipped) {
        (0, 0) => "no agent wants it today".to_owned(),
        (0, _) => "who wants it has its job already, or no room".to_owned(),
        (jobs, _) => count(u64::from(jobs), "new job"),
    };
    out.line(format!("replayed as receipt {}: {jobs}", made.receipt))?;
    out.line(format!("`herdgate show {}` says why", made.receipt))?;
    out.success()
}

fn again(globals: &Globals, gate: &Gate, job: JobId) -> Outcome {
    let changed = gate.ask(|api| api.retry(job))?;
    let mut out = Out::new();
    if globals.json {
        out.object(&changed)?;
    } else {
        out.line(format!("job {job} runs again; `herdgate logs {job} -f` follows it"))?;
    }
    out.success()
}
