//! fer-faces on a photograph and on pictures whose crops are written out by hand.

use fer_artifact::Size;
use fer_faces::{Face, Finder, crop};
use fer_imgproc::{Picture, Roll, WayUp};

/// Eileen Collins by NASA, in the public domain.
fn photograph() -> Picture {
    Picture::open(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/pictures/astronaut.jpg").as_ref()).unwrap()
}

fn size(height: usize, width: usize) -> Size {
    Size::new(height, width).unwrap()
}

/// A face of this width, whose eyes and mouth lie about a middle: level eyes on the left of the vector `across`.
fn face(middle: [f64; 2], width: f64, [x, y]: [f64; 2]) -> Face {
    let at = |across: f64, down: f64| [middle[0] + across * x - down * y, middle[1] + across * y + down * x];
    let landmarks = [at(-4.0, -4.0), at(4.0, -4.0), at(0.0, 0.0), at(-3.0, 4.0), at(3.0, 4.0)];
    Face { x: 0.0, y: 0.0, width, height: width, landmarks, score: 0.9 }
}

#[test]
fn the_face_in_a_photograph_is_found_and_nothing_else() {
    let faces = Finder::new().find(&photograph(), None, WayUp::Upright);
    let [face] = faces[..] else { panic!("{faces:?}") };
    // Eyes and mouth, read off the picture by eye.
    for (landmark, expected) in [(0, [138.0, 101.0]), (1, [182.0, 102.0])] {
        let found: [f64; 2] = face.landmarks[landmark];
        assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 4.0), "{face:?}");
    }
    let [.., left, right] = face.landmarks;
    assert!(left[0] < 157.0 && 157.0 < right[0] && (left[1] - 145.0).abs() < 5.0, "{face:?}");
    assert!((75.0..105.0).contains(&face.width) && face.score > 0.9, "{face:?}");
}

#[test]
fn a_face_below_the_smallest_is_not_looked_for() {
    let small = photograph().rgb_of_size(size(64, 80));
    let small = Picture::from_rgb(small, size(64, 80)).unwrap();
    assert_eq!(Finder::new().find(&small, Some(80), WayUp::Upright), []);
    assert_eq!(Finder::new().find(&small, Some(20), WayUp::Upright).len(), 1);
}

#[test]
fn pictures_of_any_size_are_taken() {
    let finder = Finder::new();
    for (height, width) in
        [(1, 1), (1, 300), (300, 1), (19, 21), (40, 40), (39, 500), (50, 50), (1, 60_000), (60_000, 2)]
    {
        let size = size(height, width);
        let pixels: Vec<u8> = (0..size.area()).map(|index| (index * 7919 % 251) as u8).collect();
        let picture = Picture::from_gray(pixels, size).unwrap();
        assert_eq!(finder.find(&picture, Some(20), WayUp::Any), [], "{size}");
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let faces = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Finder::new().find(&photograph(), None, WayUp::Upright))
    };
    assert_eq!(faces(1), faces(3));
}

/// 20×20, ten times the column plus the row.
fn ramp() -> Vec<u8> {
    (0..400).map(|index| (index % 20 * 10 + index / 20) as u8).collect()
}

#[test]
fn a_crop_is_a_square_a_little_above_eyes_and_mouth() {
    // 1.335 × 8.24 is 11 pixels, 0.075 × 11 is 0.8: its centre is (9.5, 10.325 − 0.825).
    let face = face([9.5, 10.325], 8.24, [1.0, 0.0]);
    let expected: Vec<u8> = (4..15).flat_map(|y| (4..15).map(move |x| x * 10 + y)).collect();
    for roll in [Roll::Kept, Roll::TakenOut] {
        assert_eq!(crop(&ramp(), size(20, 20), &face, size(11, 11), roll), expected, "{roll:?}");
    }
}

#[test]
fn a_face_that_lies_on_its_side_is_turned_upright() {
    // A quarter turn clockwise: the eyes' line runs down, and the chin is on the left. Crop pixel (column, row) is picture
    // pixel (14 − row, 4 + column).
    let face = face([8.675, 9.5], 8.24, [0.0, 1.0]);
    let turned = crop(&ramp(), size(20, 20), &face, size(11, 11), Roll::TakenOut);
    let expected: Vec<u8> = (0..11).flat_map(|row| (0..11).map(move |column| (14 - row) * 10 + 4 + column)).collect();
    let apart = turned.iter().zip(&expected).map(|(found, expected)| found.abs_diff(*expected)).max();
    assert!(apart <= Some(1), "{turned:?}");
}

#[test]
fn beyond_the_edge_a_crop_repeats_the_outermost_pixels() {
    let image = [1, 2, 3, 4];
    let face = face([1.0, 1.3], 3.0, [1.0, 0.0]);
    let cropped = crop(&image, size(2, 2), &face, size(4, 4), Roll::Kept);
    assert_eq!(cropped, [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
}

/// The photograph in gray, turned clockwise about the face.
fn turned(degrees: f64) -> (Vec<u8>, Size) {
    let size = photograph().size();
    let (sine, cosine) = libm::sincos(degrees.to_radians());
    let [x, y] = [160.0, 115.0];
    let matrix = [[cosine, sine, x - cosine * x - sine * y], [-sine, cosine, y + sine * x - cosine * y]];
    (fer_imgproc::warp(&photograph().into_gray(), size, matrix, size), size)
}

/// The tilt that is seen of the face there: at once, and where it is looked at again.
fn tilts(finder: &Finder, degrees: f64) -> [f64; 2] {
    let (gray, size) = turned(degrees);
    let picture = Picture::from_gray(gray.clone(), size).unwrap();
    let [face] = finder.find(&picture, None, WayUp::Upright)[..] else { panic!("one face at {degrees}°") };
    assert_eq!(finder.level(&gray, size, &face, Roll::Kept), face);
    [face, finder.level(&gray, size, &face, Roll::TakenOut)].map(|Face { landmarks: [left, right, ..], .. }| {
        libm::atan2(right[1] - left[1], right[0] - left[0]).to_degrees()
    })
}

#[test]
fn a_second_look_sees_more_of_a_tilt() {
    let finder = Finder::new();
    for degrees in [-45.0, -30.0, 30.0, 45.0] {
        let [first, second] = tilts(&finder, degrees);
        assert!((first - degrees).abs() > 20.0, "{degrees}°: {first}, so that a second look is worth it");
        assert!((second - degrees).abs() < 15.0, "{degrees}°: {first}, then {second}");
    }
    let [first, second] = tilts(&finder, 0.0);
    assert_eq!(first, second, "a level face is what it was");
}
