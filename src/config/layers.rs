//! What lies over what: defaults, `config.toml`, `.env.toml`, an environment's file, variables,
//! flags.
//!
//! The order of the files is Action Llama's. The `config` crate lays the layers on each other and
//! keeps the origin of each value.

use std::path::{Path, PathBuf};

use config::{ConfigError as LayerError, Map, Source, Value, ValueKind};
use toml::Table;

use super::{
    ConfigError, Diagnostic, Env, Warning,
    document::Document,
    environment::EnvLayer,
    origin::{Origin, Origins},
    settings::{PROJECT, Settings},
    validate::join,
};

/// The project's file.
const PROJECT_FILE: &str = "config.toml";
/// What a machine has over it.
const MACHINE_FILE: &str = ".env.toml";
/// Where files of environments lie, from the user's home.
const ENVIRONMENTS: &str = ".action-llama/environments";

/// The layers of one project.
pub(super) struct Layers {
    /// The folder of `config.toml`, as the user named it.
    pub(super) root: PathBuf,
    /// From below: `config.toml` first, and always there.
    documents: Vec<Document>,
    variables: EnvLayer,
    /// Key and value of what the command line sets.
    flags: Vec<(String, String)>,
}

/// All layers in one.
pub(super) struct Merged {
    pub(super) settings: Settings,
    /// What was set elsewhere than in `config.toml`: key and origin.
    pub(super) origins: Vec<(String, String)>,
}

impl Layers {
    /// Reads all of them; `None` where there is no project, or none that can be read.
    pub(super) fn read(
        path: &Path,
        env: &Env,
        flags: &[(String, String)],
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let (root, document) = project_document(path, problems)?;
        let mut documents = vec![document];
        if documents[0].path().file_name().is_some_and(|name| name == PROJECT_FILE) {
            documents.extend(over(&root.join(MACHINE_FILE), problems));
            documents.extend(environment_document(&documents, env, problems));
        }
        let tables: Vec<_> = documents.iter().map(|document| &document.table).collect();
        let variables = EnvLayer::read(env, &tables, problems);
        Some(Self { root, documents, variables, flags: flags.to_vec() })
    }

    /// What the project comes to.
    pub(super) fn merge(&self) -> Result<Merged, LayerError> {
        let mut builder = config::Config::builder();
        for document in &self.documents {
            let origin = document.path().display().to_string();
            builder = builder.add_source(Layer(map_of(&document.table, "", &|_| Some(origin.clone()))));
        }
        let variable = |path: &str| self.variables.variable(path).map(str::to_owned);
        builder = builder.add_source(Layer(map_of(&self.variables.table, "", &variable)));
        for (key, value) in &self.flags {
            builder = builder.set_override(key, value.as_str())?;
        }
        let merged = builder.build()?;
        let mut origins = Vec::new();
        collect_origins(&merged.cache, "", &self.documents[0].path().display().to_string(), &mut origins);
        Ok(Merged { settings: merged.try_deserialize()?, origins })
    }

    /// Whether every file was TOML; what follows from one that was not is no news.
    pub(super) fn are_legible(&self) -> bool {
        self.documents.iter().all(|document| document.legible)
    }

    /// Where `config.toml` lies, or would.
    pub(super) fn file(&self) -> &Path {
        self.documents[0].path()
    }

