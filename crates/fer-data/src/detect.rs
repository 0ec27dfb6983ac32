//! Faces that a detector finds in photographs.

use std::fmt;

use fer_artifact::Size;
use fer_imgproc::Picture;
use schemars::{JsonSchema, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::RowProblem;
use crate::gray::Gray;

/// Finds the faces of a picture and crops them to a size, from left to right.
pub type FaceFinder<'a> = dyn Fn(Picture, Size) -> Vec<FoundFace> + Sync + 'a;

/// A face that a [`FaceFinder`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFace {
    /// Side of the face in pixels of the picture.
    pub side: u32,
    /// Gray pixels of the crop, row by row.
    pub pixels: Vec<u8>,
}

/// How faces are looked for in photographs. Written `true`, or `{faces: all}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Detect {
    /// Which of a photograph's faces become rows. Default: [`Faces::Largest`].
    pub faces: Faces,
}

fer_artifact::inline_schema!(Detect, |generator| {
    let faces = generator.subschema_for::<Faces>();
    let map = json_schema!({
        "type": "object",
        "properties": {"faces": faces},
        "additionalProperties": false,
    });
    json_schema!({"anyOf": [{"type": "boolean"}, map]})
});

/// Which of a photograph's faces become rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Faces {
    /// The largest one; of equal ones the first from the left.
    #[default]
    Largest,
    /// Each of them, from left to right, with the photograph's label.
    All,
    /// The only one; photographs of several faces are left out.
    One,
}

/// What finds faces while a source is read.
pub(crate) struct Detection<'a> {
    pub(crate) faces: Faces,
    pub(crate) finder: &'a FaceFinder<'a>,
    /// The size of the crops.
    pub(crate) to: Size,
}

impl Detection<'_> {
    /// The faces of a picture that become rows, and how many there are in all.
    pub(crate) fn faces(&self, picture: Picture) -> Result<(Vec<Gray>, usize), RowProblem> {
        let mut found = (self.finder)(picture, self.to);
        let count = found.len();
        match self.faces {
            _ if found.is_empty() => return Err(RowProblem::NoFace),
            Faces::One if count > 1 => return Err(RowProblem::SeveralFaces { found: count }),
            Faces::One | Faces::All => {}
            Faces::Largest => {
                let largest = found.iter().map(|face| face.side).max();
                found.retain(|face| Some(face.side) == largest);
                found.truncate(1);
            }
        }
        Ok((found.into_iter().map(|face| Gray { size: self.to, pixels: face.pixels }).collect(), count))
    }
}

/// Reads `detect`: `true`, `false`, or a map.
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Detect>, D::Error> {
    deserializer.deserialize_any(DetectVisitor)
}

struct DetectVisitor;

impl<'de> Visitor<'de> for DetectVisitor {
    type Value = Option<Detect>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false or a map such as `{faces: largest}`")
    }

    fn visit_bool<E: serde::de::Error>(self, detect: bool) -> Result<Option<Detect>, E> {
        Ok(detect.then(Detect::default))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Option<Detect>, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<Detect>, A::Error> {
        Detect::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}
