//! fer-faces on a photograph and on pictures whose crops are written out by hand.

use fer_artifact::Size;
use fer_faces::{Face, Finder, crop};

/// Eileen Collins by NASA, in the public domain; gray.
fn photograph() -> (Vec<u8>, Size) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/pictures/astronaut.jpg");
    let gray = image::open(path).unwrap().into_luma8();
    let size = size(gray.height() as usize, gray.width() as usize);
    (gray.into_raw(), size)
}

fn size(height: usize, width: usize) -> Size {
    Size::new(height, width).unwrap()
}

#[test]
fn the_face_in_a_photograph_is_found_and_nothing_else() {
    let (pixels, size) = photograph();
    let faces = Finder::new().find(&pixels, size, None);
    let [face] = faces[..] else { panic!("{faces:?}") };
    // Eyes and mouth, read off the picture by eye.
    for (x, y) in [(138, 101), (182, 102), (157, 145)] {
        let is_in = |start: i64, place: i64| (start..start + i64::from(face.side)).contains(&place);
        assert!(is_in(face.x, x) && is_in(face.y, y), "({x}, {y}) in {face:?}");
    }
    assert!((80..125).contains(&face.side) && face.score > 10.0, "{face:?}");
}

#[test]
fn a_face_below_the_smallest_is_not_looked_for() {
    let (pixels, size) = photograph();
    assert_eq!(Finder::new().find(&pixels, size, Some(200)), []);
    assert_eq!(Finder::new().find(&pixels, size, Some(60)).len(), 1);
}

#[test]
fn pictures_of_any_size_are_taken() {
    let finder = Finder::new();
    for (height, width) in
        [(1, 1), (1, 300), (300, 1), (19, 21), (40, 40), (39, 500), (50, 50), (1, 60_000), (60_000, 2)]
    {
        let size = size(height, width);
        let pixels: Vec<u8> = (0..size.area()).map(|index| (index * 7919 % 251) as u8).collect();
        assert_eq!(finder.find(&pixels, size, Some(20)), [], "{size}");
    }
}

#[test]
fn a_crop_is_a_tenth_larger_than_the_box_about_the_same_centre() {
    let image: Vec<u8> = (0..400).map(|index| (index % 20 * 10 + index / 20) as u8).collect();
    let face = Face { x: 5, y: 6, side: 10, score: 9.0 };
    let cropped = crop(&image, size(20, 20), &face, size(11, 11));
    let expected: Vec<u8> = (5..16).flat_map(|y| (4..15).map(move |x| x * 10 + y)).collect();
    assert_eq!(cropped, expected, "11 pixels from (4, 5), as 10 × 1.1 = 11");
}

#[test]
fn beyond_the_edge_a_crop_repeats_the_outermost_pixels() {
    let image = [1, 2, 3, 4];
    let face = Face { x: -1, y: -1, side: 4, score: 9.0 };
    let cropped = crop(&image, size(2, 2), &face, size(4, 4));
    assert_eq!(cropped, [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
}
