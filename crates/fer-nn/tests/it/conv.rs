use candle_core::Tensor;
use fer_nn::{BatchNorm, Conv2d, Method, Parameter, Statistics, conv2d, conv2d_batch_norm, depthwise_conv2d};

use crate::differences::{check_input, check_parameter, random};
use crate::golden::case;

fn check(name: &str, stride: usize, padding: usize) {
    let case = case(name);
    for method in [Method::Fast, Method::Exact] {
        let (weight, bias) = (case.parameter("weight"), case.parameter("bias"));
        case.run(2e-6, |x| conv2d(x, &weight, Some(&bias), Conv2d { stride, padding, method }));
        case.check_grad("dweight", &weight, 2e-6);
        case.check_grad("dbias", &bias, 2e-6);
    }
}

#[test]
fn convolutions_equal_pytorchs_forward_and_backward() {
    check("conv_3x3", 1, 1);
    check("conv_3x3_odd", 1, 1);
    check("conv_3x3_stride2", 2, 1);
    check("conv_3x3_unpadded", 1, 0);
    check("conv_1x1", 1, 0);
    check("conv_1x1_stride2", 2, 0);
    check("conv_5x5", 1, 2);
    check("conv_one_pixel", 1, 1);
    check("conv_one_channel", 1, 1);
    check("conv_wide", 1, 1);
    check("conv_wide_odd", 1, 1);
    check("conv_wide_unpadded", 1, 0);
    check("conv_wide_padded", 1, 2);
    check("conv_wide_one_pixel", 1, 1);
    check("conv_wide_stride2", 2, 1);
}

#[test]
fn depthwise_convolutions_equal_pytorchs_forward_and_backward() {
    for (name, stride, padding) in [("depthwise", 1, 1), ("depthwise_stride2", 2, 1), ("depthwise_5x5", 1, 2)] {
        let case = case(name);
        let (weight, bias) = (case.parameter("weight"), case.parameter("bias"));
        case.run(1e-6, |x| depthwise_conv2d(x, &weight, Some(&bias), Conv2d::new(stride, padding)));
        case.check_grad("dweight", &weight, 1e-6);
        case.check_grad("dbias", &bias, 1e-6);
    }
}

#[test]
fn the_gradients_of_a_depthwise_convolution_agree_with_finite_differences() {
    for (stride, padding) in [(1, 1), (2, 0)] {
        let config = Conv2d::new(stride, padding);
        let x = random(&[2, 5, 4, 3], 1);
        let weight = Parameter::new(random(&[3, 1, 3, 3], 2)).unwrap();
        let bias = Parameter::new(random(&[3], 3)).unwrap();
        check_input(&x, 0.1, 1e-4, |x| depthwise_conv2d(x, &weight, Some(&bias), config));
        check_parameter(&weight, 0.1, 1e-4, || depthwise_conv2d(&x, &weight, Some(&bias), config));
        check_parameter(&bias, 0.1, 1e-4, || depthwise_conv2d(&x, &weight, Some(&bias), config));
    }
}

#[test]
fn the_gradients_of_winograds_method_agree_with_finite_differences() {
    let x = random(&[2, 5, 6, 8], 1);
    let weight = Parameter::new(random(&[9, 8, 3, 3], 2)).unwrap();
    check_input(&x, 0.1, 1e-4, |x| conv2d(x, &weight, None, Conv2d::new(1, 1)));
    check_parameter(&weight, 0.1, 1e-4, || conv2d(&x, &weight, None, Conv2d::new(1, 1)));
}

#[test]
fn the_gradients_of_a_convolution_agree_with_finite_differences() {
    for (stride, padding) in [(1, 1), (2, 0), (2, 2)] {
        let config = Conv2d::new(stride, padding);
        let x = random(&[2, 5, 4, 2], 1);
        let weight = Parameter::new(random(&[3, 2, 3, 3], 2)).unwrap();
        let bias = Parameter::new(random(&[3], 3)).unwrap();
        check_input(&x, 0.1, 1e-4, |x| conv2d(x, &weight, Some(&bias), config));
        check_parameter(&weight, 0.1, 1e-4, || conv2d(&x, &weight, Some(&bias), config));
        check_parameter(&bias, 0.1, 1e-4, || conv2d(&x, &weight, Some(&bias), config));
    }
}

#[test]
fn a_convolution_without_a_bias_is_one_with_a_bias_of_zero() {
    let x = random(&[1, 4, 4, 2], 1);
    let weight = Parameter::new(random(&[3, 2, 3, 3], 2)).unwrap();
    let zero = Parameter::new(Tensor::zeros_like(&random(&[3], 3)).unwrap()).unwrap();
    let config = Conv2d::new(1, 1);
    let values = |bias| conv2d(&x, &weight, bias, config).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert_eq!(values(None), values(Some(&zero)));
}

