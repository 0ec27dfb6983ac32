use candle_core::{Device, Tensor};
use fer_nn::flatten;

use crate::differences::{check_input, random};

#[test]
fn images_become_rows_channel_after_channel() {
    // Two images of one row, three columns, two channels.
    let x = Tensor::arange(0f32, 12.0, &Device::Cpu).unwrap().reshape((2, 1, 3, 2)).unwrap();
    let rows = flatten(&x).unwrap().to_vec2::<f32>().unwrap();
    assert_eq!(rows, [[0., 2., 4., 1., 3., 5.], [6., 8., 10., 7., 9., 11.]]);
}

#[test]
fn the_gradient_of_flattening_agrees_with_finite_differences() {
    check_input(&random(&[2, 3, 2, 4], 1), 0.1, 1e-4, flatten);
}
