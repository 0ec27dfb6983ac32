use fer_artifact::{FeatureSet, ImageSet, Pixels, Size, Split};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::equalize::{Histogram, LEVELS, equalization_table, histogram};
use crate::normalize::Fitted;
use crate::{Equalization, Error, PreprocessParams, resize};

/// What is done to the pixels of an image, with every number that was fitted: resize, then equalise, then normalise.
///
/// Its serialised form stands in the header of features and models, so that one file is enough to treat a new picture
/// as the pictures of the training were treated:
///
/// ```
/// use fer_imgproc::Preprocessing;
///
/// let header = r#"{
///     "equalization": "global",
///     "normalization": {"kind": "standard", "mean": 0.5, "std": 0.25},
///     "size": {"height": 48, "width": 48}
/// }"#;
/// let preprocessing: Preprocessing = serde_json::from_str(header)?;
/// assert_eq!(preprocessing.size().height(), 48);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocessing {
    equalization: Equalization,
    normalization: Fitted,
    size: Size,
}

impl Preprocessing {
    /// Fits to the train set, which is read by the batch: the size, if the parameters name none, is that of its images; the mean and the standard
    /// deviation of normalisation `standard` are those of all its pixels, resized and equalised, in units of white
    /// (level / 255). Sums are integers, so the numbers depend on nothing but the pixels.
    ///
    /// # Errors
    /// [`Error::EmptyTrain`], [`Error::ConstantTrain`], [`Error::Size`], [`Error::PixelCount`], or [`Error::Artifact`] for
    /// images that cannot be read.
    pub fn fit(params: &PreprocessParams, train: &ImageSet) -> Result<Self, Error> {
        if train.is_empty() {
            return Err(Error::EmptyTrain);
        }
        let own = size_of_images(train)?;
        let (equalization, size) = (params.equalization, params.size.unwrap_or(own).for_network()?);
        let sum = |a: Histogram, b: Histogram| std::array::from_fn(|level| a[level] + b[level]);
        let counts = || -> Result<Histogram, Error> {
            train.images.batches(own.area()).try_fold([0; LEVELS], |total, images| {
                let images = images?;
                let images = images.par_chunks_exact(own.area());
                let each = images.map(|image| Levels::of(&resized(image, own, size), equalization).counts);
                Ok(sum(total, each.reduce(|| [0; LEVELS], sum)))
            })
        };
        Ok(Self { equalization, normalization: Fitted::fit(params.normalization, counts)?, size })
    }

    /// Size of the images that come out; others are resized to it.
    pub const fn size(&self) -> Size {
        self.size
    }

    /// What evens out the brightness.
    pub const fn equalization(&self) -> Equalization {
        self.equalization
    }

    /// How levels become the network's input.
    pub const fn normalization(&self) -> Fitted {
        self.normalization
    }

    /// The features of gray images of any one size, without labels: of `pixels` `[N, height, width]`, 0 black to 255
    /// white, those `[N, height, width]` of [`Self::size`], each made of its image alone.
    ///
    /// ```
    /// use fer_artifact::Size;
    /// use fer_imgproc::Preprocessing;
    ///
    /// let header = r#"{"equalization": "none", "normalization": {"kind": "unit"}, "size": {"height": 1, "width": 2}}"#;
    /// let preprocessing: Preprocessing = serde_json::from_str(header)?;
    /// assert_eq!(preprocessing.features(&[0, 255, 51, 102], Size::new(1, 2)?)?, [0.0, 1.0, 0.2, 0.4]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Pixels`] unless there are as many pixels as make whole images.
    pub fn features(&self, pixels: &[u8], size: Size) -> Result<Vec<f32>, Error> {
        match pixels.len() % size.area() {
            0 => Ok(self.of_images(pixels, size)),
            _ => Err(Error::Pixels { size, found: pixels.len() }),
        }
    }

