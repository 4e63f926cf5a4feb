//! Finds the files of a project and lays the layers on each other.

use std::path::{Path, PathBuf};

use config::{ConfigError as LayerError, Map, Source, Value, ValueKind};
use herdgate_actors::domain::Clock;
use toml::Table;

use super::{
    ConfigError, Diagnostic, Env, Place, Problems, ResolvedConfig, Warning, document::Document,
    environment::EnvLayer, herd::AgentFiles, model, resolve, schema::PROJECT,
};

/// The project's file.
const PROJECT_FILE: &str = "config.toml";

/// Reads the project at `path`, which is its `config.toml` or its folder, and everything it needs.
///
/// # Errors
/// All problems of all its files, of the environment and of its credentials.
pub fn load(path: &Path, env: &Env) -> Result<ResolvedConfig, Problems> {
    let mut problems = Vec::new();
    let plan = Files::read(path, env, &mut problems)
        .map(|files| resolve::plan(&files, env, Clock::System.now(), &mut problems));
    match (Problems::of(problems), plan) {
        (Some(problems), _) => Err(problems),
        (None, Some(plan)) => Ok(plan),
        (None, None) => Err(no_project(path)),
    }
}

fn no_project(path: &Path) -> Problems {
    let problem = Diagnostic { cause: ConfigError::NoProject, place: Place::Path(path.to_owned()) };
    Problems::of(vec![problem]).expect("one problem is not none")
}

/// All files of a project, read.
pub(super) struct Files {
    /// The folder of `config.toml`, as the user named it.
    pub(super) root: PathBuf,
    pub(super) document: Document,
    pub(super) layer: EnvLayer,
    pub(super) project: model::Project,
    pub(super) agents: Vec<AgentFiles>,
    pub(super) warnings: Vec<Warning>,
}

impl Files {
    /// `None` where there is no project, or so little of it legible that further checks would only
    /// report what follows from that.
    pub(super) fn read(path: &Path, env: &Env, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        let (root, mut document) = project_document(path, problems)?;
        let mut layer = EnvLayer::read(env, &document.table, problems);
        adopt_container_timeout(&mut document.table);
        adopt_container_timeout(&mut layer.table);
        let project = match layered(&document.table, &layer.table) {
            Ok(project) => project,
            Err(error) => {
                problems.push(document.problem("", ConfigError::Unreadable(error.to_string())));
                return None;
            }
        };
        let mut warnings = document.not_acted_on();
        let folder = expand(&project.agents_dir, &root, env);
        let agents = AgentFiles::read_all(&folder, problems, &mut warnings);
        let legible = document.legible;
        let files = Self { root, document, layer, project, agents, warnings };
        legible.then_some(files)
    }

    /// A problem with a value of the project, wherever it was set.
    pub(super) fn problem(&self, path: &str, cause: ConfigError) -> Diagnostic {
        match self.layer.variable(path) {
            Some(name) => Diagnostic { cause, place: Place::Variable(name.to_owned()) },
            None => self.document.problem(path, cause),
        }
    }

    /// Whether `path` is set to something that was left out, and so was told of already.
    pub(super) fn is_wrong(&self, path: &str) -> bool {
        let set = |table: &Table| {
            let mut steps = path.split('.');
            let first = steps.next().and_then(|step| table.get(step));
            steps.fold(first, |value, step| value.and_then(|value| value.get(step))).is_some()
        };
        self.mentions(path) && !set(&self.document.table) && !set(&self.layer.table)
    }

    /// Whether the user said anything about `path`.
    pub(super) fn mentions(&self, path: &str) -> bool {
        self.document.mentions(path) || self.layer.variable(path).is_some()
    }
}

/// Action Llama needs no `config.toml`: a folder with agents is a project.
fn project_document(path: &Path, problems: &mut Vec<Diagnostic>) -> Option<(PathBuf, Document)> {
    let (root, file) = if path.is_dir() {
        let root = if path == Path::new(".") { PathBuf::new() } else { path.to_owned() };
        let file = root.join(PROJECT_FILE);
        (root, file)
    } else {
        (path.parent().map(Path::to_owned).unwrap_or_default(), path.to_owned())
    };
    match Document::read(&file, PROJECT, problems) {
        Ok(Some(document)) => Some((root, document)),
        Ok(None) if path.is_dir() && root.join("agents").is_dir() => Some((root, Document::empty(file))),
        Ok(None) => None,
        Err(problem) => {
            problems.push(problem);
            None
        }
    }
}

/// `[local] timeout` of Action Llama is the `[run] timeout` of a project that has none.
fn adopt_container_timeout(table: &mut Table) {
    let Some(toml::Value::Table(mut local)) = table.remove("local") else { return };
    let Some(timeout) = local.remove("timeout") else { return };
    let run = table.entry("run").or_insert_with(|| toml::Value::Table(Table::new()));
    if let toml::Value::Table(run) = run {
        run.entry("timeout").or_insert(timeout);
    }
}

/// Defaults below, the file on them, the environment on top.
fn layered(file: &Table, environment: &Table) -> Result<model::Project, LayerError> {
    config::Config::builder()
        .add_source(Layer(file.clone()))
        .add_source(Layer(environment.clone()))
        .build()?
        .try_deserialize()
}

/// A canonical table as a source of the `config` crate.
#[derive(Debug, Clone)]
struct Layer(Table);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, LayerError> {
        Ok(map_of(&self.0))
    }
}

fn map_of(table: &Table) -> Map<String, Value> {
    table.iter().map(|(key, value)| (key.clone(), Value::new(None, kind_of(value)))).collect()
}

fn kind_of(value: &toml::Value) -> ValueKind {
    match value {
        toml::Value::String(text) => ValueKind::String(text.clone()),
        toml::Value::Integer(number) => ValueKind::I64(*number),
        toml::Value::Float(number) => ValueKind::Float(*number),
        toml::Value::Boolean(flag) => ValueKind::Boolean(*flag),
        toml::Value::Datetime(date) => ValueKind::String(date.to_string()),
        toml::Value::Array(items) => {
            ValueKind::Array(items.iter().map(|item| Value::new(None, kind_of(item))).collect())
        }
        toml::Value::Table(table) => ValueKind::Table(map_of(table)),
    }
}

/// A path as the user wrote it: `~` is home, and relative ones start at the project.
pub(super) fn expand(text: &str, root: &Path, env: &Env) -> PathBuf {
    match (text.strip_prefix('~'), env.home()) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            home.join(rest.trim_start_matches('/'))
        }
        _ => root.join(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_is_home_and_other_paths_start_at_the_project() {
        let env: Env = [("HOME", "/home/ada")].into_iter().collect();
        let root = Path::new("/srv/gate");
        assert_eq!(expand("~/secrets", root, &env), Path::new("/home/ada/secrets"));
        assert_eq!(expand("secrets", root, &env), Path::new("/srv/gate/secrets"));
        assert_eq!(expand("/run/secrets", root, &env), Path::new("/run/secrets"));
        assert_eq!(expand("~ada/secrets", root, &env), Path::new("/srv/gate/~ada/secrets"));
    }
}
