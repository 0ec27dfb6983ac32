//! The page of runs and its reports: what they may do in a browser, and who is shown them.
#![cfg(all(unix, feature = "serve", feature = "faces"))]

use std::collections::BTreeSet;
use std::io::Write;

use crate::service::{Answer, Service};
use crate::watch_runs::{RUNS, two};
use crate::world::{World, root};

#[test]
fn the_page_runs_its_own_files_alone_and_a_report_runs_nothing() {
    let world = two();
    let service = Service::start(&world, &[RUNS]);
    let page = service.get("/runs", "");
    let policy = "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';";
    assert!(page.status == 200 && page.head.contains(policy) && page.head.contains("text/html"), "{page:?}");
    assert!(!page.body.contains("<style") && !page.body.contains(" style=") && !page.body.contains("onclick"));
    let mut files = vec!["runs.css".to_owned(), "runs.js".to_owned()];
    let (mut texts, mut seen) = (page.body.clone(), BTreeSet::new());
    while let Some(file) = files.pop() {
        let found = service.get(&format!("/runs/{file}"), "");
        assert!(found.status == 200 && found.head.contains("nosniff") && found.head.contains(policy), "{found:?}");
        let is_new = |name: &&str| !texts.contains(&format!("\"./{name}\""));
        let imports = found.body.split("from \"./").skip(1).filter_map(|rest| rest.split('"').next());
        files.extend(imports.filter(is_new).map(str::to_owned));
        texts += &found.body;
        seen.insert(file);
    }
    let folder = std::fs::read_dir(root().join("crates/fer-serve/runs-page")).unwrap();
    let files = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.filter(|name| name != "index.html").collect();
    assert_eq!(seen, files, "each file is used, and each file that is used is there");
    // The name of a kind of markup is no request.
    let texts = texts.replace("http://www.w3.org/2000/svg", "");
    assert!(
        !texts.contains("http:")
            && !texts.contains("https:")
            && !texts.contains("innerHTML")
            && texts.contains("\"v1/runs/sweep\"")
    );
    let report = service.get("/v1/runs/report?run=short&stage=evaluate", "");
    assert_eq!(report.body, world.read("runs/short/evaluate/report.html"));
    let policy = "content-security-policy: sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline';";
    assert!(report.head.contains(policy) && report.head.contains("nosniff"), "{report:?}");
}

#[test]
fn strangers_and_foreign_pages_see_no_run() {
    let world = two();
    std::fs::write(world.path("token"), "correct-horse\n").unwrap();
    let service = Service::start(&world, &[RUNS, "--token-file=token"]);
    for address in ["/v1/runs", "/v1/runs/run?run=short", "/v1/runs/report?run=short&stage=evaluate"] {
        let refused = service.get(address, "");
        assert!(refused.problem(401).contains("found none") && refused.head.contains("www-authenticate: bearer"));
        assert_eq!(service.get(address, "authorization: Bearer correct-horse\r\n").status, 200, "{address}");
        let foreign = "origin: https://evil.example\r\nauthorization: Bearer correct-horse\r\n";
        assert_eq!(service.get(address, foreign).status, 403, "{address}");
    }
    // The page holds no secret and asks for the token; a form of it brings the token along.
    assert_eq!((service.get("/runs", "").status, service.get("/runs/runs.js", "").status), (200, 200));
    let form = |token: &str, headers: &str| {
        let body = format!("run=short&stage=evaluate&token={token}");
        service.send((form_head(&service, body.len(), headers) + &body).as_bytes())
    };
    let report = form("correct-horse", &format!("origin: http://{}\r\n", service.address));
    assert_eq!((report.status, report.body), (200, world.read("runs/short/evaluate/report.html")));
    assert!(form("wrong", "").problem(401).contains("found another one"));
    assert_eq!(form("correct-horse", "origin: https://evil.example\r\n").status, 403);
    assert!(form("%0d%0a", "").problem(400).contains("expected a token of visible letters"));
}

/// The head of a form that asks for a report.
fn form_head(service: &Service, length: usize, headers: &str) -> String {
    let (address, kind) = (service.address, "application/x-www-form-urlencoded");
    format!(
        "POST /runs/report HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: {kind}\r\n\
         content-length: {length}\r\n{headers}\r\n"
    )
}

#[test]
fn a_form_is_no_way_to_fill_the_memory() {
    let world = World::new();
    std::fs::create_dir(world.path("runs")).unwrap();
    std::fs::write(world.path("token"), "correct-horse\n").unwrap();
    let service = Service::start(&world, &[RUNS, "--token-file=token"]);
    // What is said of it needs none of its body, of which nothing comes.
    let mut foreign = service.connect();
    foreign.write_all(form_head(&service, 100, "origin: https://evil.example\r\n").as_bytes()).unwrap();
    assert!(Answer::read(foreign).problem(403).contains("found one of https://evil.example"));
    let mut large = service.connect();
    let body = format!("token={}", "x".repeat(16 << 10));
    large.write_all((form_head(&service, 2 << 20, "") + &body).as_bytes()).unwrap();
    assert_eq!(Answer::read(large).problem(413), "expected a form of at most 16384 bytes, found more");
    // The largest one is read, and holds another token.
    let form = |length: usize| {
        let body = format!("{:x<length$}", "run=short&stage=evaluate&token=");
        service.send((form_head(&service, length, "") + &body).as_bytes())
    };
    assert!(form(16 << 10).problem(401).contains("found another one"));
    assert_eq!(form((16 << 10) + 1).problem(413), "expected a form of at most 16384 bytes, found more");
    let bare = Service::start(&world, &[]);
    let mut early = bare.connect();
    early.write_all(form_head(&bare, 100, "").as_bytes()).unwrap();
    assert!(Answer::read(early).problem(404).contains("started with --runs DIR"));
}
