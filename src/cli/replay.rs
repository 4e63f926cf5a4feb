//! `herdgate replay`.

use std::process::ExitCode;

use clap::Args;
use herdgate_actors::{
    domain::{JobId, ReceiptId},
    store::Reads,
};

use super::{
    Outcome,
    project::{Project, read},
    report,
};

/// Route a stored delivery again with the filters of today, or run a job that has ended again.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// A receipt or a job.
    id: String,
    #[command(flatten)]
    project: Project,
}

impl Replay {
    pub(super) fn run(self) -> Outcome {
        let (_, reader) = self.project.reader()?;
        let receipt: ReceiptId = self.id.parse().map_err(report)?;
        let job: JobId = self.id.parse().map_err(report)?;
        let path = if read(reader.receipt(receipt))?.is_some() {
            format!("/api/receipts/{receipt}/replay")
        } else {
            format!("/api/jobs/{job}/replay")
        };
        let api = self.project.api()?;
        println!("{}", super::block_on(api.post(&path)).map_err(report)?);
        Ok(ExitCode::SUCCESS)
    }
}
