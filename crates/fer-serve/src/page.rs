//! The pages for people, `/` and `/runs`: files that the program holds, and nothing from elsewhere.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderName, StatusCode, header};
use axum::routing::get;

use crate::house::House;
use crate::problem::Problem;

/// All that a browser may do for a page: our own files, our own addresses.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    // A form of ours has to say whose it is.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

pub(crate) const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Path, media type and content.
type File = (&'static str, &'static str, &'static str);

macro_rules! files {
    ($($path:literal: $kind:ident $file:literal,)*) => {
        &[$(($path, $kind, include_str!(concat!("../", $file)))),*]
    };
}

/// The page of faces, and what both have.
const FACES: &[File] = files! {
    "/": HTML "page/index.html",
    "/page/shared.css": CSS "page/shared.css",
    "/page/style.css": CSS "page/style.css",
    "/page/icon.svg": SVG "page/icon.svg",
    "/page/app.js": SCRIPT "page/app.js",
    "/page/album.js": SCRIPT "page/album.js",
    "/page/bench.js": SCRIPT "page/bench.js",
    "/page/booth.js": SCRIPT "page/booth.js",
    "/page/boxes.js": SCRIPT "page/boxes.js",
    "/page/camera.js": SCRIPT "page/camera.js",
    "/page/export.js": SCRIPT "page/export.js",
    "/page/faces.js": SCRIPT "page/faces.js",
    "/page/heat.js": SCRIPT "page/heat.js",
    "/page/html.js": SCRIPT "page/html.js",
    "/page/live.js": SCRIPT "page/live.js",
    "/page/moments.js": SCRIPT "page/moments.js",
    "/page/pictures.js": SCRIPT "page/pictures.js",
    "/page/service.js": SCRIPT "page/service.js",
    "/page/timeline.js": SCRIPT "page/timeline.js",
    "/page/token.js": SCRIPT "page/token.js",
    "/page/words.js": SCRIPT "page/words.js",
};

/// The page of runs.
const RUNS: &[File] = files! {
    "/runs": HTML "runs-page/index.html",
    "/runs/runs.css": CSS "runs-page/runs.css",
    "/runs/runs.js": SCRIPT "runs-page/runs.js",
    "/runs/ask.js": SCRIPT "runs-page/ask.js",
    "/runs/element.js": SCRIPT "runs-page/element.js",
    "/runs/words.js": SCRIPT "runs-page/words.js",
    "/runs/list.js": SCRIPT "runs-page/list.js",
    "/runs/run.js": SCRIPT "runs-page/run.js",
    "/runs/diff.js": SCRIPT "runs-page/diff.js",
    "/runs/sweep.js": SCRIPT "runs-page/sweep.js",
    "/runs/plot.js": SCRIPT "runs-page/plot.js",
};

/// The pages' addresses. They hold no secret: a page that asks for the token cannot need one.
pub(crate) fn pages(house: &House) -> Router<Arc<House>> {
    let router = files(Router::new(), FACES);
    match house.runs {
        Some(_) => files(router, RUNS),
        None => router.route("/runs", get(async || no_runs())),
    }
}

fn files(router: Router<Arc<House>>, files: &'static [File]) -> Router<Arc<House>> {
    files.iter().fold(router, |router, (path, kind, content)| {
        router.route(path, get(async move || (HEADERS, [(header::CONTENT_TYPE, *kind)], *content)))
    })
}

/// What is said of runs where none are shown.
pub(crate) fn no_runs() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "expected a service that was started with --runs DIR, found one without")
}
