use std::collections::BTreeMap;

use fer_artifact::{ImageSet, Split};
use proptest::collection::vec;
use proptest::prelude::*;

/// Any sets that ingest may leave: train with one to five images, the others with none to five, or absent; images of
/// one size from 1×1 to 9×9 and any levels; one to eight classes, the same in all sets.
pub fn image_sets() -> impl Strategy<Value = BTreeMap<Split, ImageSet>> {
    let shape = (1..=9usize, 1..=9usize, 1..=8u8);
    shape.prop_flat_map(|(height, width, classes)| {
        let set = move |split, n| image_set(split, n, height, width, classes);
        let other = |split| proptest::option::of((0..=5usize).prop_flat_map(move |n| set(split, n)));
        let train = (1..=5usize).prop_flat_map(move |n| set(Split::Train, n));
        (train, other(Split::Validation), other(Split::Test)).prop_map(|(train, validation, test)| {
            [Some(train), validation, test].into_iter().flatten().map(|set| (set.split, set)).collect()
        })
    })
}

fn image_set(
    split: Split,
    n: usize,
    height: usize,
    width: usize,
    classes: u8,
) -> impl Strategy<Value = ImageSet> + use<> {
    (vec(any::<u8>(), n * height * width), vec(0..classes, n), vec(any::<u32>(), n)).prop_map(
        move |(images, labels, rows)| ImageSet {
            classes: (0..classes).map(|class| format!("class {class}")).collect(),
            split,
            height,
            width,
            images: images.into(),
            labels,
            rows,
            groups: None,
            origins: None,
            targets: None,
        },
    )
}
