use fer_nn::{avg_pool2, global_avg_pool, max_pool2};

use crate::differences::{check_input, random};
use crate::golden::case;

#[test]
fn max_pooling_equals_pytorchs_forward_and_backward() {
    case("max_pool2").run(0.0, max_pool2);
    case("max_pool2_odd").run(0.0, max_pool2);
}

#[test]
fn a_tie_goes_to_the_first_maximum_as_in_pytorch() {
    case("max_pool2_ties").run(0.0, max_pool2);
}

#[test]
fn a_nan_is_not_hidden_by_max_pooling() {
    let x = candle_core::Tensor::new(&[[[[1f32], [2.]], [[f32::NAN], [0.]]]], &candle_core::Device::Cpu).unwrap();
    assert!(max_pool2(&x).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()[0].is_nan());
}

#[test]
fn average_poolings_equal_pytorchs() {
    case("avg_pool2").run(1e-6, avg_pool2);
    case("global_avg_pool").run(1e-6, global_avg_pool);
}

#[test]
fn the_gradients_of_pooling_agree_with_finite_differences() {
    let x = random(&[2, 5, 6, 2], 11);
    // Steps too small to change which element is the largest.
    check_input(&x, 2e-4, 5e-3, max_pool2);
    check_input(&x, 0.1, 1e-4, global_avg_pool);
    check_input(&x, 0.1, 1e-4, avg_pool2);
}

#[test]
fn an_image_too_small_for_a_window_is_refused() {
    let message = max_pool2(&random(&[1, 1, 4, 1], 1)).unwrap_err().to_string();
    assert!(message.starts_with("max pooling: expected images of at least 2×2, found 1×4"), "{message}");
}
