//! `herdgate show`.

use std::process::ExitCode;

use clap::Args;
use herdgate_actors::{
    domain::{JobId, ReceiptId},
    store::Reads,
};
use serde_json::json;

use super::{
    Outcome,
    project::{Project, read},
    report,
};
use crate::views::{receipt_json, triggers};

/// Show a receipt or a job with its history.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// A receipt, as the answer to a delivery names it, or a job.
    id: String,
    #[command(flatten)]
    project: Project,
}

impl Show {
    pub(super) fn run(self) -> Outcome {
        let (plan, reader) = self.project.reader()?;
        let receipt: ReceiptId = self.id.parse().map_err(report)?;
        let job: JobId = self.id.parse().map_err(report)?;
        let found = match read(reader.receipt(receipt))? {
            Some(receipt) => receipt_json(&receipt, &triggers(&plan)),
            None => match read(reader.job(job))? {
                Some(job) => json!(job),
                None => return Err(report(format!("there is no receipt or job {}", self.id))),
            },
        };
        println!("{found:#}");
        Ok(ExitCode::SUCCESS)
    }
}
