use candle_core::{Tensor, Var};
use fer_nn::{Slope, Stream, leaky_relu};

use crate::differences::{check_input, random};
use crate::golden::case;

#[test]
fn relu_and_leaky_relu_equal_pytorchs() {
    case("relu").run(1e-7, |x| leaky_relu(x, Slope::Fixed(0.0)));
    case("leaky_relu").run(1e-7, |x| leaky_relu(x, Slope::Fixed(0.229)));
}

#[test]
fn random_slopes_are_the_streams_numbers_at_the_elements_indices() {
    let (lower, upper, stream) = (0.125, 0.25, Stream::new(5).at(3, 1));
    let x = random(&[3, 70_000], 1);
    let variable = Var::from_tensor(&x).unwrap();
    let y = leaky_relu(variable.as_tensor(), Slope::Random { lower, upper, stream }).unwrap();
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
    check_input(&x, 0.1, 1e-4, |x| leaky_relu(x, Slope::Random { lower: 0.1, upper: 0.4, stream }));
}
