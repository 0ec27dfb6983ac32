use fer_artifact::Size;

/// A gray image of the size `from`, row-major, of which every pixel is looked up in another place: pixel (x, y) of the
/// result, of the size `to`, is the image at (a·x + b·y + c, d·x + e·y + f) for the matrix `[[a, b, c], [d, e, f]]`.
///
/// Places are counted in pixels, whose centres are whole numbers. Between the centres the value is bilinear, rounded; beyond
/// the edge the outermost pixels go on. It is OpenCV's `warpAffine` with `INTER_LINEAR`, `WARP_INVERSE_MAP` and
/// `BORDER_REPLICATE`, within one level. Nothing is averaged: shrink an image with [`crate::resize`] first.
///
/// # Panics
/// If `image` has not as many pixels as `from` says.
pub fn warp(image: &[u8], from: Size, matrix: [[f64; 3]; 2], to: Size) -> Vec<u8> {
    assert_eq!(image.len(), from.area(), "pixels of an image of {from}");
    let mut pixels = Vec::with_capacity(to.area());
    for row in 0..to.height() {
        for column in 0..to.width() {
            let [x, y] = matrix.map(|[a, b, c]| a * column as f64 + b * row as f64 + c);
            pixels.push(between(image, from, x, y));
        }
    }
    pixels
}

/// The image at another place of a canvas of the size `to`: moved by whole pixels to the right and down; beyond its edge the
/// outermost pixels go on.
///
/// # Panics
/// As [`warp`].
pub fn shift(image: &[u8], from: Size, [right, down]: [f64; 2], to: Size) -> Vec<u8> {
    warp(image, from, [[1.0, 0.0, -right], [0.0, 1.0, -down]], to)
}

/// The value at a place between the centres of pixels, rounded.
fn between(image: &[u8], size: Size, x: f64, y: f64) -> u8 {
    let part = |place: f64, end: usize| {
        let place = place.clamp(0.0, (end - 1) as f64);
        let first = place as usize;
        (first, (first + 1).min(end - 1), place - first as f64)
    };
    let ((left, right, across), (upper, lower, down)) = (part(x, size.width()), part(y, size.height()));
    let line = |row: usize| {
        let at = |column: usize| f64::from(image[row * size.width() + column]);
        at(left) * (1.0 - across) + at(right) * across
    };
    (line(upper) * (1.0 - down) + line(lower) * down).round() as u8
}
