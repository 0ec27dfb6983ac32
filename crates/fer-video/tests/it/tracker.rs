use fer_predict::{Ensemble, Look, Picture, Recognizer, Search};
use fer_video::{Following, Settled, Settling, Tracker};

use crate::scene::{Sprite, astronaut, drawn, frame};

const RATE: f64 = 25.0;

/// All frames, as they are settled.
fn settled(frames: impl IntoIterator<Item = Picture>) -> Vec<Settled<usize>> {
    let recognizer = Recognizer::new(Ensemble::built_in(), Look::Faces(Search::default())).unwrap();
    let mut tracker = Tracker::new(recognizer, Following::default());
    let mut settling = Settling::new();
    let mut settled = vec![];
    for (number, frame) in frames.into_iter().enumerate() {
        let tracked = tracker.push(&frame, number as f64 / RATE).unwrap();
        settled.extend(settling.push(number, tracked));
    }
    settled.extend(settling.finish(&tracker.finish()));
    assert!(settled.iter().enumerate().all(|(number, it)| it.frame == number), "in order, and all of them");
    settled
}

/// For each frame, the numbers of its faces and the middles of their boxes, from left to right.
fn follow(frames: impl IntoIterator<Item = Picture>) -> (Vec<Vec<(u32, f64)>>, usize) {
    let settled = settled(frames);
    let dropped = settled.iter().map(|it| it.dropped).sum();
    let middle = |place: fer_predict::Place| place.x as f64 + place.width as f64 / 2.0;
    let faces =
        settled.iter().map(|it| it.faces.iter().map(|face| (face.number.unwrap(), middle(face.place))).collect());
    (faces.collect(), dropped)
}

/// Whether each number keeps to the path that it was on at first: `paths` has the middles of the faces.
fn assert_no_swap(faces: &[Vec<(u32, f64)>], paths: &[&dyn Fn(usize) -> f64]) {
    let nearest = |frame: usize, middle: f64| {
        let apart = |path: &usize| (paths[*path](frame) - middle).abs();
        (0..paths.len()).min_by(|a, b| apart(a).total_cmp(&apart(b))).unwrap()
    };
    let mut of = std::collections::BTreeMap::new();
    for (frame, faces) in faces.iter().enumerate() {
        let spread = paths.iter().map(|path| path(frame)).collect::<Vec<_>>();
        let are_apart = spread.windows(2).all(|pair| (pair[0] - pair[1]).abs() > 70.0);
        for &(number, middle) in faces.iter().filter(|_| are_apart) {
            let path = nearest(frame, middle);
            assert_eq!(*of.entry(number).or_insert(path), path, "frame {frame}: {faces:?}");
        }
    }
    let numbers: Vec<Vec<u32>> = faces.iter().map(|faces| faces.iter().map(|face| face.0).collect()).collect();
    assert_eq!(of.len(), paths.len(), "{of:?} {numbers:?}");
}

fn crossing(a: &Sprite, b: &Sprite, path_a: &dyn Fn(usize) -> f64, path_b: &dyn Fn(usize) -> f64) {
    let frames = (0..80).map(|number| frame(&[(a, path_a(number) - 65.0, 30.0), (b, path_b(number) - 65.0, 60.0)]));
    let (faces, _) = follow(frames);
    assert_no_swap(&faces, &[path_a, path_b]);
}

#[test]
fn two_who_cross_keep_their_numbers() {
    let (face, mirror) = (astronaut(), astronaut().mirrored());
    let right = |number: usize| 75.0 + 4.2 * number as f64;
    let left = |number: usize| 405.0 - 4.2 * number as f64;
    crossing(&face, &mirror, &right, &left);
    crossing(&face, &drawn(23), &right, &left);
    crossing(&drawn(4), &drawn(32), &right, &left);
}

#[test]
fn two_who_meet_and_turn_back_keep_their_numbers() {
    let (face, mirror) = (astronaut(), astronaut().mirrored());
    let to_the_middle = |number: usize| 4.2 * (number.min(79 - number) as f64);
    let from_left = |number: usize| 75.0 + to_the_middle(number);
    let from_right = |number: usize| 405.0 - to_the_middle(number);
    crossing(&face, &mirror, &from_left, &from_right);
    crossing(&face, &drawn(23), &from_left, &from_right);
}

#[test]
fn a_face_that_is_hidden_for_a_moment_keeps_its_number_and_one_that_leaves_for_long_does_not() {
    let face = astronaut();
    let seen = |number: usize| !(20..35).contains(&number) && !(50..90).contains(&number);
    let frames = (0..110).map(|number| if seen(number) { frame(&[(&face, 100.0, 40.0)]) } else { frame(&[]) });
    let (faces, dropped) = follow(frames);
    let number = |frame: usize| faces[frame].first().map(|face| face.0);
    assert_eq!(
        [0, 19, 20, 34, 40, 49, 60, 100].map(number),
        [Some(1), Some(1), None, None, Some(1), Some(1), None, Some(2)]
    );
    assert!(faces.iter().all(|faces| faces.len() <= 1) && dropped == 0, "{dropped}");
}

#[test]
fn a_cut_begins_new_tracks() {
    let (face, other) = (astronaut(), drawn(23));
    let scene = |number: usize| match number {
        0..20 => frame(&[(&face, 150.0, 40.0)]),
        // Another light, and somebody else in the same place.
        _ => {
            let rgb = frame(&[(&other, 143.0, 40.0)]).into_rgb();
            let dark = rgb.chunks(3).flat_map(|pixel| [pixel[0] / 2, pixel[1] / 3, pixel[2] / 3]).collect();
            Picture::from_rgb(dark, fer_artifact::Size::new(crate::scene::HEIGHT, crate::scene::WIDTH).unwrap())
                .unwrap()
        }
    };
    let settled = settled((0..40).map(scene));
    let number = |it: &Settled<usize>| it.faces.iter().filter_map(|face| face.number).collect::<Vec<u32>>();
    let numbers: Vec<Vec<u32>> = settled.iter().map(number).collect();
    assert!(numbers[..20].iter().all(|numbers| *numbers == [1]), "{numbers:?}");
    assert!(numbers[20..].iter().all(|numbers| *numbers == [2]), "{numbers:?}");
    let ended = settled.iter().flat_map(|it| it.ended.iter().map(|number| (it.frame, *number)));
    assert_eq!(ended.collect::<Vec<_>>(), [(20, 1)], "told at the cut");
}

#[test]
fn who_leaves_is_told_when_nobody_waits_any_more() {
    let face = astronaut();
    let there = |number: usize| if number < 10 { frame(&[(&face, 150.0, 40.0)]) } else { frame(&[]) };
    let settled = settled((0..50).map(there));
    let ended = settled.iter().flat_map(|it| it.ended.iter().map(|number| (it.frame, *number)));
    // Last seen in frame 9; more than a second later is frame 35.
    assert_eq!(ended.collect::<Vec<_>>(), [(35, 1)]);
}

#[test]
fn a_face_in_one_frame_alone_is_left_out_and_counted() {
    let face = astronaut();
    let frames = (0..15).map(|number| if number == 5 { frame(&[(&face, 150.0, 40.0)]) } else { frame(&[]) });
    let (faces, dropped) = follow(frames);
    assert!(faces.iter().all(Vec::is_empty), "{faces:?}");
    assert_eq!(dropped, 1);
    let (faces, dropped) = follow([frame(&[(&face, 150.0, 40.0)])]);
    assert_eq!((faces[0].len(), dropped), (1, 0), "of a single frame, all faces count");
}
