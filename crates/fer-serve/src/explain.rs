//! `POST /v1/explain`: where a face speaks for a class.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use fer_predict::{Crop, Face, FaceRecord};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::json;
use crate::asked::Detection;
use crate::faces::{model, seen, upload};
use crate::house::House;
use crate::problem::Problem;
use crate::query::Asks;
use crate::upload::Upload;

/// Most faces that are explained at once.
const MOST: usize = 16;

/// What a request's query asks for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedWhy {
    /// Whether faces are looked for; `false` takes the picture for one cropped face. Default: `true`.
    detect: Option<bool>,
    /// The name of the model that answers, of those that `/v1/models` lists. Default: the first of them.
    model: Option<String>,
    /// The class to explain. Default: of each face, the one that it is taken for.
    class: Option<String>,
    /// The face to explain, counted from 0 in the order of `/v1/faces`. Default: all of them.
    face: Option<usize>,
}

impl Asks for AskedWhy {
    const EXPECTED: &str = "`detect=true`, `detect=false`, `model=NAME`, `class=NAME` or `face=NUMBER`";
}

/// Faces with their heat maps.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Explained<'a> {
    /// The faces that were asked for, in the picture's order from left to right.
    faces: Vec<ExplainedFace<'a>>,
}

/// A face and where it speaks for a class.
#[derive(Debug, Serialize, JsonSchema)]
struct ExplainedFace<'a> {
    #[serde(flatten)]
    face: FaceRecord<'a>,
    crop: CropRecord<'a>,
    heat_map: HeatMap<'a>,
}

/// What the network sees of a face.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Crop")]
struct CropRecord<'a> {
    /// Pixels in a row.
    width: usize,
    /// Rows.
    height: usize,
    /// Gray, row by row: 0 is black, 255 is white.
    pixels: &'a [u8],
}

/// Grad-CAM, for each pixel of the crop.
#[derive(Debug, Serialize, JsonSchema)]
struct HeatMap<'a> {
    /// For which class the face speaks.
    class: &'a str,
    /// From 0, not at all, to 1, where the most of it is; row by row.
    values: Vec<f32>,
}

/// A picture in, heat maps of its faces out.
pub(crate) async fn explain(State(house): State<Arc<House>>, request: Request) -> Result<Response, Problem> {
    let asked = AskedWhy::of(request.uri())?;
    let (model, detection) = (model(&house, asked.model.as_deref())?, Detection::of(asked.detect)?);
    let class = asked.class.as_deref().map(|name| class(&house, model, name)).transpose()?;
    let (_place, upload) = upload(&house, request).await?;
    let Upload::One(bytes) = upload else {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "expected one picture as the request's body, found several"));
    };
    let crops = seen(&house, model, detection, bytes).await?;
    let explained = async { house.explain(model, chosen(crops, asked.face)?, class).await };
    let (crops, faces, maps) = explained.await.inspect_err(|_| house.metrics.failed())?;
    house.metrics.picture(faces.len());
    let recognizer = house.models.recognizer(model);
    let (classes, size) = (recognizer.classes(), recognizer.size());
    let explained = crops.iter().zip(&faces).zip(maps).map(|((crop, face), values)| ExplainedFace {
        face: FaceRecord::new(classes, face),
        crop: CropRecord { width: size.width(), height: size.height(), pixels: crop.pixels() },
        heat_map: HeatMap { class: &classes[class.unwrap_or_else(|| Face::top(face))], values },
    });
    Ok(json(&Explained { faces: explained.collect() }))
}

fn class(house: &House, model: usize, name: &str) -> Result<usize, Problem> {
    let classes = house.models.recognizer(model).classes();
    classes.iter().position(|class| class == name).ok_or_else(|| {
        let detail = format!("expected one of the classes {}, found `{name}`", classes.join(", "));
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })
}

/// The crops of the faces that were asked for.
fn chosen(mut crops: Vec<Crop>, face: Option<usize>) -> Result<Vec<Crop>, Problem> {
    let count = crops.len();
    match face {
        None if count > MOST => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("expected at most {MOST} faces, found {count}; `face=NUMBER` asks for one of them"),
        )),
        None => Ok(crops),
        Some(face) if face < count => Ok(vec![crops.swap_remove(face)]),
        Some(face) => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("expected a face below {count}, as many as the picture has, found {face}"),
        )),
    }
}
