use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::de::{Deserializer, Error as _, Unexpected};
use serde::{Deserialize, Serialize};

use fer_artifact::Seed;

/// Random changes of a training image that leave its expression as it is. All of them are off by default.
///
/// Resampling blurs. A network that never sees an image as sharp as those that it will be asked about can lose accuracy
/// on them: `warp` below 1 leaves some as they are.
///
/// Numbers in a feature's units (`brightness`) are those after normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Augmentation {
    /// Probability of a mirror image.
    #[serde(deserialize_with = "probability")]
    pub flip: f64,
    /// Probability that `shift`, `scale` and `rotation` happen, 1 by default; otherwise the pixels are the image's own.
    #[serde(deserialize_with = "probability")]
    pub warp: f64,
    /// Longest shift, either way and in both directions, as a share of the side.
    #[serde(deserialize_with = "probability")]
    pub shift: f64,
    /// Enlarges by a factor from 1 − `scale` to 1 + `scale`.
    #[serde(deserialize_with = "below_one")]
    pub scale: f64,
    /// Largest rotation, either way, in degrees.
    #[serde(deserialize_with = "degrees")]
    pub rotation: f64,
    /// Most that is added to all pixels or taken off them.
    #[serde(deserialize_with = "from_zero")]
    pub brightness: f64,
    /// Multiplies distances from the image's mean by a factor from 1 − `contrast` to 1 + `contrast`.
    #[serde(deserialize_with = "below_one")]
    pub contrast: f64,
    /// Fills a rectangle with the image's mean.
    pub erasing: Erasing,
}

/// A rectangle of the image that is filled (Zhong et al., *Random Erasing Data Augmentation*, 2020).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Erasing {
    /// Probability that there is one.
    #[serde(deserialize_with = "probability")]
    pub probability: f64,
    /// Its area is drawn between these shares of the image's; its sides' ratio between 3/10 and 10/3.
    #[serde(deserialize_with = "shares")]
    pub area: [f64; 2],
}

impl Default for Augmentation {
    fn default() -> Self {
        Self {
            flip: 0.0,
            warp: 1.0,
            shift: 0.0,
            scale: 0.0,
            rotation: 0.0,
            brightness: 0.0,
            contrast: 0.0,
            erasing: Erasing::default(),
        }
    }
}

impl Default for Erasing {
    fn default() -> Self {
        Self { probability: 0.0, area: [0.02, 0.2] }
    }
}

impl Augmentation {
    /// An image `[height, width]` changed at random into one of `crop` rows and columns, at most as many as it has.
    ///
    /// The changes depend on `seed`, `epoch` and `row` (the image's row in the source) alone. Geometry is resampled
    /// once, bilinearly, with the border's pixels continued outwards. Without any changes, a random `crop` of the image
    /// is left, pixel by pixel.
    ///
    /// # Panics
    /// If the image has not `height · width` pixels, or fewer rows or columns than `crop`.
    pub fn apply(
        &self,
        image: &[f32],
        [height, width]: [usize; 2],
        crop: [usize; 2],
        (seed, epoch, row): (Seed, usize, u32),
    ) -> Vec<f32> {
        assert_eq!(image.len(), height * width, "pixels of an image of {height}×{width}");
        assert!(crop[0] <= height && crop[1] <= width, "a crop of {crop:?} from an image of {height}×{width}");
        let mut draw = Draw::new(seed, epoch, row);
        let view = View::draw(self, [height, width], crop, &mut draw);
        let mut out = view.sample(image, [height, width], crop);
        let mean = out.iter().sum::<f32>() / out.len().max(1) as f32;
        self.shade(&mut out, mean, &mut draw);
        self.erasing.apply(&mut out, crop, mean, &mut draw);
        out
    }

    fn shade(&self, image: &mut [f32], mean: f32, draw: &mut Draw) {
        let (contrast, brightness) = (1.0 + self.contrast * draw.signed(), self.brightness * draw.signed());
        if self.contrast > 0.0 || self.brightness > 0.0 {
            let (contrast, offset) = (contrast as f32, mean + brightness as f32);
            image.iter_mut().for_each(|pixel| *pixel = (*pixel - mean) * contrast + offset);
        }
    }
}

impl Erasing {
    fn apply(&self, image: &mut [f32], [height, width]: [usize; 2], mean: f32, draw: &mut Draw) {
        let [happens, area, ratio, top, left] = std::array::from_fn(|_| draw.unit());
        if happens >= self.probability {
            return;
        }
        let area = (self.area[0] + (self.area[1] - self.area[0]) * area) * (height * width) as f64;
        let ratio = (0.3f64.ln() * (1.0 - 2.0 * ratio)).exp();
        let side = |length: f64, most: usize| (length.round() as usize).clamp(1, most);
        let (rows, columns) = (side((area * ratio).sqrt(), height), side((area / ratio).sqrt(), width));
        let first = |share: f64, free: usize| (share * (free + 1) as f64) as usize;
        let (top, left) = (first(top, height - rows), first(left, width - columns));
        for line in image.chunks_exact_mut(width).skip(top).take(rows) {
            line[left..left + columns].fill(mean);
        }
    }
}

