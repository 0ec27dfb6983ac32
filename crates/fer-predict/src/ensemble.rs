use std::path::Path;

use fer_artifact::{FeatureSet, ImageSet, Model, Predictions, Size, Tta, read_bytes};
use fer_eval::{Example, average, examples_with};

use crate::member::Member;
use crate::{Error, ModelSource};

/// One trained network, or several that answer together: the mean of their probabilities.
#[derive(Debug)]
pub struct Ensemble {
    members: Vec<Member>,
    classes: Vec<String>,
}

impl Ensemble {
    /// The network that is part of this crate, a `face-resnet` on faces of 48×48 pixels that knows the seven classes of
    /// FER2013 ([`fer_artifact::FER2013_CLASSES`]).
    pub fn built_in() -> Self {
        Self::read(&[ModelSource::DEFAULT]).expect("the model in the program can be used")
    }

    /// Reads models: files, as train leaves them or `fer export-model` writes them, and such as are built in, by their names
    /// ([`ModelSource::of`]).
    ///
    /// # Errors
    /// [`Error::UnknownModel`] for a path to nothing that is no such name, and as [`Self::read`].
    pub fn open<P: AsRef<Path>>(paths: &[P]) -> Result<Self, Error> {
        Self::read(&paths.iter().map(|path| ModelSource::of(path.as_ref())).collect::<Result<Vec<_>, _>>()?)
    }

    /// Reads models.
    ///
    /// # Errors
    /// [`Error::NoModel`] for none at all; [`Error::Artifact`] for a file that is no model,
    /// [`Error::Preprocessing`], [`Error::ImageSize`] or [`Error::Model`] for one that cannot be used; and
    /// [`Error::Classes`] for models that do not know the same classes in the same order.
    pub fn read(sources: &[ModelSource]) -> Result<Self, Error> {
        let member = |source: &ModelSource| Self::member(source.name(), source.read()?);
        Self::of(sources.iter().map(member).collect::<Result<_, _>>()?)
    }

