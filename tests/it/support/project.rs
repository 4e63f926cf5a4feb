//! A project in a temporary folder.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use super::PATIENCE;

/// The webhook secret of every source of a test.
pub(crate) const SECRET: &str = "it is a secret to nobody here";

/// A folder with `config.toml`, agents, credentials and a pipe on which agents report.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    data: PathBuf,
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
        let data = root.join(".herdgate");
        Self { folder, data, reports }
    }

    /// The same, with its data in a folder `data` somewhere else.
    pub(crate) fn with_data_in(folder: &Path) -> Self {
        let data = folder.join("data");
        let project = Self::new(&format!("data_dir = {}\n", toml_text(&data.display().to_string())));
        Self { data, ..project }
    }

    /// Adds an agent that runs a shell script. The script finds the pipe for [`Self::report`] in
    /// `$REPORTS`, and `$RUN` holds its run id.
    #[must_use]
    pub(crate) fn agent(self, name: &str, config: &str, script: &str) -> Self {
        let reports = self.path().join("reports");
        let script = format!("REPORTS={}; RUN=$HERDGATE_RUN_ID\n{script}", reports.display());
        let command = format!("[\"/bin/sh\", \"-c\", {}]", toml_text(&script));
        self.agent_with_command(name, config, &command)
    }

    /// Adds an agent that runs a command, written as in its file.
    #[must_use]
    pub(crate) fn agent_with_command(self, name: &str, config: &str, command: &str) -> Self {
        let folder = self.path().join("agents").join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("ACTIONS.md"), format!("You are {name}.")).unwrap();
        let config = format!("{config}\n[run]\ncommand = {command}\n");
        fs::write(folder.join("agent-config.toml"), config).unwrap();
        self
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where its gate keeps its data.
    pub(crate) fn data(&self) -> PathBuf {
        self.data.clone()
    }

    /// Takes an agent away, as an operator does who no longer wants it.
    #[must_use]
    pub(crate) fn without(self, name: &str) -> Self {
        fs::remove_dir_all(self.path().join("agents").join(name)).unwrap();
        self
    }

    /// The next line that an agent writes to `$REPORTS` within a while, if any.
    pub(crate) fn report_within(&self, patience: Duration) -> Option<String> {
        self.reports.recv_timeout(patience).ok()
    }

    /// The next line that an agent wrote to `$REPORTS`.
    pub(crate) fn report(&self) -> String {
        match self.reports.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => panic!("no agent reported within {PATIENCE:?}"),
            Err(RecvTimeoutError::Disconnected) => panic!("the pipe of reports broke"),
        }
    }

    /// Runs a command of the program on this project.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_herdgate"));
        command.args(arguments).env("HERDGATE_CONFIG", self.path()).stdin(std::process::Stdio::null());
        command.output().unwrap()
    }

    /// Runs a command of the program on this project and returns what it printed.
    pub(crate) fn herdgate(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
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