/// Where an output pixel looks in the image: a point, and its steps along a row and down a column.
struct View {
    center: [f64; 2],
    /// Steps (down, across) in the image for a step across the output.
    across: [f64; 2],
    /// And for a step down.
    down: [f64; 2],
}

impl View {
    fn draw(changes: &Augmentation, size: [usize; 2], crop: [usize; 2], draw: &mut Draw) -> Self {
        let mirror = if draw.unit() < changes.flip { -1.0 } else { 1.0 };
        let shift = [0, 1].map(|axis| changes.shift * size[axis] as f64 * draw.signed());
        let scale = 1.0 + changes.scale * draw.signed();
        let (sin, cos) = (changes.rotation * draw.signed()).to_radians().sin_cos();
        // The crop's place, in whole pixels.
        let corner = [0, 1].map(|axis| (draw.unit() * (size[axis] - crop[axis] + 1) as f64).floor());
        let middle = [0, 1].map(|axis| corner[axis] + (crop[axis] as f64 - 1.0) / 2.0);
        if changes.warp < 1.0 && draw.unit() >= changes.warp {
            return Self { center: middle, across: [0.0, mirror], down: [1.0, 0.0] };
        }
        let center = [0, 1].map(|axis| middle[axis] + shift[axis]);
        Self { center, across: [-sin * mirror / scale, cos * mirror / scale], down: [cos / scale, sin / scale] }
    }

    fn sample(&self, image: &[f32], size: [usize; 2], crop: [usize; 2]) -> Vec<f32> {
        let mut out = Vec::with_capacity(crop[0] * crop[1]);
        let middle = crop.map(|side| (side as f64 - 1.0) / 2.0);
        for row in 0..crop[0] {
            for column in 0..crop[1] {
                let (down, across) = (row as f64 - middle[0], column as f64 - middle[1]);
                let at = [0, 1].map(|axis| self.center[axis] + down * self.down[axis] + across * self.across[axis]);
                out.push(bilinear(image, size, at));
            }
        }
        out
    }
}

/// The image between its pixels; beyond its border, the border.
fn bilinear(image: &[f32], [height, width]: [usize; 2], [y, x]: [f64; 2]) -> f32 {
    let split = |at: f64, side: usize| {
        let at = at.clamp(0.0, (side - 1) as f64);
        let first = at as usize;
        (first, (first + 1).min(side - 1), (at - first as f64) as f32)
    };
    let ((top, bottom, down), (left, right, across)) = (split(y, height), split(x, width));
    let between = |row: usize| {
        let (a, b) = (image[row * width + left], image[row * width + right]);
        a + across * (b - a)
    };
    let (upper, lower) = (between(top), between(bottom));
    upper + down * (lower - upper)
}

/// Numbers for one image in one epoch.
struct Draw(ChaCha8Rng);

impl Draw {
    fn new(seed: Seed, epoch: usize, row: u32) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed.value());
        generator.set_stream((epoch as u64) << 32 | u64::from(row));
        Self(generator)
    }

    /// From 0 to below 1.
    fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// From −1 to below 1.
    fn signed(&mut self) -> f64 {
        2.0 * self.unit() - 1.0
    }
}

fn checked<'de, D: Deserializer<'de>>(
    deserializer: D,
    expected: &'static str,
    holds: impl Fn(f64) -> bool,
) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if holds(value) { Ok(value) } else { Err(D::Error::invalid_value(Unexpected::Float(value), &expected)) }
}

fn probability<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    checked(deserializer, "a number from 0 to 1", |value| (0.0..=1.0).contains(&value))
}

fn below_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    checked(deserializer, "a number from 0 to below 1", |value| (0.0..1.0).contains(&value))
}

fn degrees<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    checked(deserializer, "degrees from 0 to 180", |value| (0.0..=180.0).contains(&value))
}

fn from_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    checked(deserializer, "a number from 0", |value| value >= 0.0 && value.is_finite())
}

fn shares<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[f64; 2], D::Error> {
    let [low, high] = <[f64; 2]>::deserialize(deserializer)?;
    let outside = [low, high].into_iter().find(|share| !(0.0..=1.0).contains(share));
    match outside {
        Some(share) => Err(D::Error::invalid_value(Unexpected::Float(share), &"a share from 0 to 1")),
        None if low > high => Err(D::Error::custom(format!("expected a smaller share first, found [{low}, {high}]"))),
        None => Ok([low, high]),
    }
}
