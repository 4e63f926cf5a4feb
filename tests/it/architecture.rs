//! The walls inside the code.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The code of a file, without comments and without its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The lines inside `use crate::{…};`.
fn imports(code: &str) -> impl Iterator<Item = &str> {
    code.split("use crate::{")
        .skip(1)
        .flat_map(|rest| rest.split("};").next().unwrap_or_default().lines())
        .map(str::trim)
}

#[test]
fn only_actors_and_what_carries_them_name_actix() {
    let root = root();
    let may = |path: &Path| {
        let inside = path.strip_prefix(&root).unwrap();
        path.ends_with("actor.rs")
            || inside.starts_with("actors/runtime")
            || inside == Path::new("src/run/system.rs")
            || inside == Path::new("src/cli/mod.rs")
            || inside.starts_with("src/http")
    };
    for path in sources(&root.join("actors")).into_iter().chain(sources(&root.join("src"))) {
        let names = code(&path).lines().any(|line| line.contains("actix::") || line.contains("use actix"));
        assert!(!names || may(&path), "{} names actix", path.display());
    }
}

#[test]
fn nothing_imports_what_lies_later_in_the_flow() {
    let below = ["store", "domain", "telemetry", "provider", "failpoint"];
    let all = ["ingress", "parser", "schedule", "agent", "runner", "runtime"];
    let walls: [(&str, &[&str]); 6] = [
        ("ingress", &["parser", "schedule", "agent", "runner"]),
        ("parser", &["schedule", "agent", "runner"]),
        ("schedule", &["ingress", "parser", "agent", "runner"]),
        ("agent", &["ingress", "parser", "schedule"]),
        ("runner", &["ingress", "parser", "schedule", "agent"]),
        ("runtime", &["ingress", "parser", "schedule", "agent", "runner"]),
    ];
    let below_walls = below.map(|folder| (folder, &all[..]));
    for (folder, later) in walls.iter().copied().chain(below_walls) {
        let at = root().join("actors").join(folder);
        let files = if at.is_dir() { sources(&at) } else { vec![at.with_extension("rs")] };
        for path in files {
            let code = code(&path);
            for module in later {
                let named = code.contains(&format!("crate::{module}::"))
                    || imports(&code).any(|line| line.starts_with(&format!("{module}::")));
                assert!(!named, "{} imports {module}, which lies later in the flow", path.display());
            }
        }
    }
}

#[test]
fn files_stay_small() {
    let root = root();
    for path in sources(&root.join("actors")).into_iter().chain(sources(&root.join("src"))) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 600, "{} has {lines} lines: it wants a second noun", path.display());
    }
}
