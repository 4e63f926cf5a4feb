//! `herdgate runs`.

use std::process::ExitCode;

use clap::Args;
use herdgate_actors::{
    domain::ReceiptId,
    store::{Page, Reads, RunQuery, RunRow},
};

use super::{
    Outcome,
    project::{Project, read},
};
use crate::views::run_json;

/// List runs, the newest first.
#[derive(Debug, Args)]
pub(super) struct Runs {
    #[command(flatten)]
    project: Project,
    /// Only of this agent.
    #[arg(long)]
    agent: Option<String>,
    /// Only caused by this receipt.
    #[arg(long)]
    receipt: Option<ReceiptId>,
    /// At most this many.
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Runs {
    pub(super) fn run(self) -> Outcome {
        let (_, reader) = self.project.reader()?;
        let query = RunQuery {
            agent: self.agent.as_deref().map(Into::into),
            receipt: self.receipt,
            page: Page { limit: self.limit, before: None },
        };
        let runs = read(reader.runs(query))?;
        if !self.json && !runs.is_empty() {
            println!(
                "{:<17} {:<20} {:<9} {:<12} {:>9}  STARTED",
                "RUN", "AGENT", "TRIGGER", "OUTCOME", "SECONDS"
            );
        }
        for run in &runs {
            if self.json {
                println!("{}", run_json(run));
            } else {
                println!("{}", line(run));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn line(run: &RunRow) -> String {
    let outcome = run.attempt.outcome.as_ref().map_or("executing", |outcome| outcome.as_str());
    let seconds = run.attempt.finished_at.map_or_else(
        || "-".to_owned(),
        |end| format!("{:.3}", end.since(run.attempt.started_at).as_secs_f64()),
    );
    format!(
        "{:<17} {:<20} {:<9} {:<12} {:>9}  {}",
        run.run.to_string(),
        run.agent.to_string(),
        run.cause.as_str(),
        outcome,
        seconds,
        run.attempt.started_at
    )
}
