use crate::{Error, NetworkConfig, NetworkParams};

/// A network that pipeline files can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkInfo {
    /// Its name.
    pub name: &'static str,
    /// The layers and their size, in a line.
    pub summary: &'static str,
    /// Fewest rows, and fewest pixels in a row, of its images.
    pub minimum_size: usize,
    /// Number of trained weights on images of 48×48 pixels in seven classes.
    pub parameters: usize,
}

/// All networks with their default parameters, the seed's first.
///
/// # Errors
/// None but those of [`NetworkConfig::parameter_count`], which these networks do not meet.
pub fn networks() -> Result<Vec<NetworkInfo>, Error> {
    let info = |params: NetworkParams| {
        let config = NetworkConfig { params, height: 48, width: 48, classes: 7 };
        Ok(NetworkInfo {
            name: params.name(),
            summary: params.summary(),
            minimum_size: params.minimum_size(),
            parameters: config.parameter_count()?,
        })
    };
    NetworkParams::all().into_iter().map(info).collect()
}
