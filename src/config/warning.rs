//! What is not wrong, but should be known.

use std::path::PathBuf;

use herdgate_actors::domain::{AgentName, ProviderName, SourceName};

use super::suggest::{did_you_mean, quoted};

/// Something that an operator should look at; the gate runs all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// Anybody can send to a source.
    #[error("webhook source `{source_name}` takes unsigned webhooks: anybody can send {provider} events")]
    Unsigned {
        /// Which.
        source_name: SourceName,
        /// Its provider.
        provider: ProviderName,
    },
    /// `allow_unsigned` beside a credential.
    #[error("webhook source `{source_name}` has a credential, so `allow_unsigned` has no effect")]
    SignedAnyway {
        /// Which.
        source_name: SourceName,
    },
    /// A secret that is not the owner's alone.
    #[error("the secret at {} is open to other users: chmod 600", .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
    },
    /// A key of Action Llama without effect.
    #[error("{}:{line}: `{key}` is a key of Action Llama without effect here", .file.display())]
    NotActedOn {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key with its tables.
        key: String,
    },
    /// `scale = 0`.
    #[error("agent `{agent}` is disabled by `scale = 0`")]
    Disabled {
        /// Which.
        agent: AgentName,
    },
    /// A folder that looks like an agent's.
    #[error("{} has a configuration but neither ACTIONS.md nor SKILL.md, so it is no agent", .folder.display())]
    NoInstructions {
        /// The folder.
        folder: PathBuf,
    },
    /// A project without a single agent.
    #[error("there are no agents in {}", .folder.display())]
    NoAgents {
        /// Where they were looked for.
        folder: PathBuf,
    },
    /// A variable to be passed on which the gate does not have.
    #[error("agent `{agent}` wants the variable {variable}, which is not set")]
    NotSet {
        /// Whose.
        agent: AgentName,
        /// Which.
        variable: String,
    },
    /// A key of the top of a file, behind the header of a table, where Action Llama passes over it.
    #[error(
        "{}:{line}: `{key}` belongs to the top of the file; here it is part of {table} and has no effect",
        .file.display()
    )]
    Misplaced {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key.
        key: String,
        /// The table with its brackets.
        table: String,
    },
    /// A source whose type only Action Llama has.
    #[error(
        "webhook source `{source_name}` is not served: Action Llama has webhooks of type `{found}`, Herdgate does not yet"
    )]
    Unavailable {
        /// Which.
        source_name: SourceName,
        /// Its type.
        found: String,
    },
    /// A trigger on such a source.
    #[error("agent `{agent}` never hears of webhook source `{source_name}`, which is not served")]
    NeverHears {
        /// Which agent.
        agent: AgentName,
        /// Which source.
        source_name: SourceName,
    },
    /// A value that a field of a provider is not known to have.
    #[error(
        "agent `{agent}`: {provider} is not known to send {field} `{found}`{}",
        hint(nearest.as_deref())
    )]
    UnknownValue {
        /// Whose trigger.
        agent: AgentName,
        /// Whose webhooks.
        provider: ProviderName,
        /// The filter field.
        field: &'static str,
        /// What it wants.
        found: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A repository without its owner.
    #[error("agent `{agent}`: `{found}` is no repository: {why}")]
    NoRepository {
        /// Whose trigger.
        agent: AgentName,
        /// What it wants.
        found: String,
        /// How to write it.
        why: String,
    },
    /// A filter that wants nothing and so lets everything pass.
    #[error("agent `{agent}`: `{field} = []` wants nothing, so it holds nothing back")]
    EmptyFilter {
        /// Whose trigger.
        agent: AgentName,
        /// The filter field.
        field: String,
    },
    /// Deliveries that get no key.
    #[error(
        "agent `{agent}`: {provider} `{event}` has no {}, so it gets no key and each delivery is a run of its own",
        quoted(fields, "field", "fields")
    )]
    KeyLacks {
        /// Whose trigger.
        agent: AgentName,
        /// Whose webhooks.
        provider: ProviderName,
        /// The event.
        event: String,
        /// What it lacks.
        fields: Vec<String>,
    },
    /// Agents where older projects of Action Llama have them.
    #[error(
        "there are no agents in {}, but {} in the project's own folder: add `agents_dir = \".\"` to config.toml",
        .folder.display(),
        quoted(agents, "one called", "some called")
    )]
    AgentsElsewhere {
        /// Where they were looked for.
        folder: PathBuf,
        /// What lies in the project's folder.
        agents: Vec<String>,
    },
    /// A secret that should have been forgotten.
    #[error(
        "the previous secret at {} has been accepted for {days} days: remove it once the provider signs with the new one",
        .path.display()
    )]
    OldSecret {
        /// The file.
        path: PathBuf,
        /// Its age.
        days: u64,
    },
    /// A key of the control API that travels in clear text.
    #[error(
        "the admin listener is open to other machines on {address}: metrics are public there, and the API key travels in clear text"
    )]
    OpenAdmin {
        /// Where it listens.
        address: std::net::SocketAddr,
    },
    /// Many sources of one type behind one URL.
    #[error(
        "{count} signed sources of type {provider} share /webhooks/{provider}, and each request there is checked against all of them: give providers /webhooks/{provider}/<source>"
    )]
    ManySources {
        /// Their type.
        provider: ProviderName,
        /// How many.
        count: usize,
    },
    /// A variable that looks like one of ours.
    #[error("the environment variable {variable} means nothing here{}", hint(nearest.as_deref()))]
    UnknownVariable {
        /// Its name.
        variable: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A command that no run would find.
    #[error("`{program}` is not on PATH, so no run of {} can start", quoted(agents, "agent", "agents"))]
    NoProgram {
        /// The program.
        program: String,
        /// Whose command it is.
        agents: Vec<String>,
    },
    /// A working directory that is not there.
    #[error("the folder {} is not there, so no run of {} can start", .folder.display(), quoted(agents, "agent", "agents"))]
    NoFolder {
        /// The folder.
        folder: PathBuf,
        /// Whose `cwd` it is.
        agents: Vec<String>,
    },
    /// A program or a working directory on something dead.
    #[error(
        "`{what}` does not answer, perhaps because a network share is dead: runs of {} hang there until their timeout",
        quoted(agents, "agent", "agents")
    )]
    NoAnswer {
        /// What was looked for.
        what: String,
        /// Whose it is.
        agents: Vec<String>,
    },
    /// A data folder that cannot be used.
    #[error("the data folder {} cannot be used: {why}", .folder.display())]
    DataFolder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        why: String,
    },
    /// A data folder that others can enter.
    #[error("the data folder {} is open to other users: `serve` shuts it", .folder.display())]
    OpenFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// Jobs that nobody runs.
    #[error("{} for agent `{agent}`, which {why}", if *jobs == 1 { "1 job waits".to_owned() } else { format!("{jobs} jobs wait") })]
    Stranded {
        /// Whose they are.
        agent: AgentName,
        /// How many.
        jobs: u64,
        /// Why it does not run them.
        why: &'static str,
    },
    /// A store that is there and cannot be read.
    #[error("the store {} cannot be read: {why}", .path.display())]
    StoreUnreadable {
        /// Its file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// A default window that is longer than the history.
    #[error(
        "duplicates are known for {days} days and no longer, because `history_retention_days` forgets them then"
    )]
    ShortWindow {
        /// `history_retention_days`.
        days: u32,
    },
    /// A project of which only its data was found.
    #[error("{} has {}; going on with the data of the project (`herdgate check` tells what is wrong)", .file.display(), problems_of(*problems))]
    Broken {
        /// Its file.
        file: PathBuf,
        /// How many problems.
        problems: usize,
    },
}

fn hint(nearest: Option<&str>) -> String {
    did_you_mean(nearest).map(|hint| format!("; {hint}")).unwrap_or_default()
}

fn problems_of(count: usize) -> String {
    if count == 1 { "a problem".to_owned() } else { format!("{count} problems") }
}
