//! A project that can be loaded, and loaded again.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    thread,
};

use herdgate_actors::domain::Clock;

use super::{
    ConfigError, Diagnostic, Env, Problems, ResolvedConfig, Warning, Watched,
    files::Files,
    layers::{Layers, absolute, expand},
    machine,
    resolve::{self, Inputs, admin_port, host_address},
    settings::Settings,
};
use crate::credentials::Credentials;

/// Where a project is, and what the command line says of it. Nothing is kept of its files: each
/// call reads all of them.
#[derive(Debug, Clone)]
pub struct Project {
    path: PathBuf,
    env: Option<Env>,
    flags: Vec<(String, String)>,
    with_secrets: bool,
}

/// Where the data of a project lies and its gate listens: what reading commands need, found also
/// while the rest of the project is broken.
#[derive(Debug, Clone)]
pub struct Located {
    /// `config.toml`, which need not exist.
    pub file: PathBuf,
    /// Where the store lies; absolute.
    pub data_dir: PathBuf,
    /// Where secrets lie.
    pub credentials: Credentials,
    /// Where webhooks are taken.
    pub public: SocketAddr,
    /// Where operators come in.
    pub admin: SocketAddr,
    /// What a reader should know of the project.
    pub warnings: Vec<Warning>,
}

impl Project {
    /// The project at `path`, which is its `config.toml` or its folder, in the environment of this
    /// process.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), env: None, flags: Vec::new(), with_secrets: true }
    }

    /// The same in another environment.
    #[must_use]
    pub fn with_env(mut self, env: Env) -> Self {
        self.env = Some(env);
        self
    }

    /// The same with a value from the command line, which lies over everything else. The key is a
    /// path like `log.format`.
    #[must_use]
    pub fn with_flag(mut self, key: &str, value: &str) -> Self {
        self.flags.push((key.to_owned(), value.to_owned()));
        self
    }

    /// The same without looking at any secret; not to be served.
    #[must_use]
    pub fn without_secrets(mut self) -> Self {
        self.with_secrets = false;
        self
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads everything anew and says what it comes to.
    ///
    /// # Errors
    /// All problems of all its files, of the environment and of its credentials.
    pub fn load(&self) -> Result<ResolvedConfig, Problems> {
        let env = self.env();
        let mut problems = Vec::new();
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let files = self.files(&env, &mut problems).filter(|files| files.layers.are_legible());
        let resolved = files.map(|files| {
            let inputs = Inputs { env: &env, now: Clock::System.now(), cores };
            resolve::resolve(&files, &inputs, &mut problems)
        });
        match (Problems::of(problems), resolved) {
            (Some(problems), _) => Err(problems),
            (None, Some(mut resolved)) => {
                resolved.warnings.extend(machine::inspect(&resolved, &env));
                Ok(resolved)
            }
            (None, None) => Err(self.missing()),
        }
    }

    /// Finds its data, whatever else is wrong with it.
    ///
    /// # Errors
    /// There is no project.
    pub fn locate(&self) -> Result<Located, Problems> {
        let env = self.env();
        let mut problems = Vec::new();
        let layers = Layers::read(&self.path, &env, &self.flags, &mut problems);
        let Some(layers) = layers else {
            return Err(Problems::of(problems).unwrap_or_else(|| self.missing()));
        };
        // What is wrong was left out of the layers, so this fails only where schema and settings
        // have drifted apart.
        let settings = layers.merge().map_or_else(|_| Settings::default(), |merged| merged.settings);
        let gateway = &settings.gateway;
        let address = |host: &str, port| {
            SocketAddr::new(host_address(host).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), port)
        };
        let broken = Problems::of(problems).map(|problems| Warning::Broken {
            file: layers.file().to_owned(),
            problems: problems.iter().count(),
        });
        Ok(Located {
            file: layers.file().to_owned(),
            data_dir: absolute(expand(&settings.data_dir, &layers.root, &env)),
            credentials: Credentials::at(expand(&settings.credentials_dir, &layers.root, &env)),
            public: address(&gateway.host, gateway.port),
            admin: address(&gateway.admin_host, admin_port(gateway, layers.mentions("gateway.admin_port"))),
            warnings: broken.into_iter().collect(),
        })
    }

    /// The files whose change may change what [`Self::load`] says, also while it says only problems.
    pub fn watched(&self) -> Watched {
        let files = self.files(&self.env(), &mut Vec::new());
        files.map_or_else(
            || Watched::new([self.path.clone()].into(), self.path.join("agents")),
            |files| files.watched(),
        )
    }

    fn files(&self, env: &Env, problems: &mut Vec<Diagnostic>) -> Option<Files> {
        let layers = Layers::read(&self.path, env, &self.flags, problems)?;
        Files::read(layers, env, self.with_secrets, problems)
    }

    fn env(&self) -> Env {
        self.env.clone().unwrap_or_else(Env::of_process)
    }

    fn missing(&self) -> Problems {
        let problem = Diagnostic::of_path(self.path.clone(), ConfigError::NoProject);
        Problems::of(vec![problem]).expect("one problem is not none")
    }
}
