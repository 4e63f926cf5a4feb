//! `herdgate show`: one receipt, job or run, and why it is as it is.
//!
//! - `delivery`: which agents wanted it, then and today. `job`: where it stands. `run`: how it ended.

mod delivery;
mod job;
mod run;

use clap::Args;

use super::{
    gate::Gate,
    globals::{Globals, View},
    id::AnyId,
    outcome::Outcome,
    print::Out,
    times::Times,
};
use crate::client::Record;

/// Show a receipt, a job or a run, and why it is as it is.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// A receipt, as the answer to a delivery names it, a job, or a run.
    id: AnyId,
    /// Of a delivery, only what this agent said and would say.
    #[arg(long)]
    agent: Option<String>,
    /// Of a delivery, print its body, byte for byte, and nothing else.
    #[arg(long)]
    body: bool,
    #[command(flatten)]
    view: View,
}

impl Show {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let gate = Gate::of(globals)?;
        let times = Times::new(self.view);
        let mut out = Out::new();
        match self.id {
            AnyId::Run(id) => {
                let detail = gate.ask(|api| api.run(id))?;
                if globals.json { out.object(&detail)? } else { run::show(&detail, times, &mut out)? }
            }
            AnyId::Record(receipt, job) => match gate.ask(|api| api.record(receipt, job))? {
                Record::Delivery(_) if self.body => {
                    out.bytes(&gate.ask(|api| api.delivery_body(receipt))?)?;
                }
                Record::Delivery(detail) if globals.json => out.object(&detail)?,
                Record::Delivery(detail) => {
                    delivery::show(&detail, self.agent.as_deref(), (times, self.view.wide), &mut out)?;
                }
                Record::Job(detail) if globals.json => out.object(&detail)?,
                Record::Job(detail) => job::show(&detail, (times, self.view.wide), &mut out)?,
            },
        }
        out.success()
    }
}
