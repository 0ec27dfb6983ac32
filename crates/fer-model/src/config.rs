use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::plan::{LayerPlan, Plan, Role, TensorPlan};
use crate::{Error, Mismatch, NetworkParams};

/// Most parameters of a network: 2³⁰ take 4 GiB.
pub(crate) const MAX_PARAMETERS: u64 = 1 << 30;
/// Most values of a layer for one image: 64 MB.
pub(crate) const MAX_LAYER: u64 = 16_000_000;

/// All that a network's structure follows from: its name and settings, the size of its images and its classes.
///
/// As JSON one flat object, `{"name": "face-cnn", …, "height": 48, "width": 48, "classes": 7}`, as it stands in the
/// header of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// [`Error::TooSmall`], [`Error::TooLarge`], [`Error::LayerTooLarge`] or [`Error::Classes`] if there is no such network.
    pub fn tensors(&self) -> Result<BTreeMap<String, Vec<usize>>, Error> {
        Ok(self.plan()?.tensors().map(|(name, tensor)| (name, tensor.shape)).collect())
    }

    /// Every layer with its name, in the order of the forward pass.
    ///
    /// # Errors
    /// As [`Self::tensors`].
    pub fn layers(&self) -> Result<Vec<(String, LayerPlan)>, Error> {
        Ok(self.plan()?.0)
    }

    /// Number of trained weights; running statistics do not count.
    ///
    /// # Errors
    /// As [`Self::tensors`].
    pub fn parameter_count(&self) -> Result<usize, Error> {
        let plan = self.plan()?;
        let weights = plan.tensors().filter(|(_, tensor)| tensor.role == Role::Parameter);
        Ok(weights.map(|(_, tensor)| tensor.shape.iter().product::<usize>()).sum())
    }

    /// Values that the largest layer has for one image, or the image if it has more: four bytes each, and a batch has as
    /// many of them as it has images.
    ///
    /// # Errors
    /// As [`Self::tensors`].
    pub fn largest_layer(&self) -> Result<usize, Error> {
        Ok(self.plan()?.largest_layer(self.height, self.width) as usize)
    }

    /// That tensors of these shapes, by name, are the network's.
    ///
    /// # Errors
    /// [`Error::Mismatch`] with every tensor that is missing, not expected, or of another shape; as [`Self::tensors`].
    pub fn check(&self, found: &BTreeMap<String, Vec<usize>>) -> Result<(), Error> {
        match self.mismatches(found)? {
            none if none.is_empty() => Ok(()),
            mismatches => Err(Error::Mismatch { network: self.params.name(), mismatches }),
        }
    }

    /// All differences, sorted by name.
    pub(crate) fn mismatches(&self, found: &BTreeMap<String, Vec<usize>>) -> Result<Vec<Mismatch>, Error> {
        let mut expected = self.tensors()?;
        let mut mismatches = vec![];
        for (name, found) in found {
            match expected.remove(name) {
                None => mismatches.push(Mismatch::Unexpected { name: name.clone(), found: found.clone() }),
                Some(expected) if expected != *found => {
                    mismatches.push(Mismatch::Shape { name: name.clone(), expected, found: found.clone() });
                }
                Some(_) => {}
            }
        }
        mismatches.extend(expected.into_iter().map(|(name, expected)| Mismatch::Missing { name, expected }));
        mismatches.sort_by(|a, b| a.name().cmp(b.name()));
        Ok(mismatches)
    }

    /// The layers, of which it is sure that they fit into memory: whatever asks for memory by a configuration, which may
    /// come from a file, asks here first.
    pub(crate) fn plan(&self) -> Result<Plan, Error> {
        let &Self { params, height, width, classes } = self;
        let network = params.name();
        if !(1..=256).contains(&classes) {
            return Err(Error::Classes { found: classes });
        }
        let minimum = params.minimum_size();
        if height < minimum || width < minimum {
            return Err(Error::TooSmall { network, minimum, height, width });
        }
        let too_large = Error::TooLarge { network, limit: MAX_PARAMETERS, height, width };
        if height.checked_mul(width).is_none_or(|pixels| pixels as u64 > MAX_PARAMETERS) {
            return Err(too_large);
        }
        let plan = Plan(params.architecture().layers(height, width, classes));
        let size = |tensor: TensorPlan| tensor.shape.iter().map(|&size| size as u64).product::<u64>();
        if plan.tensors().map(|(_, tensor)| size(tensor)).sum::<u64>() > MAX_PARAMETERS {
            return Err(too_large);
        }
        let found = plan.largest_layer(height, width);
        if found > MAX_LAYER {
            return Err(Error::LayerTooLarge { network, limit: MAX_LAYER, height, width, found });
        }
        Ok(plan)
    }
}
