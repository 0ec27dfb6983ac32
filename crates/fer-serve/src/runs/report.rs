//! A run's report, as the page that it is.

use std::fs::File;
use std::io::{self, Error, ErrorKind, Read};
use std::sync::Arc;

use axum::RequestExt;
use axum::body::{Body, Bytes};
use axum::extract::{Form, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fer_artifact::names::REPORT;
use fer_pipeline::StageName;
use futures_util::stream;
use schemars::JsonSchema;
use serde::Deserialize;

use super::files::whole;
use super::shelf::Runs;
use crate::faces::slow;
use crate::house::House;
use crate::limits::{self, FORM};
use crate::page::{HTML, no_runs};
use crate::problem::Problem;
use crate::query::Asks;

/// Bytes of a report that are in memory at a time.
const PART: u64 = 64 << 10;

/// A report may show its pictures and its colours, and do nothing: no script, no form, no request, no origin of its own.
const POLICY: &str = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// Which report is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfReport {
    /// The run's name, as `/v1/runs` has it.
    run: String,
    /// The evaluate stage that left it.
    stage: StageName,
}

impl Asks for OfReport {
    const EXPECTED: &str = "`run=NAME&stage=STAGE`";
}

/// The same in a form, with the token: a browser that opens an address sends no token of its own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportForm {
    /// The run's name, as `/v1/runs` has it.
    run: String,
    /// The evaluate stage that left it.
    stage: StageName,
    /// The service's token.
    token: String,
}

/// The report that a form asks for.
pub(crate) async fn by_form(State(house): State<Arc<House>>, request: Request) -> Result<Response, Problem> {
    let mut headers = request.headers().clone();
    // Before any of the form is read, all that its token does not decide.
    house.trust.check_place(&headers)?;
    let runs = house.runs.clone().ok_or_else(no_runs)?;
    let form = tokio::time::timeout(house.limits.patience, request.extract::<Form<ReportForm>, _>());
    let form = form.await.map_err(|_| slow(&house))?;
    let Form(ReportForm { run, stage, token }) = form.map_err(|error| {
        let detail = match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => format!("expected a form of at most {FORM} bytes, found more"),
            _ => format!("expected a form of `run`, `stage` and `token`: {}", error.body_text()),
        };
        Problem::new(error.status(), detail)
    })?;
    let token = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "expected a token of visible letters, found other bytes"))?;
    headers.append(header::AUTHORIZATION, token);
    house.trust.check_token(&headers)?;
    house.read(move || report(&runs, OfReport { run, stage })).await?
}

pub(super) fn report(runs: &Runs, asked: OfReport) -> Result<Response, Problem> {
    let run = runs.one(&asked.run)?;
    let relative = runs.below_root(&run).join(asked.stage.as_str()).join(REPORT);
    let (file, length) = whole(runs.root(), &relative, limits::REPORT).map_err(|error| {
        let stage = asked.stage;
        Problem::new(StatusCode::NOT_FOUND, format!("expected a report of `{stage}` in the run's folder: {error}"))
    })?;
    let headers = [
        (header::CONTENT_TYPE, HTML),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("referrer-policy"), "no-referrer"),
    ];
    Ok((headers, [(header::CONTENT_LENGTH, length)], body(file, length)).into_response())
}

/// So many bytes of a file, of which the next part is read when the one before is sent.
fn body(file: File, length: u64) -> Body {
    Body::from_stream(stream::try_unfold((file, length), async |(file, left)| {
        if left == 0 {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || part(file, left)).await.map_err(Error::other)?;
        read.map(|(part, file)| Some((part.clone(), (file, left - part.len() as u64))))
    }))
}

fn part(mut file: File, left: u64) -> io::Result<(Bytes, File)> {
    let mut part = vec![];
    (&mut file).take(left.min(PART)).read_to_end(&mut part)?;
    match part.is_empty() {
        true => Err(Error::new(ErrorKind::UnexpectedEof, "the file became shorter while it was read")),
        false => Ok((part.into(), file)),
    }
}
