//! The paths that a piece of code names.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{
    Attribute, ExprMethodCall, ImplItem, Item, ItemUse, Macro, Meta, Path, TraitItem, UseTree, Visibility,
    visit::{self, Visit},
};

/// A path in the code.
#[derive(Debug, Clone)]
pub(super) struct Named {
    /// Its segments.
    pub(super) path: Vec<String>,
    /// The name under which a `use` makes it known; `*` for all of it.
    pub(super) known_as: Option<String>,
    /// Whether it is only passed on to others.
    pub(super) reexported: bool,
}

impl Named {
    /// All paths in these items, tests left out.
    pub(super) fn all_of(items: &[Item]) -> Vec<Self> {
        Found::in_all(items).named
    }
}

/// Whether something is compiled for tests alone.
pub(super) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => mentions_test(list.tokens.clone()),
        Meta::Path(path) => path.is_ident("test"),
        _ => false,
    })
}

/// Whether a condition names `test`, other than by `not(test)`.
fn mentions_test(tokens: TokenStream) -> bool {
    let mut negated = false;
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(name) => {
            negated = name == "not";
            name == "test"
        }
        TokenTree::Group(group) => !negated && mentions_test(group.stream()),
        _ => false,
    })
}

pub(super) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// What was found in a piece of code, tests left out.
#[derive(Default)]
pub(super) struct Found {
    /// The paths in it.
    pub(super) named: Vec<Named>,
    /// The lines on which something is unwrapped.
    pub(super) unwraps: Vec<usize>,
}

impl Found {
    /// Looks through all items.
    pub(super) fn in_all(items: &[Item]) -> Self {
        let mut found = Self::default();
        for item in items {
            found.visit_item(item);
        }
        found
    }

    fn path(&mut self, path: Vec<String>) {
        self.named.push(Named { path, known_as: None, reexported: false });
    }

    fn tree(&mut self, tree: &UseTree, before: &[String], reexported: bool) {
        let mut push = |name: &str, known_as: &str| {
            let mut path = before.to_vec();
            if name != "self" || path.is_empty() {
                path.push(name.to_owned());
            }
            let known_as =
                if known_as == "self" { path[path.len() - 1].clone() } else { known_as.to_owned() };
            self.named.push(Named { path, known_as: Some(known_as), reexported });
        };
        match tree {
            UseTree::Path(path) => {
                let mut longer = before.to_vec();
                longer.push(path.ident.to_string());
                self.tree(&path.tree, &longer, reexported);
            }
            UseTree::Name(name) => push(&name.ident.to_string(), &name.ident.to_string()),
            UseTree::Rename(name) => push(&name.ident.to_string(), &name.rename.to_string()),
            UseTree::Glob(_) => {
                self.named.push(Named { path: before.to_vec(), known_as: Some("*".to_owned()), reexported });
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.tree(tree, before, reexported);
                }
            }
        }
    }

    /// Paths in the tokens of a macro, which no parser has read.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 && !path.is_empty() {
                        self.path(std::mem::take(&mut path));
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    if !path.is_empty() {
                        self.path(std::mem::take(&mut path));
                    }
                    colons = 0;
                    let inside = group.stream();
                    let called = group.delimiter() == Delimiter::Parenthesis && inside.is_empty();
                    if called && self.named.last().is_some_and(|named| named.path == ["unwrap"]) {
                        self.unwraps.push(group.span().start().line);
                    }
                    self.tokens(inside);
                }
                _ => {
                    if !path.is_empty() {
                        self.path(std::mem::take(&mut path));
                    }
                    colons = 0;
                }
            }
        }
        if !path.is_empty() {
            self.path(path);
        }
    }
}

impl<'ast> Visit<'ast> for Found {
    fn visit_item(&mut self, item: &'ast Item) {
        // Modules are read on their own.
        if !is_test(attributes(item)) && !matches!(item, Item::Mod(_)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let test = matches!(item, ImplItem::Fn(item) if is_test(&item.attrs));
        if !test {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        let test = matches!(item, TraitItem::Fn(item) if is_test(&item.attrs));
        if !test {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let reexported = !matches!(item.vis, Visibility::Inherited);
        self.tree(&item.tree, &[], reexported);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        self.path(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, tokens: &'ast Macro) {
        visit::visit_macro(self, tokens);
        self.tokens(tokens.tokens.clone());
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if call.method == "unwrap" && call.args.is_empty() {
            self.unwraps.push(call.method.span().start().line);
        }
        visit::visit_expr_method_call(self, call);
    }
}
