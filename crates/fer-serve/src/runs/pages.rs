//! The page that shows runs: files that are part of the program.

use axum::extract::Path;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// The page asks this service and nobody else, and runs its own scripts alone.
const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// A report may show its pictures and its colours, and do nothing: no script, no form, no request, no origin of its own.
const REPORT: &str = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! files {
    ($($name:literal: $kind:expr),* $(,)?) => {
        &[$(($name, $kind, include_str!(concat!("../../runs-page/", $name)))),*]
    };
}

/// Name, media type and text of each file.
const FILES: &[(&str, &str, &str)] = files! {
    "runs.css": CSS,
    "runs.js": SCRIPT,
    "ask.js": SCRIPT,
    "element.js": SCRIPT,
    "words.js": SCRIPT,
    "list.js": SCRIPT,
    "run.js": SCRIPT,
    "diff.js": SCRIPT,
    "sweep.js": SCRIPT,
    "plot.js": SCRIPT,
};

pub(super) async fn page() -> Response {
    send(HTML, PAGE, include_str!("../../runs-page/index.html"))
}

pub(super) async fn file(Path(name): Path<String>) -> Result<Response, Problem> {
    let found = FILES.iter().find(|(known, _, _)| *known == name);
    let none = || Problem::new(StatusCode::NOT_FOUND, "expected a file of the page /runs, found none of this name");
    found.map(|(_, kind, text)| send(kind, PAGE, *text)).ok_or_else(none)
}

/// The report of a run.
pub(super) fn report(page: Vec<u8>) -> Response {
    send(HTML, REPORT, page)
}

fn send(kind: &'static str, policy: &'static str, body: impl IntoResponse) -> Response {
    let referrer = HeaderName::from_static("referrer-policy");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, policy), (referrer, "no-referrer")];
    (headers, body).into_response()
}
