//! `herdgate init`: a small project that works as it is.

use std::{
    env,
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;

use crate::credentials::random_hex;

/// Options of `init`.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where the project shall be; made if it is not there.
    folder: PathBuf,
}

/// Why a project was not made.
#[derive(Debug, thiserror::Error)]
pub(super) enum InitError {
    /// Something is there already.
    #[error("{} exists already, and nothing is overwritten", .path.display())]
    Exists {
        /// What.
        path: PathBuf,
    },
    /// A file cannot be written.
    #[error("{} cannot be written: {source}", .path.display())]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system has no random bytes.
    #[error("the system gives no random bytes for a secret: {0}")]
    NoRandomness(io::Error),
}

const CONFIG: &str = r#"# A Herdgate project. Every key with its default: config.example.toml in Herdgate's repository.

# Secrets lie beside this file: <type>/<instance>/secret. They are kept out of git.
credentials_dir = "credentials"

[gateway]
port = 8080                   # webhooks; metrics and the control API are on 127.0.0.1:8081

[webhooks.my-github]
type = "github"               # or sentry, linear, mintlify
credential = "default"        # credentials/github_webhook_secret/default/secret

[run]                         # how runs are driven; an agent may override it
command = ["cat"]             # prints the prompt; an agent proper is for example ["claude", "-p"]
"#;

const AGENT: &str = r#"# Starts on issues that get the label "agent". Each run costs what its command costs.
# A schedule would start it by itself too; this one is 96 runs a day:
# schedule = "*/15 * * * *"

[[webhooks]]                  # AND across fields, OR inside a field
source = "my-github"
events = ["issues"]
actions = ["labeled"]
labels = ["agent"]

[params]                      # shown to the agent as <agent-config>
triggerLabel = "agent"
"#;

const ACTIONS: &str = "# Hello

You look after issues that carry the trigger label from your configuration.

1. Read what triggered you.
2. Say in one sentence what you would do about it.
";

const IGNORED: &str = "/credentials/\n/.herdgate/\n";

/// What is written where, and with which permissions.
const FILES: [(&str, Contents, u32); 5] = [
    ("config.toml", Contents::Text(CONFIG), 0o644),
    ("agents/hello/agent-config.toml", Contents::Text(AGENT), 0o644),
    ("agents/hello/ACTIONS.md", Contents::Text(ACTIONS), 0o644),
    (".gitignore", Contents::Text(IGNORED), 0o644),
    (SECRET, Contents::Secret, 0o600),
];
const SECRET: &str = "credentials/github_webhook_secret/default/secret";

/// What a new file holds.
#[derive(Debug, Clone, Copy)]
enum Contents {
    /// This.
    Text(&'static str),
    /// A secret of its own.
    Secret,
}

impl Init {
    /// Makes the project and says how to go on.
    pub(super) fn run(self) -> ExitCode {
        match create(&self.folder) {
            Ok(()) => {
                let _ = io::stdout().write_all(next_steps(&real(&self.folder)).as_bytes());
                ExitCode::SUCCESS
            }
            Err(error) => {
                let _ = writeln!(io::stderr(), "error: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

/// Writes the project into `folder`.
///
/// # Errors
/// A file that exists already, before anything is written; a file that cannot be written.
fn create(folder: &Path) -> Result<(), InitError> {
    let secret = random_hex().map_err(InitError::NoRandomness)? + "\n";
    for (name, ..) in FILES {
        let path = folder.join(name);
        if fs::symlink_metadata(&path).is_ok() {
            return Err(InitError::Exists { path });
        }
    }
    for (name, contents, mode) in FILES {
        let path = folder.join(name);
        let text = match contents {
            Contents::Text(text) => text,
            Contents::Secret => &secret,
        };
        write(&path, text, mode).map_err(|error| InitError::Unwritable { path, source: error })?;
    }
    Ok(())
}

/// Folders of a private file are private too.
fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        let folder_mode = if mode == 0o600 { 0o700 } else { 0o755 };
        DirBuilder::new().recursive(true).mode(folder_mode).create(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())
}

/// Where a folder really is, as the user may have said it by `.` or by a link.
fn real(folder: &Path) -> PathBuf {
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}

fn next_steps(folder: &Path) -> String {
    let secret = folder.join(SECRET);
    let here = env::current_dir().and_then(|here| here.canonicalize()).is_ok_and(|here| here == folder);
    let config = if here { String::new() } else { format!(" --config {}", folder.display()) };
    let folder = folder.display();
    format!(
        "A project is in {folder}.

  herdgate check{config}
      says what it has
  herdgate serve{config}
      serves it on port 8080
  herdgate send{config} github issues.labeled
      sends it a signed sample; `herdgate runs{config}` shows what came of it

For real webhooks, tell GitHub the secret in {} and the URL
https://<your host>/webhooks/github/my-github. Then put your agent's command into
[run] of {folder}/config.toml and its instructions into {folder}/agents/hello/ACTIONS.md.
",
        secret.display()
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::{
        config::{Env, Project},
        credentials::Credentials,
    };

    /// What `cat` is found by, and nothing else.
    fn env() -> Env {
        [("PATH", "/usr/bin:/bin")].into_iter().collect()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_init_writes_is_sound_and_without_warnings() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("new/project");
        create(&root).unwrap();
        let plan = Project::at(&root).with_env(env()).load().unwrap();
        assert_eq!(plan.warnings, []);
        let agent = plan.agent("hello").unwrap();
        assert!(agent.schedule.is_none());
        assert_eq!(agent.spec.triggers.len(), 1);
        assert_eq!(agent.spec.run.command, ["cat"]);
        assert_eq!(plan.source("my-github").unwrap().secrets.len(), 1);
    }

    #[test]
    fn a_project_is_told_by_its_real_folder() {
        let folder = tempfile::tempdir().unwrap();
        create(folder.path()).unwrap();
        let told = next_steps(&real(&folder.path().join("agents/..")));
        let root = folder.path().canonicalize().unwrap();
        assert!(told.starts_with(&format!("A project is in {}.\n", root.display())), "{told}");
        assert!(!CONFIG.contains("dashboard") && !told.contains("dashboard"));
    }

    #[test]
    fn the_secret_is_long_its_own_and_the_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str| {
            let root = folder.path().join(name);
            create(&root).unwrap();
            assert_eq!(mode(&root.join(SECRET)), 0o600);
            assert_eq!(mode(&root.join("credentials")), 0o700);
            let credentials = Credentials::at(root.join("credentials"));
            credentials.read("github_webhook_secret", "default", "secret").unwrap()
        };
        let (one, other) = (read("one"), read("other"));
        assert_eq!(one.expose().len(), 64);
        assert_ne!(one.expose(), other.expose());
    }

    #[test]
    fn nothing_is_overwritten_and_nothing_half_written() {
        let folder = tempfile::tempdir().unwrap();
        let existing = folder.path().join(".gitignore");
        fs::write(&existing, "mine").unwrap();
        let error = create(folder.path()).unwrap_err();
        assert!(matches!(error, InitError::Exists { path } if path == existing));
        assert_eq!(fs::read_to_string(&existing).unwrap(), "mine");
        assert!(!folder.path().join("config.toml").exists());
    }
}
