//! Gradients by central differences, with the sums in f64.

use candle_core::{Device, Result, Tensor, Var};
use fer_nn::{Parameter, Stream, init_uniform};

/// A reproducible tensor of numbers in [−1, 1).
pub(crate) fn random(shape: &[usize], key: u64) -> Tensor {
    crate::setup();
    init_uniform(shape, 1.0, Stream::new(key)).expect("a tensor")
}

/// Checks d⟨y, dy⟩/dx for every element of x. `f` must be smooth within ±step of x; the tolerance is relative to the
/// gradient's largest element.
pub(crate) fn check_input(x: &Tensor, step: f64, tolerance: f64, f: impl Fn(&Tensor) -> Result<Tensor>) {
    let variable = Var::from_tensor(x).expect("a variable");
    let y = f(variable.as_tensor()).expect("forward");
    let dy = random(y.dims(), 99);
    let loss = (y * &dy).expect("product").sum_all().expect("sum");
    let gradients = loss.backward().expect("backward");
    let analytic = gradients.get(&variable).expect("a gradient");
    compare(x, analytic, step, tolerance, |x| inner(&f(x).expect("forward"), &dy));
}

/// Checks the gradient that a backward pass leaves in `parameter`.
pub(crate) fn check_parameter(parameter: &Parameter, step: f64, tolerance: f64, f: impl Fn() -> Result<Tensor>) {
    parameter.zero_grad();
    let y = f().expect("forward");
    let dy = random(y.dims(), 98);
    (y * &dy).expect("product").sum_all().expect("sum").backward().expect("backward");
    let analytic = parameter.grad().expect("a gradient");
    let value = parameter.value().copy().expect("a copy");
    compare(&value, &analytic, step, tolerance, |value| {
        parameter.set(value).expect("same shape");
        inner(&f().expect("forward"), &dy)
    });
    parameter.set(&value).expect("same shape");
}

fn compare(x: &Tensor, analytic: &Tensor, step: f64, tolerance: f64, loss: impl Fn(&Tensor) -> f64) {
    let values = flat(x);
    let analytic = flat(analytic);
    let largest = analytic.iter().fold(1e-3f64, |max, &g| max.max(f64::from(g).abs()));
    for index in 0..values.len() {
        let at = |offset: f64| {
            let mut moved = values.clone();
            moved[index] = (f64::from(moved[index]) + offset) as f32;
            let exact = f64::from(moved[index]);
            (loss(&Tensor::from_vec(moved, x.shape(), &Device::Cpu).expect("a tensor")), exact)
        };
        let ((above, right), (below, left)) = (at(step), at(-step));
        let numeric = (above - below) / (right - left);
        let error = (numeric - f64::from(analytic[index])).abs() / largest;
        assert!(
            error <= tolerance,
            "element {index}: numeric {numeric}, analytic {}, error {error:e}",
            analytic[index]
        );
    }
}

fn inner(y: &Tensor, dy: &Tensor) -> f64 {
    flat(y).iter().zip(flat(dy)).map(|(&y, dy)| f64::from(y) * f64::from(dy)).sum()
}

fn flat(t: &Tensor) -> Vec<f32> {
    t.flatten_all().and_then(|t| t.to_vec1()).expect("f32 values")
}
