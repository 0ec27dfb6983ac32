//! The description of the service, made of the types of its queries and answers.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::answer::{Faces, ModelList};
use crate::asked::Asked;
use crate::describe::{answer, parameters};
use crate::explain::{AskedWhy, Explained};
use crate::frame_answer::FrameAnswer;
use crate::live::AskedLive;
use crate::problem::Problem;
use crate::runs;

/// The service as OpenAPI 3.1 describes it.
pub fn openapi() -> Value {
    // Answers are written and never read.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schemas =
        settings.with(|settings| settings.definitions_path = "/components/schemas".into()).into_generator();
    let faces = answer::<Faces<'_>>(&mut schemas, "The faces; without any, an empty list.");
    let explained =
        answer::<Explained<'_>>(&mut schemas, "The faces with their heat maps; without any, an empty list.");
    let frame = schemas.subschema_for::<FrameAnswer<'_>>();
    let models = answer::<ModelList<'_>>(&mut schemas, "The models.");
    let problem = json!({
        "description": "What was expected and found.",
        "content": {"application/problem+json": {"schema": schemas.subschema_for::<Problem>()}},
    });
    let file = json!({"type": "string", "contentMediaType": "application/octet-stream"});
    let files =
        json!({"type": "object", "additionalProperties": {"anyOf": [&file, {"type": "array", "items": &file}]}});
    let text = |description: &str, kind: &str| json!({"200": {"description": description, "content": {kind: {}}}, "default": problem});
    let get = |id: &str, summary: &str, responses: Value| json!({"get": {"operationId": id, "summary": summary, "responses": responses}});
    let open = |id: &str, summary: &str, responses: Value| json!({"get": {"operationId": id, "summary": summary, "responses": responses, "security": []}});
    let mut paths = json!({
        "/v1/faces": {"post": {
            "operationId": "faces",
            "summary": "Find the faces of pictures and judge them: one picture as the body, or several as multipart/form-data.",
            "parameters": parameters::<Asked>(),
            "requestBody": {"required": true, "content": {
                "image/*": {},
                "application/octet-stream": {},
                "multipart/form-data": {"schema": files},
            }},
            "responses": {"200": faces, "default": problem},
        }},
        "/v1/explain": {"post": {
            "operationId": "explain",
            "summary": "Tell where the faces of a picture speak for a class, by Grad-CAM.",
            "parameters": parameters::<AskedWhy>(),
            "requestBody": {"required": true, "content": {"image/*": {}, "application/octet-stream": {}}},
            "responses": {"200": explained, "default": problem},
        }},
        "/v1/live": {"get": {
            "operationId": "live",
            "summary": "Follow the faces before a camera: a WebSocket. A binary message is a frame, such as a JPEG file; a text message is an answer.",
            "parameters": parameters::<AskedLive>(),
            "security": [{}, {"token": []}, {"protocol": []}],
            "responses": {
                "101": {"description": "The WebSocket; each of its answers is one of these.", "content": {"application/json": {"schema": frame}}},
                "default": problem,
            },
        }},
        "/": open("page", "Show the page for people.", text("The page.", "text/html")),
        "/runs": open("runs_page", "Show the page of runs.", text("The page.", "text/html")),
        "/v1/models": get("models", "List the models that can answer.", json!({"200": models, "default": problem})),
        "/metrics": get("metrics", "Tell counts and latencies, for Prometheus.", text("OpenMetrics.", "application/openmetrics-text")),
        "/openapi.json": get("openapi", "Describe the service.", text("This document.", "application/json")),
        "/healthz": open("health", "Say that the service runs.", text("It runs.", "text/plain")),
        "/readyz": open("readiness", "Say whether a request with pictures would be taken.", text("It would.", "text/plain")),
    });
    let of_runs = runs::paths(&mut schemas, &problem);
    paths
        .as_object_mut()
        .expect("paths")
        .extend(of_runs.into_iter().map(|(path, described)| (path.to_owned(), described)));
    json!({
        "openapi": "3.1.0",
        "info": {"title": "fer", "version": env!("CARGO_PKG_VERSION"), "description": "Pictures in, faces with the probabilities of their expressions out."},
        "paths": paths,
        "components": {
            "schemas": schemas.take_definitions(true),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "protocol": {
                    "type": "apiKey", "in": "header", "name": "Sec-WebSocket-Protocol",
                    "description": "`fer.live, fer.token.` and the token in base64url without padding.",
                },
            },
        },
        // Without a token file, none is needed.
        "security": [{}, {"token": []}],
    })
}
