use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::params::{RawDropout, RawName, RawSettings};
use crate::plan::{Plan, Role};
use crate::{Count, Error, NetworkParams, Rrelu};

/// All that a network's structure follows from: its name and settings, the size of its images and its classes.
///
/// As JSON one flat object, `{"name": "face-cnn", …, "height": 48, "width": 48, "classes": 7}`, as it stands in the
/// header of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawConfig")]
pub struct NetworkConfig {
    /// Which network, and its settings.
    #[serde(flatten)]
    pub params: NetworkParams,
    /// Rows of pixels in an image.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// Number of classes, which is that of the logits.
    pub classes: usize,
}

impl NetworkConfig {
    /// Names and shapes of the network's tensors as PyTorch would name them, without any of them being made.
    ///
    /// # Errors
    /// [`Error::TooSmall`], [`Error::TooLarge`] or [`Error::Classes`] if there is no such network.
    pub fn tensors(&self) -> Result<BTreeMap<String, Vec<usize>>, Error> {
        Ok(Plan::new(self)?.tensors().map(|(name, tensor)| (name, tensor.shape)).collect())
    }

    /// Number of trained weights; running statistics do not count.
    ///
    /// # Errors
    /// As [`Self::tensors`].
    pub fn parameter_count(&self) -> Result<usize, Error> {
        let plan = Plan::new(self)?;
        let weights = plan.tensors().filter(|(_, tensor)| tensor.role == Role::Parameter);
        Ok(weights.map(|(_, tensor)| tensor.shape.iter().product::<usize>()).sum())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    name: RawName,
    #[serde(default)]
    rrelu: Option<Rrelu>,
    #[serde(default)]
    stem: Option<[Count; 2]>,
    #[serde(default)]
    widths: Option<[Count; 3]>,
    #[serde(default)]
    blocks: Option<[Count; 3]>,
    #[serde(default)]
    dropout: Option<RawDropout>,
    height: usize,
    width: usize,
    classes: usize,
}

impl TryFrom<RawConfig> for NetworkConfig {
    type Error = Error;

    fn try_from(raw: RawConfig) -> Result<Self, Error> {
        let RawConfig { name, rrelu, stem, widths, blocks, dropout, height, width, classes } = raw;
        let params = NetworkParams::from_raw(name, RawSettings { rrelu, stem, widths, blocks, dropout })?;
        Ok(Self { params, height, width, classes })
    }
}
