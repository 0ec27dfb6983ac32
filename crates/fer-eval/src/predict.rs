//! The network at work: the only file here that knows candle.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use fer_artifact::{Array, FeatureSet, Model, Predictions, Size, Tta};
use fer_model::{Mode, Network, NetworkConfig, NetworkParams};
use serde::Deserialize;
use serde_json::Value;

use crate::Error;
use crate::average::{average, finite};
use crate::tta::{View, views};

/// Most images that go through the network at once, unless a caller says how many.
const BATCH: usize = 256;
/// Values of the largest layer that such a batch may have: 128 MiB. Some four layers are in memory at a time.
pub(crate) const BATCH_VALUES: usize = 1 << 25;
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
    size: Size,
    batch_size: usize,
    temperature: f64,
    views: Vec<View>,
}

impl Predictor {
    /// Builds the network that the model's header describes and loads the model's tensors into it.
    ///
    /// # Errors
    /// [`Error::NoNetwork`], [`Error::Network`] or [`Error::NetworkClasses`] if the header does not describe one,
    /// [`Error::Model`] if there is no such network or the tensors are not its own, [`Error::Temperature`] if its temperature is not above 0.
    pub fn new(model: &Model) -> Result<Self, Error> {
        if model.network.is_null() {
            return Err(Error::NoNetwork);
        }
        let config = NetworkConfig::deserialize(&model.network).map_err(|error| Error::network(&error))?;
        if config.classes != model.classes.len() {
            return Err(Error::NetworkClasses { expected: model.classes.len(), found: config.classes });
        }
        let tensor = |array: &Array| Tensor::from_slice(&array.data, &array.shape[..], &Device::Cpu);
        let tensors = model.tensors.iter().map(|(name, array)| Ok((name.clone(), tensor(array)?)));
        let tensors: BTreeMap<String, Tensor> = tensors.collect::<Result<_, candle_core::Error>>()?;
        let network = Network::load_frozen(&config, tensors)?;
        let temperature = model.temperature().map_err(|found| Error::Temperature { found: found.clone() })?;
        let size = Size::new(config.height, config.width).expect("a network's layers bound its images");
        let batch_size = (BATCH_VALUES / config.largest_layer()?).clamp(1, BATCH);
        let (classes, views) = (model.classes.clone(), views(Tta::None, size));
        Ok(Self { network, classes, size, batch_size, temperature, views })
    }

    /// Whether the configuration of a network names one that is known here, or none at all: its settings must then be right.
    pub fn must_know(network: &Value) -> bool {
        network["name"].as_str().is_none_or(|name| NetworkParams::all().iter().any(|params| params.name() == name))
    }

    /// The same network, looking at each image in this way. Logits of more than one look are the logarithms of the mean
    /// of the probabilities.
    ///
    /// # Errors
    /// [`Error::Crops`] for crops if the network takes no other size than its own.
    pub fn with_tta(mut self, tta: Tta) -> Result<Self, Error> {
        self.allows(tta)?;
        self.views = views(tta, self.size);
        Ok(self)
    }

    /// Whether the network can look at images in this way.
    ///
    /// # Errors
    /// [`Error::Crops`] for crops if the network takes no other size than its own.
    pub fn allows(&self, tta: Tta) -> Result<(), Error> {
        let (params, size) = (&self.network.config().params, self.size);
        match tta == Tta::TenCrop && !params.takes_any_size() {
            true => Err(Error::Crops { network: params.name(), size }),
            false => Ok(()),
        }
    }

    /// What logits are divided by: the temperature in the model's header, or 1.
    pub fn temperature(&self) -> f64 {
        self.temperature
    }

    /// Size of the images that the network takes.
    pub fn size(&self) -> Size {
        self.size
    }

    /// How many images to give the network at once where nothing speaks for another number: 256, or as many as keep its
    /// largest layer within 128 MiB.
    pub fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// Logits `[N, classes]` of images `[N, height, width]` of [`Self::size`], preprocessed as the model wants them;
    /// nothing need be known of their labels. `batch_size` of them go through the network at a time, batch norm by its
    /// running statistics, no dropout, mean slopes.
    ///
    /// An image's logits depend on that image alone: neither its neighbours nor the batch size change a bit of them.
    ///
    /// # Errors
    /// [`Error::Values`] unless there are as many values as make whole images, [`Error::NotFiniteImage`] if a logit is
    /// not a finite number, [`Error::Model`] if the network fails.
    ///
    /// # Panics
    /// If `batch_size` is 0.
    pub fn logits(&self, images: &[f32], batch_size: usize) -> Result<Vec<f32>, Error> {
        self.logits_of(&self.views, images, batch_size)
    }

    /// [`Self::logits`] of one call that looks at each image in this way, whatever [`Self::with_tta`] chose.
    ///
    /// # Errors
    /// As [`Self::logits`] and [`Self::with_tta`].
    ///
    /// # Panics
    /// If `batch_size` is 0.
    pub fn logits_by(&self, tta: Tta, images: &[f32], batch_size: usize) -> Result<Vec<f32>, Error> {
        self.allows(tta)?;
        self.logits_of(&views(tta, self.size), images, batch_size)
    }