    /// Every file that was read.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.documents.iter().map(Document::path)
    }

    /// A problem with a value of the project, wherever it was set last.
    pub(super) fn problem(&self, path: &str, cause: ConfigError) -> Diagnostic {
        if let Some(name) = self.variables.variable(path) {
            return Diagnostic::of_variable(name, cause);
        }
        let document = self.documents.iter().rev().find(|document| document.mentions(path));
        document.unwrap_or(&self.documents[0]).problem(path, cause)
    }

    /// Whether the user said anything about `path`.
    pub(super) fn mentions(&self, path: &str) -> bool {
        self.variables.variable(path).is_some() || self.documents.iter().any(|file| file.mentions(path))
    }

    /// Where each key was set last.
    pub(super) fn key_origins(&self) -> Origins {
        let mut origins = Origins::default();
        for document in &self.documents {
            origins.extend(document.origins());
        }
        for (path, name) in self.variables.names() {
            origins.insert(path, Origin::Variable { name: name.to_owned() });
        }
        for (path, _) in &self.flags {
            origins.insert(path, Origin::CommandLine);
        }
        origins
    }

    /// Whether `path` is set to something that was left out, and so was told of already.
    pub(super) fn is_wrong(&self, path: &str) -> bool {
        let set = |table: &Table| {
            let mut steps = path.split('.');
            let first = steps.next().and_then(|step| table.get(step));
            steps.fold(first, |value, step| value.and_then(|value| value.get(step))).is_some()
        };
        let tables = self.documents.iter().map(|document| &document.table);
        self.mentions(path) && !tables.chain([&self.variables.table]).any(set)
    }

    /// What the files have that is understood and not acted upon.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let [project, over @ ..] = self.documents.as_slice() else { return Vec::new() };
        // Only `config.toml` names an environment in vain.
        let acted_on =
            |warning: &Warning| matches!(warning, Warning::NotActedOn { key, .. } if key == "environment");
        let over = over.iter().flat_map(Document::warnings).filter(|warning| !acted_on(warning));
        project.warnings().into_iter().chain(over).collect()
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

/// A file that may lie over the project's.
fn over(path: &Path, problems: &mut Vec<Diagnostic>) -> Option<Document> {
    Document::read(path, PROJECT, problems).unwrap_or_else(|problem| {
        problems.push(problem);
        None
    })
}

/// The file of the environment that `AL_ENV` or `.env.toml` names.
fn environment_document(
    documents: &[Document],
    env: &Env,
    problems: &mut Vec<Diagnostic>,
) -> Option<Document> {
    let named_here = documents.iter().skip(1).find_map(|document| document.environment.as_deref());
    let name = env.get("AL_ENV").filter(|name| !name.is_empty()).or(named_here)?;
    let path = env.home().unwrap_or_default().join(ENVIRONMENTS).join(format!("{name}.toml"));
    let document = over(&path, problems);
    if document.is_none() && !path.exists() {
        let cause = ConfigError::NoEnvironment { name: name.to_owned(), path };
        problems.push(Diagnostic::of_path(documents[0].path(), cause));
    }
    document
}

/// A canonical table as a source of the `config` crate.
#[derive(Debug, Clone)]
struct Layer(Map<String, Value>);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, LayerError> {
        Ok(self.0.clone())
    }
}

type OriginOf<'a> = dyn Fn(&str) -> Option<String> + 'a;

fn map_of(table: &Table, prefix: &str, origin: &OriginOf<'_>) -> Map<String, Value> {
    let value = |(key, value): (&String, &toml::Value)| {
        let path = join(prefix, key);
        (key.clone(), value_of(value, &path, origin))
    };
    table.iter().map(value).collect()
}

fn value_of(value: &toml::Value, path: &str, origin: &OriginOf<'_>) -> Value {
    let kind = match value {
        toml::Value::String(text) => ValueKind::String(text.clone()),
        toml::Value::Integer(number) => ValueKind::I64(*number),
        toml::Value::Float(number) => ValueKind::Float(*number),
        toml::Value::Boolean(flag) => ValueKind::Boolean(*flag),
        toml::Value::Datetime(date) => ValueKind::String(date.to_string()),
        toml::Value::Array(items) => {
            ValueKind::Array(items.iter().map(|item| value_of(item, path, origin)).collect())
        }
        toml::Value::Table(table) => ValueKind::Table(map_of(table, path, origin)),
    };
    Value::new(origin(path).as_ref(), kind)
}

/// Every key that was set elsewhere than at `home`, and where.
fn collect_origins(value: &Value, path: &str, home: &str, origins: &mut Vec<(String, String)>) {
    if let ValueKind::Table(table) = &value.kind {
        let mut inner: Vec<_> = table.iter().collect();
        inner.sort_by_key(|(key, _)| key.as_str());
        for (key, value) in inner {
            collect_origins(value, &join(path, key), home, origins);
        }
    } else if let Some(origin) = value.origin().filter(|origin| *origin != home) {
        origins.push((path.to_owned(), origin.to_owned()));
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

/// Runs have working directories of their own, so what they are told must not depend on ours.
pub(super) fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
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
