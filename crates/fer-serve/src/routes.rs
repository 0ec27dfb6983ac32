//! The service's addresses.

use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

use crate::answer::{ModelList, ModelRecord, json};
use crate::explain::explain;
use crate::faces::faces;
use crate::house::House;
use crate::limits::FORM;
use crate::live::live;
use crate::metrics::MEDIA_TYPE;
use crate::openapi::openapi;
use crate::page::pages;
use crate::problem::Problem;
use crate::runs;

/// Every address, behind all that is asked of a request.
pub(crate) fn router(house: Arc<House>) -> Router {
    let guarded = Router::new()
        .route("/v1/faces", post(faces))
        .route("/v1/explain", post(explain))
        .route("/v1/live", get(live))
        .route("/v1/models", get(models))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(async || json(&openapi())))
        .merge(runs::routes())
        .fallback(nothing)
        .method_not_allowed_fallback(other_method)
        .layer(DefaultBodyLimit::max(house.limits.body))
        .layer(from_fn_with_state(Arc::clone(&house), trusted));
    // Whoever watches over the service has no token.
    let open = pages(&house)
        // It brings its token itself.
        .route("/runs/report", post(runs::by_form).layer(DefaultBodyLimit::max(FORM)))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .method_not_allowed_fallback(other_method);
    guarded
        .merge(open)
        .layer(CatchPanicLayer::custom(|_: Box<dyn Any + Send>| Problem::defect().into_response()))
        .layer(from_fn_with_state(Arc::clone(&house), counted))
        .with_state(house)
}

async fn models(State(house): State<Arc<House>>) -> Response {
    let numbered = house.models.iter().enumerate();
    let models = numbered.map(|(number, (name, recognizer))| ModelRecord {
        name,
        default: number == 0,
        classes: recognizer.classes(),
        width: recognizer.size().width(),
        height: recognizer.size().height(),
    });
    json(&ModelList { models: models.collect(), has_runs: house.runs.is_some() })
}

async fn metrics(State(house): State<Arc<House>>) -> Response {
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], house.metrics.text(house.under_way())).into_response()
}

async fn ready(State(house): State<Arc<House>>) -> Result<&'static str, Problem> {
    match (house.is_closing(), house.places.available_permits()) {
        (true, _) => Err(Problem::busy("the service is about to end")),
        (_, 0) => Err(Problem::busy("as many requests are under way as are taken")),
        _ => Ok("ready\n"),
    }
}

async fn nothing(request: Request) -> Problem {
    let detail = format!("expected one of the paths that /openapi.json lists, found {}", request.uri().path());
    Problem::new(StatusCode::NOT_FOUND, detail)
}

async fn other_method(request: Request) -> Problem {
    let path = request.uri().path();
    let expected = match path {
        "/v1/faces" | "/v1/explain" | "/runs/report" => "POST",
        _ => "GET,HEAD",
    };
    let detail = format!("expected {expected} for {path}, found {}", request.method());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail).with(header::ALLOW, expected)
}

/// Lets through whom the service trusts.
async fn trusted(State(house): State<Arc<House>>, request: Request, next: Next) -> Result<Response, Problem> {
    house.trust.check(request.headers())?;
    Ok(next.run(request).await)
}

/// Counts a request and its answer; no answer is to be kept by anybody between.
async fn counted(State(house): State<Arc<House>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("other".to_owned(), |path| path.as_str().to_owned());
    // A method may be any word, and each would be counted for itself.
    let known = [Method::GET, Method::POST, Method::HEAD].into_iter().find(|known| known == request.method());
    let method = known.as_ref().map_or("other", Method::as_str);
    let start = (house.clock)();
    let mut response = next.run(request).await;
    let took = (house.clock)().saturating_sub(start);
    house.metrics.request(method, &route, response.status().as_u16(), took);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
