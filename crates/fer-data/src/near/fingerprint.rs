//! What is kept of an image to find those that look like it.

use fer_artifact::Size;

use super::cosines::{COUNT, Rectangle, SIDE, Transform};

/// Smaller images have too little in them to tell a near copy from another face.
const SMALLEST_SIDE: usize = 24;
/// Contrast, as the standard deviation of levels, below which an image shows nothing.
const LEAST_CONTRAST: f32 = 2.0;
/// How alike two images are at least, as wholes, to be near copies; measured in `docs/datasets.md`.
pub(super) const ALIKE: f64 = 0.85;
/// And in their middles, where the expression is: faces of one size in front of one colour are alike as wholes.
pub(super) const ALIKE_IN_THE_MIDDLE: f64 = 0.75;
/// The second view of an image leaves out this part of each side, as another cropping of the same picture would.
const CROPPED: usize = 16;
/// The middle of a view lacks this part of each side.
const OUTSIDE: usize = 6;

/// Bits of a hash.
pub(super) const BITS: usize = u64::BITS as usize;
/// The coefficients whose signs are the bits of a hash: the lowest waves first, without the constant.
const LOWEST: [usize; BITS] = lowest();
/// The bits that change in a mirror: those of the waves that are odd from left to right.
pub(super) const MIRROR: u64 = mirror();

const fn lowest() -> [usize; BITS] {
    let mut places = [0; BITS];
    // The square of the frequency, and then the place; the constant alone has 0.
    let (mut bit, mut last) = (0, 0);
    while bit < BITS {
        let (mut place, mut next) = (0, usize::MAX);
        while place < COUNT {
            let (vertical, horizontal) = (place / SIDE, place % SIDE);
            let key = (vertical * vertical + horizontal * horizontal) * COUNT + place;
            if key > last && key < next {
                next = key;
            }
            place += 1;
        }
        (places[bit], last) = (next % COUNT, next);
        bit += 1;
    }
    places
}

const fn mirror() -> u64 {
    let (mut bit, mut mask) = (0, 0);
    while bit < BITS {
        mask |= ((LOWEST[bit] % SIDE % 2) as u64) << bit;
        bit += 1;
    }
    mask
}

/// An image in a few numbers that noise, compression, brightness and contrast hardly change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    pub(super) whole: View,
    /// The image cropped a little.
    pub(super) crop: View,
}

/// How alike two images are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Likeness {
    /// The cosine between the two; 1 for images that differ in brightness and contrast alone.
    pub(super) value: f64,
    /// One is like the mirror image of the other.
    pub(super) mirrored: bool,
}

impl Fingerprint {
    /// How alike two images are, if they are near copies of each other: as they are, or one cropped.
    pub(super) fn likeness(&self, other: &Self) -> Option<Likeness> {
        let views = [(&self.whole, &other.whole), (&self.crop, &other.whole), (&self.whole, &other.crop)];
        let found = views.into_iter().filter_map(|(one, other)| one.likeness(other));
        found.reduce(|best, other| if other.value > best.value { other } else { best })
    }
}

/// A view of an image: of all of it, or of a crop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    /// Signs of the lowest waves.
    pub(super) hash: u64,
    all: Waves,
    middle: Waves,
}

impl View {
    pub(super) fn likeness(&self, other: &Self) -> Option<Likeness> {
        let middle = || self.middle.cosines(&other.middle);
        let is_alike =
            |value: f64, mirrored: bool| value >= ALIKE && middle()[usize::from(mirrored)] >= ALIKE_IN_THE_MIDDLE;
        let [as_it_is, mirrored] = self.all.cosines(&other.all);
        let found =
            [(as_it_is, false), (mirrored, true)].into_iter().filter(|&(value, mirrored)| is_alike(value, mirrored));
        found
            .map(|(value, mirrored)| Likeness { value, mirrored })
            .reduce(|best, other| if other.value > best.value { other } else { best })
    }

    /// How sure the bit of a hash is: the weight of its wave.
    pub(super) fn certainty(&self, bit: usize) -> u8 {
        self.all.values[placed(LOWEST[bit])].unsigned_abs()
    }
}

/// Coefficients, each times its frequency, so that fine and coarse structure count alike; scaled to whole numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Waves {
    /// The waves that are even from left to right, and then the odd ones.
    values: [i8; COUNT],
    /// Sum of their squares.
    square: u32,
}

/// Place of a coefficient among the values.
const fn placed(place: usize) -> usize {
    place % 2 * (COUNT / 2) + place / 2
}

impl Waves {
    fn new(weighted: &[f32; COUNT]) -> Self {
        let largest = weighted.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let mut values = [0; COUNT];
        for (place, value) in weighted.iter().enumerate() {
            values[placed(place)] = (127.0 * value / largest).round() as i8;
        }
        let square = product(&values, &values).unsigned_abs();
        Self { values, square }
    }

    /// The cosine with another, and with the mirror image of another.
    fn cosines(&self, other: &Self) -> [f64; 2] {
        let ((even, odd), (other_even, other_odd)) =
            (self.values.split_at(COUNT / 2), other.values.split_at(COUNT / 2));
        let (even, odd) = (product(even, other_even), product(odd, other_odd));
        let length = (f64::from(self.square) * f64::from(other.square)).sqrt();
        [even + odd, even - odd].map(|product| f64::from(product) / length)
    }
}

fn product(one: &[i8], other: &[i8]) -> i32 {
    one.iter().zip(other).map(|(&a, &b)| i32::from(i16::from(a) * i16::from(b))).sum()
}

/// Makes the fingerprints of images of one size.
#[derive(Debug)]
pub(crate) struct Fingerprinter {
    width: usize,
    whole: [Transform; 2],
    crop: [Transform; 2],
}

impl Fingerprinter {
    /// `None` for images that are too small.
    pub(crate) fn new(size: Size) -> Option<Self> {
        let view = |part: Rectangle| [Transform::new(part), Transform::new(part.without(OUTSIDE))];
        let whole = Rectangle::whole(size);
        let is_large = size.height().min(size.width()) >= SMALLEST_SIDE;
        is_large.then(|| Self { width: size.width(), whole: view(whole), crop: view(whole.without(CROPPED)) })
    }

    /// The fingerprint of an image; `None` if it shows nothing.
    pub(crate) fn of(&self, pixels: &[u8]) -> Option<Fingerprint> {
        let view = |[all, middle]: &[Transform; 2]| {
            let (hash, all) = self.waves(all, pixels)?;
            Some(View { hash, all, middle: self.waves(middle, pixels)?.1 })
        };
        Some(Fingerprint { whole: view(&self.whole)?, crop: view(&self.crop)? })
    }

    fn waves(&self, transform: &Transform, pixels: &[u8]) -> Option<(u64, Waves)> {
        let mut values = transform.of(pixels, self.width);
        values[0] = 0.0;
        let energy: f32 = values.iter().map(|value| value * value).sum();
        if energy < LEAST_CONTRAST * LEAST_CONTRAST * transform.area() as f32 {
            return None;
        }
        let hash = LOWEST.iter().enumerate().map(|(bit, &place)| u64::from(values[place] > 0.0) << bit).sum();
        for (place, value) in values.iter_mut().enumerate() {
            let (vertical, horizontal) = (place / SIDE, place % SIDE);
            *value *= ((vertical * vertical + horizontal * horizontal) as f32).sqrt();
        }
        Some((hash, Waves::new(&values)))
    }
}
