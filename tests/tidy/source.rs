//! The sources of the project, parsed: what each file of production code defines, imports and names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItemFn, Item, ItemUse, Macro, UseTree, Visibility};

/// A path of names, as it stands in the code: `crate::model::Name`, `super::list`.
pub(crate) type Names = Vec<String>;

/// A file of production code.
pub(crate) struct Source {
    /// Its path below the project.
    pub(crate) path: String,
    /// The root that `crate` means in it: `lib`, or `main` for the program.
    pub(crate) root: &'static str,
    /// The modules from the root down to it.
    pub(crate) module: Names,
    pub(crate) text: String,
    pub(crate) code: Code,
}

/// What is in a file besides its tests.
#[derive(Default)]
pub(crate) struct Code {
    /// The names of the items that it defines.
    pub(crate) items: BTreeSet<String>,
    /// What names that it imports or re-exports stand for.
    pub(crate) imports: BTreeMap<String, Names>,
    /// Modules all of whose names it imports.
    pub(crate) globs: Vec<Names>,
    /// Every path that its code names; a re-export is none.
    pub(crate) paths: BTreeSet<Names>,
}

/// The sources of the library and of the program, without tests.
pub(crate) fn sources() -> Vec<Source> {
    let files = files_below(&root().join("src")).into_iter();
    files.filter(|path| is_rust(path) && !is_test(path)).map(|path| Source::read(&path)).collect()
}

impl Source {
    fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).expect("the file is text");
        let path = relative(file);
        let below = path.trim_start_matches("src/").trim_end_matches(".rs");
        let is_program = below == "main" || below.starts_with("shell");
        let module = below.split('/').filter(|part| !["mod", "lib", "main"].contains(part));
        Self {
            root: if is_program { "main" } else { "lib" },
            module: module.map(str::to_owned).collect(),
            code: Code::of(&text),
            path,
            text,
        }
    }

    /// The module at the top of the crate that the file is part of; none for the roots themselves.
    pub(crate) fn top(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }
}

impl Code {
    /// Reads Rust code.
    pub(crate) fn of(text: &str) -> Self {
        let file = syn::parse_file(text).expect("the file is Rust");
        let mut code = Self::default();
        code.visit_file(&file);
        code
    }

    fn import(&mut self, tree: &UseTree, before: &[String], is_reexport: bool) {
        match tree {
            UseTree::Path(path) => {
                let path_so_far = joined(before, &path.ident);
                self.import(&path.tree, &path_so_far, is_reexport);
            }
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.import(tree, before, is_reexport));
            }
            UseTree::Glob(_) => self.globs.push(before.to_vec()),
            UseTree::Name(name) if name.ident == "self" => {
                let alias = before.last().cloned().unwrap_or_default();
                self.bind(alias, before.to_vec(), is_reexport);
            }
            UseTree::Name(name) => {
                self.bind(name.ident.to_string(), joined(before, &name.ident), is_reexport);
            }
            UseTree::Rename(rename) => {
                self.bind(rename.rename.to_string(), joined(before, &rename.ident), is_reexport);
            }
        }
    }

    fn bind(&mut self, alias: String, path: Names, is_reexport: bool) {
        if !is_reexport {
            self.paths.insert(path.clone());
        }
        self.imports.insert(alias, path);
    }

    /// Takes in the paths of a macro's arguments: names with `::` between them.
    fn take_tokens(&mut self, tokens: TokenStream) {
        let (mut path, mut colons) = (Names::new(), 0);
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.take_path(&mut path);
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.take_path(&mut path);
                    self.take_tokens(group.stream());
                }
                _ => self.take_path(&mut path),
            }
        }
        self.take_path(&mut path);
    }

    fn take_path(&mut self, path: &mut Names) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.paths.insert(path);
        }
    }
}

impl<'ast> Visit<'ast> for Code {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = described(item);
        if is_for_tests(attributes) {
            return;
        }
        self.items.extend(name);
        visit::visit_item(self, item);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        if !is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.import(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.paths.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.take_tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }
}

fn joined(before: &[String], name: &impl ToString) -> Names {
    before.iter().cloned().chain([name.to_string()]).collect()
}

/// The attributes of an item, and its name if others can name it.
fn described(item: &Item) -> (&[Attribute], Option<String>) {
    macro_rules! named {
        ($($kind:ident)*) => {
            match item {
                $(Item::$kind(item) => (item.attrs.as_slice(), Some(item.ident.to_string())),)*
                Item::Fn(item) => (item.attrs.as_slice(), Some(item.sig.ident.to_string())),
                Item::Macro(item) => (item.attrs.as_slice(), item.ident.as_ref().map(ToString::to_string)),
                Item::Use(item) => (item.attrs.as_slice(), None),
                Item::Impl(item) => (item.attrs.as_slice(), None),
                _ => (&[], None),
            }
        };
    }
    named!(Const Enum Static Struct Trait Type Union Mod)
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    let is_test = |token| matches!(token, TokenTree::Ident(word) if word == "test");
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).any(|attribute| {
        let list = attribute.meta.require_list().ok();
        list.is_some_and(|list| list.tokens.clone().into_iter().any(is_test))
    })
}

// ---- files

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("the file is there")
}

pub(crate) fn relative(path: &Path) -> String {
    let below = path.strip_prefix(root()).unwrap_or(path);
    below.display().to_string().replace('\\', "/")
}

pub(crate) fn files_below(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let files = |path: PathBuf| if path.is_dir() { files_below(&path) } else { vec![path] };
    paths.into_iter().flat_map(files).collect()
}

pub(crate) fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

fn is_test(path: &Path) -> bool {
    relative(path).split('/').any(|part| part == "tests" || part == "tests.rs")
}
