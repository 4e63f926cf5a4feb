//! A project in a temporary folder.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

/// The webhook secret of every source of a test.
pub(crate) const SECRET: &str = "it is a secret to nobody here";

/// Nothing that a test waits for takes longer on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with `config.toml`, agents, credentials and a pipe on which agents report.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    reports: Receiver<String>,
}

impl Project {
    /// A project with a signed source of each type, named as the type, and no agents yet. `config`
    /// is added at the top of its `config.toml`.
    pub(crate) fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let mut text = format!("credentials_dir = \"credentials\"\n{config}\n");
        if !config.contains("[gateway]") {
            text.push_str("[gateway]\nhost = \"127.0.0.1\"\nport = 0\nadmin_port = 0\n");
        }
        for (provider, kind) in [
            ("github", "github_webhook_secret"),
            ("sentry", "sentry_client_secret"),
            ("linear", "linear_webhook_secret"),
            ("mintlify", "mintlify_webhook_secret"),
        ] {
            text.push_str(&format!("[webhooks.{provider}]\ntype = \"{provider}\"\ncredential = \"it\"\n"));
            let path = root.join("credentials").join(kind).join("it");
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join("secret"), SECRET).unwrap();
            fs::set_permissions(path.join("secret"), fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::write(root.join("config.toml"), text).unwrap();
        fs::create_dir_all(root.join("agents")).unwrap();
        let reports = listen(&root.join("reports"));
        Self { folder, reports }
    }

    /// Adds an agent that runs a shell script. The script finds the pipe for [`Self::report`] in
    /// `$REPORTS`, and `$RUN` holds its run id.
    #[must_use]
    pub(crate) fn agent(self, name: &str, config: &str, script: &str) -> Self {
        let folder = self.path().join("agents").join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("ACTIONS.md"), format!("You are {name}.")).unwrap();
        let reports = self.path().join("reports");
        let script = format!("REPORTS={}; RUN=$HERDGATE_RUN_ID\n{script}", reports.display());
        let config = format!("{config}\n[run]\ncommand = [\"/bin/sh\", \"-c\", {}]\n", toml_text(&script));
        fs::write(folder.join("agent-config.toml"), config).unwrap();
        self
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where its gate keeps its data.
    pub(crate) fn data(&self) -> PathBuf {
        self.path().join(".herdgate")
    }

    /// The next line that an agent wrote to `$REPORTS`.
    pub(crate) fn report(&self) -> String {
        match self.reports.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => panic!("no agent reported within {PATIENCE:?}"),
            Err(RecvTimeoutError::Disconnected) => panic!("the pipe of reports broke"),
        }
    }

    /// Runs a command of the program on this project and returns what it printed.
    pub(crate) fn herdgate(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_herdgate"))
            .args(arguments)
            .env("HERDGATE_CONFIG", self.path())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "herdgate {arguments:?} failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A pipe that every line written to it comes out of, whoever writes.
fn listen(path: &Path) -> Receiver<String> {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    // Open for both, so that the reader never sees the end while nobody writes.
    let pipe = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn toml_text(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}
