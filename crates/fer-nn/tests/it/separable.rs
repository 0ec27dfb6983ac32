//! Operators for prediction against the ones that they stand for, which PyTorch's values hold.

use candle_core::{Device, Result, Tensor};
use fer_nn::{
    Activation, Conv2d, Parameter, Separable, Slope, Stream, Weights, activate, add_upsampled2, conv2d,
    depthwise_conv2d,
};

/// Numbers between −1 and 1, none like the other.
fn numbers(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|index| ((index * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0).collect()
}

fn tensor(values: &[f32], shape: &[usize]) -> Tensor {
    Tensor::from_vec(values.to_vec(), shape, &Device::Cpu).unwrap()
}

/// Both ways for x `[images, height, width, channels]`, flat.
fn both(images: usize, [height, width, channels, outputs]: [usize; 4], activation: Activation) -> [Vec<f32>; 2] {
    let x = tensor(&numbers(images * height * width * channels, 1), &[images, height, width, channels]);
    let (pointwise, bias) = (numbers(outputs * channels, 2), numbers(outputs, 3));
    let (windows, window_bias) = (numbers(outputs * 9, 4), numbers(outputs, 5));
    let separable = Separable::new(
        Weights { weight: &pointwise, bias: &bias },
        Weights { weight: &windows, bias: &window_bias },
        activation,
    );
    let parameter = |values: &[f32], shape: &[usize]| Parameter::new(tensor(values, shape)).unwrap();
    let [weight, bias] = [parameter(&pointwise, &[outputs, channels, 1, 1]), parameter(&bias, &[outputs])];
    let [windows, window_bias] = [parameter(&windows, &[outputs, 1, 3, 3]), parameter(&window_bias, &[outputs])];
    let apart = || -> Result<Tensor> {
        let x = conv2d(&x, &weight, Some(&bias), Conv2d::new(1, 0))?;
        activate(&depthwise_conv2d(&x, &windows, Some(&window_bias), Conv2d::new(1, 1))?, activation)
    };
    [separable.unwrap().apply(&x).unwrap(), apart().unwrap()].map(|y| y.flatten_all().unwrap().to_vec1().unwrap())
}

#[test]
fn a_separable_convolution_is_a_pointwise_and_a_depthwise_one() {
    let leaky = Activation::LeakyRelu(Slope::Fixed(0.2));
    for (images, sizes) in [
        (1, [1, 1, 1, 16]),
        (1, [1, 9, 3, 16]),
        (1, [40, 1, 16, 32]),
        (2, [7, 5, 64, 48]),
        (1, [3, 600, 17, 64]),
        (3, [130, 33, 16, 16]),
    ] {
        for activation in [Activation::Identity, Activation::RELU, leaky] {
            let [together, apart] = both(images, sizes, activation);
            assert_eq!(together, apart, "{images} of {sizes:?}, {activation:?}");
        }
    }
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    let new = |pointwise: usize, bias: usize, windows: usize, activation| {
        let (pointwise, bias, windows) = (numbers(pointwise, 1), numbers(bias, 2), numbers(windows, 3));
        let depthwise = Weights { weight: &windows, bias: &bias };
        Separable::new(Weights { weight: &pointwise, bias: &bias }, depthwise, activation)
    };
    assert!(new(32, 16, 144, Activation::RELU).is_ok());
    for (pointwise, bias, windows) in [(33, 16, 144), (32, 16, 143), (16, 8, 72), (0, 0, 0), (0, 16, 144)] {
        let error = new(pointwise, bias, windows, Activation::RELU).unwrap_err().to_string();
        assert!(error.contains("O a multiple of 16"), "{error}");
    }
    let drawn = Activation::LeakyRelu(Slope::Random { lower: 0.1, upper: 0.3, stream: Stream::new(1) });
    assert!(new(32, 16, 144, drawn).is_err());
    let separable = new(32, 16, 144, Activation::RELU).unwrap();
    let error = separable.apply(&tensor(&numbers(12, 1), &[1, 2, 2, 3])).unwrap_err().to_string();
    assert!(error.starts_with("separable: expected x [N, H, W, 2], found [1, 2, 2, 3]"), "{error}");
}

#[test]
fn a_coarser_image_is_added_to_each_of_its_four_places() {
    let x = tensor(&numbers(2 * 4 * 6 * 3, 1), &[2, 4, 6, 3]);
    let small = tensor(&numbers(2 * 2 * 3 * 3, 2), &[2, 2, 3, 3]);
    let y: Vec<f32> = add_upsampled2(&x, &small).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    let (x, small_values) = (numbers(2 * 4 * 6 * 3, 1), numbers(2 * 2 * 3 * 3, 2));
    for (at, y) in y.iter().enumerate() {
        let (image, row, column, channel) = (at / 72, at / 18 % 4, at / 3 % 6, at % 3);
        assert_eq!(*y, x[at] + small_values[((image * 2 + row / 2) * 3 + column / 2) * 3 + channel]);
    }
    assert!(add_upsampled2(&small, &small).is_err());
}
