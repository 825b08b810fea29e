//! Who imports whom: the files that the paths of a file lead to, and the circles that they form.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Names, Source};

/// The files of the project by their modules.
pub(crate) struct House<'s> {
    modules: BTreeMap<(&'static str, &'s [String]), &'s Source>,
}

impl<'s> House<'s> {
    pub(crate) fn new(sources: &'s [Source]) -> Self {
        let module = |source: &'s Source| ((source.root, source.module.as_slice()), source);
        Self { modules: sources.iter().map(module).collect() }
    }

    /// The other files that a file's code names something of, each with a path that leads there.
    pub(crate) fn imports(&self, from: &'s Source) -> BTreeMap<&'s str, (&'s Source, &'s Names)> {
        let paths = from.code.paths.iter();
        let found = paths.filter_map(|path| {
            let to = self.follow(from, path, 0)?;
            (to.path != from.path).then_some((to.path.as_str(), (to, path)))
        });
        found.collect()
    }

    /// The file in which what a path names is defined, if it is one of the project.
    fn follow(&self, from: &'s Source, path: &[String], steps: usize) -> Option<&'s Source> {
        let first = path.first()?;
        let mut module = from.module.clone();
        let mut rest = &path[1..];
        match first.as_str() {
            "pcq" => return self.find("lib", &[], rest, steps),
            "crate" => return self.find(from.root, &[], rest, steps),
            "self" => {}
            "super" => {
                module.pop();
                while rest.first().is_some_and(|name| name == "super") {
                    module.pop();
                    rest = &rest[1..];
                }
            }
            name => {
                let import = from.code.imports.get(name);
                if let Some(import) = import.filter(|import| import.as_slice() != path && steps < 9)
                {
                    let whole: Names = import.iter().chain(rest).cloned().collect();
                    return self.follow(from, &whole, steps + 1);
                }
                rest = path;
            }
        }
        self.find(from.root, &module, rest, steps)
    }

    /// The file that defines a name below a module, through what that imports.
    fn find(
        &self,
        root: &'static str,
        module: &[String],
        names: &[String],
        steps: usize,
    ) -> Option<&'s Source> {
        let (name, rest) = names.split_first()?;
        let below: Names = module.iter().chain([name]).cloned().collect();
        if self.modules.contains_key(&(root, below.as_slice())) {
            return self.find(root, &below, rest, steps);
        }
        let source = self.modules.get(&(root, module))?;
        if source.code.items.contains(name) {
            return Some(source);
        }
        if steps > 8 {
            return None;
        }
        if let Some(import) = source.code.imports.get(name) {
            let whole: Names = import.iter().chain(rest).cloned().collect();
            return self.follow(source, &whole, steps + 1);
        }
        source.code.globs.iter().find_map(|glob| {
            let whole: Names = glob.iter().chain(names).cloned().collect();
            self.follow(source, &whole, steps + 1)
        })
    }
}

/// The groups of files that import each other in a loop, each in the order of their paths.
///
/// What the face of a folder, its `mod.rs`, takes from the files behind it is no arrow: they are one house. Neither
/// is what an error names of the model: it stands beside it, because it says what is wrong with its data.
pub(crate) fn circles<'s>(house: &House<'s>, sources: &'s [Source]) -> Vec<Vec<&'s str>> {
    let arrows: BTreeMap<_, BTreeSet<_>> = sources
        .iter()
        .map(|from| {
            let imports = house.imports(from).into_values().map(|(to, _)| to);
            let counted = imports.filter(|to| !is_face(from, to) && !is_beside(from, to));
            (from.path.as_str(), counted.map(|to| to.path.as_str()).collect())
        })
        .collect();
    let reach: BTreeMap<_, _> = arrows.keys().map(|from| (*from, reached(&arrows, from))).collect();
    let mut circles: Vec<Vec<&str>> = Vec::new();
    for (from, all) in &reach {
        if circles.iter().any(|circle| circle.contains(from)) || !all.contains(from) {
            continue;
        }
        circles.push(all.iter().filter(|to| reach[**to].contains(from)).copied().collect());
    }
    circles
}

fn is_face(from: &Source, to: &Source) -> bool {
    let folder = from.path.strip_suffix("mod.rs").or_else(|| from.path.strip_suffix("lib.rs"));
    folder.is_some_and(|folder| to.path.starts_with(folder))
}

fn is_beside(from: &Source, to: &Source) -> bool {
    from.top() == Some("error") && to.top() == Some("model")
}

/// The files that a file leads to, by one arrow or more.
fn reached<'s>(arrows: &BTreeMap<&'s str, BTreeSet<&'s str>>, from: &'s str) -> BTreeSet<&'s str> {
    let (mut seen, mut todo) = (BTreeSet::new(), vec![from]);
    while let Some(from) = todo.pop() {
        let next = arrows.get(from).into_iter().flatten();
        todo.extend(next.filter(|to| seen.insert(**to)));
    }
    seen
}
