use fer_artifact::{Fraction, NonNegative, Probability, Seed, Size};
use schemars::JsonSchema;
use serde::de::{Deserializer, Error as _, Unexpected};
use serde::{Deserialize, Serialize};

use crate::blur::{blur, pixels_of_face};
use crate::draw::Draw;

/// Random changes of a training image that leave its expression as it is. Each is off by default.
///
/// Each change draws from a stream of its own, so that switching one on or off leaves the others' numbers as they are.
///
/// Resampling blurs. A network that never sees an image as sharp as those that it will be asked about can lose accuracy
/// on them: `warp` below 1 leaves some as they are.
///
/// Numbers in a feature's units (`brightness`) are those after normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Augmentation {
    /// Probability of a mirror image.
    pub flip: Probability,
    /// Probability that `shift`, `scale` and `rotation` happen, 1 by default; otherwise the pixels are the image's own.
    pub warp: Probability,
    /// Longest shift, either way and in both directions, as a share of the side.
    pub shift: Probability,
    /// Enlarges by a factor from 1 − `scale` to 1 + `scale`.
    pub scale: Fraction,
    /// Largest rotation, either way, in degrees.
    #[serde(deserialize_with = "degrees")]
    #[schemars(range(min = 0, max = 180))]
    pub rotation: f64,
    /// Most that is added to all pixels or taken off them, in the units of the normalised image.
    pub brightness: NonNegative,
    /// Multiplies distances from the image's mean by a factor from 1 − `contrast` to 1 + `contrast`.
    pub contrast: Fraction,
    /// Blurs by a Gaussian. Its deviation is told in pixels of a face of 48×48 and grows with the image.
    #[schemars(extend("examples" = [{"probability": 0.3, "deviation": 2}]))]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(!skip_serializing_if)]
    pub blur: Option<Degradation>,
    /// Adds normal noise to each pixel, in the units of the normalised image.
    #[schemars(extend("examples" = [{"probability": 0.3, "deviation": 0.5}]))]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(!skip_serializing_if)]
    pub noise: Option<Degradation>,
    /// Fills a rectangle with the image's mean.
    pub erasing: Erasing,
}

/// What a poor camera does, now and then.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Degradation {
    /// Probability that it happens.
    #[schemars(example = 0.3)]
    pub probability: Probability,
    /// Largest deviation; each is as likely as any other from 0 on.
    #[schemars(example = 0.5)]
    pub deviation: NonNegative,
}

/// A rectangle of the image that is filled with its mean (Zhong et al., *Random Erasing Data Augmentation*, 2020).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Erasing {
    /// Probability that there is one.
    pub probability: Probability,
    /// Smallest and largest area of the rectangle, as shares of the image's; its sides' ratio is between 3/10 and 10/3.
    #[serde(deserialize_with = "shares")]
    pub area: [Probability; 2],
}

impl Default for Augmentation {
    fn default() -> Self {
        Self {
            flip: Probability::of(0.0),
            warp: Probability::of(1.0),
            shift: Probability::of(0.0),
            scale: Fraction::of(0.0),
            rotation: 0.0,
            brightness: NonNegative::of(0.0),
            contrast: Fraction::of(0.0),
            blur: None,
            noise: None,
            erasing: Erasing::default(),
        }
    }
}

impl Default for Erasing {
    fn default() -> Self {
        Self { probability: Probability::of(0.0), area: [Probability::of(0.02), Probability::of(0.2)] }
    }
}

impl Augmentation {
    /// An image of this size changed at random into one of the size `crop`, at most as high and as wide.
    ///
    /// The changes depend on `place` alone: a seed, the epoch, and the image's row in the source. Geometry is resampled
    /// once, bilinearly, with the border's pixels continued outwards. Without any changes, a random `crop` of the image
    /// is left, pixel by pixel.
    ///
    /// # Panics
    /// If the image has another number of pixels, or fewer rows or columns than `crop`.
    pub fn apply(&self, image: &[f32], size: Size, crop: Size, place: (Seed, usize, u32)) -> Vec<f32> {
        assert_eq!(image.len(), size.area(), "pixels of an image of {size}");
        let fits = crop.height() <= size.height() && crop.width() <= size.width();
        assert!(fits, "a crop of {crop} from an image of {size}");
        let pixels = pixels_of_face(size);
        let [size, crop] = [size, crop].map(|size| [size.height(), size.width()]);
        let streams = Streams { place };
        let view = View::draw(self, size, crop, streams);
        let mut out = view.sample(image, size, crop);
        if let Some(deviation) = self.blur.and_then(|blur| blur.draw(&mut streams.of("blur"))) {
            out = blur(&out, crop, deviation * pixels);
        }
        let mean = out.iter().sum::<f32>() / out.len().max(1) as f32;
        self.shade(&mut out, mean, streams);
        if let Some(noise) = self.noise {
            let mut draw = streams.of("noise");
            if let Some(deviation) = noise.draw(&mut draw) {
                out.iter_mut().for_each(|pixel| *pixel += (deviation * draw.normal()) as f32);
            }
        }
        self.erasing.apply(&mut out, crop, mean, streams.of("erasing"));
        out
    }

