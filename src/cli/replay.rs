//! `herdgate replay`.

use clap::Args;
use herdgate_actors::store::Views;

use super::{
    gate::Gate,
    globals::Globals,
    id::AnyId,
    outcome::{Outcome, report},
    print::Out,
    project::read,
};

/// Route a stored delivery again with the filters of today, or run a job that has ended again.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// A receipt, a job, or a run, which stands for its job.
    id: AnyId,
}

impl Replay {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let gate = Gate::of(globals.project().records()?)?;
        let store = gate.records.store()?;
        let (receipt, job) = match self.id {
            AnyId::Record(receipt, job) => (read(store.receipt(receipt))?.map(|_| receipt), job),
            AnyId::Run(run) => (None, run.job),
        };
        let path = match receipt {
            Some(receipt) => format!("/api/v1/deliveries/{receipt}/replay"),
            None if read(store.job(job))?.is_none() => {
                return Err(report(format!("there is no receipt or job {job}")));
            }
            None => format!("/api/v1/jobs/{job}/retry"),
        };
        let said = gate.post(&path)?;
        let mut out = Out::new();
        out.json(&said)?;
        out.success()
    }
}
