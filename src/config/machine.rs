//! What a project needs of the machine it is on, and does not find.

use std::{
    collections::BTreeMap,
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::{Env, ResolvedAgent, ResolvedConfig, Warning, look::Looks};
use crate::{
    api_key,
    credentials::{Exposure, FolderAccess, folder_access},
};

/// Where programs are looked for where `PATH` does not say.
const DEFAULT_PATH: &str = "/usr/local/bin:/bin:/usr/bin";

/// Everything that would fail a run or a start, or lets others in. Only looks; the folder of a
/// store that is not there yet is tried out.
pub(super) fn inspect(config: &ResolvedConfig, env: &Env) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let looks = Looks::new();
    programs(config, env, &looks, &mut warnings);
    folders(config, &looks, &mut warnings);
    data_folder(&config.data_dir, &mut warnings);
    if let Ok(Some(found)) = api_key::find(&config.credentials, &config.data_dir)
        && found.exposure == Exposure::Others
    {
        warnings.push(Warning::Exposed { path: found.path });
    }
    warnings
}

fn enabled(config: &ResolvedConfig) -> impl Iterator<Item = &ResolvedAgent> {
    config.agents.iter().filter(|agent| agent.spec.is_enabled())
}

/// One warning a program, with all its agents.
fn programs(config: &ResolvedConfig, env: &Env, looks: &Looks, warnings: &mut Vec<Warning>) {
    let mut used = BTreeMap::<(&str, &str), Vec<String>>::new();
    for agent in enabled(config) {
        let Some(program) = agent.spec.run.command.first() else { continue };
        let own = agent.spec.run.env.iter().find(|variable| variable.name == "PATH");
        let path = own.map(|variable| variable.value.as_str()).or_else(|| env.get("PATH"));
        used.entry((program, path.unwrap_or(DEFAULT_PATH))).or_default().push(agent.name().to_string());
    }
    let mut missing = BTreeMap::<&str, Vec<String>>::new();
    for ((program, path), agents) in used {
        let (name, path) = (program.to_owned(), path.to_owned());
        match looks.at(move || is_there(&name, &path)) {
            Some(true) => {}
            Some(false) => missing.entry(program).or_default().extend(agents),
            None => warnings.push(Warning::NoAnswer { what: program.to_owned(), agents }),
        }
    }
    let warning =
        |(program, agents): (&str, Vec<String>)| Warning::NoProgram { program: program.to_owned(), agents };
    warnings.extend(missing.into_iter().map(warning));
}

/// A program with a relative path is looked for where the run begins, which is not known here.
fn is_there(program: &str, path: &str) -> bool {
    if program.contains('/') {
        return !program.starts_with('/') || is_program(Path::new(program));
    }
    env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .any(|folder| is_program(&folder.join(program)))
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn folders(config: &ResolvedConfig, looks: &Looks, warnings: &mut Vec<Warning>) {
    let mut used = BTreeMap::<&PathBuf, Vec<String>>::new();
    for agent in enabled(config) {
        if let Some(folder) = &agent.spec.run.cwd {
            used.entry(folder).or_default().push(agent.name().to_string());
        }
    }
    for (folder, agents) in used {
        let looked = folder.clone();
        match looks.at(move || looked.is_dir()) {
            Some(true) => {}
            Some(false) => warnings.push(Warning::NoFolder { folder: folder.clone(), agents }),
            None => warnings.push(Warning::NoAnswer { what: folder.display().to_string(), agents }),
        }
    }
}

fn data_folder(path: &Path, warnings: &mut Vec<Warning>) {
    let unusable = |why: String| Warning::DataFolder { folder: path.to_owned(), why };
    match folder_access(path) {
        Ok(FolderAccess::Private) => {}
        Ok(FolderAccess::Entered) => warnings.push(Warning::OpenFolder { folder: path.to_owned() }),
        Ok(FolderAccess::Written) => {
            let why = "other users can write there, so `serve` refuses it: chmod 700".to_owned();
            warnings.push(unusable(why));
        }
        Ok(FolderAccess::Absent) => {
            let parent = path.ancestors().skip(1).find(|parent| parent.exists());
            let tried = tempfile::Builder::new().prefix(".herdgate-").tempdir_in(parent.unwrap_or(path));
            warnings.extend(tried.err().map(|error| unusable(error.kind().to_string())));
        }
        Err(error) => warnings.push(unusable(error.kind().to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_on_the_path_and_only_there() {
        assert!(is_there("sh", DEFAULT_PATH));
        assert!(is_there("/bin/sh", ""));
        assert!(!is_there("sh", ""));
        assert!(!is_there("no-such-program", DEFAULT_PATH));
        assert!(!is_there("/no/such/program", DEFAULT_PATH));
        assert!(!is_there("/etc/passwd", DEFAULT_PATH));
    }
}
