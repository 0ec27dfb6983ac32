//! The align stage: makes the faces of a set lie alike.

use fer_artifact::{Fraction, ImageSet};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Parameters of the align stage.
///
/// ```
/// use fer_imgproc::{AlignMethod, AlignParams};
/// let params: AlignParams = serde_json::from_str(r#"{"method": {"kind": "center-crop", "share": 0.75}}"#)?;
/// assert!(matches!(params.method, AlignMethod::CenterCrop { share } if share.get() == 0.75));
/// assert_eq!(AlignParams::default().method, AlignMethod::None {});
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AlignParams {
    /// How the faces are made to lie alike.
    pub method: AlignMethod,
}

/// How faces are made to lie alike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum AlignMethod {
    /// The images stay as they are.
    // With brackets: serde lets a variant without them have any keys.
    None {},
    /// The middle of each image: this share of its height and of its width, each rounded to whole pixels and at least
    /// one. Where the rest is odd, the pixel more is cut below and on the right.
    CenterCrop {
        /// Share of the height and of the width that is kept.
        #[schemars(example = 0.8)]
        share: Fraction,
    },
}

impl Default for AlignMethod {
    fn default() -> Self {
        Self::None {}
    }
}

/// Whether a tilted face is turned upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Roll {
    /// The line of the eyes becomes level.
    #[default]
    TakenOut,
    /// The face stays as it lies in the picture.
    Kept,
}

/// Which side of a picture may be up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WayUp {
    /// The upper one.
    #[default]
    Upright,
    /// Any: the picture is looked at from all four, and of faces at one place the surest counts.
    Any,
}

/// The set with its images aligned, each when it is asked for; labels, rows and order stay.
///
/// # Errors
/// [`Error::PixelCount`] for a set that contradicts itself.
pub fn align(params: &AlignParams, set: ImageSet) -> Result<ImageSet, Error> {
    let expected = set.len() * set.height * set.width;
    if set.images.len() != expected {
        return Err(Error::PixelCount { split: set.split, expected, found: set.images.len() });
    }
    match params.method {
        AlignMethod::None {} => Ok(set),
        AlignMethod::CenterCrop { share } => Ok(center_crop(set, share.get())),
    }
}

fn center_crop(set: ImageSet, share: f64) -> ImageSet {
    let kept = |side: usize| ((side as f64 * share).round() as usize).clamp(1, side.max(1));
    let (height, width) = (kept(set.height), kept(set.width));
    let (top, left) = ((set.height - height) / 2, (set.width - width) / 2);
    let (full, area) = (set.width, set.height * set.width);
    let rows = move |image: &[u8]| {
        let rows = image.chunks(full).skip(top).take(height);
        rows.flat_map(|row| row[left..left + width].iter().copied()).collect::<Vec<u8>>()
    };
    let images = set.images.map(area, height * width, move |images| images.chunks(area).flat_map(rows).collect());
    ImageSet { images, height, width, ..set }
}
