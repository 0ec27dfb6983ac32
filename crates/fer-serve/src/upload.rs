//! The pictures of a request, in memory and nowhere else.

use axum::RequestExt;
use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderName, StatusCode, header};

use crate::limits::PICTURES;
use crate::problem::Problem;

/// What a request brings.
pub(crate) enum Upload {
    /// A picture as its body.
    One(Bytes),
    /// Files, with their names.
    Several(Vec<(String, Bytes)>),
}

impl Upload {
    /// Reads a request's body of at most `limit` bytes. What the pictures are, their bytes say, not the media type.
    pub(crate) async fn read(request: Request, limit: usize) -> Result<Self, Problem> {
        let length = text(&request, header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        if length.is_some_and(|length| length > limit as u64) {
            return Err(too_large(limit, length));
        }
        let media_type = text(&request, header::CONTENT_TYPE).unwrap_or_default().trim_start().to_ascii_lowercase();
        match media_type.starts_with("multipart/") {
            true => Self::several(request, limit).await,
            false => {
                let body: Result<Bytes, _> = request.extract().await;
                match body {
                    Ok(body) if body.is_empty() => Err(Problem::new(
                        StatusCode::BAD_REQUEST,
                        "expected a picture as the request's body, or several as multipart/form-data, found an empty body",
                    )),
                    Ok(body) => Ok(Self::One(body)),
                    Err(error) => Err(refused(error.status(), &error.body_text(), limit)),
                }
            }
        }
    }

    async fn several(request: Request, limit: usize) -> Result<Self, Problem> {
        let broken = |error: MultipartError| refused(error.status(), &error.body_text(), limit);
        let parts = Multipart::from_request(request, &()).await;
        let mut parts = parts.map_err(|error| refused(error.status(), &error.body_text(), limit))?;
        let mut files = vec![];
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            let name = part.file_name().or(part.name()).map(str::to_owned);
            let name = name.unwrap_or_else(|| format!("picture {}", files.len() + 1));
            files.push((name, part.bytes().await.map_err(broken)?));
            if files.len() > PICTURES {
                let detail = format!("expected at most {PICTURES} pictures in a request, found more");
                return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
            }
        }
        match files.is_empty() {
            true => Err(Problem::new(StatusCode::BAD_REQUEST, "expected one or more pictures as parts, found none")),
            false => Ok(Self::Several(files)),
        }
    }
}

fn text(request: &Request, name: HeaderName) -> Option<&str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

fn too_large(limit: usize, found: Option<u64>) -> Problem {
    let found = found.map_or("more".to_owned(), |length| length.to_string());
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("expected a body of at most {limit} bytes (--max-body), found {found}"),
    )
}

fn refused(status: StatusCode, reason: &str, limit: usize) -> Problem {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(limit, None),
        _ => Problem::new(status, format!("expected a whole body, found a broken one: {reason}")),
    }
}
