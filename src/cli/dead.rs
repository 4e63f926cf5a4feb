//! `herdgate dead`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use herdgate_actors::{
    domain::JobId,
    store::{JobQuery, JobState, Page, Reads},
};

use super::{
    Outcome,
    project::{Project, read},
    report,
};

/// List dead letters, run them again, or dismiss them.
#[derive(Debug, Args)]
pub(super) struct Dead {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List them, the newest first.
    List {
        #[command(flatten)]
        letters: Letters,
        /// At most this many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Run them again.
    Replay {
        /// Only this one.
        job: Option<JobId>,
        #[command(flatten)]
        letters: Letters,
    },
    /// Mark them as seen to.
    Dismiss {
        /// Only this one.
        job: Option<JobId>,
        #[command(flatten)]
        letters: Letters,
    },
}

#[derive(Debug, Args)]
struct Letters {
    #[command(flatten)]
    project: Project,
    /// Only of this agent.
    #[arg(long)]
    agent: Option<String>,
    /// Of every agent.
    #[arg(long, conflicts_with = "agent")]
    all: bool,
}

impl Dead {
    pub(super) fn run(self) -> Outcome {
        match self.action {
            Action::List { letters, limit } => letters.list(limit),
            Action::Replay { job, letters } => letters.each("replay", job),
            Action::Dismiss { job, letters } => letters.each("dismiss", job),
        }
    }
}

impl Letters {
    fn list(&self, limit: u32) -> Outcome {
        let (_, reader) = self.project.reader()?;
        let query = JobQuery {
            agent: self.agent.as_deref().map(Into::into),
            state: Some(JobState::Discarded),
            page: Page { limit, before: None },
        };
        for job in read(reader.jobs(query))? {
            let reason = job.reason.map(|reason| reason.to_string()).unwrap_or_default();
            println!("{} {:<20} {}  {reason}", job.id, job.agent.to_string(), job.created_at);
        }
        Ok(ExitCode::SUCCESS)
    }

    fn each(&self, verb: &str, job: Option<JobId>) -> Outcome {
        let path = match (job, &self.agent, self.all) {
            (Some(job), ..) => format!("/api/jobs/{job}/{verb}"),
            (None, Some(agent), _) => format!("/api/dead-letters/{verb}?agent={agent}"),
            (None, None, true) => format!("/api/dead-letters/{verb}"),
            (None, None, false) => return Err(report("say which: a job, `--agent <name>` or `--all`")),
        };
        let api = self.project.api()?;
        println!("{}", super::block_on(api.post(&path)).map_err(report)?);
        Ok(ExitCode::SUCCESS)
    }
}
