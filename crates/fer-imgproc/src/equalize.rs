/// Levels of a gray image.
pub(crate) const LEVELS: usize = 256;

/// How often each level occurs.
pub(crate) type Histogram = [u64; LEVELS];

/// Counts the levels of an image.
pub(crate) fn histogram(image: &[u8]) -> Histogram {
    // Four counters a level: neighbours are often equal, and a counter that was just written is slow to read.
    let mut counts = [[0u32; LEVELS]; 4];
    let (quads, rest) = image.as_chunks::<4>();
    for quad in quads {
        for (counts, &level) in counts.iter_mut().zip(quad) {
            counts[usize::from(level)] += 1;
        }
    }
    let mut sum: Histogram = std::array::from_fn(|level| counts.iter().map(|counts| u64::from(counts[level])).sum());
    for &level in rest {
        sum[usize::from(level)] += 1;
    }
    sum
}

/// Spreads the levels of one image over 0 to 255 by equalising its histogram, in place.
///
/// Equals OpenCV's `equalizeHist` bit for bit (4.x and 5.x, `modules/imgproc/src/histogram.cpp`): the darkest level
/// that occurs becomes 0, and level *v* becomes 255 · (pixels from above the darkest level up to *v*) / (pixels above
/// the darkest level), reckoned in f32 and rounded half to even. An image of one level stays as it is.
pub fn equalize(image: &mut [u8]) {
    let table = equalization_table(&histogram(image));
    for level in image {
        *level = table[usize::from(*level)];
    }
}

/// What equalisation makes of each level of an image with these counts. Levels that do not occur have no meaning,
/// except that an image without pixels, or with one level, keeps all levels.
pub(crate) fn equalization_table(counts: &Histogram) -> [u8; LEVELS] {
    let mut table = std::array::from_fn(|level| level as u8);
    let Some(darkest) = counts.iter().position(|&count| count > 0) else { return table };
    let above: u64 = counts[darkest + 1..].iter().sum();
    if above == 0 {
        return table;
    }
    let scale = 255.0 / above as f32;
    let mut sum = 0;
    table[darkest] = 0;
    for (level, count) in table.iter_mut().zip(counts).skip(darkest + 1) {
        sum += count;
        *level = (sum as f32 * scale).round_ties_even() as u8;
    }
    table
}
