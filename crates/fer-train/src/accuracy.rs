use candle_core::{Device, Tensor};
use fer_artifact::FeatureSet;
use fer_model::{Mode, Network};

use crate::Error;

/// Images at once; no result depends on it but for the last bits of sums.
const BATCH: usize = 256;

/// How many images of the set the network classifies rightly, in evaluation; the first of equal logits counts.
pub(crate) fn correct(network: &Network, set: &FeatureSet) -> Result<usize, Error> {
    let mut correct = 0;
    for start in (0..set.len()).step_by(BATCH) {
        let range = start..set.len().min(start + BATCH);
        let (labels, images) = (&set.labels[range.clone()], set.images_of(range)?);
        let shape = (labels.len(), 1, set.height, set.width);
        let images = Tensor::from_vec(images.into_owned(), shape, &Device::Cpu)?;
        let logits = network.forward(&images, Mode::Evaluate)?.to_vec2::<f32>()?;
        correct += logits.iter().zip(labels).filter(|(row, label)| largest(row) == usize::from(**label)).count();
    }
    Ok(correct)
}

/// Index of the first largest number.
fn largest(row: &[f32]) -> usize {
    (0..row.len()).fold(0, |best, index| if row[index] > row[best] { index } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equals_is_the_largest() {
        assert_eq!(largest(&[0.0, 2.0, 2.0, -1.0]), 1);
        assert_eq!(largest(&[1.0, 1.0]), 0);
    }
}