/// An image of several blocks of lines, each of which knows the lines around it and where it lies.
#[test]
fn a_large_gray_image_is_that_of_its_parts_bit_by_bit() {
    let (x, residual) = (random(&[1, 300, 40, 1], 1), random(&[1, 300, 40, 16], 2));
    let [weight, scale, shift] = [(&[16, 1, 3, 3][..], 3), (&[16], 4), (&[16], 5)]
        .map(|(shape, seed)| Parameter::new(random(shape, seed)).unwrap());
    let (mean, var) = (random(&[16], 6), random(&[16], 7).abs().unwrap());
    let values = |from: usize, to: usize| {
        let part = |t: &Tensor| t.narrow(1, from, to - from).unwrap().contiguous().unwrap();
        let statistics = Statistics::Running { mean: &mean, var: &var };
        let (same, residual) = (Conv2d::new(1, 1), part(&residual));
        let norm = BatchNorm { residual: Some(&residual), ..BatchNorm::new(&scale, &shift, 1e-5, statistics) };
        let plain = conv2d(&part(&x), &weight, None, same).unwrap();
        let (normed, _) = conv2d_batch_norm(&part(&x), &weight, None, same, norm).unwrap();
        [plain, normed].map(|y| y.flatten_all().unwrap().to_vec1::<f32>().unwrap())
    };
    let (line, whole, upper, lower) = (40 * 16, values(0, 300), values(0, 151), values(149, 300));
    for ((whole, upper), lower) in whole.iter().zip(&upper).zip(&lower) {
        let parts = [&upper[..150 * line], &lower[line..]].concat();
        assert!(whole.iter().map(|y| y.to_bits()).eq(parts.iter().map(|y| y.to_bits())));
    }
}

#[test]
fn a_strided_view_is_read_by_its_strides() {
    let x = random(&[2, 3, 4, 6], 1);
    let weight = Parameter::new(random(&[3, 3, 3, 3], 2)).unwrap();
    let config = Conv2d::new(1, 1);
    let view = x.permute([0, 2, 3, 1]).unwrap();
    let copy = view.force_contiguous().unwrap();
    let values = |x| conv2d(x, &weight, None, config).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert_eq!(values(&view), values(&copy));
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let weight = Parameter::new(random(&[3, 2, 3, 3], 2)).unwrap();
    let config = Conv2d::new(1, 0);
    let message = |shape: &[usize]| conv2d(&random(shape, 1), &weight, None, config).unwrap_err().to_string();
    let found = message(&[1, 4, 4, 5]);
    assert!(found.starts_with("conv2d: x [1, 4, 4, 5] (N, H, W, C) does not fit weight [3, 2, 3, 3]"), "{found}");
    let found = message(&[1, 2, 4, 2]);
    assert!(found.starts_with("conv2d: a window of 3×3 does not fit an image of 2×4, padding 0"), "{found}");
    let bias = Parameter::new(random(&[4], 3)).unwrap();
    let found = conv2d(&random(&[1, 4, 4, 2], 1), &weight, Some(&bias), config).unwrap_err().to_string();
    assert!(found.starts_with("conv2d: expected a bias of 3 numbers, found [4]"), "{found}");
    let found = depthwise_conv2d(&random(&[1, 4, 4, 2], 1), &weight, None, config).unwrap_err().to_string();
    assert!(found.starts_with("depthwise_conv2d: x [1, 4, 4, 2] (N, H, W, C) does not fit"), "{found}");
}

/// x ⋆ weight in f64, by the definition, with a padding of 1.
fn in_f64(x: &Tensor, weight: &Tensor) -> Vec<f64> {
    let (n, height, width, channels) = x.dims4().unwrap();
    let outputs = weight.dim(0).unwrap();
    let flat = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let (x, weight) = (flat(x), flat(weight));
    let mut y = vec![];
    for (image, row, column) in
        (0..n * height * width).map(|at| (at / (height * width), at / width % height, at % width))
    {
        for output in 0..outputs {
            let mut sum = 0.0;
            for (down, across) in (0..9).map(|place| (place / 3, place % 3)) {
                let (from_row, from_column) = (row + down, column + across);
                if (1..=height).contains(&from_row) && (1..=width).contains(&from_column) {
                    let start = ((image * height + from_row - 1) * width + from_column - 1) * channels;
                    for channel in 0..channels {
                        let weight = weight[(output * channels + channel) * 9 + down * 3 + across];
                        sum += f64::from(x[start + channel]) * f64::from(weight);
                    }
                }
            }
            y.push(sum);
        }
    }
    y
}

#[test]
fn winograds_method_stays_within_its_documented_error() {
    // `docs/performance.md`: the error's root mean square below 2e-6 and its maximum below 3e-5 of the results' root mean
    // square; plain products stay below 1e-6.
    let x = random(&[1, 12, 12, 128], 1);
    let weight = random(&[64, 128, 3, 3], 2);
    let exact = in_f64(&x, &weight);
    let norm = (exact.iter().map(|y| y * y).sum::<f64>() / exact.len() as f64).sqrt();
    let errors = |method| {
        let config = Conv2d { method, ..Conv2d::new(1, 1) };
        let y = conv2d(&x, &Parameter::new(weight.clone()).unwrap(), None, config).unwrap();
        let y = y.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let errors: Vec<f64> = y.iter().zip(&exact).map(|(&y, exact)| (f64::from(y) - exact).abs() / norm).collect();
        let square = (errors.iter().map(|error| error * error).sum::<f64>() / errors.len() as f64).sqrt();
        (square, errors.into_iter().fold(0.0, f64::max))
    };
    let ((plain, _), (fast, largest)) = (errors(Method::Exact), errors(Method::Fast));
    #[expect(clippy::print_stdout, reason = "for those who want to know")]
    {
        println!("root mean square error: plain {plain:.1e}, fast {fast:.1e}; largest {largest:.1e}");
    }
    assert!(plain < 1e-6 && fast < 2e-6 && largest < 3e-5, "{plain:e}, {fast:e}, {largest:e}");
}
