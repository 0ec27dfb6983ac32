//! The gradient of whole networks by finite differences, with masks and slopes held by seed and step.

use std::collections::BTreeMap;

use candle_core::Tensor;
use fer_model::{CompactCnn, FaceCnn, Linear, Mode, Network, NetworkConfig, NetworkParams};
use fer_nn::{Stream, cross_entropy, init_uniform};

const LABELS: [u8; 6] = [0, 1, 2, 2, 1, 0];

struct Case {
    network: Network,
    images: Tensor,
}

impl Case {
    fn new(params: NetworkParams) -> Self {
        let config = NetworkConfig { params, height: 8, width: 9, classes: 3 };
        let images = init_uniform(&[LABELS.len(), 1, 8, 9], 1.0, Stream::new(11)).unwrap();
        Self { network: Network::new(&config, 5).unwrap(), images }
    }

    fn loss(&self) -> Tensor {
        let logits = self.network.forward(&self.images, Mode::Train { seed: 1, step: 1 }).unwrap();
        cross_entropy(&logits, &LABELS, 0.1).unwrap()
    }

    /// Gradients by name from one backward pass.
    fn gradients(&self) -> BTreeMap<String, Tensor> {
        self.loss().backward().unwrap();
        let gradient = |(name, weight): (&String, &fer_nn::Parameter)| (name.clone(), weight.grad().unwrap());
        self.network.parameters().iter().map(gradient).collect()
    }

    /// (L(w + step·d) − L(w − step·d)) / 2·step for the weight of this name.
    fn slope(&self, name: &str, direction: &Tensor, step: f64) -> f64 {
        let weight = &self.network.parameters()[name];
        let start = weight.value().copy().unwrap();
        let loss = |step: f64| {
            weight.set(&(&start + (direction * step).unwrap()).unwrap()).unwrap();
            f64::from(self.loss().to_scalar::<f32>().unwrap())
        };
        let slope = (loss(step) - loss(-step)) / (2.0 * step);
        weight.set(&start).unwrap();
        slope
    }
}

fn norm(tensor: &Tensor) -> f64 {
    let values: Vec<f32> = tensor.flatten_all().unwrap().to_vec1().unwrap();
    values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt()
}

/// Along its own gradient a loss rises by the gradient's length. A convolution's bias is taken off again by batch
/// norm, so its gradient must vanish.
fn check(params: NetworkParams, tolerance: f64) {
    let case = Case::new(params);
    let gradients = case.gradients();
    let largest = gradients.values().map(norm).fold(0.0, f64::max);
    for (name, gradient) in &gradients {
        let length = norm(gradient);
        if name.starts_with("conv") && name.ends_with(".0.bias") {
            assert!(length < 1e-5 * largest, "{name}: {length}");
            continue;
        }
        // A step that changes the loss by about 0.001: far above rounding, too small to turn many activations.
        let slope = case.slope(name, &(gradient / length).unwrap(), 0.0005 / length);
        assert!((slope / length - 1.0).abs() < tolerance, "{name}: gradient {length}, differences {slope}");
    }
}

#[test]
fn the_gradient_of_the_linear_network_agrees_with_finite_differences() {
    check(Linear {}.into(), 1e-3);
}

#[test]
fn the_gradient_of_the_small_network_agrees_with_finite_differences() {
    check(CompactCnn::default().into(), 0.01);
}

#[test]
fn the_gradient_of_the_seeds_network_agrees_with_finite_differences() {
    check(FaceCnn::default().into(), 0.02);
}
