use fer_artifact::{Size, Split, shown};

/// Why an evaluation or its report is not possible.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A model that does not say what network its tensors belong to.
    #[error("the model's header has no `network`: expected its configuration, such as {{\"name\": \"face-cnn\", …}}")]
    NoNetwork,
    /// A network that is not known here, or with other settings than it has.
    #[error("the model's header: `network`: {reason}")]
    Network {
        /// What is wrong with it.
        reason: String,
    },
    /// Not as many logits as class names.
    #[error("the model's header: expected a network of {expected} classes, as many as it names, found {found}")]
    NetworkClasses {
        /// Number of class names.
        expected: usize,
        /// Number of logits.
        found: usize,
    },
    /// A temperature that is none.
    #[error(
        "the model's header: `evaluation.temperature`: expected a number above 0 within the range of F32, found {found}"
    )]
    Temperature {
        /// What stands there.
        found: serde_json::Value,
    },
    /// Crops for a network that does not take them.
    #[error(
        "`tta: ten-crop` needs a network that takes images of any size, `{network}` takes {size} pixels alone; \
         `flip` works with every network"
    )]
    Crops {
        /// The network's name.
        network: &'static str,
        /// The size that it takes.
        size: Size,
    },
    /// There is no such network, the tensors are not the network's, or it failed on a batch.
    #[error(transparent)]
    Model(#[from] fer_model::Error),
    /// Images that cannot be read any more.
    #[error(transparent)]
    Artifact(Box<fer_artifact::Error>),
    /// A tensor could not be made or read.
    #[error("tensor operation")]
    Tensor(#[from] candle_core::Error),
    /// A logit that is infinite or not a number.
    #[error("{split}: row {row}: expected finite logits, found {found}; weights or input are too large")]
    NotFinite {
        /// The split concerned.
        split: Split,
        /// The image's row in the source.
        row: u32,
        /// The logit.
        found: f32,
    },
    /// The same of an image without a row.
    #[error("image {image}: expected finite logits, found {found}; weights or input are too large")]
    NotFiniteImage {
        /// The image's place among those given, from 0.
        image: usize,
        /// The logit.
        found: f32,
    },
    /// Model and data do not name the same classes in the same order.
    #[error("{split}: expected the model's classes {expected:?}, found {found:?}")]
    Classes {
        /// The split concerned.
        split: Split,
        /// The model's classes.
        expected: Vec<String>,
        /// The data's classes.
        found: Vec<String>,
    },
    /// The images are not of the size that the network takes.
    #[error("{split}: expected images of {expected} pixels, the network's input, found {height}×{width}")]
    Size {
        /// The split concerned.
        split: Split,
        /// The size that the network takes.
        expected: Size,
        /// Rows of pixels in an image.
        height: usize,
        /// Pixels in a row.
        width: usize,
    },
    /// Values that are no whole number of images.
    #[error("expected whole images of {expected}, {} values each, found {found} values", expected.area())]
    Values {
        /// The size that the network takes.
        expected: Size,
        /// Values there are.
        found: usize,
    },
    /// A split that was asked for is not in the data.
    #[error("split `{split}` is to be evaluated, but the data has {}", names(available))]
    MissingSplit {
        /// The split asked for.
        split: Split,
        /// The splits that there are.
        available: Vec<Split>,
    },
    /// Neither validation nor test data.
    #[error(
        "nothing to evaluate: the data has neither validation nor test; choose a `split` of ingest that sets some aside, or \
         score train with `splits: [train]`"
    )]
    NothingHeldOut,
    /// A split without images.
    #[error("{split}: expected at least one image, found none")]
    Empty {
        /// The split concerned.
        split: Split,
    },
    /// The report was given no scores.
    #[error("expected the scores of at least one split, found none")]
    NoScores,
    /// The report was given scores of a split without the predictions or images behind them.
    #[error("{split}: expected {expected} beside the scores, found {found}")]
    Incomplete {
        /// The split concerned.
        split: Split,
        /// What belongs there.
        expected: &'static str,
        /// What was there instead.
        found: &'static str,
    },
    /// A figure of the report could not be drawn.
    #[error("cannot draw the figure `{figure}` of the report")]
    Figure {
        /// Name of the figure.
        figure: &'static str,
        /// The drawing library's reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A picture of the report could not be encoded.
    #[error("{split}: cannot encode the picture of row {row}")]
    Picture {
        /// The split concerned.
        split: Split,
        /// The image's row in the source.
        row: u32,
        /// The encoder's reason.
        source: png::EncodingError,
    },
    /// The report's template could not be filled.
    #[error("cannot fill the report's template")]
    Template(#[from] minijinja::Error),
}

impl From<fer_artifact::Error> for Error {
    fn from(error: fer_artifact::Error) -> Self {
        Self::Artifact(Box::new(error))
    }
}

impl Error {
    /// Whether a heat map was asked of a network that has none.
    pub fn is_without_maps(&self) -> bool {
        matches!(self, Self::Model(fer_model::Error::Maps { .. }))
    }

    /// A network that is not known, by what the reader of its configuration says. Its words quote the header.
    pub(crate) fn network(error: &serde_json::Error) -> Self {
        Self::Network { reason: shown(&error.to_string()) }
    }
}

fn names(splits: &[Split]) -> String {
    let names: Vec<String> = splits.iter().map(|split| format!("`{split}`")).collect();
    if names.is_empty() { "no split at all".to_owned() } else { format!("only {}", names.join(", ")) }
}
