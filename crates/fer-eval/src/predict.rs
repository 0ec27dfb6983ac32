//! The network at work: the only file here that knows candle.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use fer_artifact::{Array, FeatureSet, Model, Predictions, Split, Tta};
use fer_model::{Mode, Network, NetworkConfig};
use serde::Deserialize;
use serde_json::Value;

use crate::Error;
use crate::average::{finite, mean_logits};
use crate::tta::{View, views};

/// Images whose heat maps are made at once, which takes some megabytes each.
const MAPS: usize = 32;

/// A model's network, built once, for any number of predictions.
///
/// Where the model's header has a temperature (`evaluation.temperature`, see `fer export-model`), it is part of the
/// network: logits are divided by it, and [`crate::probabilities`] of them are calibrated.
#[derive(Debug)]
pub struct Predictor {
    network: Network,
    classes: Vec<String>,
    temperature: f64,
    views: Vec<View>,
}

impl Predictor {
    /// Builds the network that the model's header describes and loads the model's tensors into it.
    ///
    /// # Errors
    /// [`Error::NoNetwork`], [`Error::Network`] or [`Error::NetworkClasses`] if the header does not describe one,
    /// [`Error::Load`] if the tensors are not the network's, [`Error::Temperature`] if its temperature is not above 0.
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
        let temperature = temperature(model)?;
        let views = views(Tta::None, (config.height, config.width));
        Ok(Self { network, classes: model.classes.clone(), temperature, views })
    }

    /// The same network, looking at each image in this way. Logits of more than one look are the logarithms of the mean
    /// of the probabilities.
    ///
    /// # Errors
    /// [`Error::Crops`] for crops if the network takes no other size than its own.
    pub fn with_tta(mut self, tta: Tta) -> Result<Self, Error> {
        let (params, size) = (&self.network.config().params, self.size());
        if tta == Tta::TenCrop && !params.takes_any_size() {
            return Err(Error::Crops { network: params.name(), size });
        }
        self.views = views(tta, size);
        Ok(self)
    }

    /// What logits are divided by: the temperature in the model's header, or 1.
    pub fn temperature(&self) -> f64 {
        self.temperature
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
        let batches = features.images.chunks(batch_size * height * width);
        for (images, rows) in batches.zip(features.rows.chunks(batch_size)) {
            let look = |view| self.look(view, images, split, rows);
            let looks = self.views.iter().map(look).collect::<Result<Vec<_>, _>>()?;
            let looks: Vec<&[f32]> = looks.iter().map(Vec::as_slice).collect();
            logits.extend(mean_logits(&looks, self.classes.len()));
        }
        if self.temperature != 1.0 {
            logits.iter_mut().for_each(|logit| *logit = finite(f64::from(*logit) / self.temperature));
        }
        let (labels, rows) = (features.labels.clone(), features.rows.clone());
        Ok(Predictions { classes: self.classes.clone(), split, logits, labels, rows })
    }

    /// Where each image speaks for a class, one class for each image: Grad-CAM ([`Network::grad_cam`]) of the image as it
    /// is, whatever the test-time augmentation, enlarged bilinearly to `height * width` values, row by row, of which the
    /// largest is 1; all 0 where nothing speaks for the class.
    ///
    /// # Errors
    /// As [`Self::predict`], [`Error::Forward`] also for a network without convolutions.
    ///
    /// # Panics
    /// If there are not as many classes as images, or a class is none of the network's.
    pub fn heat_maps(&self, features: &FeatureSet, classes: &[usize]) -> Result<Vec<Vec<f32>>, Error> {
        let split = features.split;
        self.check(features)?;
        let (height, width) = self.size();
        assert_eq!(features.len(), classes.len(), "a class an image");
        let mut maps = Vec::with_capacity(classes.len());
        for (images, classes) in features.images.chunks(MAPS * height * width).zip(classes.chunks(MAPS)) {
            let images = Tensor::from_slice(images, (classes.len(), 1, height, width), &Device::Cpu)?;
            let found = self.network.grad_cam(&images, classes).map_err(|source| Error::Forward { split, source })?;
            let found = found.unsqueeze(1)?.upsample_bilinear2d(height, width, false)?.flatten_all()?;
            maps.extend(found.to_vec1::<f32>()?.chunks(height * width).map(relative));
        }
        Ok(maps)
    }

    /// Logits of one look at each of these images, which come from these rows.
    fn look(&self, view: &View, images: &[f32], split: Split, rows: &[u32]) -> Result<Vec<f32>, Error> {
        let shape = (rows.len(), 1, view.height, view.width);
        let batch = Tensor::from_vec(view.cut(images, self.size()), shape, &Device::Cpu)?;
        let found = self.network.forward(&batch, Mode::Evaluate);
        let found = found.map_err(|source| Error::Forward { split, source })?;
        let logits = found.flatten_all()?.to_vec1::<f32>()?;
        match logits.iter().position(|logit| !logit.is_finite()) {
            Some(place) => Err(Error::NotFinite { split, row: rows[place / self.classes.len()], found: logits[place] }),
            None => Ok(logits),
        }
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

/// Divided by the largest value, if that is above 0.
fn relative(map: &[f32]) -> Vec<f32> {
    let largest = map.iter().copied().fold(0.0, f32::max);
    if largest > 0.0 { map.iter().map(|value| value / largest).collect() } else { map.to_vec() }
}

fn temperature(model: &Model) -> Result<f64, Error> {
    match &model.evaluation["temperature"] {
        Value::Null => Ok(1.0),
        value => match value.as_f64() {
            Some(temperature) if temperature > 0.0 => Ok(temperature),
            _ => Err(Error::Temperature { found: value.clone() }),
        },
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
