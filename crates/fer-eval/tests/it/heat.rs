use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use fer_artifact::{FeatureSet, Split};
use fer_eval::{Error, EvaluateParams, Predictor, evaluate};
use fer_model::{Network, NetworkConfig};

use crate::predict::{features, model};
use crate::sample::dice;
use crate::tta::residual;

/// Two images, and the network's maps for these classes, 3×3 each.
fn maps(classes: [usize; 2]) -> (FeatureSet, Vec<Vec<f32>>, Vec<Vec<f32>>) {
    let (model, set) = residual();
    let images: Vec<f32> = (0..2 * 24 * 24).map(dice).collect();
    let set = FeatureSet { images: images.into(), labels: vec![0, 0], rows: vec![0, 1], ..set };
    let config: NetworkConfig = serde_json::from_value(model.network.clone()).unwrap();
    let tensor = |array: &fer_artifact::Array| Tensor::from_slice(&array.data, &array.shape[..], &Device::Cpu).unwrap();
    let state = model.tensors.iter().map(|(name, array)| (name.clone(), tensor(array))).collect();
    let images = Tensor::from_slice(&set.images.all().unwrap(), (2, 1, 24, 24), &Device::Cpu).unwrap();
    let small = Network::load(&config, state).unwrap().grad_cam(&images, &classes).unwrap();
    assert_eq!(small.dims(), [2, 3, 3]);
    let small = small.reshape((2, 9)).unwrap().to_vec2().unwrap();
    let large = Predictor::new(&model).unwrap().heat_maps(&set.images.all().unwrap(), &classes).unwrap();
    (set, small, large)
}

/// Eight output pixels belong to one of a map, whose value stands in the middle of them: corners have the corner's,
/// between two middles the change is even. PyTorch's `interpolate(mode="bilinear", align_corners=False)`.
#[test]
fn a_heat_map_is_the_networks_enlarged_and_relative_to_its_highest_place() {
    let mut highest = 0.0;
    for classes in [[0, 1], [2, 2]] {
        let (_, small, large) = maps(classes);
        for (small, large) in small.iter().zip(&large) {
            assert_eq!(large.len(), 24 * 24);
            let row = |y: usize| {
                // Rows 11 and 12 lie 1/16 of the way from the middle row to its neighbours.
                let (near, far, share) = match y {
                    0 => (0, 0, 0.0),
                    11 => (1, 0, 1.0 / 16.0),
                    _ => (2, 2, 0.0),
                };
                [0, 2].map(|x| (1.0 - share) * small[3 * near + x] + share * small[3 * far + x])
            };
            let expected = [row(0), row(11), row(23)].concat();
            let found: Vec<f32> = [0, 11, 23].iter().flat_map(|y| [large[24 * y], large[24 * y + 23]]).collect();
            let top = large.iter().copied().fold(0.0, f32::max);
            assert!(top == 1.0 || large.iter().all(|&value| value == 0.0), "{top}");
            highest = f32::max(highest, top);
            // The same up to the scale.
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            let (ab, aa, bb) = (dot(&found, &expected), dot(&found, &found), dot(&expected, &expected));
            assert!((ab * ab - aa * bb).abs() <= 1e-4 * aa * bb, "{found:?} and {expected:?}");
        }
    }
    assert_eq!(highest, 1.0, "no map has anything in it");
}

#[test]
fn an_evaluation_explains_answers_of_its_splits() {
    let (model, set) = residual();
    let images: Vec<f32> = (0..30 * 24 * 24).map(dice).collect();
    let labels = (0..30).map(|index| index % 3).collect();
    let set = FeatureSet { images: images.into(), labels, rows: (100..130).collect(), ..set };
    let found = evaluate(&EvaluateParams::default(), &model, &BTreeMap::from([(Split::Test, set.clone())])).unwrap();
    let (examples, predictions) = (&found.examples[&Split::Test], &found.predictions[&Split::Test]);
    let top = |index: usize| {
        let logits = predictions.logits_of(index);
        (1..3).fold(0, |best, class| if logits[class] > logits[best] { class } else { best })
    };
    for label in 0..3u8 {
        for correct in [true, false] {
            let all =
                (0..30).filter(|&index| set.labels[index] == label && (top(index) == usize::from(label)) == correct);
            let shown = examples.iter().filter(|example| {
                set.labels[example.index] == label && (top(example.index) == usize::from(label)) == correct
            });
            assert_eq!(shown.count(), all.count().min(2), "class {label}, right: {correct}");
        }
    }
    let example = &examples[0];
    let predictor = Predictor::new(&model).unwrap();
    let alone = predictor.heat_maps(&set.image(example.index).unwrap(), &[top(example.index)]).unwrap();
    for (found, expected) in example.heat.iter().zip(&alone[0]) {
        assert!((found - expected).abs() < 1e-4, "{found} is not {expected}");
    }
}

#[test]
fn a_network_without_convolutions_has_scores_but_nothing_to_show() {
    let set = features(Split::Test, &[[1.0, 0.0], [0.0, 1.0]], &[0, 1]);
    let error = Predictor::new(&model()).unwrap().heat_maps(&set.images.all().unwrap(), &[0, 1]).unwrap_err();
    assert!(matches!(&error, Error::Model(fer_model::Error::Maps { .. })), "{error}");
    let found = evaluate(&EvaluateParams::default(), &model(), &BTreeMap::from([(Split::Test, set)])).unwrap();
    assert_eq!(found.examples[&Split::Test], []);
}