    fn logits_of(&self, views: &[View], images: &[f32], batch_size: usize) -> Result<Vec<f32>, Error> {
        self.check_values(images)?;
        let classes = self.classes.len();
        let mut logits = Vec::with_capacity(images.len() / self.size.area() * classes);
        for batch in images.chunks(batch_size * self.size.area()) {
            let first = logits.len() / classes;
            let looks = views.iter().map(|view| self.look(view, batch, first)).collect::<Result<Vec<_>, _>>()?;
            let looks: Vec<&[f32]> = looks.iter().map(Vec::as_slice).collect();
            logits.extend(average(&looks, classes));
        }
        if self.temperature != 1.0 {
            logits.iter_mut().for_each(|logit| *logit = finite(f64::from(*logit) / self.temperature));
        }
        Ok(logits)
    }

    /// [`Self::logits`] of a labelled set, in the order of its images, a batch of which is in memory at a time.
    ///
    /// # Errors
    /// [`Error::Classes`] or [`Error::Size`] if the features are not what the network was made for,
    /// [`Error::NotFinite`] if a logit is not a finite number, [`Error::Model`] if the network fails, [`Error::Artifact`] if
    /// an image cannot be read.
    ///
    /// # Panics
    /// If `batch_size` is 0.
    pub fn predict(&self, features: &FeatureSet, batch_size: usize) -> Result<Predictions, Error> {
        self.check(features)?;
        let FeatureSet { split, rows, labels, origins, targets, .. } = features;
        let mut logits = Vec::with_capacity(features.len() * self.classes.len());
        for start in (0..features.len()).step_by(batch_size) {
            let images = features.images_of(start..features.len().min(start + batch_size))?;
            let found = self.logits(&images, batch_size).map_err(|error| match error {
                Error::NotFiniteImage { image, found } => {
                    Error::NotFinite { split: *split, row: rows[start + image], found }
                }
                other => other,
            });
            logits.extend(found?);
        }
        Ok(Predictions {
            classes: self.classes.clone(),
            split: *split,
            logits,
            labels: labels.clone(),
            rows: rows.clone(),
            origins: origins.clone(),
            targets: targets.clone(),
        })
    }

    /// Where each image, preprocessed as for [`Self::logits`], speaks for a class, one class for each image: Grad-CAM
    /// ([`Network::grad_cam`]) of the image as it is, whatever the test-time augmentation, enlarged bilinearly to
    /// `height * width` values, row by row, of which the largest is 1; all 0 where nothing speaks for the class.
    ///
    /// # Errors
    /// As [`Self::logits`], [`Error::Model`] also for a network without convolutions.
    ///
    /// # Panics
    /// If there are not as many classes as images, or a class is none of the network's.
    pub fn heat_maps(&self, images: &[f32], classes: &[usize]) -> Result<Vec<Vec<f32>>, Error> {
        self.check_values(images)?;
        let (height, width, area) = (self.size.height(), self.size.width(), self.size.area());
        assert_eq!(images.len() / area, classes.len(), "a class an image");
        let at_a_time = MAPS.min(self.batch_size);
        let mut maps = Vec::with_capacity(classes.len());
        for (images, classes) in images.chunks(at_a_time * area).zip(classes.chunks(at_a_time)) {
            let images = Tensor::from_slice(images, (classes.len(), 1, height, width), &Device::Cpu)?;
            let found = self.network.grad_cam(&images, classes)?;
            let found = found.unsqueeze(1)?.upsample_bilinear2d(height, width, false)?.flatten_all()?;
            maps.extend(found.to_vec1::<f32>()?.chunks(area).map(relative));
        }
        Ok(maps)
    }

    /// Logits of one look at each of these images, the first of which has the number `first`.
    fn look(&self, view: &View, images: &[f32], first: usize) -> Result<Vec<f32>, Error> {
        let shape = (images.len() / self.size.area(), 1, view.height, view.width);
        let batch = Tensor::from_vec(view.cut(images, self.size), shape, &Device::Cpu)?;
        let logits = self.network.forward(&batch, Mode::Evaluate)?.flatten_all()?.to_vec1::<f32>()?;
        match logits.iter().position(|logit| !logit.is_finite()) {
            Some(place) => {
                Err(Error::NotFiniteImage { image: first + place / self.classes.len(), found: logits[place] })
            }
            None => Ok(logits),
        }
    }

    fn check_values(&self, images: &[f32]) -> Result<(), Error> {
        match images.len() % self.size.area() {
            0 => Ok(()),
            _ => Err(Error::Values { expected: self.size, found: images.len() }),
        }
    }

    fn check(&self, features: &FeatureSet) -> Result<(), Error> {
        let &FeatureSet { split, height, width, .. } = features;
        if features.classes != self.classes {
            let (expected, found) = (self.classes.clone(), features.classes.clone());
            return Err(Error::Classes { split, expected, found });
        }
        if (height, width) != (self.size.height(), self.size.width()) {
            return Err(Error::Size { split, expected: self.size, height, width });
        }
        Ok(())
    }
}

/// Divided by the largest value, if that is above 0.
fn relative(map: &[f32]) -> Vec<f32> {
    let largest = map.iter().copied().fold(0.0, f32::max);
    if largest > 0.0 { map.iter().map(|value| value / largest).collect() } else { map.to_vec() }
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
