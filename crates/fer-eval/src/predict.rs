//! The network at work: the only file here that knows candle.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use fer_artifact::{Array, FeatureSet, Model, Predictions};
use fer_model::{Mode, Network, NetworkConfig};
use serde::Deserialize;

use crate::Error;

/// A model's network, built once, for any number of predictions.
#[derive(Debug)]
pub struct Predictor {
    network: Network,
    classes: Vec<String>,
}

impl Predictor {
    /// Builds the network that the model's header describes and loads the model's tensors into it.
    ///
    /// # Errors
    /// [`Error::NoNetwork`], [`Error::Network`] or [`Error::NetworkClasses`] if the header does not describe one,
    /// [`Error::Load`] if the tensors are not the network's.
    pub fn new(model: &Model) -> Result<Self, Error> {
        if model.network.is_null() {
            return Err(Error::NoNetwork);
        }
        let config = NetworkConfig::deserialize(&model.network).map_err(|source| Error::Network { source })?;
        if config.classes != model.classes.len() {
            return Err(Error::NetworkClasses { expected: model.classes.len(), found: config.classes });
        }
        let tensor = |array: &Array| Tensor::from_slice(&array.data, &array.shape[..], &Device::Cpu);
        let tensors = model.tensors.iter().map(|(name, array)| Ok((name.clone(), tensor(array)?)));
        let tensors: BTreeMap<String, Tensor> = tensors.collect::<Result<_, candle_core::Error>>()?;
        let network = Network::load(&config, tensors).map_err(|source| Error::Load { source })?;
        Ok(Self { network, classes: model.classes.clone() })
    }

    /// Height and width of the images that the network takes.
    pub fn size(&self) -> (usize, usize) {
        let config = self.network.config();
        (config.height, config.width)
    }

    /// Logits of every image, in the order of the images, `batch_size` of them at a time; batch norm by its running
    /// statistics, no dropout, mean slopes.
    ///
    /// An image's logits depend on that image alone. Its neighbours and the batch size can move them by rounding, as
    /// matrix products choose their order of summation by the size of the batch: equal calls give equal bits, and
    /// another batch size agrees to about 1e-5 of the largest logit.
    ///
    /// # Errors
    /// [`Error::Classes`] or [`Error::Size`] if the features are not what the network was made for,
    /// [`Error::NotFinite`] if a logit is not a finite number, [`Error::Forward`] if the network fails.
    ///
    /// # Panics
    /// If `batch_size` is 0.
    pub fn predict(&self, features: &FeatureSet, batch_size: usize) -> Result<Predictions, Error> {
        let split = features.split;
        self.check(features)?;
        let (height, width) = self.size();
        let mut logits = Vec::with_capacity(features.len() * self.classes.len());
        for images in features.images.chunks(batch_size * height * width) {
            let shape = (images.len() / (height * width), 1, height, width);
            let batch = Tensor::from_slice(images, shape, &Device::Cpu)?;
            let found = self.network.forward(&batch, Mode::Evaluate);
            let found = found.map_err(|source| Error::Forward { split, source })?;
            logits.extend(found.flatten_all()?.to_vec1::<f32>()?);
        }
        if let Some(place) = logits.iter().position(|logit| !logit.is_finite()) {
            let row = features.rows[place / self.classes.len()];
            return Err(Error::NotFinite { split, row, found: logits[place] });
        }
        let (labels, rows) = (features.labels.clone(), features.rows.clone());
        Ok(Predictions { classes: self.classes.clone(), split, logits, labels, rows })
    }

    fn check(&self, features: &FeatureSet) -> Result<(), Error> {
        let split = features.split;
        if features.classes != self.classes {
            let (expected, found) = (self.classes.clone(), features.classes.clone());
            return Err(Error::Classes { split, expected, found });
        }
        let found = (features.height, features.width);
        if found != self.size() {
            return Err(Error::Size { split, expected: self.size(), found });
        }
        Ok(())
    }
}

/// Logits of every image of one split; builds the network first. [`Predictor`] keeps it for more than one.
///
/// # Errors
/// As [`Predictor::new`] and [`Predictor::predict`].
///
/// # Panics
/// If `batch_size` is 0.
pub fn predict(model: &Model, features: &FeatureSet, batch_size: usize) -> Result<Predictions, Error> {
    Predictor::new(model)?.predict(features, batch_size)
}
