use std::collections::BTreeMap;

use fer_artifact::{Array, FER2013_CLASSES, FeatureSet, ImageSet, Model, Predictions, Seed, Split};
use serde_json::{Value, json};

/// `n` images with FER2013's classes: labels take turns, and an image's band of brighter rows tells its label, over
/// noise. Enough for a small network to learn, the same in every call, and no image twice (unless tiny).
/// Row numbers do not repeat across splits.
pub fn image_set(split: Split, n: usize, height: usize, width: usize) -> ImageSet {
    let classes = FER2013_CLASSES.map(String::from).to_vec();
    let labels: Vec<u8> = (0..n).map(|index| (index % classes.len()) as u8).collect();
    let mut pixels = Vec::with_capacity(n * height * width);
    for (index, &label) in labels.iter().enumerate() {
        let noise = Seed::new(index as u64).stream(split.name()).value();
        pixels.extend((0..height * width).map(|pixel| {
            let in_band = pixel * classes.len() / (height * width) == usize::from(label);
            let noise = (mix(noise.wrapping_add(pixel as u64)) % 100) as u8;
            if in_band { 155 + noise } else { noise }
        }));
    }
    let images = pixels.into();
    ImageSet {
        classes,
        split,
        height,
        width,
        images,
        rows: rows(split, n),
        labels,
        groups: None,
        origins: None,
        targets: None,
    }
}

/// The images of [`image_set`] divided by 255, with `preprocessing` left `null`.
pub fn feature_set(split: Split, n: usize, height: usize, width: usize) -> FeatureSet {
    let set = image_set(split, n, height, width);
    FeatureSet {
        images: set.images.map(1, 1, |levels: &[u8]| levels.iter().map(|&level| f32::from(level) / 255.0).collect()),
        classes: set.classes,
        split,
        height,
        width,
        labels: set.labels,
        rows: set.rows,
        origins: None,
        targets: None,
        preprocessing: Value::Null,
    }
}

/// Logits for the labels and rows of [`image_set`]: right, with a lead of one, for every image but each third.
pub fn predictions(split: Split, n: usize) -> Predictions {
    let ImageSet { classes, labels, rows, .. } = image_set(split, n, 1, 1);
    let k = classes.len();
    let logits = labels.iter().enumerate().flat_map(|(index, &label)| {
        let said = if index % 3 == 2 { (usize::from(label) + 1) % k } else { usize::from(label) };
        (0..k).map(move |class| if class == said { 1.0 } else { 0.0 })
    });
    Predictions { logits: logits.collect(), classes, split, labels, rows, origins: None, targets: None }
}

/// A linear model for the features of [`feature_set`]: a class's logit is the mean of its band, so that it is right
/// for every image of at least seven rows.
pub fn model(height: usize, width: usize) -> Model {
    let classes = FER2013_CLASSES.map(String::from).to_vec();
    let (k, size) = (classes.len(), height * width);
    let weight =
        |class: usize| (0..size).map(move |pixel| if pixel * k / size == class { k as f32 / size as f32 } else { 0.0 });
    Model {
        network: json!({"name": "linear", "height": height, "width": width, "classes": k}),
        preprocessing: Value::Null,
        training: json!({}),
        evaluation: Value::Null,
        tensors: BTreeMap::from([
            ("fc.weight".to_owned(), Array::new([k, size], (0..k).flat_map(weight).collect())),
            ("fc.bias".to_owned(), Array::new([k], vec![0.0; k])),
        ]),
        classes,
    }
}

fn rows(split: Split, n: usize) -> Vec<u32> {
    let first = match split {
        Split::Train => 0,
        Split::Validation => 100_000,
        Split::Test => 200_000,
    };
    (first..).take(n).collect()
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014): noise from a counter.
fn mix(counter: u64) -> u64 {
    let z = counter.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
