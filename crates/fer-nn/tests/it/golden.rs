//! Expected values from PyTorch, made by `tests/golden/operators/make.py`.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Result, Tensor, Var};
use fer_nn::Parameter;

pub(crate) struct Case {
    name: String,
    tensors: HashMap<String, Tensor>,
}

pub(crate) fn case(name: &str) -> Case {
    crate::setup();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/operators/operators.safetensors");
    let tensors = candle_core::safetensors::load(path, &Device::Cpu).expect("the golden file reads");
    Case { name: name.to_owned(), tensors }
}

impl Case {
    /// The golden tensor. Images, which are NCHW in PyTorch, are turned to NHWC.
    pub(crate) fn get(&self, tensor: &str) -> Tensor {
        let key = format!("{}.{tensor}", self.name);
        let found = self.tensors.get(&key).unwrap_or_else(|| panic!("no golden tensor {key}")).clone();
        let is_image = ["x", "y", "dx", "dy", "residual", "dresidual"].contains(&tensor) && found.rank() == 4;
        if is_image { channels_last(&found) } else { found }
    }

    pub(crate) fn parameter(&self, tensor: &str) -> Parameter {
        Parameter::new(self.get(tensor)).expect("a golden tensor can be a parameter")
    }

    /// Compares with the golden tensor by the relative L2 distance.
    pub(crate) fn check(&self, tensor: &str, found: &Tensor, tolerance: f64) {
        let expected = self.get(tensor);
        assert_eq!(expected.dims(), found.dims(), "{}.{tensor}: shape", self.name);
        let distance = distance(&expected, found);
        assert!(distance <= tolerance, "{}.{tensor}: relative distance {distance:e} above {tolerance:e}", self.name);
    }

    /// Runs an operator of `x` forward and backward and compares y and dx.
    pub(crate) fn run(&self, tolerance: f64, operator: impl FnOnce(&Tensor) -> Result<Tensor>) {
        let x = Var::from_tensor(&self.get("x")).expect("a variable");
        let y = operator(x.as_tensor()).expect("the forward pass");
        self.check("y", &y, tolerance);
        let loss = (y * self.get("dy")).expect("same shape").sum_all().expect("a sum");
        let gradients = loss.backward().expect("the backward pass");
        self.check("dx", gradients.get(&x).expect("a gradient of x"), tolerance);
    }

    /// Compares a parameter's gradient.
    pub(crate) fn check_grad(&self, tensor: &str, parameter: &Parameter, tolerance: f64) {
        self.check(tensor, &parameter.grad().expect("a gradient"), tolerance);
    }
}

/// NCHW to NHWC.
pub(crate) fn channels_last(x: &Tensor) -> Tensor {
    x.permute([0, 2, 3, 1]).and_then(|x| x.contiguous()).expect("four dimensions")
}

/// ‖a − b‖ / max(‖a‖, 1e-3), in f64: small expected values count absolutely.
pub(crate) fn distance(a: &Tensor, b: &Tensor) -> f64 {
    let values = |t: &Tensor| t.flatten_all().and_then(|t| t.to_vec1::<f32>()).expect("f32 values");
    let (a, b) = (values(a), values(b));
    let square = |x: f64| x * x;
    let difference: f64 = a.iter().zip(&b).map(|(&a, &b)| square(f64::from(a) - f64::from(b))).sum();
    let norm: f64 = a.iter().map(|&a| square(f64::from(a))).sum();
    difference.sqrt() / norm.sqrt().max(1e-3)
}
