use fer_artifact::Digest;
use fer_imgproc::grayscale;

use crate::golden;

#[test]
fn a_grid_of_colours_is_as_gray_as_in_opencv() {
    let golden = golden::part("gray");
    let steps = || (0..=255u8).step_by(golden::number(&golden["grid_step"]));
    let mut expected = golden::bytes(&golden["grid"]).into_iter();
    for colour in steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| [r, g, b]))) {
        assert_eq!(grayscale(&colour), [expected.next().unwrap()], "gray of {colour:?}");
    }
    assert_eq!(expected.next(), None);
}

#[test]
fn every_colour_there_is_is_as_gray_as_in_opencv() {
    let golden = golden::part("gray");
    let colours: Vec<u8> =
        (0..1u32 << 24).flat_map(|colour| [(colour >> 16) as u8, (colour >> 8) as u8, colour as u8]).collect();
    let digest = Digest::of_bytes(&grayscale(&colours)).to_string();
    assert_eq!(digest, golden["every_colour_blake3"].as_str().unwrap());
}

#[test]
fn gray_stays_what_it_is() {
    for level in 0..=255 {
        assert_eq!(grayscale(&[level; 6]), [level; 2]);
    }
}

#[test]
fn no_pixels_give_no_pixels() {
    assert_eq!(grayscale(&[]), Vec::<u8>::new());
}
