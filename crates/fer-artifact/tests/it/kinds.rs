//! Whatever an artifact holds comes back as it was.

use std::collections::BTreeMap;
use std::fmt::Debug;

use fer_artifact::{
    Array, Artifact, Checkpoint, Digest, FeatureSet, ImageSet, Model, Predictions, Provenance, Seed, Split, open, read,
    write,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Finite floats of every size, negative zero and subnormal numbers among them.
fn finite() -> impl Strategy<Value = f32> {
    any::<u32>().prop_map(f32::from_bits).prop_filter("finite", |x| x.is_finite())
}

fn classes() -> impl Strategy<Value = Vec<String>> {
    btree_set(r"\PC{1,6}", 1..6).prop_map(Vec::from_iter).prop_shuffle()
}

fn split() -> impl Strategy<Value = Split> {
    prop_oneof![Just(Split::Train), Just(Split::Validation), Just(Split::Test)]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            btree_map(".{0,4}", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn arrays() -> impl Strategy<Value = BTreeMap<String, Array>> {
    let array = vec(0..4usize, 0..4).prop_flat_map(|shape| {
        let size = shape.iter().product::<usize>();
        vec(finite(), size).prop_map(move |data| Array::new(shape.clone(), data))
    });
    btree_map("[a-z0-9.]{1,12}", array, 0..5)
}

/// Labels and rows of up to five images, for this many classes.
fn labels_and_rows(classes: usize) -> impl Strategy<Value = (Vec<u8>, Vec<u32>)> {
    (0..=5usize).prop_flat_map(move |n| (vec(0..classes as u8, n), vec(any::<u32>(), n)))
}

fn image_set() -> impl Strategy<Value = ImageSet> {
    (classes(), split(), 1..5usize, 1..5usize, proptest::option::of(vec(".{0,4}", 5))).prop_flat_map(
        |(classes, split, height, width, names)| {
            labels_and_rows(classes.len()).prop_flat_map(move |(labels, rows)| {
                let origins = |names: &Vec<String>| names.iter().take(labels.len()).map(String::as_str).collect();
                let (classes, origins, split) = (classes.clone(), names.as_ref().map(origins), split);
                vec(any::<u8>(), labels.len() * height * width).prop_map(move |images| ImageSet {
                    classes: classes.clone(),
                    split,
                    height,
                    width,
                    images: images.into(),
                    labels: labels.clone(),
                    rows: rows.clone(),
                    groups: None,
                    origins: origins.clone(),
                    targets: None,
                })
            })
        },
    )
}

fn feature_set() -> impl Strategy<Value = FeatureSet> {
    (image_set(), value()).prop_flat_map(|(set, preprocessing)| {
        vec(finite(), set.images.len()).prop_map(move |images| FeatureSet {
            classes: set.classes.clone(),
            split: set.split,
            height: set.height,
            width: set.width,
            images: images.into(),
            labels: set.labels.clone(),
            rows: set.rows.clone(),
            origins: set.origins.clone(),
            targets: None,
            preprocessing: preprocessing.clone(),
        })
    })
}

fn predictions() -> impl Strategy<Value = Predictions> {
    image_set().prop_flat_map(|set| {
        vec(finite(), set.labels.len() * set.classes.len()).prop_map(move |logits| Predictions {
            classes: set.classes.clone(),
            split: set.split,
            logits,
            labels: set.labels.clone(),
            rows: set.rows.clone(),
            origins: set.origins.clone(),
            targets: None,
        })
    })
}

fn model() -> impl Strategy<Value = Model> {
    let details = (value(), value(), value(), value());
    (classes(), details, arrays()).prop_map(|(classes, (network, preprocessing, training, evaluation), tensors)| {
        Model { classes, network, preprocessing, training, evaluation, tensors }
    })
}

fn checkpoint() -> impl Strategy<Value = Checkpoint> {
    (classes(), value(), arrays()).prop_map(|(classes, state, tensors)| Checkpoint { classes, state, tensors })
}

fn provenance() -> impl Strategy<Value = Provenance> {
    let parents = btree_map(".{0,6}", any::<u8>().prop_map(|byte| Digest::of_bytes(&[byte])), 0..3);
    (".{0,6}", any::<u64>(), parents, value()).prop_map(|(producer, seed, parents, params)| Provenance {
        producer,
        seed: Seed::new(seed),
        parents,
        params,
    })
}

/// Writes, reads, and compares; and checks the digest.
fn survives<A: Artifact + PartialEq + Debug>(artifact: &A, provenance: &Provenance) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.safetensors");
    let digest = write(&path, artifact, provenance).unwrap();
    prop_assert_eq!(digest, Digest::of_file(&path).unwrap());
    let (header, _) = fer_artifact::describe(&path).unwrap();
    let header = header.unwrap();
    prop_assert_eq!(&header.params, &provenance.params);
    prop_assert_eq!(&header.parents, &provenance.parents);
    prop_assert_eq!((&header.producer, header.seed), (&provenance.producer, provenance.seed));
    let (back, by_the_batch): (A, A) = (read(&path).unwrap(), open(&path).unwrap());
    prop_assert_eq!(&back, artifact);
    prop_assert_eq!(&by_the_batch, artifact);
    // Equal numbers may differ in bits (0 and -0); equal files do not.
    prop_assert_eq!(write(&path, &back, provenance).unwrap(), digest);
    prop_assert_eq!(write(&path, &by_the_batch, provenance).unwrap(), digest);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn images_come_back(artifact in image_set(), provenance in provenance()) {
        survives(&artifact, &provenance)?;
    }

    #[test]
    fn features_come_back(artifact in feature_set(), provenance in provenance()) {
        survives(&artifact, &provenance)?;
    }

    #[test]
    fn predictions_come_back(artifact in predictions(), provenance in provenance()) {
        survives(&artifact, &provenance)?;
    }

    #[test]
    fn models_come_back(artifact in model(), provenance in provenance()) {
        survives(&artifact, &provenance)?;
    }

    #[test]
    fn checkpoints_come_back(artifact in checkpoint(), provenance in provenance()) {
        survives(&artifact, &provenance)?;
    }

    #[test]
    fn a_damaged_file_is_refused_or_read_but_never_a_panic(
        artifact in feature_set(),
        provenance in provenance(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        write(&path, &artifact, &provenance).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(read) = read::<FeatureSet>(&path) {
            prop_assert_eq!(read.images.len(), read.len() * read.height * read.width);
            prop_assert!(read.labels.iter().all(|&label| usize::from(label) < read.classes.len()));
        }
        std::fs::write(&path, &bytes[..cut.index(bytes.len())]).unwrap();
        prop_assert!(read::<FeatureSet>(&path).is_err());
    }
}

#[test]
fn every_image_and_every_row_of_logits_can_be_had_alone() {
    let images = ImageSet {
        classes: vec!["a".into(), "b".into()],
        split: Split::Train,
        height: 1,
        width: 2,
        images: vec![1, 2, 3, 4].into(),
        labels: vec![0, 1],
        rows: vec![0, 1],
        groups: None,
        origins: None,
        targets: None,
    };
    assert_eq!((images.len(), images.is_empty(), &*images.image(1).unwrap()), (2, false, &[3, 4][..]));
    let features = FeatureSet {
        classes: images.classes.clone(),
        split: Split::Train,
        height: 1,
        width: 2,
        images: vec![0.1, 0.2, 0.3, 0.4].into(),
        labels: vec![0, 1],
        rows: vec![0, 1],
        origins: None,
        targets: None,
        preprocessing: json!(null),
    };
    assert_eq!((features.len(), features.is_empty(), &*features.image(1).unwrap()), (2, false, &[0.3, 0.4][..]));
    let predictions = Predictions {
        classes: images.classes,
        split: Split::Train,
        logits: vec![0.5, 0.25, -1.0, 2.0],
        labels: vec![0, 1],
        rows: vec![0, 1],
        origins: None,
        targets: None,
    };
    assert_eq!(predictions.logits_of(1), [-1.0, 2.0]);
}

#[test]
fn groups_are_optional_and_their_ids_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.safetensors");
    let groups = |ids: Vec<u32>| Some(fer_artifact::Groups { names: vec!["S1".to_owned(), "S2".to_owned()], ids });
    let set = ImageSet {
        classes: vec!["a".to_owned()],
        split: Split::Train,
        height: 1,
        width: 1,
        images: vec![7, 8].into(),
        labels: vec![0, 0],
        rows: vec![0, 1],
        origins: None,
        targets: None,
        groups: groups(vec![1, 0]),
    };
    let provenance = Provenance::new("test", Seed::new(0));
    write(&path, &set, &provenance).unwrap();
    assert_eq!(read::<ImageSet>(&path).unwrap(), set);
    assert_eq!(set.select(&[1]).groups.unwrap().ids, [0]);
    write(&path, &ImageSet { groups: groups(vec![1, 2]), ..set }, &provenance).unwrap();
    let message = read::<ImageSet>(&path).unwrap_err().to_string();
    assert!(
        message.ends_with("groups[1]: expected a group below 2, the number of names in the header, found 2"),
        "{message}"
    );
}

#[test]
fn targets_are_optional_and_follow_their_images() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.safetensors");
    let features = FeatureSet {
        classes: vec!["a".into(), "b".into()],
        split: Split::Train,
        height: 1,
        width: 1,
        images: vec![0.1, 0.2].into(),
        labels: vec![0, 1],
        rows: vec![3, 5],
        origins: None,
        targets: Some(fer_artifact::Targets::new(2, vec![0.5, 0.5, 0.25, 0.75])),
        preprocessing: json!(null),
    };
    write(&path, &features, &Provenance::new("test", Seed::new(0))).unwrap();
    assert_eq!(read::<FeatureSet>(&path).unwrap(), features);
    assert_eq!(fer_artifact::open::<FeatureSet>(&path).unwrap(), features);
    let twice = features.select(&[1, 0, 1]);
    assert_eq!(twice.targets.unwrap().values(), [0.25, 0.75, 0.5, 0.5, 0.25, 0.75]);
}