    /// Each of the changes that are switched on by itself, made to happen, with its name: to look at.
    pub fn each(&self) -> Vec<(&'static str, Self)> {
        let (off, always) = (Self::default(), Probability::of(1.0));
        let erasing = Erasing { probability: always, ..self.erasing };
        let certain = |change: Degradation| Degradation { probability: always, ..change };
        let strength = |change: Option<Degradation>| {
            change.map_or(0.0, |change| change.probability.get() * change.deviation.get())
        };
        let all = [
            (self.flip.get(), "flip", Self { flip: always, ..off }),
            (self.shift.get(), "shift", Self { shift: self.shift, ..off }),
            (self.scale.get(), "scale", Self { scale: self.scale, ..off }),
            (self.rotation, "rotation", Self { rotation: self.rotation, ..off }),
            (self.brightness.get(), "brightness", Self { brightness: self.brightness, ..off }),
            (self.contrast.get(), "contrast", Self { contrast: self.contrast, ..off }),
            (strength(self.blur), "blur", Self { blur: self.blur.map(certain), ..off }),
            (strength(self.noise), "noise", Self { noise: self.noise.map(certain), ..off }),
            (self.erasing.probability.get(), "erasing", Self { erasing, ..off }),
        ];
        all.into_iter().filter(|(strength, ..)| *strength > 0.0).map(|(_, name, change)| (name, change)).collect()
    }

    fn shade(&self, image: &mut [f32], mean: f32, streams: Streams) {
        if self.contrast.get() > 0.0 || self.brightness.get() > 0.0 {
            let contrast = 1.0 + self.contrast.get() * streams.of("contrast").signed();
            let brightness = self.brightness.get() * streams.of("brightness").signed();
            let (contrast, offset) = (contrast as f32, mean + brightness as f32);
            image.iter_mut().for_each(|pixel| *pixel = (*pixel - mean) * contrast + offset);
        }
    }
}

impl Degradation {
    /// The deviation, if it happens.
    fn draw(&self, draw: &mut Draw) -> Option<f64> {
        let [happens, share] = [draw.unit(), draw.unit()];
        (happens < self.probability.get()).then(|| share * self.deviation.get())
    }
}

impl Erasing {
    fn apply(&self, image: &mut [f32], [height, width]: [usize; 2], mean: f32, mut draw: Draw) {
        let [happens, area, ratio, top, left] = std::array::from_fn(|_| draw.unit());
        if happens >= self.probability.get() {
            return;
        }
        let [low, high] = self.area.map(Probability::get);
        let area = (low + (high - low) * area) * (height * width) as f64;
        let ratio = libm::exp(libm::log(0.3) * (1.0 - 2.0 * ratio));
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
    fn draw(changes: &Augmentation, size: [usize; 2], crop: [usize; 2], streams: Streams) -> Self {
        let mirror = if streams.of("flip").unit() < changes.flip.get() { -1.0 } else { 1.0 };
        let mut crop_draw = streams.of("crop");
        // The crop's place, in whole pixels.
        let corner = [0, 1].map(|axis| (crop_draw.unit() * (size[axis] - crop[axis] + 1) as f64).floor());
        let middle = [0, 1].map(|axis| corner[axis] + (crop[axis] as f64 - 1.0) / 2.0);
        if streams.of("warp").unit() >= changes.warp.get() {
            return Self { center: middle, across: [0.0, mirror], down: [1.0, 0.0] };
        }
        let mut shift_draw = streams.of("shift");
        let shift = [0, 1].map(|axis| changes.shift.get() * size[axis] as f64 * shift_draw.signed());
        let scale = 1.0 + changes.scale.get() * streams.of("scale").signed();
        let (sin, cos) = libm::sincos((changes.rotation * streams.of("rotation").signed()).to_radians());
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

/// The streams of random numbers of one image in one epoch, one for each change.
#[derive(Clone, Copy)]
struct Streams {
    place: (Seed, usize, u32),
}

impl Streams {
    /// The stream of this change.
    fn of(self, change: &str) -> Draw {
        let (seed, epoch, row) = self.place;
        Draw::new(seed.stream(change), (epoch as u64) << 32 | u64::from(row))
    }
}

fn degrees<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    let invalid = || D::Error::invalid_value(Unexpected::Float(value), &"degrees from 0 to 180");
    if (0.0..=180.0).contains(&value) { Ok(value) } else { Err(invalid()) }
}

fn shares<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[Probability; 2], D::Error> {
    let [low, high] = <[Probability; 2]>::deserialize(deserializer)?;
    if low <= high {
        return Ok([low, high]);
    }
    Err(D::Error::custom(format!("expected a smaller share first, found [{low}, {high}]")))
}
