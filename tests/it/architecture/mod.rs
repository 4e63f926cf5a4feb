//! The walls inside the code, held against its syntax tree: neither a grouped `use` nor the place of
//! a `#[cfg(test)]` hides anything.
//!
//! - `tree`: the modules of a crate, without their tests.
//! - `names`: the paths that a module names, and what they lead to.

mod names;
mod tree;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use names::Named;
use tree::Crate;

/// Longer files want a second noun.
const LINES: usize = 400;
/// Files that are still longer.
const LONG: [&str; 0] = [];

/// Circles that are still there.
const CIRCLES: [&[&str]; 0] = [];
/// Arrows that still point up.
const ARROWS: [&str; 0] = [];

/// The folders of `actors/`, from the bottom up. What stands side by side does not know its
/// neighbours.
const LAYERS: [&[&str]; 10] = [
    &["failpoint"],
    &["domain"],
    &["telemetry"],
    &["store"],
    &["runtime"],
    &["preset", "provider"],
    &["ingress", "parser", "runner"],
    &["agent"],
    &["schedule", "upkeep"],
    &["control"],
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn actors() -> &'static Crate {
    static ACTORS: OnceLock<Crate> = OnceLock::new();
    ACTORS.get_or_init(|| Crate::read(&root().join("actors/lib.rs")))
}

fn program() -> &'static Crate {
    static PROGRAM: OnceLock<Crate> = OnceLock::new();
    PROGRAM.get_or_init(|| Crate::read(&root().join("src/lib.rs")))
}

fn inside(path: &Path) -> &Path {
    path.strip_prefix(root()).unwrap()
}

#[test]
fn only_actors_and_what_carries_them_name_actix() {
    let may = |path: &Path| {
        path.ends_with("actor.rs")
            || path.starts_with("actors/runtime")
            || path.starts_with("src/run")
            || path.starts_with("src/http")
            || path == Path::new("src/cli/runtime.rs")
    };
    for module in actors().modules().chain(program().modules()) {
        let names = module.named().iter().any(|named| named.path[0].starts_with("actix"));
        let path = inside(&module.file);
        assert!(!names || may(path), "{} names actix", path.display());
    }
}

#[test]
fn nothing_imports_what_lies_above_or_beside_it() {
    let layer = |name: &str| LAYERS.iter().position(|layer| layer.contains(&name));
    let mut wrong = BTreeSet::new();
    for module in actors().modules() {
        let Some(own) = module.path.first() else { continue };
        let here = layer(own).unwrap_or_else(|| panic!("`{own}` has no layer: add it to LAYERS"));
        for target in actors().reached_from(module) {
            let Some(other) = target.first().filter(|other| *other != own) else { continue };
            if layer(other).is_some_and(|there| there >= here) {
                wrong.insert(format!("{} imports {}", inside(&module.file).display(), target.join("::")));
            }
        }
    }
    wrong.retain(|arrow| !ARROWS.contains(&arrow.as_str()));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_files_need_each_other_in_a_circle() {
    let mut circles = Vec::new();
    for code in [actors(), program()] {
        let mut graph = Graph::new();
        for module in code.modules() {
            for target in code.needed_by(module) {
                if let Some(target) = code.file_of(&target).filter(|file| *file != module.file) {
                    graph.entry(&module.file).or_default().insert(target);
                }
            }
        }
        circles.extend(circles_in(&graph));
    }
    let circles: Vec<Vec<_>> = circles
        .into_iter()
        .map(|circle| circle.into_iter().map(|file| inside(file).display().to_string()).collect())
        .filter(|circle: &Vec<String>| {
            !CIRCLES.iter().any(|known| circle.iter().all(|file| known.contains(&file.as_str())))
        })
        .collect();
    assert!(circles.is_empty(), "these files need each other: {circles:#?}");
}

/// Which file needs which.
type Graph<'a> = BTreeMap<&'a Path, BTreeSet<&'a Path>>;

/// Files that can reach each other and themselves.
fn circles_in<'a>(graph: &Graph<'a>) -> BTreeSet<BTreeSet<&'a Path>> {
    let reached = |from: &'a Path| {
        let mut seen = BTreeSet::new();
        let mut next = vec![from];
        while let Some(file) = next.pop() {
            next.extend(graph.get(file).into_iter().flatten().filter(|file| seen.insert(**file)));
        }
        seen
    };
    let all: BTreeMap<_, _> = graph.keys().map(|file| (*file, reached(file))).collect();
    let circle = |file: &'a Path| {
        let back = |other: &&&'a Path| all.get(**other).is_some_and(|reached| reached.contains(file));
        all[file].iter().filter(back).copied().collect::<BTreeSet<_>>()
    };
    all.keys().map(|file| circle(file)).filter(|circle| !circle.is_empty()).collect()
}

#[test]
fn nothing_is_unwrapped_outside_tests() {
    for module in actors().modules().chain(program().modules()) {
        let lines = module.unwraps();
        assert!(lines.is_empty(), "{} unwraps at lines {lines:?}", inside(&module.file).display());
    }
}

#[test]
fn files_stay_small() {
    let mut files = Vec::new();
    for folder in ["actors", "src", "tests", "benches", "fuzz/fuzz_targets"] {
        sources(&root().join(folder), &mut files);
    }
    for path in files {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        let path = inside(&path).to_str().unwrap();
        let may = LONG.contains(&path);
        assert!(lines <= LINES || may, "{path} has {lines} lines: it wants a second noun");
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn the_walls_see_through_groups_macros_and_test_code() {
    let code = "
        use crate::{agent::{self, glob}, store as s};
        #[cfg(test)] mod tests { use crate::schedule::Calendar; }
        use super::super::telemetry;
        fn f() { let _ = vec![crate::runner::Outcome::new()]; g::<crate::parser::Parser>(); }
        #[cfg(all(test, unix))] use crate::upkeep;
    ";
    let named = Named::all_of(&syn::parse_file(code).unwrap().items);
    let paths: BTreeSet<_> = named.iter().map(|named| named.path.join("::")).collect();
    for path in ["crate::agent", "crate::agent::glob", "crate::store", "super::super::telemetry"] {
        assert!(paths.contains(path), "{path}: {paths:?}");
    }
    assert!(paths.iter().any(|path| path.starts_with("crate::runner::Outcome")), "{paths:?}");
    assert!(paths.iter().any(|path| path.starts_with("crate::parser::Parser")), "{paths:?}");
    assert!(!paths.iter().any(|path| path.contains("schedule") || path.contains("upkeep")), "{paths:?}");
}
