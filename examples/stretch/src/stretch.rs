use serde::{Deserialize, Serialize};

/// Between which percentiles of an image's levels its contrast is stretched, each in percent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Stretch {
    /// What becomes 0, as all below it does.
    pub(crate) low: f64,
    /// What becomes 1, as all above it does.
    pub(crate) high: f64,
}

impl Default for Stretch {
    fn default() -> Self {
        Self { low: 2.0, high: 98.0 }
    }
}

impl Stretch {
    /// The image's levels, 0 to 1. An image of one level becomes 0 all over.
    pub(crate) fn apply(&self, image: &[u8]) -> Vec<f32> {
        let mut sorted = image.to_vec();
        sorted.sort_unstable();
        let (low, high) = (percentile(&sorted, self.low), percentile(&sorted, self.high));
        let range = (high - low).max(1.0);
        image.iter().map(|&level| ((f32::from(level) - low) / range).clamp(0.0, 1.0)).collect()
    }
}

/// The nearest-rank percentile: the smallest level that is not below `percent` of them.
fn percentile(sorted: &[u8], percent: f64) -> f32 {
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    f32::from(sorted[rank.clamp(1, sorted.len()) - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_stretched_between_their_percentiles() {
        let image = [10, 20, 30, 40, 50, 60, 70, 80, 90, 255];
        let stretch = Stretch { low: 20.0, high: 90.0 };
        // The 2nd and the 9th of ten: 20 and 90.
        let expected = [0.0, 0.0, 1.0 / 7.0, 2.0 / 7.0, 3.0 / 7.0, 4.0 / 7.0, 5.0 / 7.0, 6.0 / 7.0, 1.0, 1.0];
        let found = stretch.apply(&image);
        assert!(found.iter().zip(expected).all(|(a, b): (&f32, f32)| (a - b).abs() < 1e-6), "{found:?}");
    }

    #[test]
    fn an_image_of_one_level_becomes_zero() {
        assert_eq!(Stretch::default().apply(&[200; 9]), [0.0; 9]);
    }
}
