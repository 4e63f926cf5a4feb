//! Finds the agents of a project: a folder each.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    ConfigError, Diagnostic, Warning,
    agent_settings::{AGENT, AgentSettings},
    document::{Document, read_text},
};

/// An agent's file, by preference.
const AGENT_FILES: [&str; 2] = ["agent-config.toml", "config.toml"];
/// Front matter is stripped from the second only: it is the portable format that has one.
const ACTIONS: &str = "ACTIONS.md";
const SKILL: &str = "SKILL.md";

/// Every folder in which an agent may be.
pub(super) fn agent_folders(folder: &Path) -> Vec<PathBuf> {
    folders_in(folder).unwrap_or_default().into_iter().map(|(_, folder)| folder).collect()
}

/// What is read of an agent, where it is there.
pub(super) fn files_of_agent(folder: &Path) -> [PathBuf; 4] {
    let [first, second] = AGENT_FILES;
    [first, second, ACTIONS, SKILL].map(|file| folder.join(file))
}

/// One folder under `agents/`.
pub(super) struct AgentFiles {
    pub(super) name: String,
    pub(super) folder: PathBuf,
    pub(super) document: Document,
    pub(super) settings: AgentSettings,
    pub(super) instructions: String,
    /// Whether there is a file that could say when it runs.
    pub(super) has_config: bool,
    /// Whether the front matter seems to hold what belongs into the document.
    pub(super) configured_by_front_matter: bool,
}

impl AgentFiles {
    /// All agents under `folder`, by name; `root` is the project, where they lay in older ones.
    pub(super) fn read_all(
        folder: &Path,
        root: &Path,
        problems: &mut Vec<Diagnostic>,
        warnings: &mut Vec<Warning>,
    ) -> Vec<Self> {
        let folders = match folders_in(folder) {
            Ok(folders) => folders,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                let cause = ConfigError::UnreadableFolder {
                    folder: folder.to_owned(),
                    why: error.kind().to_string(),
                };
                problems.push(Diagnostic::of_path(folder, cause));
                return Vec::new();
            }
        };
        let mut agents = Vec::new();
        for (name, folder) in folders {
            match agent(name, folder, problems, warnings) {
                Ok(agent) => agents.extend(agent),
                Err(problem) => problems.push(problem),
            }
        }
        if agents.is_empty() {
            let elsewhere = agents_in(root);
            let folder = folder.to_owned();
            warnings.push(if elsewhere.is_empty() {
                Warning::NoAgents { folder }
            } else {
                Warning::AgentsElsewhere { folder, agents: elsewhere }
            });
        }
        agents
    }
}

/// The names of folders that look like agents'.
fn agents_in(folder: &Path) -> Vec<String> {
    let start = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let folders = folders_in(start).unwrap_or_default().into_iter();
    folders
        .filter(|(_, folder)| {
            folder.join(AGENT_FILES[0]).is_file()
                || (folder.join(SKILL).is_file() && folder.join(AGENT_FILES[1]).is_file())
        })
        .map(|(name, _)| name)
        .collect()
}

/// Folders by name, without hidden ones and without packages that agents brought along.
fn folders_in(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if !name.starts_with('.') && name != "node_modules" && path.is_dir() {
            folders.push((name, path));
        }
    }
    folders.sort();
    Ok(folders)
}

fn agent(
    name: String,
    folder: PathBuf,
    problems: &mut Vec<Diagnostic>,
    warnings: &mut Vec<Warning>,
) -> Result<Option<AgentFiles>, Diagnostic> {
    let mut document = None;
    for file in AGENT_FILES {
        if document.is_none() {
            document = Document::read(&folder.join(file), AGENT, problems)?;
        }
    }
    let Some((instructions, front_matter)) = instructions(&folder)? else {
        if document.is_some() {
            warnings.push(Warning::NoInstructions { folder });
        }
        return Ok(None);
    };
    let has_config = document.is_some();
    let configured_by_front_matter = !has_config && configures(&front_matter);
    let document = document.unwrap_or_else(|| Document::empty(folder.join(AGENT_FILES[0])));
    warnings.extend(document.warnings());
    let settings = document.table.clone().try_into().map_err(|error: toml::de::Error| {
        document.problem("", ConfigError::Unreadable(error.message().to_owned()))
    })?;
    Ok(Some(AgentFiles {
        name,
        folder,
        document,
        settings,
        instructions,
        has_config,
        configured_by_front_matter,
    }))
}

/// What the agent is told, and the front matter that stood before it.
fn instructions(folder: &Path) -> Result<Option<(String, String)>, Diagnostic> {
    for file in [ACTIONS, SKILL] {
        let path = folder.join(file);
        match read_text(&path) {
            Ok(Some(text)) if file == SKILL => {
                let (front_matter, body) = split_front_matter(&text);
                return Ok(Some((body.to_owned(), front_matter.to_owned())));
            }
            Ok(Some(text)) => return Ok(Some((text, String::new()))),
            Ok(None) => {}
            Err(cause) => return Err(Diagnostic::of_path(path, cause)),
        }
    }
    Ok(None)
}

/// Splits a text that starts with `---` at the line that closes the front matter.
fn split_front_matter(text: &str) -> (&str, &str) {
    let trimmed = text.trim_start_matches('\u{feff}').trim_start();
    let Some(after_fence) = trimmed.strip_prefix("---") else { return ("", text) };
    let Some(end) = after_fence.find("\n---") else { return ("", text) };
    let body = &after_fence[end + "\n---".len()..];
    let body = body.split_once('\n').map_or("", |(_, body)| body);
    (&after_fence[..end], body)
}

/// Whether front matter holds what Action Llama kept there for a while.
fn configures(front_matter: &str) -> bool {
    let keys = ["schedule:", "webhooks:"];
    front_matter.lines().any(|line| keys.iter().any(|key| line.trim_start().starts_with(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_is_split_off_where_it_is_closed() {
        assert_eq!(split_front_matter("---\nname: dev\n---\n\n# Do\n"), ("\nname: dev", "\n# Do\n"));
        assert_eq!(split_front_matter("---\r\nname: dev\r\n---\r\n# Do"), ("\r\nname: dev\r", "# Do"));
        assert_eq!(split_front_matter("# Do\n---\nrule\n---\n"), ("", "# Do\n---\nrule\n---\n"));
        assert_eq!(split_front_matter("---\nname: dev\n"), ("", "---\nname: dev\n"));
        assert_eq!(split_front_matter("---\nname: dev\n---"), ("\nname: dev", ""));
    }
}
