use crate::{Error, NetworkConfig, NetworkParams};

/// A network that pipeline files can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkInfo {
    /// Its name.
    pub name: &'static str,
    /// What it is made of, in a line.
    pub summary: &'static str,
    /// Fewest rows, and fewest pixels in a row, of its images.
    pub minimum_size: usize,
    /// Number of trained weights on images of 48×48 pixels in seven classes.
    pub parameters: usize,
}

/// All networks with their default settings, the seed's first.
///
/// # Errors
/// None but those of [`NetworkConfig::parameter_count`], which these networks do not meet.
pub fn networks() -> Result<Vec<NetworkInfo>, Error> {
    let all = [NetworkParams::FACE_CNN, NetworkParams::COMPACT_CNN, NetworkParams::FACE_RESNET, NetworkParams::Linear];
    let info = |params: NetworkParams| {
        let config = NetworkConfig { params, height: 48, width: 48, classes: 7 };
        Ok(NetworkInfo {
            name: params.name(),
            summary: params.summary(),
            minimum_size: params.minimum_size(),
            parameters: config.parameter_count()?,
        })
    };
    all.into_iter().map(info).collect()
}

impl NetworkParams {
    /// What the network is made of, in a line.
    pub const fn summary(&self) -> &'static str {
        match self {
            Self::FaceCnn { .. } => {
                "the seed's: convolutions of 64, 128 and 256 channels with batch norm, RReLU and max pooling; linear \
                 layers of 4096, 1024 and 256 with dropout"
            }
            Self::CompactCnn { .. } => {
                "convolutions of 16, 32 and 64 channels with batch norm, ReLU and max pooling; one linear layer behind \
                 dropout"
            }
            Self::FaceResnet { .. } => {
                "a stem of two convolutions and three stages of residual blocks with batch norm and ReLU, by default of \
                 40, 80 and 160 channels; a mean over all positions and one linear layer; takes images of any size"
            }
            Self::Linear => "one linear layer on the pixels: multinomial logistic regression, the baseline",
        }
    }
}
