use fer_artifact::Size;

/// Side of the face in whose pixels lengths are told.
pub(crate) const SIDE: f64 = 48.0;
/// Places beyond the middle that a Gaussian reaches, in deviations.
const REACH: f64 = 3.0;

/// Pixels of an image of this size that are as long as one of a face of 48×48.
pub(crate) fn pixels_of_face(size: Size) -> f64 {
    size.height().min(size.width()) as f64 / SIDE
}

/// Values row by row, convolved with a Gaussian of this deviation in pixels, along the rows and then down the columns. Its weights are taken
/// at whole places within three deviations and sum to 1; beyond the edge the outermost values go on. Up to rounding it is OpenCV's
/// `GaussianBlur` with `BORDER_REPLICATE`.
pub(crate) fn blur(image: &[f32], [height, width]: [usize; 2], deviation: f64) -> Vec<f32> {
    let reach = (REACH * deviation).ceil() as isize;
    if reach == 0 {
        return image.to_vec();
    }
    let weight = |at: isize| libm::exp(-((at * at) as f64) / (2.0 * deviation * deviation));
    let sum: f64 = (-reach..=reach).map(weight).sum();
    let weights: Vec<f32> = (-reach..=reach).map(|at| (weight(at) / sum) as f32).collect();
    let place = |at: usize, offset: isize, side: usize| (at as isize + offset).clamp(0, side as isize - 1) as usize;
    let mut along = Vec::with_capacity(image.len());
    for row in image.chunks_exact(width) {
        along.extend((0..width).map(|column| {
            (-reach..=reach)
                .zip(&weights)
                .map(|(offset, weight)| weight * row[place(column, offset, width)])
                .sum::<f32>()
        }));
    }
    let mut out = vec![0.0; image.len()];
    for (row, line) in out.chunks_exact_mut(width).enumerate() {
        for (offset, weight) in (-reach..=reach).zip(&weights) {
            let from = place(row, offset, height) * width;
            line.iter_mut().zip(&along[from..from + width]).for_each(|(value, from)| *value += weight * from);
        }
    }
    out
}
