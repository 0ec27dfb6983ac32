use fer_artifact::{Seed, Size};
use fer_imgproc::{Corruption, Strength};
use serde_json::Value;

use crate::golden;

/// Damages an image with the seed `seed`.
fn damaged(corruption: Corruption, strength: Strength, image: &[u8], size: Size, seed: u64) -> Vec<u8> {
    corruption.apply(strength, image, size, Seed::new(seed))
}

/// Most that two images are apart, and the mean.
fn apart(a: &[u8], b: &[u8]) -> (u8, f64) {
    assert_eq!(a.len(), b.len());
    let distances = || a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    (distances().max().unwrap(), distances().map(f64::from).sum::<f64>() / a.len() as f64)
}

#[test]
fn damaged_images_are_those_of_opencv_pillow_and_numpy() {
    let cases: Value = serde_json::from_str(include_str!("../../../../tests/golden/corruption/golden.json")).unwrap();
    let mut compared = 0;
    for case in cases.as_array().unwrap() {
        let size = Size::new(golden::number(&case["size"][0]), golden::number(&case["size"][1])).unwrap();
        let image = golden::bytes(&case["input"]);
        for corruption in Corruption::ALL.into_iter().filter(|corruption| *corruption != Corruption::Noise) {
            for strength in Strength::ALL {
                let expected = case["outputs"][corruption.name()][strength as usize].as_array().unwrap();
                let mut seen = vec![false; expected.len()];
                for seed in 0..40 {
                    let found = damaged(corruption, strength, &image, size, seed);
                    let distances: Vec<_> = expected.iter().map(|one| apart(&found, &golden::bytes(one))).collect();
                    let nearest = (0..seen.len()).min_by(|&a, &b| distances[a].1.total_cmp(&distances[b].1)).unwrap();
                    let (most, mean) = distances[nearest];
                    let what = format!(
                        "{} {strength:?}, {size}: {most} levels apart, {mean:.3} in the mean",
                        corruption.name()
                    );
                    match corruption {
                        // Two encoders round differently and fill blocks beyond the edge differently; a step of the
                        // coarsest table is some 80 levels.
                        Corruption::Jpeg => assert!(mean < 1.5, "{what}"),
                        // Each of two steps rounds.
                        Corruption::Resolution => assert!(most <= 2, "{what}"),
                        Corruption::Blur | Corruption::Rotation | Corruption::Smaller | Corruption::Larger => {
                            assert!(most <= 1, "{what}")
                        }
                        _ => assert_eq!(most, 0, "{what}"),
                    }
                    seen[nearest] = true;
                    compared += 1;
                }
                assert!(seen.iter().all(|seen| *seen), "{} goes every way", corruption.name());
            }
        }
    }
    assert_eq!(compared, 2 * 11 * 3 * 40);
}

#[test]
fn noise_is_normal_with_the_deviation_that_it_says() {
    let size = Size::new(100, 100).unwrap();
    for (strength, amount) in Strength::ALL.into_iter().zip(Corruption::Noise.amounts()) {
        let found = damaged(Corruption::Noise, strength, &[128; 10_000], size, 1);
        let distances: Vec<f64> = found.iter().map(|&level| f64::from(level) - 128.0).collect();
        let mean = distances.iter().sum::<f64>() / 1e4;
        let deviation = (distances.iter().map(|distance| (distance - mean).powi(2)).sum::<f64>() / 1e4).sqrt();
        // Four standard errors: σ/√n, σ/√2n.
        assert!(mean.abs() < 4.0 * amount / 100.0, "{mean}");
        assert!((deviation - amount).abs() < 4.0 * amount / 141.0 + 0.01, "{deviation}");
        // Within one deviation lie 68.27 % of a normal distribution; a level is rounded, so the border is moved by a half.
        let within = distances.iter().filter(|distance| distance.abs() < amount + 0.25).count() as f64 / 1e4;
        assert!((within - 0.6827).abs() < 0.03, "{within}");
    }
}

#[test]
fn what_is_drawn_depends_on_seed_and_pixels_alone() {
    let size = Size::new(8, 6).unwrap();
    let image: Vec<u8> = (0..48).map(|level| level * 5).collect();
    let noisy = |seed| damaged(Corruption::Noise, Strength::Strong, &image, size, seed);
    assert_eq!(noisy(3), noisy(3));
    assert_ne!(noisy(3), noisy(4));
}

#[test]
fn the_smallest_image_bears_everything() {
    let size = Size::new(1, 1).unwrap();
    for corruption in Corruption::ALL {
        for strength in Strength::ALL {
            assert_eq!(damaged(corruption, strength, &[200], size, 0).len(), 1);
        }
    }
}
