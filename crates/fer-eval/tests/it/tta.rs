use fer_artifact::{Array, FeatureSet, Model, Split, Tta};
use fer_eval::{EvaluateParams, Predictor, evaluate, predict, probabilities};
use fer_model::{Network, NetworkConfig};
use serde_json::json;
use std::collections::BTreeMap;

use crate::predict::{features, model};
use crate::sample::dice;

#[track_caller]
fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }
}

/// A small residual network with fresh weights, and an image of 24×24 for it.
pub(crate) fn residual() -> (Model, FeatureSet) {
    let network = json!({"name": "face-resnet", "stem": [4, 4], "widths": [4, 4, 8], "blocks": [1, 1, 1], "height": 24,
        "width": 24, "classes": 3});
    let config: NetworkConfig = serde_json::from_value(network.clone()).unwrap();
    let state = Network::new(&config, 5).unwrap().state();
    let array = |tensor: &candle_core::Tensor| {
        Array::new(tensor.dims(), tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap())
    };
    let tensors = state.iter().map(|(name, tensor)| (name.clone(), array(tensor))).collect();
    let images: Vec<f32> = (0..24 * 24).map(dice).collect();
    let set = FeatureSet { height: 24, width: 24, images: images.into(), ..features(Split::Test, &[], &[1]) };
    (Model { network, tensors, ..model() }, set)
}

/// What the network says of a part of the image, by a network that is made for parts of this size.
fn of_part(model: &Model, set: &FeatureSet, (top, left): (usize, usize), mirrored: bool) -> Vec<f64> {
    let (mut part, whole) = (vec![], set.images.all().unwrap());
    for y in 0..22 {
        for x in 0..22 {
            let x = if mirrored { 21 - x } else { x };
            part.push(whole[(top + y) * 24 + left + x]);
        }
    }
    let mut model = model.clone();
    (model.network["height"], model.network["width"]) = (json!(22), json!(22));
    let part = FeatureSet { height: 22, width: 22, images: part.into(), ..set.clone() };
    probabilities(&predict(&model, &part, 1).unwrap().logits)
}

#[test]
fn flip_is_the_mean_of_the_probabilities_of_image_and_mirror_image() {
    // Logits of [a, b] are a, b and a + b − 1; the mirror image is [b, a].
    let set = features(Split::Test, &[[2.0, 0.5], [-1.0, 3.0], [0.0, 0.0]], &[0, 1, 2]);
    let found = Predictor::new(&model()).unwrap().with_tta(Tta::Flip).unwrap().predict(&set, 2).unwrap();
    for (index, [a, b]) in [[2.0f64, 0.5], [-1.0, 3.0], [0.0, 0.0]].into_iter().enumerate() {
        let sum = a.exp() + b.exp() + (a + b - 1.0).exp();
        let first = (a.exp() + b.exp()) / 2.0 / sum;
        assert_close(&probabilities(found.logits_of(index)), &[first, first, (a + b - 1.0).exp() / sum]);
    }
}

#[test]
fn ten_crops_are_the_mean_over_corners_centre_and_mirror_images() {
    let (model, set) = residual();
    let found = Predictor::new(&model).unwrap().with_tta(Tta::TenCrop).unwrap().predict(&set, 1).unwrap();
    let mut mean = [0.0; 3];
    for place in [(0, 0), (0, 2), (2, 0), (2, 2), (1, 1)] {
        for mirrored in [false, true] {
            let part = of_part(&model, &set, place, mirrored);
            mean.iter_mut().zip(part).for_each(|(mean, part)| *mean += part / 10.0);
        }
    }
    assert_close(&probabilities(&found.logits), &mean);
    let plain = predict(&model, &set, 1).unwrap();
    assert!(plain.logits != found.logits, "crops make no difference");
}

#[test]
fn crops_need_a_network_that_takes_them() {
    let message = Predictor::new(&model()).unwrap().with_tta(Tta::TenCrop).unwrap_err().to_string();
    let expected = "`tta: ten-crop` needs a network that takes images of any size, `linear` takes 1×2 pixels alone; \
                    `flip` works with every network";
    assert_eq!(message, expected);
}

#[test]
fn the_parameter_is_obeyed_and_told_with_the_scores() {
    let sets = BTreeMap::from([(Split::Test, features(Split::Test, &[[2.0, 0.5]], &[0]))]);
    let params = |tta| EvaluateParams { tta, ..EvaluateParams::default() };
    let [plain, flipped] = [Tta::None, Tta::Flip].map(|tta| evaluate(&params(tta), &model(), &sets).unwrap());
    assert_eq!((plain.metrics.tta, flipped.metrics.tta), (Some(Tta::None), Some(Tta::Flip)));
    assert_eq!(plain.predictions[&Split::Test].logits, [2.0, 0.5, 1.5]);
    assert_ne!(flipped.predictions[&Split::Test].logits, [2.0, 0.5, 1.5]);
}
