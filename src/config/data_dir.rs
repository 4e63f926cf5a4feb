//! Where the data lies: known also in a project that is broken otherwise, so that what ran can be
//! looked at while somebody edits the configuration.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Env, load::expand, model};

/// The variable that stands above the file.
const VARIABLE: &str = "HERDGATE__DATA_DIR";

/// The data folder of the project at `path`, its `config.toml` or its folder.
pub fn data_dir(path: &Path, env: &Env) -> PathBuf {
    let (root, file) = if path.is_dir() {
        (path.to_owned(), path.join("config.toml"))
    } else {
        (path.parent().map(Path::to_owned).unwrap_or_default(), path.to_owned())
    };
    let written = fs::read(&file).ok().and_then(|text| named(&String::from_utf8_lossy(&text)));
    let chosen = env.get(VARIABLE).map(str::to_owned).or(written);
    let chosen = chosen.unwrap_or_else(|| model::Project::default().data_dir);
    let folder = expand(&chosen, &root, env);
    std::path::absolute(&folder).unwrap_or(folder)
}

/// What a file says, also one that is no TOML as a whole: its own keys end at its first table.
fn named(text: &str) -> Option<String> {
    let mut lines = text.lines().take_while(|line| !line.trim_start().starts_with('['));
    lines.find_map(|line| {
        let table: toml::Table = line.trim().parse().ok()?;
        let key = ["data_dir", "dataDir", "data-dir"].into_iter().find_map(|key| table.get(key))?;
        key.as_str().map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_still_says_where_its_data_lies() {
        let text = "scale = = 3\ndata_dir = \"state\" # here\n[gateway]\ndata_dir = \"not this\"\n";
        assert_eq!(named(text).as_deref(), Some("state"));
        assert_eq!(named("[gateway]\ndata_dir = \"not this\"\n"), None);
    }

    #[test]
    fn the_variable_stands_above_the_file_and_the_default_below() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        assert_eq!(data_dir(path, &Env::default()), path.join(".herdgate"));
        fs::write(path.join("config.toml"), "data_dir = \"state\"\n").unwrap();
        assert_eq!(data_dir(path, &Env::default()), path.join("state"));
        let env: Env = [(VARIABLE, "/elsewhere")].into_iter().collect();
        assert_eq!(data_dir(path, &env), Path::new("/elsewhere"));
    }
}
