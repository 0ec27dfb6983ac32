//! No loop of files: within a crate, a file never needs a file that needs it.
//!
//! A file needs what its `use` lines and its paths from `crate::` and `super::` name, outside of comments and unit tests.
//! Names that a `lib.rs` or `mod.rs` passes on by `pub use` do not count: they are the face of the crate or of the folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A module's path within its crate: `[]` is the crate itself.
type Module = Vec<String>;

/// The source text of every module of a crate, without comments and unit tests.
type Sources = BTreeMap<Module, String>;

#[test]
fn no_crate_has_a_loop_of_files() {
    let crates = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut loops = vec![];
    let mut files = 0;
    for folder in fs::read_dir(crates).expect("the crates' folder").map(|entry| entry.expect("a crate").path()) {
        let sources = read_sources(&folder.join("src"));
        files += sources.len();
        let name = folder.file_name().expect("a name").display().to_string();
        loops.extend(first_loop(&needs(&sources)).map(|files| format!("{name}: {files}")));
    }
    assert!(files > 200, "only {files} source files were found");
    assert!(loops.is_empty(), "{}", loops.join("\n"));
}

#[test]
fn a_loop_is_found_in_groups_of_paths_and_through_parents() {
    let crate_of = |files: &[(&str, &str)]| -> Option<String> {
        let sources = files.iter().map(|(module, text)| (path(module), code(text))).collect();
        first_loop(&needs(&sources))
    };
    let by_group = [
        ("", "mod a;\nmod b;\npub use a::{Apple, first};\n"),
        ("a", "use crate::b::Berry;\npub struct Apple;"),
        ("b", "use std::fmt;\nuse crate::{\n    Pear, a::{self, Apple},\n};\npub struct Berry;"),
    ];
    assert_eq!(crate_of(&by_group).as_deref(), Some("a -> b -> a"));
    let by_parent = [("", "mod c;"), ("c", "mod d;\nfn f() { d::g() }"), ("c::d", "use super::f;")];
    assert_eq!(crate_of(&by_parent).as_deref(), Some("c -> c::d -> c"));
    let passed_on_or_no_code = [
        ("", "mod a; mod b;\npub use a::A;\npub use b::B;"),
        ("a", "use crate::b::B;"),
        ("b", "use crate::A; // crate::a::A\npub struct B;\n#[cfg(test)]\nmod tests { use crate::a::A; }"),
    ];
    assert_eq!(crate_of(&passed_on_or_no_code), None);
}

fn read_sources(folder: &Path) -> Sources {
    let mut waiting = vec![folder.to_owned()];
    let mut sources = Sources::new();
    while let Some(folder_or_file) = waiting.pop() {
        if folder_or_file.is_dir() {
            waiting.extend(fs::read_dir(&folder_or_file).expect("a folder").map(|entry| entry.expect("a file").path()));
        } else if folder_or_file.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&folder_or_file).expect("source text");
            sources.insert(module_of(folder_or_file.strip_prefix(folder).expect("below src")), code(&text));
        }
    }
    sources
}

