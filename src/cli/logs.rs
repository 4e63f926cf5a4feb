//! `herdgate logs`.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use clap::Args;
use herdgate_actors::{
    domain::{JobId, ReceiptId, RunId},
    runner::RunFolders,
    store::{AttemptOutcome, AttemptRow, JobDetail, SqliteReader, Views},
};

use super::{
    globals::Globals,
    id::AnyId,
    outcome::{Outcome, report},
    print::{Out, note},
    project::read,
    runs::why,
    terminal::Terminal,
};

/// How often a log that is followed is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How much is read at once.
const CHUNK: u64 = 1024 * 1024;

/// Print the output of a run.
#[derive(Debug, Args)]
pub(super) struct Logs {
    /// The run, or a job or receipt, which stand for their last run.
    run: AnyId,
    /// Go on until the run ends.
    #[arg(long, short)]
    follow: bool,
    /// Print the bytes as they are, also on a terminal, where otherwise control sequences are shown
    /// and only colours take effect.
    #[arg(long)]
    raw: bool,
}

impl Logs {
    pub(super) fn run(self, globals: &Globals) -> Outcome {
        let records = globals.project().records()?;
        let store = records.store()?;
        let run = which(&store, self.run)?;
        let folders = records.folders()?;
        let guarded = io::stdout().is_terminal() && !self.raw;
        let mut printer =
            Printer { folders, run, printed: 0, terminal: guarded.then(Terminal::default), out: Out::new() };
        loop {
            // First, so that nothing written before the end is missed.
            let attempt = attempt(&store, run)?;
            let ended = attempt.as_ref().is_none_or(|row| row.finished_at.is_some());
            printer.print_new()?;
            if ended || !self.follow {
                printer.end()?;
                tell_end(run, attempt.as_ref(), self.follow);
                return printer.out.success();
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

/// The run that an id stands for.
fn which(store: &SqliteReader, id: AnyId) -> miette::Result<RunId> {
    match id {
        AnyId::Run(run) => match read(store.job(run.job))? {
            Some(job) if job.attempts.iter().any(|row| row.attempt == run.attempt) => Ok(run),
            Some(job) => Err(report(format!("there is no run {run}: {}", runs_of(&job)))),
            None => Err(report(format!("there is no run {run}"))),
        },
        AnyId::Record(receipt, job) => match read(store.job(job))? {
            Some(job) => last_of(&job),
            None => of_receipt(store, receipt),
        },
    }
}

fn runs_of(job: &JobDetail) -> String {
    match job.attempts.len() {
        0 => format!("job {} has not run yet, it is {}", job.job.id, job.job.state),
        1 => format!("job {} has one run", job.job.id),
        count => format!("job {} has {count} runs", job.job.id),
    }
}

fn last_of(job: &JobDetail) -> miette::Result<RunId> {
    let last = job.attempts.last().ok_or_else(|| report(runs_of(job)))?;
    Ok(RunId { job: job.job.id, attempt: last.attempt })
}

fn of_receipt(store: &SqliteReader, id: ReceiptId) -> miette::Result<RunId> {
    let Some(receipt) = read(store.receipt(id))? else {
        return Err(report(format!("there is no run, job or receipt {id}")));
    };
    match &receipt.jobs[..] {
        [] => Err(report(format!("receipt {id} caused no job\nhelp: `herdgate show {id}` says why"))),
        [job] => match read(store.job(job.id))? {
            Some(job) => last_of(&job),
            None => Err(report(format!("the job of receipt {id} is gone"))),
        },
        jobs => {
            let jobs: Vec<_> = jobs.iter().map(|job| format!("{} of {}", job.id, job.agent)).collect();
            Err(report(format!("receipt {id} caused several jobs, name one: {}", jobs.join(", "))))
        }
    }
}

fn attempt(store: &SqliteReader, run: RunId) -> miette::Result<Option<AttemptRow>> {
    let job: JobId = run.job;
    let attempts = read(store.job(job))?.map(|job| job.attempts).unwrap_or_default();
    Ok(attempts.into_iter().find(|row| row.attempt == run.attempt))
}

/// Says beside the output what the output does not: why there is none, and how a run that was
/// followed ended.
fn tell_end(run: RunId, attempt: Option<&AttemptRow>, followed: bool) {
    let Some(outcome) = attempt.and_then(|row| row.outcome.as_ref()) else { return };
    let why = why(Some(outcome));
    if matches!(outcome, AttemptOutcome::NotStarted { .. }) {
        note(&format!("run {run} could not be started: {why}"));
    } else if followed {
        let why = if why.is_empty() { why } else { format!(", {why}") };
        note(&format!("run {run} has ended: {}{why}", outcome.as_str()));
    }
}

/// Prints a log piece by piece.
struct Printer {
    folders: RunFolders,
    run: RunId,
    printed: u64,
    /// Where somebody looks: what may not drive a terminal is spelled out.
    terminal: Option<Terminal>,
    out: Out,
}

impl Printer {
    fn print_new(&mut self) -> miette::Result<()> {
        loop {
            let slice = match self.folders.output_since(self.run, self.printed, CHUNK) {
                Ok(slice) => slice,
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(error) => return Err(report(format!("cannot read the output: {error}"))),
            };
            if slice.bytes.is_empty() {
                break;
            }
            self.printed += slice.bytes.len() as u64;
            match &mut self.terminal {
                Some(terminal) => self.out.bytes(terminal.show(&slice.bytes).as_bytes())?,
                None => self.out.bytes(&slice.bytes)?,
            }
        }
        self.out.flush()
    }

    fn end(&mut self) -> miette::Result<()> {
        match &mut self.terminal {
            Some(terminal) => self.out.bytes(terminal.end().as_bytes()),
            None => Ok(()),
        }
    }
}
