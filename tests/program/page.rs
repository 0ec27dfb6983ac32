//! The page's files. `tests/browser` looks at it with a browser.
#![cfg(all(unix, feature = "serve", feature = "faces"))]

use std::collections::BTreeSet;

use regex::Regex;

use crate::service::Service;
use crate::world::{World, root};

/// What a file asks for, by quoted paths.
fn asked(text: &str) -> BTreeSet<String> {
    let quoted = Regex::new(r#"(?:from |href=|src=)["'](?:\./|page/)([a-z]+\.[a-z]+)["']"#).unwrap();
    quoted.captures_iter(text).map(|found| format!("/page/{}", &found[1])).collect()
}

#[test]
fn the_page_needs_no_token_and_nothing_from_elsewhere() {
    let world = World::new();
    std::fs::write(world.path("token"), "s3cret\n").unwrap();
    let service = Service::start(&world, &["--token-file=token"]);
    let (mut todo, mut seen) = (vec!["/".to_owned()], BTreeSet::new());
    while let Some(path) = todo.pop() {
        let file = service.get(&path, "");
        assert_eq!(file.status, 200, "{path}");
        for directive in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"] {
            assert!(file.head.contains(directive), "{path}: {directive}: {}", file.head);
        }
        assert!(!file.head.contains("unsafe") && file.head.contains("cache-control: no-store"), "{}", file.head);
        let kind = match path.rsplit_once('.') {
            Some((_, "js")) => "text/javascript; charset=utf-8",
            Some((_, "css")) => "text/css; charset=utf-8",
            Some((_, "svg")) => "image/svg+xml",
            _ => "text/html; charset=utf-8",
        };
        assert!(file.head.contains(&format!("content-type: {kind}\r\n")), "{path}: {}", file.head);
        let elsewhere = file.body.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        assert!(!elsewhere.contains("://"), "{path} names another address");
        todo.extend(asked(&file.body).into_iter().filter(|path| seen.insert(path.clone())));
    }
    let folder = std::fs::read_dir(root().join("crates/fer-serve/page")).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> =
        names.filter(|name| name != "index.html").map(|name| format!("/page/{name}")).collect();
    assert_eq!(seen, files, "each file is used, and each file that is used is there");
}