fn module_of(file: &Path) -> Module {
    let mut module: Module = file.with_extension("").iter().map(|part| part.display().to_string()).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

/// The text without line comments, and without the unit tests at its end.
fn code(text: &str) -> String {
    let text =
        ["#[cfg(test)]", "#[cfg(all(test"].iter().fold(text, |text, begin| text.split(begin).next().unwrap_or(text));
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// What each module needs.
fn needs(sources: &Sources) -> BTreeMap<Module, BTreeSet<Module>> {
    let passed_on: BTreeMap<Module, Vec<Module>> =
        sources.iter().map(|(module, text)| (module.clone(), used(text, "pub use ", module, sources))).collect();
    let of = |module: &Module, text: &str| {
        let mut paths = used(text, "\nuse ", module, sources);
        paths.extend(used(text, "\n    use ", module, sources));
        paths.extend(inline(text, module));
        paths.extend(children_called(text, module, sources));
        let found = paths.iter().filter_map(|path| defining(path, sources, &passed_on));
        found.filter(|found| found != module).collect()
    };
    sources.iter().map(|(module, text)| (module.clone(), of(module, &format!("\n{text}")))).collect()
}

/// The paths of all declarations that begin so, from the crate on.
fn used(text: &str, begin: &str, module: &Module, sources: &Sources) -> Vec<Module> {
    let declarations = text.match_indices(begin).filter_map(|(start, _)| text[start + begin.len()..].split(';').next());
    declarations.flat_map(leaves).filter_map(|path| absolute(&path, module, sources)).collect()
}

/// `a::{b, c::d}` as `a::b` and `a::c::d`.
fn leaves(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((prefix, group)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let group = group.trim().strip_suffix('}').unwrap_or(group);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for letter in group.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().expect("a part").push(letter);
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| leaves(part)).map(|leaf| format!("{}{leaf}", prefix.trim())).collect()
}

/// The path from the crate on; nothing for other crates' names.
fn absolute(written: &str, module: &Module, sources: &Sources) -> Option<Module> {
    let mut parts: Vec<String> = path(written);
    let mut base = match parts.first()?.as_str() {
        "crate" => vec![],
        "self" | "super" => module.clone(),
        // A path from a module beside or below this one, as in `mod.rs`.
        first if sources.contains_key(&[module.as_slice(), &[first.to_owned()]].concat()) => {
            return Some([module.clone(), parts].concat());
        }
        _ => return None,
    };
    while matches!(parts.first().map(String::as_str), Some("crate" | "self" | "super")) {
        if parts.remove(0) == "super" {
            base.pop();
        }
    }
    base.extend(parts);
    Some(base)
}

fn path(written: &str) -> Module {
    written.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Paths from `crate::` and `super::` amid the code.
fn inline(text: &str, module: &Module) -> Vec<Module> {
    let mut found = vec![];
    for begin in ["crate::", "super::"] {
        for (start, _) in text.match_indices(begin) {
            if text[..start].ends_with([':', '$']) || text[..start].ends_with(char::is_alphanumeric) {
                continue;
            }
            let is_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
            let written: String = text[start..].chars().take_while(|&letter| is_path(letter)).collect();
            found.extend(absolute(&written, module, &Sources::new()));
        }
    }
    found
}

/// The modules below this one that its code calls by name, as in `child::function()`.
fn children_called(text: &str, module: &Module, sources: &Sources) -> Vec<Module> {
    let children = sources.keys().filter(|child| child.len() == module.len() + 1 && child.starts_with(module));
    let is_called = |child: &&Module| {
        let call = format!("{}::", child.last().expect("a child"));
        let is_passed_on =
            |start: usize| text[..start].rsplit(';').next().is_some_and(|line| line.contains("pub use "));
        text.match_indices(&call).any(|(start, _)| {
            !text[..start].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':')
                && !is_passed_on(start)
        })
    };
    children.filter(is_called).cloned().collect()
}

/// The file that the path names; none for a name that the file only passes on.
fn defining(path: &Module, sources: &Sources, passed_on: &BTreeMap<Module, Vec<Module>>) -> Option<Module> {
    let length = (0..=path.len()).rev().find(|&length| sources.contains_key(&path[..length]))?;
    let (module, name) = (&path[..length], path.get(length));
    let is_passed_on = name.is_some() && passed_on[module].iter().any(|source| source.last() == name);
    (!is_passed_on).then(|| module.to_vec())
}

/// The files of a loop, in order, if there is one. The crate's own file only passes names on.
fn first_loop(needs: &BTreeMap<Module, BTreeSet<Module>>) -> Option<String> {
    fn visit<'a>(
        module: &'a Module,
        needs: &'a BTreeMap<Module, BTreeSet<Module>>,
        way: &mut Vec<&'a Module>,
        done: &mut BTreeSet<&'a Module>,
    ) -> Option<String> {
        if let Some(start) = way.iter().position(|before| *before == module) {
            let files = way[start..].iter().chain([&module]).map(|module| module.join("::"));
            return Some(files.collect::<Vec<_>>().join(" -> "));
        }
        if !done.insert(module) {
            return None;
        }
        way.push(module);
        let found = needs[module].iter().find_map(|next| visit(next, needs, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    needs.keys().find_map(|module| visit(module, needs, &mut vec![], &mut done))
}
