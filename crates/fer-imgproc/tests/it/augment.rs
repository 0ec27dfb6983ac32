use fer_artifact::{Fraction, NonNegative, Probability, Seed, Size};
use fer_imgproc::{Augmentation, Degradation, Erasing};
use serde_json::{Value, from_value, json};

const SIZE: Size = size(6, 5);

const fn size(height: usize, width: usize) -> Size {
    match Size::new(height, width) {
        Ok(size) => size,
        Err(_) => panic!("a size"),
    }
}

fn ramp() -> Vec<f32> {
    (0..30).map(|pixel| pixel as f32).collect()
}

fn at(epoch: usize, row: u32) -> (Seed, usize, u32) {
    (Seed::new(3), epoch, row)
}

fn mean(image: &[f32]) -> f32 {
    image.iter().sum::<f32>() / image.len() as f32
}

#[test]
fn without_changes_the_image_stays_as_it_is() {
    assert_eq!(Augmentation::default().apply(&ramp(), SIZE, SIZE, at(1, 1)), ramp());
}

#[test]
fn changes_depend_on_seed_epoch_and_row_alone() {
    let all = from_value::<Augmentation>(json!({
        "flip": 0.5, "shift": 0.1, "scale": 0.1, "rotation": 10, "brightness": 0.2, "contrast": 0.2,
        "erasing": {"probability": 0.5}
    }));
    let all = all.unwrap();
    let apply = |at| all.apply(&ramp(), SIZE, size(4, 4), at);
    assert_eq!(apply(at(1, 7)), apply(at(1, 7)));
    assert_ne!(apply(at(1, 7)), apply(at(2, 7)));
    assert_ne!(apply(at(1, 7)), apply(at(1, 8)));
    assert_ne!(apply(at(1, 7)), apply((Seed::new(4), 1, 7)));
}

#[test]
fn a_flip_is_the_mirror_image_and_as_frequent_as_was_asked() {
    let mirrored: Vec<f32> = ramp().chunks(5).flat_map(|line| line.iter().rev().copied().collect::<Vec<_>>()).collect();
    let flip = Augmentation { flip: Probability::of(0.25), ..Augmentation::default() };
    let mut flips = 0;
    for row in 0..2000 {
        let image = flip.apply(&ramp(), SIZE, SIZE, at(1, row));
        assert!(image == ramp() || image == mirrored);
        flips += usize::from(image == mirrored);
    }
    // 500 expected, with a standard deviation of 19.
    assert!((420..580).contains(&flips), "{flips}");
}

#[test]
fn a_crop_is_a_window_of_the_image_and_every_place_is_drawn() {
    let mut corners = std::collections::BTreeMap::new();
    for row in 0..600 {
        let crop = Augmentation::default().apply(&ramp(), SIZE, size(4, 3), at(1, row));
        let corner = crop[0] as usize;
        let expected: Vec<f32> = (0..12).map(|pixel| (corner + pixel / 3 * 5 + pixel % 3) as f32).collect();
        assert_eq!(crop, expected);
        *corners.entry(corner).or_insert(0) += 1;
    }
    assert_eq!(corners.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 5, 6, 7, 10, 11, 12]);
    assert!(corners.values().all(|&count| count > 30), "{corners:?}");
}

#[test]
fn images_that_are_not_warped_keep_their_pixels() {
    let windows = |warp| {
        let (warp, shift) = (Probability::of(warp), Probability::of(0.3));
        let change = Augmentation { warp, shift, scale: Fraction::of(0.3), rotation: 20.0, ..Augmentation::default() };
        let is_window = |row: &u32| {
            let crop = change.apply(&ramp(), SIZE, size(4, 3), at(1, *row));
            crop == (0..12).map(|pixel| crop[0] + (pixel / 3 * 5 + pixel % 3) as f32).collect::<Vec<_>>()
        };
        (0..2000).filter(is_window).count()
    };
    // 1500 of 2000 expected, with a standard deviation of 19; where every image is warped, none keeps its pixels.
    assert!((1420..1580).contains(&windows(0.25)), "{}", windows(0.25));
    assert_eq!([windows(0.0), windows(1.0)], [2000, 0]);
}

