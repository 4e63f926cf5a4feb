//! The modules of a crate, found as the compiler finds them, without those that only tests have.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::Item;

use super::names::{Found, Named, attributes, is_test};

/// No chain of re-exports is longer.
const HOPS: usize = 16;

/// A crate.
pub(super) struct Crate {
    modules: BTreeMap<Vec<String>, Module>,
}

/// A module, in a file of its own or inside another one's.
pub(super) struct Module {
    /// Its path in the crate.
    pub(super) path: Vec<String>,
    /// Where it is written.
    pub(super) file: PathBuf,
    found: Found,
    defined: BTreeSet<String>,
}

impl Module {
    /// The paths that it names.
    pub(super) fn named(&self) -> &[Named] {
        &self.found.named
    }

    /// The lines on which it unwraps.
    pub(super) fn unwraps(&self) -> &[usize] {
        &self.found.unwraps
    }
}

impl Crate {
    /// Reads a crate from its `lib.rs`.
    pub(super) fn read(root: &Path) -> Self {
        let mut this = Self { modules: BTreeMap::new() };
        this.read_file(root, root.parent().unwrap(), Vec::new());
        this
    }

    fn read_file(&mut self, file: &Path, folder: &Path, path: Vec<String>) {
        let text = fs::read_to_string(file).unwrap();
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.add(file, folder, path, &parsed.items);
    }

    fn add(&mut self, file: &Path, folder: &Path, path: Vec<String>, items: &[Item]) {
        for item in items {
            let Item::Mod(module) = item else { continue };
            if is_test(&module.attrs) {
                continue;
            }
            let name = module.ident.to_string();
            let mut inner = path.clone();
            inner.push(name.clone());
            let inner_folder = folder.join(&name);
            if let Some((_, items)) = &module.content {
                self.add(file, &inner_folder, inner, items);
                continue;
            }
            let beside = folder.join(format!("{name}.rs"));
            let found = if beside.is_file() { beside } else { inner_folder.join("mod.rs") };
            self.read_file(&found, &inner_folder, inner);
        }
        let found = Found::in_all(items);
        let defined = items.iter().filter(|item| !is_test(attributes(item))).filter_map(name_of).collect();
        self.modules.insert(path.clone(), Module { path, file: file.to_owned(), found, defined });
    }

    /// Every module.
    pub(super) fn modules(&self) -> impl Iterator<Item = &Module> {
        self.modules.values()
    }

    /// The file in which a module is written.
    pub(super) fn file_of(&self, module: &[String]) -> Option<&Path> {
        self.modules.get(module).map(|module| module.file.as_path())
    }

    /// Every module of this crate that a module names, by whatever way.
    pub(super) fn reached_from(&self, module: &Module) -> BTreeSet<Vec<String>> {
        module.found.named.iter().filter_map(|named| self.module_of(&module.path, &named.path)).collect()
    }

    /// Every module that holds what a module uses itself; what it only passes on is not used.
    pub(super) fn needed_by(&self, module: &Module) -> BTreeSet<Vec<String>> {
        let used = module.found.named.iter().filter(|named| !named.reexported);
        used.filter_map(|named| self.home_of(&module.path, &named.path, HOPS)).collect()
    }

    /// A path as it stands in the code, from the root of the crate; `None` for other crates.
    fn absolute(&self, from: &[String], path: &[String]) -> Option<Vec<String>> {
        let mut base = from.to_vec();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                base.clear();
                rest = &path[1..];
            }
            "self" => rest = &path[1..],
            "super" => {
                while rest.first().is_some_and(|step| step == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            first => {
                base.push(first.to_owned());
                if !self.modules.contains_key(&base) {
                    return None;
                }
                rest = &path[1..];
            }
        }
        base.extend(rest.iter().cloned());
        Some(base)
    }

    /// The longest part of a path that is a module.
    fn module_of(&self, from: &[String], path: &[String]) -> Option<Vec<String>> {
        let mut path = self.absolute(from, path)?;
        while !self.modules.contains_key(&path) {
            path.pop()?;
        }
        Some(path)
    }

    /// The module in which what a path names is defined, through all re-exports.
    fn home_of(&self, from: &[String], path: &[String], hops: usize) -> Option<Vec<String>> {
        let path = self.absolute(from, path)?;
        let mut length = path.len();
        while !self.modules.contains_key(&path[..length]) {
            length = length.checked_sub(1)?;
        }
        let module = &self.modules[&path[..length]];
        let Some(name) = path.get(length) else {
            // A module by itself: what is used of it is named where it is used.
            return None;
        };
        if hops == 0 || module.defined.contains(name) {
            return Some(module.path.clone());
        }
        let passed_on = module.found.named.iter().filter(|named| named.known_as.as_deref() == Some(name));
        let mut homes = passed_on.filter_map(|named| self.home_of(&module.path, &named.path, hops - 1));
        homes.next().or_else(|| {
            let globs = module.found.named.iter().filter(|named| named.known_as.as_deref() == Some("*"));
            let mut below = globs.filter_map(|named| {
                let mut longer = named.path.clone();
                longer.push(name.clone());
                self.home_of(&module.path, &longer, hops - 1)
            });
            below.find(|home| self.modules[home].defined.contains(name))
        })
    }
}

/// The name that an item defines.
fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}
