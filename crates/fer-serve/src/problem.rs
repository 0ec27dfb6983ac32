use std::borrow::Cow;
use std::error::Error;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fer_artifact::with_causes;
use schemars::JsonSchema;
use serde::Serialize;

/// What went wrong with a request: a problem document, as RFC 9457 has it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What was expected and what was found.
    detail: Cow<'static, str>,
    #[serde(skip)]
    header: Option<Box<(HeaderName, HeaderValue)>>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        let title = status.canonical_reason().unwrap_or("Problem");
        Self { kind: "about:blank", title, status: status.as_u16(), detail: detail.into(), header: None }
    }

    /// With one more header.
    pub(crate) fn with(self, name: HeaderName, value: &'static str) -> Self {
        Self { header: Some(Box::new((name, HeaderValue::from_static(value)))), ..self }
    }

    /// Too much is under way, for now.
    pub(crate) fn busy(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).with(header::RETRY_AFTER, "1")
    }

    /// A defect of the service; what it was, standard error says.
    pub(crate) fn defect() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "a defect of the service: this request has no answer; others go on",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).expect("it comes from one");
        let body = serde_json::to_vec(&self).expect("texts and a number");
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
        if let Some((name, value)) = self.header.map(|header| *header) {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// A network's error. Its own words name the model's file, which is nobody's affair; its causes say what was wrong.
pub(crate) fn of_network(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("the network gave no answer: {}", with_causes(cause)),
        None => "the network gave no answer".to_owned(),
    }
}