#[test]
fn switching_one_change_leaves_the_others_as_they_were() {
    let with = |key: &str, value: Value| {
        let mut all = json!({
            "flip": 0.5, "warp": 1.0, "shift": 0.1, "scale": 0.1, "rotation": 10, "brightness": 0.2, "contrast": 0.2,
            "erasing": {"probability": 0.5}
        });
        all[key] = value;
        from_value::<Augmentation>(all).unwrap()
    };
    let image = |changes: &Augmentation, row| changes.apply(&ramp(), SIZE, size(4, 3), at(1, row));
    let [always, half, never] = [1.0, 0.5, 0.0].map(|warp| with("warp", json!(warp)));
    let warped = (0..200).filter(|&row| image(&half, row) == image(&always, row)).count();
    let kept = (0..200).filter(|&row| image(&half, row) == image(&never, row)).count();
    // Each image is as with `warp` 1 or as with `warp` 0: 100 of each are expected, with a standard deviation of 7.
    assert_eq!(warped + kept, 200);
    assert!((70..130).contains(&warped), "{warped}");
    // Half of the images are mirrored; the other half does not see the flip.
    let flipless = with("flip", json!(0.0));
    let same = (0..200).filter(|&row| image(&flipless, row) == image(&always, row)).count();
    assert!((70..130).contains(&same), "{same}");
}

#[test]
fn rotation_and_scale_turn_and_stretch_about_the_centre() {
    // Bilinear sampling is exact on a plane, inside the image: the values' slopes tell where the pixels came from.
    let whole = size(41, 41);
    let change = Augmentation { rotation: 30.0, scale: Fraction::of(0.2), ..Augmentation::default() };
    let turned = |slope: fn(usize, usize) -> f32, row| {
        let image: Vec<f32> = (0..41 * 41).map(|pixel| slope(pixel / 41, pixel % 41)).collect();
        let out = change.apply(&image, whole, whole, at(1, row));
        assert!((out[20 * 41 + 20] - 20.0).abs() < 1e-4, "the centre stays");
        let step = |to: usize| f64::from(out[to] - out[20 * 41 + 20]) / 5.0;
        [step(20 * 41 + 25), step(25 * 41 + 20)]
    };
    for row in 0..50 {
        // Steps right and down, in columns and in rows of the image.
        let [right_columns, down_columns] = turned(|_, column| column as f32, row);
        let [right_rows, down_rows] = turned(|row, _| row as f32, row);
        let length = right_columns.hypot(right_rows);
        assert!((1.0 / 1.2 - 1e-4..=1.0 / 0.8 + 1e-4).contains(&length), "{length}");
        assert!(right_rows.atan2(right_columns).to_degrees().abs() <= 30.01);
        // Down is right, turned by a right angle: nothing is sheared.
        assert!((down_rows - right_columns).abs() < 1e-4 && (down_columns + right_rows).abs() < 1e-4);
    }
}

#[test]
fn contrast_and_brightness_move_the_mean_by_no_more_than_was_asked() {
    let (brightness, contrast) = (NonNegative::of(2.0), Fraction::of(0.5));
    let shade = Augmentation { brightness, contrast, ..Augmentation::default() };
    let spread = |image: &[f32]| image.iter().map(|pixel| (pixel - mean(image)).powi(2)).sum::<f32>().sqrt();
    for row in 0..200 {
        let image = shade.apply(&ramp(), SIZE, SIZE, at(1, row));
        assert!((mean(&image) - mean(&ramp())).abs() <= 2.001);
        let ratio = spread(&image) / spread(&ramp());
        assert!((0.499..1.501).contains(&ratio), "{ratio}");
    }
}

#[test]
fn erasing_fills_a_rectangle_of_the_asked_area_with_the_mean() {
    let erasing = Erasing { probability: Probability::of(1.0), area: [0.1, 0.3].map(Probability::of) };
    let erase = Augmentation { erasing, ..Augmentation::default() };
    let image: Vec<f32> = (0..1600).map(|pixel| pixel as f32).collect();
    for row in 0..200 {
        let out = erase.apply(&image, size(40, 40), size(40, 40), at(1, row));
        let filled: Vec<usize> = (0..1600).filter(|&pixel| out[pixel] != image[pixel]).collect();
        assert!(filled.iter().all(|&pixel| out[pixel] == mean(&image)));
        let (rows, columns): (Vec<_>, Vec<_>) = filled.iter().map(|pixel| (pixel / 40, pixel % 40)).unzip();
        let side = |values: &[usize]| values.iter().max().unwrap() - values.iter().min().unwrap() + 1;
        assert_eq!(side(&rows) * side(&columns), filled.len(), "a full rectangle");
        let share = filled.len() as f64 / 1600.0;
        assert!((0.08..0.33).contains(&share), "{share}");
    }
}

/// Always, of a deviation up to this one.
fn always(deviation: f64) -> Option<Degradation> {
    Some(Degradation { probability: Probability::of(1.0), deviation: NonNegative::of(deviation) })
}

