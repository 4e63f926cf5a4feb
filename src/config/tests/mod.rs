//! Whole projects: real files in a folder of their own, loaded as `serve` loads them.

mod action_llama;
mod complaints;
mod example;
mod handle;
mod layers;
mod migration;
mod presets;
mod projects;
mod signing;
mod unseen;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::{ColorMode, ConfigError, Env, Problems, Project, ResolvedConfig, Warning};

/// A project in a temporary folder.
pub(crate) struct Fixture {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// The least that runs.
const RUN: &str = "credentials_dir = \"credentials\"\n[run]\ncommand = [\"cat\"]\n";

impl Fixture {
    /// A project with nothing but this `config.toml`.
    pub(crate) fn new(config: &str) -> Self {
        let fixture = Self { folder: tempfile::tempdir().unwrap(), env: Vec::new() };
        fixture.file("config.toml", config)
    }

    /// With a source for every provider, each with its secret, and a command.
    pub(crate) fn with_sources() -> Self {
        let source = |(name, provider): (&str, &str)| {
            format!("[webhooks.{name}]\ntype = \"{provider}\"\ncredential = \"Org\"\n")
        };
        let sources = [("hub", "github"), ("sentry", "sentry"), ("linear", "linear"), ("docs", "mintlify")];
        let config = RUN.to_owned() + &sources.map(source).concat();
        Self::new(&config)
            .secret("github_webhook_secret/Org/secret", "hub-s3cret")
            .secret("sentry_client_secret/Org/secret", "sentry-s3cret")
            .secret("linear_webhook_secret/Org/secret", "linear-s3cret")
            .secret("mintlify_webhook_secret/Org/secret", "mintlify-s3cret")
    }

    pub(crate) fn file(self, name: &str, text: &str) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn bytes(self, name: &str, bytes: &[u8]) -> Self {
        fs::write(self.path(name), bytes).unwrap();
        self
    }

    pub(crate) fn agent(self, name: &str, config: &str) -> Self {
        self.file(&format!("agents/{name}/agent-config.toml"), config)
            .file(&format!("agents/{name}/ACTIONS.md"), "Do your work.\n")
    }

    pub(crate) fn secret(self, name: &str, text: &str) -> Self {
        let name = format!("credentials/{name}");
        let fixture = self.file(&name, text);
        fs::set_permissions(fixture.path(&name), fs::Permissions::from_mode(0o600)).unwrap();
        fixture
    }

    pub(crate) fn var(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn load(&self) -> Result<ResolvedConfig, Problems> {
        self.project().load()
    }

    /// Not read yet.
    pub(crate) fn project(&self) -> Project {
        // What commands are found by, as everywhere.
        let path = ("PATH".to_owned(), "/usr/bin:/bin".to_owned());
        Project::at(self.root()).with_env([path].into_iter().chain(self.env.iter().cloned()).collect::<Env>())
    }

    /// What should be looked at, as it is told.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.plan().warnings.iter().map(Warning::to_string).collect()
    }

    /// The plan of a project that must be sound.
    pub(crate) fn plan(&self) -> ResolvedConfig {
        self.load().unwrap_or_else(|problems| panic!("{}", problems.render(ColorMode::Plain, 120)))
    }

    /// Everything that is wrong, in order.
    pub(crate) fn causes(&self) -> Vec<ConfigError> {
        self.load().unwrap_err().iter().map(|problem| problem.cause.clone()).collect()
    }

    /// What the operator reads, with the temporary folder named `project`.
    pub(crate) fn complaint(&self) -> String {
        // Wide enough that the length of the folder's name breaks no line.
        let text = self.load().unwrap_err().render(ColorMode::Plain, 300);
        text.replace(&self.root().display().to_string(), "project")
    }
}
