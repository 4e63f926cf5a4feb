//! `herdgate logs`.

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use clap::Args;
use herdgate_actors::{
    domain::RunId,
    runner::RunFolders,
    store::{Reads, SqliteReader},
};
use miette::IntoDiagnostic;

use super::{
    Outcome,
    project::{Project, read},
    report,
};

/// How often a log that is followed is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How much is read at once.
const CHUNK: u64 = 1024 * 1024;

/// Print the output of a run.
#[derive(Debug, Args)]
pub(super) struct Logs {
    /// The run, as `herdgate runs` shows it.
    run: RunId,
    #[command(flatten)]
    project: Project,
    /// Go on until the run ends.
    #[arg(long, short)]
    follow: bool,
}

impl Logs {
    pub(super) fn run(self) -> Outcome {
        let (plan, reader) = self.project.reader()?;
        let folders = Project::folders(&plan)?;
        if !self.started(&reader)? {
            return Err(report(format!("there is no run {}", self.run)));
        }
        let mut printed = 0;
        loop {
            // First, so that nothing written before the end is missed.
            let ended = !self.follow || self.ended(&reader)?;
            printed = self.print_from(&folders, printed)?;
            if ended {
                return Ok(ExitCode::SUCCESS);
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn print_from(&self, folders: &RunFolders, mut start: u64) -> miette::Result<u64> {
        let mut out = io::stdout().lock();
        loop {
            let slice = match folders.output_since(self.run, start, CHUNK) {
                Ok(slice) => slice,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(start),
                Err(error) => return Err(report(format!("cannot read the output: {error}"))),
            };
            if slice.bytes.is_empty() {
                return Ok(start);
            }
            out.write_all(&slice.bytes).into_diagnostic()?;
            start += slice.bytes.len() as u64;
        }
    }

    fn started(&self, reader: &SqliteReader) -> miette::Result<bool> {
        Ok(read(reader.job(self.run.job))?
            .is_some_and(|job| job.attempts.iter().any(|row| row.attempt == self.run.attempt)))
    }

    fn ended(&self, reader: &SqliteReader) -> miette::Result<bool> {
        Ok(read(reader.job(self.run.job))?.is_none_or(|job| {
            job.attempts.iter().all(|row| row.attempt != self.run.attempt || row.finished_at.is_some())
        }))
    }
}
