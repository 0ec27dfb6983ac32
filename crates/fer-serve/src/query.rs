//! What a request's query asks for.

use axum::extract::Query;
use axum::http::{StatusCode, Uri};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// A query that an address takes.
pub(crate) trait Asks: DeserializeOwned {
    /// What is expected of it, in words.
    const EXPECTED: &str;

    /// The query of this address.
    fn of(uri: &Uri) -> Result<Self, Problem> {
        match Query::try_from_uri(uri) {
            Ok(Query(asked)) => Ok(asked),
            Err(error) => {
                let reason = error.body_text();
                let reason = reason.strip_prefix("Failed to deserialize query string: ").unwrap_or(&reason);
                let detail = format!("expected {}: {reason}", Self::EXPECTED);
                Err(Problem::new(StatusCode::BAD_REQUEST, detail))
            }
        }
    }
}
