use fer_artifact::Size;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parameters of the preprocess stage.
///
/// ```
/// use fer_imgproc::{Equalization, Normalization, PreprocessParams};
///
/// let params: PreprocessParams = serde_json::from_str(r#"{"normalization": {"kind": "standard"}}"#)?;
/// assert_eq!(params.equalization, Equalization::Global);
/// assert_eq!(params.normalization, Normalization::Standard);
/// assert_eq!(params.size, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PreprocessParams {
    /// What evens out the brightness.
    pub equalization: Equalization,
    /// How levels become the network's input.
    pub normalization: Normalization,
    /// Height and width to which every image is resized, before all else; without it, images stay as large as they are.
    #[schemars(example = Size::new(48, 48).unwrap())]
    pub size: Option<Size>,
}

/// What evens out the brightness of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "kebab-case")]
pub enum Equalization {
    /// Nothing.
    None,
    /// Histogram equalisation of the image as a whole, as OpenCV's `equalizeHist`.
    #[default]
    Global,
}

/// How levels (0 to 255, after equalisation) become the network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", from = "Tagged")]
#[schemars(!from, deny_unknown_fields)]
pub enum Normalization {
    /// `x / 255`: from 0 to 1.
    #[default]
    Unit,
    /// `(x / 255 - mean) / std`, with one mean and one standard deviation over all pixels of train.
    Standard,
    /// `(x - mean) / std` with the image's own mean and standard deviation; zeros for a constant image.
    PerImage,
}

/// A mapping with the one key `kind`: serde's own form of an enum like [`Normalization`] takes any others too.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tagged {
    kind: Kind,
}

impl From<Tagged> for Normalization {
    fn from(tagged: Tagged) -> Self {
        match tagged.kind {
            Kind::Unit => Self::Unit,
            Kind::Standard => Self::Standard,
            Kind::PerImage => Self::PerImage,
        }
    }
}

/// The name of a normalisation, here and in [`crate::Preprocessing`].
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Unit,
    Standard,
    PerImage,
}
