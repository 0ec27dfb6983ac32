//! What a network's answers are worth on damaged images.

use fer_artifact::{ImageSet, Predictions, Seed, Size};
use fer_eval::{CorruptionScores, Robustness, same_class, score};
use fer_imgproc::{Corruption, Strength, shift, warp};

use crate::{Ensemble, Error};

/// One pixel to each side: to the right, and down.
const NEIGHBOURS: [[f64; 2]; 4] = [[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]];

impl Ensemble {
    /// How often [`Self::robustness`] judges each image.
    pub const ROBUSTNESS_LOOKS: usize = Corruption::ALL.len() * Strength::ALL.len() + 1 + NEIGHBOURS.len();

    /// Damages the images of a labelled set in each way of [`Corruption`], mirrors them, moves them by a pixel, and compares the answers
    /// with `clean`, which are those to the images as they are. `told` is as in [`Self::predict_told`].
    ///
    /// Damaged images are made when the network asks for them: memory does not grow with the set.
    ///
    /// # Errors
    /// As [`Self::predict`].
    pub fn robustness(
        &self,
        set: &ImageSet,
        clean: &Predictions,
        told: &mut dyn FnMut(usize),
    ) -> Result<Robustness, Error> {
        let size = Size::new(set.height, set.width).map_err(fer_imgproc::Error::from)?;
        let mut judge = |change: Box<Change>| self.predict_told(&changed(set, size, change), told);
        let mut corruptions = vec![];
        for corruption in Corruption::ALL {
            let mut accuracy = [0.0; Strength::ALL.len()];
            for (accuracy, strength) in accuracy.iter_mut().zip(Strength::ALL) {
                let damage = move |image: &[u8]| corruption.apply(strength, image, size, Seed::new(0));
                *accuracy = score(&judge(Box::new(damage))?).accuracy;
            }
            let (name, unit, amounts) = (corruption.name(), corruption.unit(), corruption.amounts());
            corruptions.push(CorruptionScores { name, unit, amounts, accuracy });
        }
        let mirror = [[-1.0, 0.0, size.width() as f64 - 1.0], [0.0, 1.0, 0.0]];
        let mirrored = judge(Box::new(move |image| warp(image, size, mirror, size)))?;
        let mut moved = 0.0;
        for neighbour in NEIGHBOURS {
            let answers = judge(Box::new(move |image| shift(image, size, neighbour, size)))?;
            moved += 1.0 - same_class(clean, &answers);
        }
        let accuracies: Vec<f64> = corruptions.iter().flat_map(|scores| scores.accuracy).collect();
        Ok(Robustness {
            accuracy: score(clean).accuracy,
            mean_accuracy: accuracies.iter().sum::<f64>() / accuracies.len() as f64,
            corruptions,
            mirror_consistency: same_class(clean, &mirrored),
            shift_changes: moved / NEIGHBOURS.len() as f64,
        })
    }
}

/// What becomes of a gray image.
type Change = dyn Fn(&[u8]) -> Vec<u8> + Send + Sync;

/// The set with each of its images changed.
fn changed(set: &ImageSet, size: Size, change: Box<Change>) -> ImageSet {
    let area = size.area();
    let all = move |images: &[u8]| images.chunks_exact(area).flat_map(&change).collect();
    ImageSet { images: set.images.map(area, area, all), ..set.clone() }
}
