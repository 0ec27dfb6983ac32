//! The lowest waves of a rectangle of pixels: the corner of its discrete cosine transform.

use fer_artifact::Size;

/// Waves of each direction: from none to eleven half waves over the rectangle.
pub(super) const SIDE: usize = 12;
/// Coefficients, `[vertical, horizontal]`.
pub(super) const COUNT: usize = SIDE * SIDE;

/// A part of an image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rectangle {
    pub(super) top: usize,
    pub(super) left: usize,
    pub(super) size: Size,
}

impl Rectangle {
    /// All of an image.
    pub(super) fn whole(size: Size) -> Self {
        Self { top: 0, left: 0, size }
    }

    /// The same without this share of height and width at each side, rounded down to whole pixels.
    pub(super) fn without(self, one_in: usize) -> Self {
        let (rows, columns) = (self.size.height() / one_in, self.size.width() / one_in);
        let size = Size::new(self.size.height() - 2 * rows, self.size.width() - 2 * columns);
        Self { top: self.top + rows, left: self.left + columns, size: size.expect("a part of the sides is left") }
    }
}

/// The transform of one rectangle: orthonormal DCT-II, as OpenCV's `dct`, of which the lowest coefficients are computed.
#[derive(Debug)]
pub(super) struct Transform {
    part: Rectangle,
    vertical: Vec<[f32; SIDE]>,
    horizontal: Vec<[f32; SIDE]>,
}

impl Transform {
    pub(super) fn new(part: Rectangle) -> Self {
        Self { part, vertical: cosines(part.size.height()), horizontal: cosines(part.size.width()) }
    }

    /// Height times width.
    pub(super) fn area(&self) -> usize {
        self.part.size.area()
    }

    /// The coefficients of the rectangle in an image with rows of `width` pixels. A wave is even or odd about the middle, so
    /// the two pixels that lie as far from it are added and subtracted once for all waves.
    pub(super) fn of(&self, pixels: &[u8], width: usize) -> [f32; COUNT] {
        let Rectangle { top, left, size } = self.part;
        let row = |index: usize| &pixels[(top + index) * width + left..][..size.width()];
        let mut lines = vec![0.0; SIDE * size.width()];
        let mut both = [vec![0.0; size.width()], vec![0.0; size.width()]];
        for (index, waves) in self.vertical.iter().enumerate() {
            let other = size.height() - 1 - index;
            for (column, (&one, &two)) in row(index).iter().zip(row(other)).enumerate() {
                let [sum, difference] = folded(f32::from(one), f32::from(two), index == other);
                (both[0][column], both[1][column]) = (sum, difference);
            }
            for (wave, line) in lines.chunks_exact_mut(size.width()).enumerate() {
                let folded = both[wave % 2].iter();
                line.iter_mut().zip(folded).for_each(|(sum, value)| *sum += waves[wave] * value);
            }
        }
        let mut coefficients = [0.0; COUNT];
        for (line, sums) in lines.chunks_exact(size.width()).zip(coefficients.chunks_exact_mut(SIDE)) {
            for (index, waves) in self.horizontal.iter().enumerate() {
                let other = size.width() - 1 - index;
                let both = folded(line[index], line[other], index == other);
                // Even waves meet the sum, odd ones the difference.
                let values: [f32; SIDE] = std::array::from_fn(|wave| both[wave % 2]);
                sums.iter_mut().zip(waves).zip(values).for_each(|((sum, wave), value)| *sum += wave * value);
            }
        }
        coefficients
    }
}

/// Sum and difference of two values; of the middle one of an odd number, itself and nothing.
fn folded(one: f32, two: f32, same: bool) -> [f32; 2] {
    if same { [one, 0.0] } else { [one + two, one - two] }
}

/// The waves over the first half of so many places.
fn cosines(length: usize) -> Vec<[f32; SIDE]> {
    let wave = |place: usize, wave: usize| {
        let scale = if wave == 0 { 1.0 } else { 2.0 };
        let angle = std::f64::consts::PI * (place as f64 + 0.5) * wave as f64 / length as f64;
        ((scale / length as f64).sqrt() * libm::cos(angle)) as f32
    };
    (0..length.div_ceil(2)).map(|place| std::array::from_fn(|index| wave(place, index))).collect()
}
