use std::io::Cursor;

use base64::Engine;
use fer_artifact::Size;
use fer_imgproc::{Beside, Picture, PictureProblem};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GrayImage, ImageFormat};
use serde::Deserialize;

/// A picture that OpenCV has read: `tests/golden/pictures/make.py`.
#[derive(Deserialize)]
struct Golden {
    name: String,
    bytes: String,
    side: usize,
    height: usize,
    width: usize,
    gray: Vec<u8>,
}

impl Golden {
    fn all() -> Vec<Self> {
        serde_json::from_str(include_str!("../../../../tests/golden/pictures/pictures.json")).unwrap()
    }

    fn bytes(&self) -> Vec<u8> {
        base64::engine::general_purpose::STANDARD.decode(&self.bytes).unwrap()
    }

    /// All pixels, row by row.
    fn pixels(&self) -> Vec<u8> {
        let squares = self.width / self.side;
        let level = |row: usize, column: usize| self.gray[row / self.side * squares + column / self.side];
        (0..self.height).flat_map(|row| (0..self.width).map(move |column| level(row, column))).collect()
    }
}

/// Noise, which no format can make much shorter: a cut is felt wherever it is.
fn noise(height: u32, width: u32) -> DynamicImage {
    let level = |x: u32, y: u32| (x * 7919 + y * 104_729).wrapping_mul(2_654_435_761).to_be_bytes()[1];
    GrayImage::from_fn(width, height, |x, y| [level(x, y)].into()).into()
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = vec![];
    // Not every encoder takes gray.
    picture.to_rgb8().write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

#[test]
fn pictures_of_all_formats_and_orientations_are_read_as_opencv_reads_them() {
    let cases = Golden::all();
    assert_eq!(cases.len(), 50);
    let folder = tempfile::tempdir().unwrap();
    for golden in cases {
        let path = folder.path().join("picture");
        std::fs::write(&path, golden.bytes()).unwrap();
        let size = Picture::size_of(&path).unwrap();
        assert_eq!(size, Size::new(golden.height, golden.width).unwrap(), "the head of {}", golden.name);
        let picture = Picture::decode(&golden.bytes()).unwrap();
        assert_eq!(picture.size(), Size::new(golden.height, golden.width).unwrap(), "{}", golden.name);
        assert_eq!(picture.into_gray(), golden.pixels(), "{}", golden.name);
    }
}

#[test]
fn a_picture_that_is_cut_short_is_broken_in_every_format() {
    let formats = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Bmp, ImageFormat::WebP, ImageFormat::Tiff];
    for format in formats.into_iter().chain([ImageFormat::Gif, ImageFormat::Pnm]) {
        let whole = encoded(&noise(24, 40), format);
        assert_eq!(Picture::decode(&whole).unwrap().size(), Size::new(24, 40).unwrap(), "{format:?}");
        for length in (40..whole.len() - 20).step_by(7) {
            let problem = Picture::decode(&whole[..length]).unwrap_err();
            assert!(matches!(problem, PictureProblem::Broken { .. }), "{format:?}, {length} bytes: {problem}");
        }
    }
}

#[test]
fn a_jpeg_without_its_last_marker_is_broken() {
    let whole = encoded(&noise(24, 40), ImageFormat::Jpeg);
    let problem = Picture::decode(&whole[..whole.len() - 2]).unwrap_err();
    assert_eq!(problem.to_string(), "a broken picture: the JPEG file ends before its end");
    // As a copy that was interrupted leaves it where the file's length was set before.
    let hole = [&whole[..whole.len() - 300], &[0; 300]].concat();
    assert!(Picture::decode(&hole).is_err());
}

#[test]
fn what_a_camera_leaves_behind_a_jpeg_does_not_matter() {
    let mut whole = vec![];
    JpegEncoder::new_with_quality(&mut whole, 100).encode_image(&noise(16, 16)).unwrap();
    let pixels = Picture::decode(&whole).unwrap().into_gray();
    let second = encoded(&noise(8, 8), ImageFormat::Jpeg);
    for behind in [&b"made by a camera"[..], &[0; 1000], &second, &[0xFF, 0xD8, 0xFF]] {
        assert_eq!(Picture::decode(&[&whole[..], behind].concat()).unwrap().into_gray(), pixels);
    }
}

#[test]
fn a_file_and_its_bytes_are_the_same_picture() {
    let bytes = encoded(&noise(5, 9), ImageFormat::Jpeg);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(Picture::open(&path).unwrap().into_rgb(), Picture::decode(&bytes).unwrap().into_rgb());
}

#[test]
fn decoded_pixels_are_a_picture_if_they_fill_it() {
    let size = Size::new(2, 3).unwrap();
    let gray = Picture::from_gray(vec![1, 2, 3, 4, 5, 6], size).unwrap();
    assert_eq!((gray.size(), gray.clone().into_gray()), (size, vec![1, 2, 3, 4, 5, 6]));
    assert_eq!(Picture::from_rgb(gray.into_rgb(), size).unwrap().into_gray(), [1, 2, 3, 4, 5, 6]);
    for length in [17, 19] {
        let problem = Picture::from_rgb(vec![0; length], size).unwrap_err();
        assert_eq!(problem.to_string(), format!("expected 18 bytes for a picture of 2×3, found {length}"));
    }
    assert!(matches!(Picture::from_gray(vec![0; 7], size), Err(PictureProblem::Pixels { .. })));
}

