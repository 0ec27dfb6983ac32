/// Weights of red, green and blue in units of 2⁻¹⁵; they sum to 2¹⁵, so gray stays what it is.
const WEIGHTS: [u32; 3] = [9798, 19235, 3735];
const SHIFT: u32 = 15;

/// Gray values of an image in colour: `rgb` holds red, green, blue of every pixel in turn, 0 to 255 each; the result
/// has one value a pixel.
///
/// Equals OpenCV's `cvtColor(…, COLOR_RGB2GRAY)` for 8-bit images (4.x and 5.x, `modules/imgproc/src/color_rgb`):
/// `0.299 R + 0.587 G + 0.114 B` (ITU-R BT.601) in fixed point with 15 fractional bits, rounded half up. Checked over
/// all 2²⁴ colours.
///
/// # Panics
/// If the length of `rgb` is no multiple of three.
pub fn grayscale(rgb: &[u8]) -> Vec<u8> {
    let (pixels, rest) = rgb.as_chunks::<3>();
    assert!(rest.is_empty(), "expected three bytes a pixel, found {} bytes", rgb.len());
    let gray = |pixel: &[u8; 3]| {
        let sum: u32 = pixel.iter().zip(WEIGHTS).map(|(&value, weight)| u32::from(value) * weight).sum();
        ((sum + (1 << (SHIFT - 1))) >> SHIFT) as u8
    };
    pixels.iter().map(gray).collect()
}
