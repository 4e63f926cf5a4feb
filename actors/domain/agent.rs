//! What an agent is, as its actor needs to know it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::{AgentName, Debounce, DigestWriter, JobPolicy, PresetName, Prices, Trigger};

/// One agent, resolved from its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSpec {
    /// The name of its folder.
    pub name: AgentName,
    /// Its `[[webhooks]]`, in their order.
    pub triggers: Vec<Trigger>,
    /// How many runs at once; 0 disables the agent.
    pub scale: u32,
    /// How many jobs may wait.
    pub queue_limit: u32,
    /// What happens after an attempt that did not complete.
    pub retry: RetryPolicy,
    /// How its runs are driven.
    pub run: Arc<RunSpec>,
    /// `[params]` as JSON, shown to the agent as `<agent-config>`; `{}` where there are none.
    pub params: Arc<str>,
}

impl AgentSpec {
    /// Whether it takes deliveries, ticks and runs.
    pub const fn is_enabled(&self) -> bool {
        self.scale > 0
    }

    /// All that can be different about it.
    pub fn write_digest(&self, digest: &mut DigestWriter) {
        let Self { name, triggers, scale, queue_limit, retry, run, params } = self;
        digest.text(name.as_str()).number(*scale).number(*queue_limit).text(params);
        digest.all(triggers.iter(), |digest, trigger| {
            let Trigger { source, filter, jobs } = trigger;
            digest.text(source.as_str()).all(filter.clauses.iter(), |digest, clause| {
                let wanted = clause.wanted.iter();
                digest.text(clause.field.name).all(wanted, |digest, wanted| {
                    digest.text(wanted);
                });
            });
            let JobPolicy { key, when_busy, debounce, priority } = jobs;
            digest.option(key.as_ref(), |digest, key| {
                digest.text(key.as_str());
            });
            digest.option(*debounce, |digest, Debounce { quiet, max }| {
                digest.span(quiet).span(max);
            });
            digest.text(when_busy.as_str()).number(priority.cast_unsigned());
        });
        let RetryPolicy { attempts, backoff, backoff_max, retry_timeouts, snoozes } = *retry;
        digest.number(attempts).span(backoff).span(backoff_max).number(retry_timeouts).number(snoozes);
        run.write_digest(digest);
    }
}

#[cfg(test)]
impl AgentSpec {
    /// An agent of a test, whose runs print what they are told.
    pub(crate) fn named(name: &str, scale: u32) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            triggers: Vec::new(),
            scale,
            queue_limit: 100,
            retry: RetryPolicy::default(),
            run: Arc::new(RunSpec {
                command: vec!["cat".to_owned()],
                preset: None,
                stall_timeout: None,
                prices: Prices::default(),
                cwd: None,
                env: Vec::new(),
                timeout: Duration::from_secs(3600),
                kill_grace: Duration::from_secs(1),
                output_limit: 1,
                keep_work: KeepWork::Never,
                instructions: "".into(),
            }),
            params: "{}".into(),
        })
    }
}

/// `[retry]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many attempts may fail before the job is a dead letter; at least 1.
    pub attempts: u32,
    /// The pause after the first failure; doubles with each further one.
    pub backoff: Duration,
    /// The longest pause.
    pub backoff_max: Duration,
    /// Whether a timeout is tried again like a failure.
    pub retry_timeouts: bool,
    /// How often a run may ask for more time (exit code 75) before the job is a dead letter.
    pub snoozes: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            backoff: Duration::from_secs(10),
            backoff_max: Duration::from_secs(600),
            retry_timeouts: false,
            snoozes: 1_000,
        }
    }
}

/// How an agent's runs are driven; the same for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSpec {
    /// Program and arguments; never empty. No shell, and nothing of a delivery in it.
    pub command: Vec<String>,
    /// What its program is known as, whose output tells more than its exit code does.
    pub preset: Option<PresetName>,
    /// How long a program that tells its progress may be silent.
    pub stall_timeout: Option<Duration>,
    /// What its tokens cost, where the program does not say it.
    pub prices: Prices,
    /// Where it runs; its own folder per run where this is `None`.
    pub cwd: Option<PathBuf>,
    /// Variables beside those which every run gets. Values are secrets: see [`std::fmt::Debug`] of
    /// [`EnvVar`].
    pub env: Vec<EnvVar>,
    /// How long it may take.
    pub timeout: Duration,
    /// Between TERM and KILL.
    pub kill_grace: Duration,
    /// How many bytes of output are kept.
    pub output_limit: u64,
    /// Whose working folders outlive their runs.
    pub keep_work: KeepWork,
    /// What the agent is told to do; the text behind `HERDGATE_INSTRUCTIONS_FILE`.
    pub instructions: Arc<str>,
}

impl RunSpec {
    fn write_digest(&self, digest: &mut DigestWriter) {
        let Self {
            command,
            preset,
            stall_timeout,
            prices,
            cwd,
            env,
            timeout,
            kill_grace,
            output_limit,
            keep_work,
            instructions,
        } = self;
        digest.all(command.iter(), |digest, word| {
            digest.text(word);
        });
        digest.text(preset.map_or("", PresetName::as_str));
        digest.span(stall_timeout.unwrap_or_default());
        prices.write(digest);
        digest.option(cwd.as_ref(), |digest, cwd| {
            digest.bytes(cwd.as_os_str().as_encoded_bytes());
        });
        digest.all(env.iter(), |digest, variable| {
            digest.text(&variable.name).text(&variable.value);
        });
        digest.span(*timeout).span(*kill_grace).number(*output_limit);
        digest.number(*keep_work as u8).text(instructions);
    }
}

/// Whose working folders outlive their runs. They hold checkouts and caches, which fill disks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeepWork {
    /// Nobody's.
    Never,
    /// Those of runs that did not complete, so that somebody can look.
    #[default]
    Failed,
    /// Everybody's, as long as the history is kept.
    Always,
}

/// A variable of a run's environment.
#[derive(Clone, PartialEq, Eq)]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Its value, which may be a token.
    pub value: String,
}

impl std::fmt::Debug for EnvVar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}=…", self.name)
    }
}