    fn of_images(&self, pixels: &[u8], size: Size) -> Vec<f32> {
        let mut features = vec![0.0; pixels.len() / size.area() * self.size.area()];
        let pairs = features.par_chunks_exact_mut(self.size.area()).zip(pixels.par_chunks_exact(size.area()));
        pairs.for_each(|(out, image)| self.transform(&resized(image, size, self.size), out));
        features
    }

    /// The features of a set of images, of any size; labels, rows and their order stay. A batch of features is made when it
    /// is asked for, and again when it is asked for again.
    ///
    /// # Errors
    /// [`Error::Size`] or [`Error::PixelCount`] for a set that contradicts itself.
    pub fn apply(&self, set: &ImageSet) -> Result<FeatureSet, Error> {
        let images = if set.is_empty() {
            Pixels::default()
        } else {
            let (fitted, size) = (*self, size_of_images(set)?);
            set.images.map(size.area(), self.size.area(), move |images| fitted.of_images(images, size))
        };
        Ok(FeatureSet {
            classes: set.classes.clone(),
            split: set.split,
            height: self.size.height(),
            width: self.size.width(),
            images,
            labels: set.labels.clone(),
            rows: set.rows.clone(),
            origins: set.origins.clone(),
            targets: set.targets.clone(),
            preprocessing: serde_json::to_value(self).expect("names and finite numbers are representable in JSON"),
        })
    }

    /// One image, from pixels of the right size to features.
    fn transform(&self, image: &[u8], out: &mut [f32]) {
        let levels = Levels::of(image, self.equalization);
        let values = self.normalization.table(&levels.counts);
        let table: [f32; LEVELS] = std::array::from_fn(|level| values[usize::from(levels.table[level])]);
        for (value, &level) in out.iter_mut().zip(image) {
            *value = table[usize::from(level)];
        }
    }
}

/// The preprocess stage: fits to the set `train` alone, and applies to all.
///
/// # Errors
/// [`Error::MissingTrain`]; [`Error::SizeDiffers`] for a set of images of another size than those of train, if the
/// parameters name no size; or what [`Preprocessing::fit`] and [`Preprocessing::apply`] return.
pub fn preprocess(
    params: &PreprocessParams,
    sets: &BTreeMap<Split, ImageSet>,
) -> Result<BTreeMap<Split, FeatureSet>, Error> {
    let missing = || Error::MissingTrain { found: sets.keys().copied().collect() };
    let fitted = Preprocessing::fit(params, sets.get(&Split::Train).ok_or_else(missing)?)?;
    let features = |(&split, set): (&Split, &ImageSet)| {
        if params.size.is_none() && !set.is_empty() && size_of_images(set)? != fitted.size {
            return Err(Error::SizeDiffers { split, expected: fitted.size, found: size_of_images(set)? });
        }
        Ok((split, fitted.apply(set)?))
    };
    sets.iter().map(features).collect()
}

/// What equalisation does to an image: the new level for each, and how often the new levels occur.
struct Levels {
    table: [u8; LEVELS],
    counts: Histogram,
}

impl Levels {
    fn of(image: &[u8], equalization: Equalization) -> Self {
        let before = histogram(image);
        let table = match equalization {
            Equalization::None => std::array::from_fn(|level| level as u8),
            Equalization::Global => equalization_table(&before),
        };
        let mut counts = [0; LEVELS];
        for (&level, count) in table.iter().zip(before) {
            counts[usize::from(level)] += count;
        }
        Self { table, counts }
    }
}

/// The size of a set's images, once it is sure that the set holds so many pixels.
fn size_of_images(set: &ImageSet) -> Result<Size, Error> {
    let size = set.size()?;
    let (expected, found) = (set.len() * size.area(), set.images.len());
    if expected != found {
        return Err(Error::PixelCount { split: set.split, expected, found });
    }
    Ok(size)
}

fn resized(image: &[u8], from: Size, to: Size) -> Cow<'_, [u8]> {
    if from == to {
        return Cow::Borrowed(image);
    }
    Cow::Owned(resize(image, from, to))
}
