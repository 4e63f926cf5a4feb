//! What is written about the program, held against it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use herdgate::samples;
use herdgate_actors::domain::ProviderName;

use crate::support::{Gate, Project};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The texts between single backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with("```")).flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// The part of a document below a heading.
fn section<'a>(document: &'a str, heading: &str) -> &'a str {
    let start = document.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    let body = &document[start + heading.len() + 2..];
    body.split("\n## ").next().unwrap()
}

/// Whether a file, or the folder of that name, has a test called so.
fn has_test(path: &Path, name: &str) -> bool {
    if path.is_dir() {
        let mut entries = fs::read_dir(path).unwrap();
        return entries.any(|entry| has_test(&entry.unwrap().path(), name));
    }
    let text = fs::read_to_string(path).unwrap_or_default();
    let (written, lines) = (format!("fn {name}("), text.lines().map(str::trim_start).collect::<Vec<_>>());
    let is_test = |at: usize| {
        let attributes = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
        attributes.into_iter().any(|line| {
            ["#[test", "#[actix::test", "#[tokio::test"].iter().any(|test| line.starts_with(test))
        })
    };
    lines
        .iter()
        .enumerate()
        .any(|(at, line)| line.trim_start_matches("async ").starts_with(&written) && is_test(at))
}

#[test]
fn every_promise_names_a_test_that_exists() {
    let readme = read("README.md");
    let promised = section(&readme, "## What is promised, and how it is tested");
    let rows: Vec<_> = promised.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 15, "the table is not found");
    for row in rows {
        let last = row.trim_end_matches([' ', '|']).rsplit(" | ").next().unwrap();
        let tests: Vec<_> = quoted(last).filter(|text| text.contains("::")).collect();
        assert!(!tests.is_empty(), "no test is named: {row}");
        for test in tests {
            let (place, name) = test.rsplit_once("::").unwrap();
            let place = place.replace("::", "/");
            let bases =
                ["tests/it".into(), "src".into(), "actors".into()].map(|base: PathBuf| base.join(&place));
            let found = bases.iter().any(|base| {
                has_test(&root().join(base.with_extension("rs")), name) || {
                    let folder = root().join(base);
                    folder.is_dir() && has_test(&folder, name)
                }
            });
            assert!(found, "{test} does not exist");
        }
    }
}

#[test]
fn every_file_that_is_named_is_there() {
    let roots = ["src/", "actors/", "tests/", "fuzz/", "examples/", "deploy/", ".ci/"];
    for document in ["README.md", "CONTRIBUTING.md"] {
        let text = read(document);
        for path in quoted(&text).filter(|text| roots.iter().any(|root| text.starts_with(root))) {
            assert!(root().join(path).exists(), "{document} names {path}, which is not there");
        }
    }
}

#[test]
fn every_metric_that_is_named_is_described() {
    let described = read("actors/telemetry/metrics/describe.rs");
    for document in ["README.md"] {
        let text = read(document);
        for name in quoted(&text).filter(|text| text.starts_with("herdgate_")) {
            assert!(
                described.contains(&format!("\"{name}\"")),
                "{document} names {name}, which does not exist"
            );
        }
    }
}

#[test]
fn a_run_has_the_variables_that_are_listed_and_no_others() {
    let labeled = samples::find(ProviderName::new("github"), "issues.labeled").unwrap().body;
    let script = "env | grep ^HERDGATE_ | cut -d= -f1 | sort | tr '\\n' ' ' > $REPORTS; echo > $REPORTS";
    let project = Project::new("").agent("dev", "[[webhooks]]\nsource = \"github\"\n", script);
    let gate = Gate::serve(&project);
    gate.github("issues", "one", labeled);
    let report = project.report();
    let given: BTreeSet<_> = report.split_whitespace().collect();
    let readme = read("README.md");
    let agents = section(&readme, "## Agents");
    let listed: BTreeSet<_> = quoted(agents).filter(|text| text.starts_with("HERDGATE_")).collect();
    assert_eq!(given, listed);
}

#[test]
fn every_command_that_is_named_exists() {
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_herdgate")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let known: BTreeSet<_> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    let readme = read("README.md");
    let commands = readme.lines().filter_map(|line| line.strip_prefix("herdgate "));
    let quoted = quoted(&readme).filter_map(|text| text.strip_prefix("herdgate "));
    for line in commands.chain(quoted) {
        let word: String = line.chars().take_while(char::is_ascii_lowercase).collect();
        assert!(known.contains(word.as_str()), "README.md names `herdgate {line}`");
    }
    for command in known {
        let output =
            std::process::Command::new(env!("CARGO_BIN_EXE_herdgate")).args([command, "--help"]).output();
        let told = String::from_utf8(output.unwrap().stdout).unwrap();
        assert!(told.contains("Usage: herdgate"), "{command}: {told}");
        for absent in ["dashboard", "Warden"] {
            assert!(!told.contains(absent), "`herdgate {command} --help` speaks of a {absent}");
        }
    }
}
