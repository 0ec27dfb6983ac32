use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::{Serialize, Serializer};

use crate::{Face, Place};

/// A face as JSON tells it: in `fer predict --json`, and in the answers of `fer serve`.
#[derive(Debug, Clone, serde::Serialize, JsonSchema)]
#[schemars(rename = "Face")]
pub struct FaceRecord<'a> {
    /// The part of the face's box that lies in the picture; left out where no face was looked for.
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
    /// How sure the detector is, from 0.6 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    /// x and y of the left eye as seen in the picture, the right eye, the tip of the nose, the left and the right corner
    /// of the mouth.
    #[serde(skip_serializing_if = "Option::is_none")]
    landmarks: Option<[[f64; 2]; 5]>,
    /// The class of the highest probability.
    class: &'a str,
    /// The probability of that class.
    probability: f64,
    /// A probability for each class; they sum to 1.
    probabilities: ByClass<'a>,
}

impl<'a> FaceRecord<'a> {
    /// A face that a recognizer of these classes has judged.
    ///
    /// # Panics
    /// If there are not as many classes as probabilities.
    pub fn new(classes: &'a [String], face: &'a Face) -> Self {
        let Face { place, probabilities } = face;
        assert_eq!(classes.len(), probabilities.len(), "a probability a class");
        let class = face.top();
        Self {
            place: *place,
            score: place.map(|place| place.score),
            landmarks: place.map(|place| place.landmarks),
            class: &classes[class],
            probability: probabilities[class],
            probabilities: ByClass(classes, probabilities),
        }
    }
}

/// Probabilities by the names of their classes, in the classes' order.
#[derive(Debug, Clone, Copy)]
pub struct ByClass<'a>(pub &'a [String], pub &'a [f64]);

impl Serialize for ByClass<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().zip(self.1))
    }
}

impl JsonSchema for ByClass<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Probabilities".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<String, f64>::json_schema(generator)
    }
}
