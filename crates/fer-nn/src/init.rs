use candle_core::{Result, Tensor};

use crate::Stream;
use crate::tensor::tensor;

/// A tensor of numbers uniform in [−bound, bound).
///
/// PyTorch initialises the weights and biases of linear and convolution layers with a bound of 1/√fan_in.
///
/// # Errors
/// candle's, on a shape that it cannot hold.
pub fn init_uniform(shape: &[usize], bound: f32, stream: Stream) -> Result<Tensor> {
    let mut values = vec![0.0; shape.iter().product()];
    stream.fill(0, &mut values);
    values.iter_mut().for_each(|value| *value = (2.0 * *value - 1.0) * bound);
    tensor(values, shape)
}

/// A tensor of numbers from N(0, std²), by Box and Muller's transform of two uniform numbers each, in f64.
///
/// # Errors
/// candle's, on a shape that it cannot hold.
pub fn init_normal(shape: &[usize], std: f32, stream: Stream) -> Result<Tensor> {
    let count: usize = shape.iter().product();
    let normal = |index: u64| {
        // 1 − u lies in (0, 1], so the logarithm is finite.
        let radius = (-2.0 * libm::log(1.0 - f64::from(stream.uniform(2 * index)))).sqrt();
        let angle = std::f64::consts::TAU * f64::from(stream.uniform(2 * index + 1));
        (f64::from(std) * radius * libm::cos(angle)) as f32
    };
    tensor((0..count as u64).map(normal).collect(), shape)
}
