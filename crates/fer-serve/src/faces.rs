//! `POST /v1/faces`.

use std::error::Error;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use fer_artifact::with_causes;
use fer_predict::{Crop, Face, FaceRecord, PictureProblem, Tta};
use tokio::sync::OwnedSemaphorePermit;

use crate::answer::{FaceOf, Faces, PictureProblem as Told, json};
use crate::asked::{Asked, Detection};
use crate::house::House;
use crate::problem::Problem;
use crate::query::Asks;
use crate::upload::Upload;

/// Pictures in, faces out.
pub(crate) async fn faces(State(house): State<Arc<House>>, request: Request) -> Result<Response, Problem> {
    let asked = Asked::of(request.uri())?;
    let (way, detection) = (way(&house, &asked)?, asked.detection()?);
    let _expected = house.expected.one();
    let (_place, upload) = upload(&house, request).await?;
    match upload {
        Upload::One(bytes) => one(&house, way, detection, bytes).await,
        Upload::Several(files) => several(&house, way, detection, files).await,
    }
}

/// The number of the model that answers, and how it looks at a face.
type Way = (usize, Tta);

fn way(house: &House, asked: &Asked) -> Result<Way, Problem> {
    let model = model(house, asked.model.as_deref())?;
    house.models.recognizer(model).allows(asked.tta).map_err(|error| {
        let reason = error.source().map_or_else(|| "no reason".to_owned(), ToString::to_string);
        Problem::new(StatusCode::BAD_REQUEST, format!("expected another `tta`: {reason}"))
    })?;
    Ok((model, asked.tta))
}

/// A place, and the pictures that a request brings.
pub(crate) async fn upload(house: &House, request: Request) -> Result<(OwnedSemaphorePermit, Upload), Problem> {
    // From here on, so that no more bodies than that are in memory.
    let place = house.place()?;
    let limits = house.limits;
    let read = tokio::time::timeout(limits.patience, Upload::read(request, limits.body)).await;
    Ok((place, read.map_err(|_| slow(house))??))
}

/// The number of the model of this name, or of the default.
pub(crate) fn model(house: &House, name: Option<&str>) -> Result<usize, Problem> {
    let Some(name) = name else { return Ok(0) };
    house.models.number(name).ok_or_else(|| {
        let known: Vec<String> = house.models.iter().map(|(name, _)| format!("`{name}`")).collect();
        let detail = format!("expected the name of a model, {}, found `{name}`", known.join(" or "));
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })
}

/// A body that does not come.
pub(crate) fn slow(house: &House) -> Problem {
    let seconds = house.limits.patience.as_secs_f64();
    let detail = format!("expected the whole body within {seconds} s (--timeout), found less");
    Problem::new(StatusCode::REQUEST_TIMEOUT, detail).with(header::CONNECTION, "close")
}

/// The faces of one picture, not judged yet.
pub(crate) async fn seen(
    house: &House,
    model: usize,
    detection: Detection,
    bytes: axum::body::Bytes,
) -> Result<Vec<Crop>, Problem> {
    let looked = house.look(model, detection, bytes).await.inspect_err(|_| house.metrics.failed())?;
    looked.map_err(|problem| {
        house.metrics.failed();
        Problem::new(status(&problem), with_causes(&problem))
    })
}

async fn one(house: &House, way: Way, detection: Detection, bytes: axum::body::Bytes) -> Result<Response, Problem> {
    let crops = seen(house, way.0, detection, bytes).await?;
    let faces = house.judge(way, crops).await.inspect_err(|_| house.metrics.failed())?;
    house.metrics.picture(faces.len());
    let classes = house.models.recognizer(way.0).classes();
    let faces = faces.iter().map(|face| FaceOf { file: None, face: FaceRecord::new(classes, face) }).collect();
    Ok(json(&Faces { faces, problems: vec![] }))
}

/// A file of several that cannot be read does not hold up the others.
async fn several(
    house: &House,
    way: Way,
    detection: Detection,
    files: Vec<(String, axum::body::Bytes)>,
) -> Result<Response, Problem> {
    let mut seen: Vec<(String, usize)> = vec![];
    let mut crops: Vec<Crop> = vec![];
    let mut problems: Vec<Told> = vec![];
    for (file, bytes) in files {
        match house.look(way.0, detection, bytes).await.inspect_err(|_| house.metrics.failed())? {
            Ok(found) if found.is_empty() => {
                house.metrics.picture(0);
                problems.push(Told { file, problem: "no face".to_owned() });
            }
            Ok(found) => {
                seen.push((file, found.len()));
                crops.extend(found);
            }
            Err(problem) => {
                house.metrics.failed();
                problems.push(Told { file, problem: with_causes(&problem) });
            }
        }
    }
    let judged = house.judge(way, crops).await.inspect_err(|_| seen.iter().for_each(|_| house.metrics.failed()))?;
    seen.iter().for_each(|(_, count)| house.metrics.picture(*count));
    let classes = house.models.recognizer(way.0).classes();
    Ok(json(&Faces { faces: told(&seen, &judged, classes), problems }))
}

/// Faces with the names of their files, of which each has so many.
fn told<'a>(seen: &'a [(String, usize)], faces: &'a [Face], classes: &'a [String]) -> Vec<FaceOf<'a>> {
    let files = seen.iter().flat_map(|(file, count)| std::iter::repeat_n(file.as_str(), *count));
    let told = |(file, face)| FaceOf { file: Some(file), face: FaceRecord::new(classes, face) };
    files.zip(faces).map(told).collect()
}

fn status(problem: &PictureProblem) -> StatusCode {
    match problem {
        PictureProblem::NotAPicture { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        PictureProblem::TooManyPixels { .. } | PictureProblem::TooManyBytes { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
