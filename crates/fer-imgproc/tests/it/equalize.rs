use fer_artifact::Digest;
use fer_imgproc::equalize;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::golden;

fn equalized(image: &[u8]) -> Vec<u8> {
    let mut image = image.to_vec();
    equalize(&mut image);
    image
}

#[test]
fn images_of_every_sort_come_out_as_from_opencv() {
    let golden = golden::part("equalize");
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 20);
    for case in cases {
        assert_eq!(equalized(&golden::bytes(&case["input"])), golden::bytes(&case["output"]), "{}", case["name"]);
    }
}

#[test]
fn thousands_of_drawn_images_come_out_as_from_opencv() {
    let golden = golden::part("equalize");
    let images = 0..golden["drawn_images"].as_u64().unwrap();
    let all: Vec<u8> = images.flat_map(|seed| equalized(&golden::drawn_image(seed))).collect();
    assert_eq!(Digest::of_bytes(&all).to_string(), golden["drawn_blake3"].as_str().unwrap());
}

#[test]
fn an_image_of_one_level_stays_as_it_is() {
    for level in 0..=255 {
        assert_eq!(equalized(&[level; 9]), [level; 9]);
    }
}

#[test]
fn no_pixels_stay_no_pixels() {
    assert_eq!(equalized(&[]), Vec::<u8>::new());
}

#[test]
fn a_half_is_rounded_to_even() {
    // Two pixels above the darkest: 1 · 127.5 becomes 128.
    assert_eq!(equalized(&[5, 6, 7]), [0, 128, 255]);
    // Six above: 42.5 becomes 42, 127.5 becomes 128, 212.5 becomes 212.
    assert_eq!(equalized(&[1, 2, 3, 4, 5, 6, 7]), [0, 42, 85, 128, 170, 212, 255]);
}

proptest! {
    #[test]
    fn the_order_of_pixels_by_brightness_is_kept(image in vec(any::<u8>(), 1..300)) {
        let out = equalized(&image);
        let mut pairs: Vec<(u8, u8)> = image.into_iter().zip(out).collect();
        pairs.sort_unstable();
        for pair in pairs.windows(2) {
            prop_assert!(pair[0].1 <= pair[1].1, "{pair:?}");
            // Equal levels stay equal.
            prop_assert!(pair[0].0 != pair[1].0 || pair[0].1 == pair[1].1, "{pair:?}");
        }
    }

    #[test]
    fn two_levels_or_more_are_spread_from_black_to_white(image in vec(any::<u8>(), 2..300)) {
        prop_assume!(image.iter().any(|&level| level != image[0]));
        let out = equalized(&image);
        prop_assert_eq!((out.iter().min(), out.iter().max()), (Some(&0), Some(&255)));
    }

    #[test]
    fn more_light_on_the_whole_image_changes_nothing(image in vec(0..200u8, 1..300), light in 0..=55u8) {
        prop_assume!(image.iter().any(|&level| level != image[0]));
        let brighter: Vec<u8> = image.iter().map(|level| level + light).collect();
        prop_assert_eq!(equalized(&image), equalized(&brighter));
    }

    #[test]
    fn where_a_pixel_stands_does_not_matter(image in vec(any::<u8>(), 1..300)) {
        let backwards: Vec<u8> = image.iter().rev().copied().collect();
        let out: Vec<u8> = equalized(&backwards).into_iter().rev().collect();
        prop_assert_eq!(equalized(&image), out);
    }

    #[test]
    fn black_and_white_stay_black_and_white(image in vec(prop_oneof![Just(0u8), Just(255u8)], 1..300)) {
        prop_assert_eq!(equalized(&image), image);
    }
}