    /// Reads a model that lies in memory; `name` stands in messages.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn from_bytes(name: &Path, bytes: &[u8]) -> Result<Self, Error> {
        Self::of(vec![Self::member(name, read_bytes(name, bytes)?)?])
    }

    fn member(name: &Path, model: Model) -> Result<(Member, Vec<String>), Error> {
        Ok((Member::new(name, &model)?, model.classes))
    }

    fn of(models: Vec<(Member, Vec<String>)>) -> Result<Self, Error> {
        let Some((first, classes)) = models.first() else { return Err(Error::NoModel) };
        if let Some((other, found)) = models.iter().find(|(_, found)| found != classes) {
            let (model, first) = (other.name.clone(), first.name.clone());
            return Err(Error::Classes { model, first, expected: classes.clone(), found: found.clone() });
        }
        let classes = classes.clone();
        Ok(Self { members: models.into_iter().map(|(member, _)| member).collect(), classes })
    }

    /// The same networks, looking at each image in this way.
    ///
    /// # Errors
    /// [`Error::Model`] for crops if a network takes no other size than its own.
    pub fn with_tta(self, tta: Tta) -> Result<Self, Error> {
        let members = self.members.into_iter().map(|member| member.with_tta(tta)).collect::<Result<_, _>>()?;
        Ok(Self { members, ..self })
    }

    /// Whether the networks can look at images in this way.
    ///
    /// # Errors
    /// [`Error::Model`] for crops if a network takes no other size than its own.
    pub fn allows(&self, tta: Tta) -> Result<(), Error> {
        self.members.iter().try_for_each(|member| member.allows(tta))
    }

    /// The images of a set as the first of the networks sees them.
    ///
    /// # Errors
    /// [`Error::Pixels`] for a set that contradicts itself.
    pub fn features(&self, set: &ImageSet) -> Result<FeatureSet, Error> {
        self.members[0].features(set)
    }

    /// A few answers of each class with heat maps, [`fer_eval::examples_with`]; none where a network has no heat maps or the networks take
    /// images of different sizes.
    ///
    /// # Errors
    /// As [`Self::heat_maps`].
    pub fn examples(&self, set: &ImageSet, predictions: &Predictions) -> Result<Vec<Example>, Error> {
        examples_with(predictions, |chosen, classes| {
            let size = Size::new(set.height, set.width).map_err(fer_imgproc::Error::from)?;
            let pixels = set.images.gather(size.area(), chosen)?;
            match self.heat_maps(&pixels, size, classes) {
                Err(Error::Size { .. }) => Ok(None),
                Err(Error::Model { source, .. }) if source.is_without_maps() => Ok(None),
                maps => maps.map(Some),
            }
        })
    }

    /// Class names in the order of the logits.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The size of images that all of the networks take.
    ///
    /// # Errors
    /// [`Error::Size`] if they take images of different sizes. Such an ensemble can answer ([`Self::logits`]), as each
    /// network resizes images for itself; but faces are cropped at one size, and heat maps added up pixel by pixel.
    pub fn size(&self) -> Result<Size, Error> {
        let (first, size) = (&self.members[0], self.members[0].size());
        match self.members.iter().find(|member| member.size() != size) {
            None => Ok(size),
            Some(other) => {
                let (model, first) = (other.name.clone(), first.name.clone());
                Err(Error::Size { model, first, expected: size, found: other.size() })
            }
        }
    }

    /// Logits `[N, classes]` of gray images `[N, height, width]` of this size, 0 black to 255 white, of which nothing
    /// else need be known; their softmax is the mean of the networks' softmaxes.
    ///
    /// # Errors
    /// [`Error::Pixels`] unless there are as many pixels as make whole images, [`Error::Model`] if a network fails.
    pub fn logits(&self, pixels: &[u8], size: Size) -> Result<Vec<f32>, Error> {
        self.together(|member| member.logits(pixels, size, None))
    }

    /// [`Self::logits`] of one call that looks at each image in this way, whatever [`Self::with_tta`] chose.
    ///
    /// # Errors
    /// As [`Self::logits`] and [`Self::with_tta`].
    pub fn logits_by(&self, tta: Tta, pixels: &[u8], size: Size) -> Result<Vec<f32>, Error> {
        self.together(|member| member.logits(pixels, size, Some(tta)))
    }

    /// The mean of what the networks answer.
    fn together(&self, logits: impl FnMut(&Member) -> Result<Vec<f32>, Error>) -> Result<Vec<f32>, Error> {
        let answers = self.members.iter().map(logits).collect::<Result<Vec<_>, _>>()?;
        let answers: Vec<&[f32]> = answers.iter().map(Vec::as_slice).collect();
        Ok(average(&answers, self.classes.len()))
    }

    /// [`Self::logits`] of a labelled set, with its labels and rows; a batch of its images is in memory at a time.
    ///
    /// # Errors
    /// As [`Self::logits`], and [`Error::Model`] if the set is not of the models' classes.
    pub fn predict(&self, set: &ImageSet) -> Result<Predictions, Error> {
        self.predict_told(set, &mut |_| {})
    }

    /// [`Self::predict`], which tells after each batch how many images it has had; each model has all of them once.
    ///
    /// # Errors
    /// As [`Self::predict`].
    pub fn predict_told(&self, set: &ImageSet, told: &mut dyn FnMut(usize)) -> Result<Predictions, Error> {
        let &ImageSet { split, height, width, .. } = set;
        let model = &self.members[0].name;
        if set.classes != self.classes {
            let (expected, found) = (self.classes.clone(), set.classes.clone());
            return Err(Error::of_model(model)(fer_eval::Error::Classes { split, expected, found }));
        }
        let logits = if set.is_empty() {
            vec![]
        } else {
            let size = Size::new(height, width).map_err(fer_imgproc::Error::from)?;
            let (expected, found) = (set.len() * size.area(), set.images.len());
            if expected != found {
                return Err(fer_imgproc::Error::PixelCount { split, expected, found }.into());
            }
            self.together(|member| member.logits_of_set(set, size, told)).map_err(|error| with_row(error, set))?
        };
        let (classes, labels, rows) = (self.classes.clone(), set.labels.clone(), set.rows.clone());
        Ok(Predictions {
            classes,
            split,
            logits,
            labels,
            rows,
            origins: set.origins.clone(),
            targets: set.targets.clone(),
        })
    }

    /// A heat map for each gray image `[N, height, width]` and its class, `height * width` values of [`Self::size`]: the
    /// mean of the networks' heat maps, of each of which the largest value is 1 ([`fer_eval::Predictor::heat_maps`]).
    ///
    /// # Errors
    /// As [`Self::logits`] and [`Self::size`]; [`Error::Model`] also for a network without convolutions.
    ///
    /// # Panics
    /// If there are not as many classes as images, or a class is none of the networks'.
    pub fn heat_maps(&self, pixels: &[u8], size: Size, classes: &[usize]) -> Result<Vec<Vec<f32>>, Error> {
        assert_eq!(pixels.len() / size.area(), classes.len(), "a class an image");
        let mut means = vec![vec![0.0; self.size()?.area()]; classes.len()];
        for member in &self.members {
            for (mean, heat) in means.iter_mut().zip(member.heat_maps(pixels, size, classes)?) {
                mean.iter_mut().zip(heat).for_each(|(mean, heat)| *mean += heat / self.members.len() as f32);
            }
        }
        Ok(means)
    }
}

/// An error that counts images, as one that names the image's row.
fn with_row(error: Error, set: &ImageSet) -> Error {
    match error {
        Error::Model { model, source: fer_eval::Error::NotFiniteImage { image, found } } => {
            let source = fer_eval::Error::NotFinite { split: set.split, row: set.rows[image], found };
            Error::Model { model, source }
        }
        other => other,
    }
}
