use fer_predict::{ByClass, Place};
use schemars::JsonSchema;

use crate::TrackedFace;

/// A face of a frame as JSON tells it: in `fer watch --json`, and in the answers of `fer serve` to frames of a camera.
#[derive(Debug, Clone, serde::Serialize, JsonSchema)]
#[schemars(rename = "TrackedFace")]
pub struct TrackRecord<'a> {
    /// The number of its track, from 1: a stretch of being seen. `null` as long as it may be a lone false detection.
    track: Option<u32>,
    /// The part of the face's box that lies in the picture.
    #[serde(rename = "box")]
    place: Place,
    /// How sure the detector is, from 0.6 to 1.
    score: f64,
    /// x and y of the left eye as seen in the picture, the right eye, the tip of the nose, the left and the right corner
    /// of the mouth.
    landmarks: [[f64; 2]; 5],
    /// The class of the highest smoothed probability.
    class: &'a str,
    /// A probability for each class; they sum to 1.
    probabilities: ByClass<'a>,
    /// The same, smoothed over the track's frames.
    smoothed: ByClass<'a>,
}

impl<'a> TrackRecord<'a> {
    /// A face that a tracker of these classes has followed.
    ///
    /// # Panics
    /// If there are not as many classes as probabilities.
    pub fn new(classes: &'a [String], face: &'a TrackedFace) -> Self {
        assert_eq!(classes.len(), face.probabilities.len(), "a probability a class");
        Self {
            track: face.number,
            place: face.place,
            score: face.place.score,
            landmarks: face.place.landmarks,
            class: &classes[face.top()],
            probabilities: ByClass(classes, &face.probabilities),
            smoothed: ByClass(classes, &face.smoothed),
        }
    }
}
