use fer_nn::{Stream, init_normal, init_uniform};

/// Mean and variance in f64.
fn moments(values: &[f32]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    (mean, values.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n)
}

#[test]
fn uniform_weights_have_the_bound_and_the_moments_of_their_law() {
    let values: Vec<f32> =
        init_uniform(&[400, 500], 0.5, Stream::new(1)).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    assert!(values.iter().all(|x| (-0.5..0.5).contains(x)));
    let (mean, var) = moments(&values);
    // Five standard errors: √(1/12/200,000) · 5 for the mean; the variance of U is 1/12, of its square 1/180.
    assert!(mean.abs() < 0.0033, "mean {mean}");
    assert!((var - 1.0 / 12.0).abs() < 5.0 * (1.0f64 / 180.0 / 2e5).sqrt(), "variance {var}");
}

#[test]
fn normal_weights_have_the_moments_and_the_tails_of_their_law() {
    let values: Vec<f32> = init_normal(&[200_000], 0.04, Stream::new(2)).unwrap().to_vec1().unwrap();
    let (mean, var) = moments(&values);
    assert!(mean.abs() < 5.0 * 0.04 / 2e5f64.sqrt(), "mean {mean}");
    assert!((var / 0.0016 - 1.0).abs() < 5.0 * (2.0 / 2e5f64).sqrt(), "variance {var}");
    let beyond = values.iter().filter(|x| x.abs() > 0.08).count() as f64 / 2e5;
    // P(|x| > 2σ) = 0.0455; five standard errors are 0.0023.
    assert!((beyond - 0.0455).abs() < 0.0023, "{beyond} beyond two standard deviations");
}

#[test]
fn a_stream_gives_the_same_weights_again_and_another_lane_gives_others() {
    let weights = |stream| init_uniform(&[64], 1.0, stream).unwrap().to_vec1::<f32>().unwrap();
    assert_eq!(weights(Stream::new(4).at(0, 1)), weights(Stream::new(4).at(0, 1)));
    assert_ne!(weights(Stream::new(4).at(0, 1)), weights(Stream::new(4).at(0, 2)));
}