#[test]
fn blur_keeps_the_sum_and_takes_from_the_peak() {
    let change = Augmentation { blur: always(2.0), ..Augmentation::default() };
    let mut image = vec![0.0; 48 * 48];
    image[24 * 48 + 24] = 100.0;
    let peaks: Vec<f32> = (0..200)
        .map(|row| {
            let out = change.apply(&image, size(48, 48), size(48, 48), at(1, row));
            assert!((out.iter().sum::<f32>() - 100.0).abs() < 1e-2);
            assert_eq!(out[24 * 48 + 21], out[24 * 48 + 27], "as far to both sides");
            out[24 * 48 + 24]
        })
        .collect();
    // The peak of a Gaussian with deviation 2 is 100/(2π·4), as whole places and a cut at three deviations have it.
    let (least, most) = (peaks.iter().copied().fold(f32::MAX, f32::min), peaks.iter().copied().fold(0.0, f32::max));
    assert!((3.97..4.2).contains(&least), "{least}");
    assert!(most > 99.0, "small deviations are drawn as well: {most}");
    let never = Degradation { probability: Probability::of(0.0), deviation: NonNegative::of(2.0) };
    let change = Augmentation { blur: Some(never), noise: Some(never), ..Augmentation::default() };
    assert_eq!(change.apply(&image, size(48, 48), size(48, 48), at(1, 1)), image);
}

#[test]
fn noise_has_no_mean_and_every_deviation_up_to_the_one_asked() {
    let change = Augmentation { noise: always(0.5), ..Augmentation::default() };
    let deviations: Vec<f32> = (0..200)
        .map(|row| {
            let out = change.apply(&[1.0; 2500], size(50, 50), size(50, 50), at(1, row));
            let deviation = (out.iter().map(|value| (value - mean(&out)).powi(2)).sum::<f32>() / 2500.0).sqrt();
            // Four standard errors.
            assert!((mean(&out) - 1.0).abs() <= 4.0 * deviation / 50.0);
            deviation
        })
        .collect();
    // The mean of 200 uniform deviations up to a half, give or take four standard errors of 0.144 / √200.
    assert!((mean(&deviations) - 0.25).abs() < 0.041, "{}", mean(&deviations));
    assert!(deviations.iter().all(|deviation| *deviation < 0.53));
}

#[test]
fn settings_out_of_range_are_refused_with_the_range() {
    let refusal = |value: Value| from_value::<Augmentation>(value).unwrap_err().to_string();
    assert!(refusal(json!({"flip": 1.5})).contains("`1.5`, expected a number from 0 to 1"));
    assert!(refusal(json!({"scale": 1.0})).contains("expected a number from 0 to below 1"));
    assert!(refusal(json!({"rotation": 200.0})).contains("expected degrees from 0 to 180"));
    assert!(refusal(json!({"brightness": -1.0})).contains("expected a number from 0"));
    assert!(
        refusal(json!({"erasing": {"area": [0.3, 0.2]}})).contains("expected a smaller share first, found [0.3, 0.2]")
    );
    assert!(refusal(json!({"blur": {"probability": 0.5}})).contains("missing field `deviation`"));
    assert!(refusal(json!({"rotate": 1.0})).contains("unknown field `rotate`"));
}

#[test]
fn each_change_stands_by_itself_and_happens() {
    assert_eq!(Augmentation::default().each(), []);
    let some: Augmentation = from_value(json!({
        "flip": 0.01, "warp": 0.0, "rotation": 10, "blur": {"probability": 0.01, "deviation": 40},
        "noise": {"probability": 0.01, "deviation": 0.5}, "erasing": {"probability": 0.01, "area": [0.5, 0.5]}
    }))
    .unwrap();
    let each = some.each();
    assert_eq!(
        each.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["flip", "rotation", "blur", "noise", "erasing"]
    );
    let mirrored: Vec<f32> = ramp().chunks(5).flat_map(|row| row.iter().rev().copied().collect::<Vec<_>>()).collect();
    let mut blurred = 0;
    for row in 0..50 {
        let made: Vec<Vec<f32>> =
            each.iter().map(|(_, change)| change.apply(&ramp(), SIZE, SIZE, at(1, row))).collect();
        assert_eq!(made[0], mirrored, "row {row}");
        assert_ne!(made[1], ramp(), "row {row}");
        blurred += usize::from(made[2] != ramp());
        assert_ne!(made[3], ramp(), "row {row}");
        assert!(made[4].iter().filter(|value| **value == mean(&ramp())).count() >= 10, "row {row}");
    }
    // Of the deviations up to 4 pixels, those below an eighth of a pixel change nothing: 3 of 100.
    assert!(blurred > 40, "{blurred}");
}
