//! What the service answers, as JSON.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use fer_predict::FaceRecord;
use schemars::JsonSchema;
use serde::Serialize;

/// The faces of one picture or of several, in the pictures' order and from left to right.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Faces<'a> {
    pub(crate) faces: Vec<FaceOf<'a>>,
    /// Pictures without a row among the faces, and why; left out where there are none. A request with one picture as its body
    /// has a problem document instead, and no faces where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) problems: Vec<PictureProblem>,
}

/// A face.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Face")]
pub(crate) struct FaceOf<'a> {
    /// The name of the picture's file, where several were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<&'a str>,
    #[serde(flatten)]
    pub(crate) face: FaceRecord<'a>,
}

/// A picture that could not be read, or has no face.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PictureProblem {
    /// The name of the picture's file.
    pub(crate) file: String,
    /// Why it has no row.
    pub(crate) problem: String,
}

/// The models that can answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ModelList<'a> {
    pub(crate) models: Vec<ModelRecord<'a>>,
    /// Whether the service shows runs, too, on the page `/runs`.
    pub(crate) has_runs: bool,
}

/// A model.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ModelRecord<'a> {
    /// What `?model=` calls it.
    pub(crate) name: &'a str,
    /// Whether it answers where a request names none.
    pub(crate) default: bool,
    /// Names of its classes, in the order of the probabilities.
    pub(crate) classes: &'a [String],
    /// Pixels in a row of the crops that it takes.
    pub(crate) width: usize,
    /// Rows of the crops that it takes.
    pub(crate) height: usize,
}

/// An answer as JSON.
pub(crate) fn json(answer: &impl Serialize) -> Response {
    let body = serde_json::to_vec(answer).expect("texts and finite numbers");
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
