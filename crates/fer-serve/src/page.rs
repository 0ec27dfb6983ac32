//! The page for people, `/`: files that the program holds, and nothing from elsewhere.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderName, header};
use axum::routing::get;

use crate::house::House;

/// All that a browser may do for the page: our own files, our own addresses.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! files {
    ($($path:literal: $kind:ident $file:literal,)*) => {
        [$(($path, $kind, include_str!(concat!("../page/", $file)))),*]
    };
}

/// Paths, media types and contents.
const FILES: [(&str, &str, &str); 19] = files! {
    "/": HTML "index.html",
    "/page/style.css": CSS "style.css",
    "/page/icon.svg": SVG "icon.svg",
    "/page/app.js": SCRIPT "app.js",
    "/page/album.js": SCRIPT "album.js",
    "/page/bench.js": SCRIPT "bench.js",
    "/page/booth.js": SCRIPT "booth.js",
    "/page/boxes.js": SCRIPT "boxes.js",
    "/page/camera.js": SCRIPT "camera.js",
    "/page/export.js": SCRIPT "export.js",
    "/page/faces.js": SCRIPT "faces.js",
    "/page/heat.js": SCRIPT "heat.js",
    "/page/html.js": SCRIPT "html.js",
    "/page/live.js": SCRIPT "live.js",
    "/page/moments.js": SCRIPT "moments.js",
    "/page/pictures.js": SCRIPT "pictures.js",
    "/page/service.js": SCRIPT "service.js",
    "/page/timeline.js": SCRIPT "timeline.js",
    "/page/words.js": SCRIPT "words.js",
};

/// The page's addresses. They hold no secret: a page that asks for the token cannot need one.
pub(crate) fn page() -> Router<Arc<House>> {
    FILES.into_iter().fold(Router::new(), |router, (path, kind, content)| {
        router.route(path, get(async move || (HEADERS, [(header::CONTENT_TYPE, kind)], content)))
    })
}
