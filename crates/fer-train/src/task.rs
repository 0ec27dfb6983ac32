//! What a training is given: data, parameters and seed, checked against each other.

use fer_artifact::{FeatureSet, Predictions, Seed, Size};
use fer_model::NetworkConfig;

use crate::shards::Shards;
use crate::targets::Rows;
use crate::{Error, Peers, TrainParams};

/// What is trained on, and what choices are made on.
#[derive(Debug, Clone, Copy)]
pub struct TrainData<'a> {
    /// The images that the weights are fitted to; at least one.
    pub train: &'a FeatureSet,
    /// Images for validation accuracy, if there are any; a set without images counts as none.
    pub validation: Option<&'a FeatureSet>,
    /// What [`TrainParams::distillation`] names: a file's predictions each, in its order.
    pub teachers: &'a [Predictions],
}

/// A training's inputs, checked against each other.
pub(crate) struct Task<'a> {
    pub(crate) params: &'a TrainParams,
    pub(crate) train: &'a FeatureSet,
    pub(crate) validation: Option<&'a FeatureSet>,
    pub(crate) seed: Seed,
    /// Of the images of train.
    pub(crate) size: Size,
    pub(crate) network: NetworkConfig,
    /// What the loss expects of the images of train.
    pub(crate) rows: Rows<'a>,
    /// The processes that compute it.
    pub(crate) peers: &'a dyn Peers,
    /// What of a batch they compute.
    pub(crate) shards: Shards,
}

impl<'a> Task<'a> {
    pub(crate) fn new(
        params: &'a TrainParams,
        data: &TrainData<'a>,
        seed: Seed,
        peers: &'a dyn Peers,
    ) -> Result<Self, Error> {
        params.check()?;
        let shards = Shards { parts: params.shards.get(), processes: peers.count() };
        if shards.processes > shards.parts {
            return Err(Error::Processes { shards: shards.parts, processes: shards.processes });
        }
        let train = data.train;
        let validation = data.validation.filter(|set| !set.is_empty());
        if train.is_empty() {
            return Err(Error::NoImages);
        }
        if let Some(validation) = validation {
            check_same_kind(train, validation)?;
        } else {
            params.check_without_validation()?;
        }
        let (size, classes) = (train.size()?, train.classes.len());
        let (height, width) = (size.height(), size.width());
        let network = NetworkConfig { params: params.model, height, width, classes };
        check_crop_sizes(params, &network)?;
        let rows = Rows::new(params, train, data.teachers, seed)?;
        Ok(Self { params, train, validation, seed, size, network, rows, peers, shards })
    }

    /// Steps in an epoch.
    pub(crate) fn batches(&self) -> usize {
        self.train.len().div_ceil(self.params.batch_size.get())
    }
}

/// Crops must fit the images and the network.
pub(crate) fn check_crop_sizes(params: &TrainParams, network: &NetworkConfig) -> Result<(), Error> {
    let maximum = network.height.min(network.width);
    let is_free = network.params.takes_any_size();
    let is_square = network.height == network.width;
    let minimum = if is_free { network.params.minimum_size() } else { maximum };
    let fits = |side: usize| (minimum..=maximum).contains(&side) && (is_free || is_square);
    match params.crops.iter().map(|crop| crop.size.get()).find(|&side| !fits(side)) {
        Some(found) => Err(Error::CropSize { minimum, maximum, network: network.params.name(), found }),
        None => Ok(()),
    }
}

fn check_same_kind(train: &FeatureSet, validation: &FeatureSet) -> Result<(), Error> {
    let (train_size, validation_size) = (train.size()?, validation.size()?);
    if train_size != validation_size {
        return Err(Error::Size { train: train_size, validation: validation_size });
    }
    if train.classes != validation.classes {
        return Err(Error::Classes { train: train.classes.clone(), validation: validation.classes.clone() });
    }
    Ok(())
}
