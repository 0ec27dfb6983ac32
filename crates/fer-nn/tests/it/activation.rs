use candle_core::{Tensor, Var};
use fer_nn::{Activation, Slope, Stream, activate};

use crate::differences::{check_input, random};
use crate::golden::case;

#[test]
fn relu_and_leaky_relu_equal_pytorchs() {
    case("relu").run(1e-7, |x| activate(x, Activation::RELU));
    case("leaky_relu").run(1e-7, |x| activate(x, Activation::LeakyRelu(Slope::Fixed(0.229))));
}

#[test]
fn random_slopes_are_the_streams_numbers_at_the_elements_indices() {
    let (lower, upper, stream) = (0.125, 0.25, Stream::new(5).at(3, 1));
    let x = random(&[3, 70_000], 1);
    let variable = Var::from_tensor(&x).unwrap();
    let y = activate(variable.as_tensor(), Activation::LeakyRelu(Slope::Random { lower, upper, stream })).unwrap();
    let gradients = y.sum_all().unwrap().backward().unwrap();
    let flat = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let (x, y, dx) = (flat(&x), flat(&y), flat(gradients.get(&variable).unwrap()));
    for index in 0..x.len() {
        let slope = if x[index] > 0.0 { 1.0 } else { lower + (upper - lower) * stream.uniform(index as u64) };
        assert_eq!((y[index], dx[index]), (x[index] * slope, slope), "element {index}");
    }
}

#[test]
fn the_gradient_of_a_leaky_relu_agrees_with_finite_differences() {
    let stream = Stream::new(5);
    // Away from the kink at zero, where there is no derivative.
    let x = (random(&[40], 1).abs().unwrap() + 0.2).unwrap();
    let x = Tensor::cat(&[&x, &x.neg().unwrap()], 0).unwrap();
    let slope = Slope::Random { lower: 0.1, upper: 0.4, stream };
    check_input(&x, 0.1, 1e-4, |x| activate(x, Activation::LeakyRelu(slope)));
}

#[test]
fn silu_equals_pytorchs_and_its_gradient_finite_differences() {
    case("silu").run(3e-7, |x| activate(x, Activation::Silu));
    check_input(&random(&[40], 1), 1e-2, 1e-4, |x| activate(x, Activation::Silu));
}

#[test]
fn silu_of_extreme_numbers_is_finite_and_of_a_nan_a_nan() {
    let x = Tensor::new(&[-1e30f32, -200.0, 0.0, 200.0, 1e30, f32::NAN], &candle_core::Device::Cpu).unwrap();
    let y = activate(&x, Activation::Silu).unwrap().to_vec1::<f32>().unwrap();
    assert_eq!(y[2..5], [0.0, 200.0, 1e30]);
    assert!(y[0].is_finite() && y[1].abs() < 1e-30 && y[5].is_nan(), "{y:?}");
}
