use std::fmt;

use fer_artifact::shown;

/// What can be wrong with a network, its parameters or its weights.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Slopes that are no range within 0 to 1.
    #[error("rrelu: expected slopes with 0 ≤ lower ≤ upper ≤ 1, found lower {lower} and upper {upper}")]
    Rrelu {
        /// Smallest slope.
        lower: f64,
        /// Largest slope.
        upper: f64,
    },
    /// A network that has no maps to explain itself by.
    #[error("`{network}` has no convolution, and so no maps to show what it looks at")]
    Maps {
        /// The network's name.
        network: &'static str,
    },
    /// Statistics of a batch that another network saw.
    #[error("expected {expected} statistics of a batch, found {found}")]
    Statistics {
        /// As many as the network has: two for each channel of a batch norm.
        expected: usize,
        /// As many as were given.
        found: usize,
    },
    /// The network cannot take images of this size.
    #[error("`{network}` takes images of at least {minimum}x{minimum} pixels, found {height}x{width}")]
    TooSmall {
        /// The network's name.
        network: &'static str,
        /// Fewest pixels in a row, and fewest rows.
        minimum: usize,
        /// Rows found.
        height: usize,
        /// Pixels in a row found.
        width: usize,
    },
    /// The network would not fit into memory.
    #[error(
        "`{network}` on images of {height}x{width} pixels would have more than {limit} parameters: resize the images"
    )]
    TooLarge {
        /// The network's name.
        network: &'static str,
        /// Most parameters that are accepted.
        limit: u64,
        /// Rows found.
        height: usize,
        /// Pixels in a row found.
        width: usize,
    },
    /// A layer would take too much memory for each image.
    #[error(
        "`{network}` on images of {height}x{width} pixels would have a layer of {found} values for each image, more than \
         {limit}: resize the images"
    )]
    LayerTooLarge {
        /// The network's name.
        network: &'static str,
        /// Most values that are accepted.
        limit: u64,
        /// Rows found.
        height: usize,
        /// Pixels in a row found.
        width: usize,
        /// Values of the largest layer.
        found: u64,
    },
    /// A number of classes that labels of one byte cannot tell apart.
    #[error("expected 1 to 256 classes, found {found}")]
    Classes {
        /// The number found.
        found: usize,
    },
    /// Tensors that are not the network's; the message names the first few.
    #[error("the tensors do not fit `{network}`: {}", list(mismatches))]
    Mismatch {
        /// The network's name.
        network: &'static str,
        /// All differences, sorted by the tensors' names.
        mismatches: Vec<Mismatch>,
    },
    /// An input of another shape than the network was built for.
    #[error("expected an input of shape [N, 1, {height}, {width}], found {found:?}")]
    Input {
        /// Rows of pixels.
        height: usize,
        /// Pixels in a row.
        width: usize,
        /// Shape found.
        found: Vec<usize>,
    },
    /// A tensor operation failed.
    #[error("tensor operation")]
    Tensor(#[from] candle_core::Error),
}

/// A difference between the tensors that a network has and those it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// The network has it, and it was not given.
    Missing {
        /// The tensor's name.
        name: String,
        /// Its shape in the network.
        expected: Vec<usize>,
    },
    /// It was given, and the network does not have it.
    Unexpected {
        /// The tensor's name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
    },
    /// It was given in another shape.
    Shape {
        /// The tensor's name.
        name: String,
        /// Its shape in the network.
        expected: Vec<usize>,
        /// The shape given.
        found: Vec<usize>,
    },
    /// Its elements are no 32-bit floats.
    Dtype {
        /// The tensor's name.
        name: String,
        /// The dtype given.
        found: String,
    },
}

impl Mismatch {
    /// The tensor's name.
    pub fn name(&self) -> &str {
        match self {
            Mismatch::Missing { name, .. }
            | Mismatch::Unexpected { name, .. }
            | Mismatch::Shape { name, .. }
            | Mismatch::Dtype { name, .. } => name,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = shown(self.name());
        match self {
            Mismatch::Missing { expected, .. } => write!(f, "`{name}` {expected:?} is missing"),
            Mismatch::Unexpected { found, .. } => write!(f, "`{name}` {found:?} is not expected"),
            Mismatch::Shape { expected, found, .. } => {
                write!(f, "`{name}`: expected shape {expected:?}, found {found:?}")
            }
            Mismatch::Dtype { found, .. } => write!(f, "`{name}`: expected f32, found {found}"),
        }
    }
}

/// Most tensors that a message names.
const MOST_NAMED: usize = 6;

/// The first few differences, and how many more there are.
fn list(mismatches: &[Mismatch]) -> String {
    let first: Vec<String> = mismatches.iter().take(MOST_NAMED).map(Mismatch::to_string).collect();
    match mismatches.len() - first.len() {
        0 => first.join("; "),
        more => format!("{}; and {more} more", first.join("; ")),
    }
}
