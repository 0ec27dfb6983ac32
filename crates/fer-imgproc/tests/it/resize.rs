use fer_artifact::Size;
use fer_imgproc::resize;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use crate::golden;

fn golden_size(value: &Value) -> Size {
    size((golden::number(&value[0]), golden::number(&value[1])))
}

fn size((height, width): (usize, usize)) -> Size {
    Size::new(height, width).unwrap()
}

fn assert_within_one_level(found: &[u8], expected: &[u8], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (&a, &b)) in found.iter().zip(expected).enumerate() {
        assert!(a.abs_diff(b) <= 1, "{what}: pixel {index}: expected {b}, found {a}");
    }
}

#[test]
fn smaller_and_larger_images_are_within_a_level_of_pillow_s_bilinear() {
    for case in golden::part("resize").as_array().unwrap() {
        let out = resize(&golden::bytes(&case["input"]), golden_size(&case["from"]), golden_size(&case["to"]));
        assert_within_one_level(&out, &golden::bytes(&case["pillow"]), &format!("{} to {}", case["from"], case["to"]));
    }
}

#[test]
fn larger_images_are_within_a_level_of_opencv_s_bilinear() {
    let golden = golden::part("resize");
    let cases: Vec<&Value> = golden.as_array().unwrap().iter().filter(|case| case.get("opencv").is_some()).collect();
    assert!(cases.len() >= 5);
    for case in cases {
        let out = resize(&golden::bytes(&case["input"]), golden_size(&case["from"]), golden_size(&case["to"]));
        assert_within_one_level(&out, &golden::bytes(&case["opencv"]), &format!("{} to {}", case["from"], case["to"]));
    }
}

proptest! {
    #[test]
    fn the_same_size_changes_nothing(image in vec(any::<u8>(), 35)) {
        prop_assert_eq!(resize(&image, size((5, 7)), size((5, 7))), image);
    }

    #[test]
    fn a_constant_image_stays_constant(level: u8, from in (1..20usize, 1..20usize), to in (1..40usize, 1..40usize)) {
        prop_assert_eq!(resize(&vec![level; from.0 * from.1], size(from), size(to)), vec![level; to.0 * to.1]);
    }

    #[test]
    fn no_pixel_leaves_the_range_of_the_image(image in vec(50..=90u8, 35), to in (1..20usize, 1..20usize)) {
        let out = resize(&image, size((5, 7)), size(to));
        let (low, high) = (image.iter().min(), image.iter().max());
        prop_assert!(out.iter().min() >= low && out.iter().max() <= high);
    }
}
