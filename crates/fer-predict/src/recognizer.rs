use fer_artifact::Tta;
use fer_eval::probabilities;

use crate::look::{Eye, whole};
use crate::{Crop, Ensemble, Error, Look, Picture, Place, Size};

/// Finds the faces of pictures and judges them.
#[derive(Debug)]
pub struct Recognizer {
    ensemble: Ensemble,
    eye: Eye,
    size: Size,
}

/// A face that is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Face {
    /// Where it is in the picture, if it was looked for.
    pub place: Option<Place>,
    /// A probability for each class, in the order of [`Recognizer::classes`]; they sum to 1.
    pub probabilities: Vec<f64>,
}

impl Recognizer {
    /// Judges by these networks.
    ///
    /// # Errors
    /// [`Error::Size`] if the networks take images of different sizes, [`Error::NoDetector`] if faces are to be found
    /// without the feature `faces`.
    pub fn new(ensemble: Ensemble, look: Look) -> Result<Self, Error> {
        let size = ensemble.size()?;
        Ok(Self { ensemble, eye: Eye::new(look)?, size })
    }

    /// Class names in the order of a face's probabilities.
    pub fn classes(&self) -> &[String] {
        self.ensemble.classes()
    }

    /// Size of a crop.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Whether the networks can look at crops in this way.
    ///
    /// # Errors
    /// [`Error::Model`] for [`Tta::TenCrop`] if a network takes no other size than its own.
    pub fn allows(&self, tta: Tta) -> Result<(), Error> {
        self.ensemble.allows(tta)
    }

    /// The faces of a picture, from left to right, not judged yet; or the whole picture as one.
    pub fn crops(&self, picture: Picture) -> Vec<Crop> {
        self.eye.crops(picture, self.size)
    }

    /// The faces near these places, from left to right, not judged yet: in a video, where the faces were a frame before.
    /// That takes a fraction of the time of [`Self::crops`]; faces elsewhere are not seen.
    pub fn crops_near(&self, picture: Picture, places: &[Place]) -> Vec<Crop> {
        self.eye.crops_near(picture, places, self.size)
    }

    /// The whole picture as one face, however pictures are looked at, not judged yet.
    pub fn whole(&self, picture: Picture) -> Crop {
        whole(picture, self.size)
    }

    /// The faces of these crops, which may come from several pictures.
    ///
    /// # Errors
    /// [`Error::Model`] if a network fails, [`Error::Pixels`] for a crop that a recognizer of another size made.
    pub fn judge(&self, crops: &[&Crop]) -> Result<Vec<Face>, Error> {
        Ok(self.judged(crops, &self.ensemble.logits(&self.pixels(crops)?, self.size)?))
    }

    /// [`Self::judge`], once, looking at each crop in this way, whatever [`Ensemble::with_tta`] chose.
    ///
    /// # Errors
    /// As [`Self::judge`] and [`Self::allows`].
    pub fn judge_by(&self, tta: Tta, crops: &[&Crop]) -> Result<Vec<Face>, Error> {
        Ok(self.judged(crops, &self.ensemble.logits_by(tta, &self.pixels(crops)?, self.size)?))
    }

    fn judged(&self, crops: &[&Crop], logits: &[f32]) -> Vec<Face> {
        let answers = logits.chunks(self.classes().len());
        let face = |(crop, logits): (&&Crop, _)| Face { place: crop.place(), probabilities: probabilities(logits) };
        crops.iter().zip(answers).map(face).collect()
    }

    /// The faces of a picture, from left to right: [`Self::crops`] and [`Self::judge`].
    ///
    /// # Errors
    /// [`Error::Model`] if a network fails.
    pub fn faces(&self, picture: Picture) -> Result<Vec<Face>, Error> {
        self.judge(&self.crops(picture).iter().collect::<Vec<_>>())
    }

    /// Where each crop speaks for a class, one class for each crop: `height * width` values of [`Self::size`], row by row,
    /// from 0 to 1 ([`Ensemble::heat_maps`]).
    ///
    /// # Errors
    /// As [`Self::judge`]; [`Error::Model`] also for a network without convolutions.
    ///
    /// # Panics
    /// If there are not as many classes as crops, or a class is none of the networks'.
    pub fn heat_maps(&self, crops: &[&Crop], classes: &[usize]) -> Result<Vec<Vec<f32>>, Error> {
        self.ensemble.heat_maps(&self.pixels(crops)?, self.size, classes)
    }

    fn pixels(&self, crops: &[&Crop]) -> Result<Vec<u8>, Error> {
        let (size, area) = (self.size, self.size.area());
        match crops.iter().find(|crop| crop.pixels().len() != area) {
            Some(crop) => Err(fer_imgproc::Error::Pixels { size, found: crop.pixels().len() }.into()),
            None => Ok(crops.iter().map(|crop| crop.pixels()).collect::<Vec<_>>().concat()),
        }
    }
}

impl Face {
    /// The class of the highest probability; of equal ones the first.
    pub fn top(&self) -> usize {
        let of = &self.probabilities;
        (1..of.len()).fold(0, |best, class| if of[class] > of[best] { class } else { best })
    }
}