#[test]
fn a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() {
    let header = b"P5\n20000 20000\n255\n";
    let problem = Picture::decode(header).unwrap_err();
    assert_eq!(problem.to_string(), "too large: expected at most 128 million pixels, found 20000×20000");
    // As many as there may be, and a row more.
    assert_eq!(Picture::size_of_bytes(b"P5\n8000 16000\n255\n").unwrap().area(), 128_000_000);
    assert!(matches!(Picture::size_of_bytes(b"P5\n8000 16001\n255\n"), Err(PictureProblem::TooManyPixels { .. })));
}

#[test]
fn a_file_that_is_too_long_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pgm");
    std::fs::write(&path, "P5\n3 2\n255\n").unwrap();
    let file = std::fs::File::options().append(true).open(&path).unwrap();
    // A hole takes no room on the disk.
    file.set_len(512 << 20).unwrap();
    assert_eq!(Picture::open(&path).unwrap().into_gray(), [0; 6]);
    file.set_len((512 << 20) + 1).unwrap();
    let problem = Picture::open(&path).unwrap_err().to_string();
    assert_eq!(problem, "too large: expected at most 536870912 bytes, found 536870913");
}

#[test]
fn the_largest_picture_beside_others_and_one_beyond() {
    let header = |height: usize| format!("P5\n4000 {height}\n255\n").into_bytes();
    let picture = |height: usize| [header(height), vec![7; 4000 * height]].concat();
    let beside = |height| Picture::decode_beside(&picture(height), Beside::Others).unwrap();
    assert_eq!(beside(4000).unwrap().size().area(), 16_000_000);
    assert!(beside(4001).is_none(), "it waits until it is alone");
    let alone = Picture::decode_beside(&picture(4001), Beside::Nobody).unwrap();
    assert_eq!(alone.unwrap().size(), Size::new(4001, 4000).unwrap());
}

#[test]
fn a_file_that_is_no_picture_says_what_it_is() {
    let problem = |bytes: &[u8]| Picture::decode(bytes).unwrap_err().to_string();
    let expected = "expected png, jpg, webp, bmp, gif, tiff or pnm";
    let heic = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic";
    assert_eq!(
        problem(heic),
        format!("not a picture: found a HEIC picture: not supported; convert it to JPEG or PNG; {expected}")
    );
    assert_eq!(problem(b""), format!("not a picture: found an empty file; {expected}"));
    assert_eq!(problem(&[0xd3, 0x5a, 0x91, 0xff, 0x07, 0x66]), format!("not a picture: {expected}"));
}

#[test]
fn a_part_of_a_picture_has_its_pixels_and_a_jpeg_of_it_is_nearly_the_same() {
    let size = |height, width| Size::new(height, width).unwrap();
    let rgb: Vec<u8> = (0..6 * 8).flat_map(|at| [10 * (at / 8) as u8, 20 * (at % 8) as u8, 100]).collect();
    let picture = Picture::from_rgb(rgb, size(6, 8)).unwrap();
    let part = picture.part(3, 2, size(2, 4));
    let expected: Vec<u8> = (0..8).flat_map(|at| [10 * (2 + at / 4) as u8, 20 * (3 + at % 4) as u8, 100]).collect();
    assert_eq!(part.into_rgb(), expected);
    let flat = Picture::from_rgb([200, 120, 40].repeat(256), size(16, 16)).unwrap();
    let again = Picture::decode(&flat.to_jpeg(90).unwrap()).unwrap();
    assert_eq!(again.size(), size(16, 16));
    assert!(again.into_rgb().iter().zip([200_u8, 120, 40].iter().cycle()).all(|(a, b)| a.abs_diff(*b) <= 3));
}

#[test]
#[should_panic(expected = "a part to 9, 2 of 6×8")]
fn a_part_beyond_the_edge_is_a_mistake() {
    let size = |height, width| Size::new(height, width).unwrap();
    Picture::from_gray(vec![0; 48], size(6, 8)).unwrap().part(5, 0, size(2, 4));
}

/// A GIF whose one frame claims to be of this size, whatever the picture's own 9×7.
fn with_frame(side: u16) -> Vec<u8> {
    let mut bytes = b"GIF89a\x09\0\x07\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0".to_vec();
    bytes.extend([side.to_le_bytes(), side.to_le_bytes()].concat());
    // No code but the first and the last.
    bytes.extend(b"\0\x02\x02\x4c\x01\0;");
    bytes
}

#[test]
fn a_frame_that_claims_to_be_larger_than_its_picture_is_bounded() {
    assert_eq!(Picture::size_of_bytes(&with_frame(8_000)).unwrap(), Size::new(7, 9).unwrap());
    let problem = Picture::decode(&with_frame(8_000)).unwrap_err();
    assert!(problem.to_string().contains("Memory limit exceeded"), "{problem}");
    // A frame of 2,000×2,000 takes 16 MB: what is wrong with it is told when it is read.
    let problem = Picture::decode(&with_frame(2_000)).unwrap_err();
    assert!(!problem.to_string().contains("Memory limit"), "{problem}");
}
