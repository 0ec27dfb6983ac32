use std::borrow::Cow;
use std::path::{Path, PathBuf};

use fer_artifact::{FeatureSet, ImageSet, Model, Size, Tta, shown};
use fer_eval::Predictor;
use fer_imgproc::Preprocessing;
use serde::Deserialize;

use crate::Error;

/// A network and what it wants done to an image before.
#[derive(Debug)]
pub(crate) struct Member {
    /// For messages.
    pub(crate) name: PathBuf,
    preprocessing: Preprocessing,
    predictor: Predictor,
}

impl Member {
    pub(crate) fn new(name: &Path, model: &Model) -> Result<Self, Error> {
        let preprocessing = Preprocessing::deserialize(&model.preprocessing)
            .map_err(|error| Error::Preprocessing { model: name.to_owned(), reason: shown(&error.to_string()) })?;
        let predictor = Predictor::new(model).map_err(Error::of_model(name))?;
        let (network, preprocessed) = (predictor.size(), preprocessing.size());
        if network != preprocessed {
            return Err(Error::ImageSize { model: name.to_owned(), network, preprocessed });
        }
        Ok(Self { name: name.to_owned(), preprocessing, predictor })
    }

    pub(crate) fn with_tta(self, tta: Tta) -> Result<Self, Error> {
        let predictor = self.predictor.with_tta(tta).map_err(Error::of_model(&self.name))?;
        Ok(Self { predictor, ..self })
    }

    pub(crate) fn allows(&self, tta: Tta) -> Result<(), Error> {
        self.predictor.allows(tta).map_err(Error::of_model(&self.name))
    }

    pub(crate) fn size(&self) -> Size {
        self.predictor.size()
    }

    /// The images of a set as the network sees them.
    pub(crate) fn features(&self, set: &ImageSet) -> Result<FeatureSet, Error> {
        Ok(self.preprocessing.apply(set)?)
    }

    /// Logits `[N, classes]` of gray images `[N, height, width]` of this size; the features of a batch are in memory at
    /// a time. They are looked at in this way, or else as [`Self::with_tta`] chose.
    pub(crate) fn logits(&self, pixels: &[u8], size: Size, tta: Option<Tta>) -> Result<Vec<f32>, Error> {
        let batch = self.predictor.batch_size();
        let pixels = pixels.chunks(batch * size.area()).map(|pixels| Ok(Cow::Borrowed(pixels)));
        self.logits_of(pixels, size, tta, &mut |_| {})
    }

    /// The same of the images of a set, of which a batch is in memory at a time. `told` is told how many images each batch has
    /// had.
    pub(crate) fn logits_of_set(
        &self,
        set: &ImageSet,
        size: Size,
        told: &mut dyn FnMut(usize),
    ) -> Result<Vec<f32>, Error> {
        let batch = self.predictor.batch_size();
        let batches = (0..set.len()).step_by(batch);
        self.logits_of(batches.map(|start| set.images_of(start..set.len().min(start + batch))), size, None, told)
    }

    /// The same of batches of images.
    fn logits_of<'a>(
        &self,
        batches: impl Iterator<Item = Result<Cow<'a, [u8]>, fer_artifact::Error>>,
        size: Size,
        tta: Option<Tta>,
        told: &mut dyn FnMut(usize),
    ) -> Result<Vec<f32>, Error> {
        let batch = self.predictor.batch_size();
        let mut logits = vec![];
        for (index, pixels) in batches.enumerate() {
            let pixels = pixels?;
            let features = self.preprocessing.features(&pixels, size)?;
            let found = match tta {
                Some(tta) => self.predictor.logits_by(tta, &features, batch),
                None => self.predictor.logits(&features, batch),
            };
            let found = found.map_err(|error| in_batch(error, index * batch));
            logits.extend(found.map_err(Error::of_model(&self.name))?);
            told(pixels.len() / size.area());
        }
        Ok(logits)
    }

    /// A heat map for each image `[N, height, width]` and its class.
    pub(crate) fn heat_maps(&self, pixels: &[u8], size: Size, classes: &[usize]) -> Result<Vec<Vec<f32>>, Error> {
        let batch = self.predictor.batch_size();
        let mut maps = vec![];
        for (pixels, classes) in pixels.chunks(batch * size.area()).zip(classes.chunks(batch)) {
            let features = self.preprocessing.features(pixels, size)?;
            maps.extend(self.predictor.heat_maps(&features, classes).map_err(Error::of_model(&self.name))?);
        }
        Ok(maps)
    }
}

/// An error that counts images from the batch's first, as one that counts from the first of all.
fn in_batch(error: fer_eval::Error, first: usize) -> fer_eval::Error {
    match error {
        fer_eval::Error::NotFiniteImage { image, found } => {
            fer_eval::Error::NotFiniteImage { image: first + image, found }
        }
        other => other,
    }
}
