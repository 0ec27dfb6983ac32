use fer_artifact::Split;

/// Why an evaluation or its report is not possible.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A model that does not say what network its tensors belong to.
    #[error("the model's header has no `network`: expected its configuration, such as {{\"name\": \"face-cnn\", …}}")]
    NoNetwork,
    /// A network that is not known here, or with other settings than it has.
    #[error("the model's header: `network`: {source}")]
    Network {
        /// What is wrong with it.
        source: serde_json::Error,
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
    #[error("the model's header: `evaluation.temperature`: expected a number above 0, found {found}")]
    Temperature {
        /// What stands there.
        found: serde_json::Value,
    },
    /// Crops for a network that does not take them.
    #[error(
        "`tta: ten-crop` needs a network that takes images of any size, `{network}` takes {}x{} pixels alone; \
         `flip` works with every network",
        size.0, size.1
    )]
    Crops {
        /// The network's name.
        network: &'static str,
        /// Height and width that it takes.
        size: (usize, usize),
    },
    /// Predictions of one network that are of other images than those of another one.
    #[error("{split}: expected predictions of the same images in the same order, found other rows or labels")]
    OtherImages {
        /// The split concerned.
        split: Split,
    },
    /// The model's tensors are not those of its network.
    #[error("the model: {source}")]
    Load {
        /// Every difference.
        source: fer_model::Error,
    },
    /// The network failed on a batch.
    #[error("{split}: {source}")]
    Forward {
        /// The split concerned.
        split: Split,
        /// The network's reason.
        source: fer_model::Error,
    },
    /// A tensor could not be made or read.
    #[error("tensor operation: {0}")]
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
    #[error(
        "{split}: expected images of {}x{} pixels, the network's input, found {}x{}",
        expected.0, expected.1, found.0, found.1
    )]
    Size {
        /// The split concerned.
        split: Split,
        /// Height and width that the network takes.
        expected: (usize, usize),
        /// Height and width of the images.
        found: (usize, usize),
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
        "nothing to evaluate: the data has neither validation nor test; `splits: [train]` scores the training data"
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
    #[error("figure `{figure}` of the report: {source}")]
    Figure {
        /// Name of the figure.
        figure: &'static str,
        /// The drawing library's reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A picture of the report could not be encoded.
    #[error("{split}: picture of row {row}: {source}")]
    Picture {
        /// The split concerned.
        split: Split,
        /// The image's row in the source.
        row: u32,
        /// The encoder's reason.
        source: png::EncodingError,
    },
    /// The report's template could not be filled.
    #[error("the report's template: {0}")]
    Template(#[from] minijinja::Error),
}

fn names(splits: &[Split]) -> String {
    let names: Vec<String> = splits.iter().map(|split| format!("`{split}`")).collect();
    if names.is_empty() { "no split at all".to_owned() } else { format!("only {}", names.join(", ")) }
}
