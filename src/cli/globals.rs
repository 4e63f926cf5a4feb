//! Options that every command has, before its name or after it.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;

use super::{print::Talk, project::Project};

/// Options that every command has.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Globals {
    /// The project: its config.toml, or the folder that holds it. Without it, the current folder.
    #[arg(long, short, global = true, env = "HERDGATE_CONFIG", value_name = "FILE OR FOLDER")]
    pub(super) config: Option<PathBuf>,
    /// The control API of a gate, like `http://127.0.0.1:8081`, also on another machine
    /// [env: `HERDGATE_URL`].
    #[arg(long, global = true, value_name = "URL")]
    pub(super) url: Option<String>,
    /// The key of that API. Other users of this machine can see it here: better name a file
    /// [env: `HERDGATE_KEY`].
    #[arg(long, global = true, value_name = "KEY")]
    pub(super) key: Option<SecretString>,
    /// The file with the key [env: `HERDGATE_KEY_FILE`].
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "key")]
    pub(super) key_file: Option<PathBuf>,
    /// A gate that `herdgate.toml` in your configuration folder names.
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "url")]
    pub(super) gate: Option<String>,
    /// Print JSON, for programs.
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Say nothing beside the output but errors.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Say more beside the output: which gate is asked, and what.
    #[arg(long, short, global = true)]
    pub(super) verbose: bool,
}

impl Globals {
    /// How much is said beside the output.
    pub(super) fn talk(&self) -> Talk {
        match (self.quiet, self.verbose) {
            (true, _) => Talk::Quiet,
            (false, true) => Talk::Verbose,
            (false, false) => Talk::Usual,
        }
    }

    /// The project that is meant.
    pub(super) fn project(&self) -> Project {
        Project::new(self.config.clone())
    }
}

/// How listings are shown.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct View {
    /// Times as dates of this machine's zone instead of "3m ago".
    #[arg(long, conflicts_with = "utc")]
    pub(super) absolute: bool,
    /// Times as dates in UTC.
    #[arg(long)]
    pub(super) utc: bool,
    /// Cut nothing to fit the terminal.
    #[arg(long)]
    pub(super) wide: bool,
}
