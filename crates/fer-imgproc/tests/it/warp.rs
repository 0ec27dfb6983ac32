use fer_artifact::Size;
use fer_imgproc::warp;

use crate::golden;

#[test]
fn warped_images_are_within_a_level_of_opencv_s() {
    let cases = golden::part("warp");
    let cases = cases.as_array().unwrap();
    assert_eq!(cases.len(), 10);
    for case in cases {
        let size = |key: &str| Size::new(golden::number(&case[key][0]), golden::number(&case[key][1])).unwrap();
        let matrix =
            [0, 1].map(|row: usize| [0, 1, 2].map(|column: usize| case["matrix"][row][column].as_f64().unwrap()));
        let found = warp(&golden::bytes(&case["input"]), size("from"), matrix, size("to"));
        let expected = golden::bytes(&case["output"]);
        assert_eq!(found.len(), expected.len());
        let apart = found.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(apart <= 1, "{}: {apart} levels apart", case["matrix"]);
    }
}

#[test]
fn a_quarter_turn_moves_pixels_and_mixes_none() {
    let image: Vec<u8> = (0..6).collect();
    // 2 rows of 3, clockwise: (x, y) of the result is (y, 1 - x) of the image.
    let turned = warp(&image, Size::new(2, 3).unwrap(), [[0.0, 1.0, 0.0], [-1.0, 0.0, 1.0]], Size::new(3, 2).unwrap());
    assert_eq!(turned, [3, 0, 4, 1, 5, 2]);
}
