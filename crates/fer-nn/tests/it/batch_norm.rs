use candle_core::Tensor;
use fer_nn::{BatchNorm, BatchStats, Parameter, Statistics, batch_norm};

use crate::differences::{check_input, check_parameter, random};
use crate::golden::case;

const EPS: f64 = 1e-5;

fn batch_norm_train(
    x: &Tensor,
    weight: &Parameter,
    bias: &Parameter,
    eps: f64,
) -> candle_core::Result<(Tensor, BatchStats)> {
    batch_norm(x, BatchNorm::new(weight, bias, eps, Statistics::Batch))
}

fn check(name: &str, tolerance: f64) {
    let case = case(name);
    let (weight, bias) = (case.parameter("weight"), case.parameter("bias"));
    case.run(tolerance, |x| {
        let (y, stats) = batch_norm_train(x, &weight, &bias, EPS)?;
        let vector = |values: &[f32]| Tensor::new(values, x.device());
        case.check("mean", &vector(&stats.mean)?, 1e-6);
        case.check("var", &vector(&stats.var)?, 1e-5);
        case.check("unbiased_var", &vector(&stats.unbiased_var())?, 1e-5);
        Ok(y)
    });
    case.check_grad("dweight", &weight, tolerance);
    case.check_grad("dbias", &bias, tolerance);
}

#[test]
fn batch_norm_in_training_equals_pytorchs_forward_and_backward() {
    check("norm", 5e-6);
    check("norm_one_image", 5e-6);
}

#[test]
fn a_constant_channel_becomes_its_bias() {
    check("norm_constant", 5e-6);
}

#[test]
fn a_mean_of_a_thousand_does_not_lose_a_spread_of_one() {
    // The inputs themselves are rounded to 6e-5 there, which bounds what any f32 arithmetic can reach.
    check("norm_offset", 1e-4);
}

#[test]
fn batch_norm_in_evaluation_equals_pytorchs() {
    let case = case("norm_eval");
    let (weight, bias) = (case.parameter("weight"), case.parameter("bias"));
    let (mean, var) = (case.get("mean"), case.get("var"));
    let statistics = Statistics::Running { mean: &mean, var: &var };
    let (y, _) = batch_norm(&case.get("x"), BatchNorm::new(&weight, &bias, EPS, statistics)).unwrap();
    case.check("y", &y, 1e-6);
}

#[test]
fn the_gradients_of_batch_norm_agree_with_finite_differences() {
    let x = random(&[3, 3, 5, 2], 1);
    let weight = Parameter::new(random(&[2], 2)).unwrap();
    let bias = Parameter::new(random(&[2], 3)).unwrap();
    let norm = |x: &Tensor| batch_norm_train(x, &weight, &bias, EPS).map(|(y, _)| y);
    check_input(&x, 1e-2, 2e-3, norm);
    check_parameter(&weight, 1e-1, 1e-4, || norm(&x));
    check_parameter(&bias, 1e-1, 1e-4, || norm(&x));
}

#[test]
fn one_element_a_channel_has_no_unbiased_variance_and_gives_zero() {
    let parameter = |value: f32| Parameter::new(Tensor::new(&[value], &candle_core::Device::Cpu).unwrap()).unwrap();
    let x = Tensor::new(&[[[[5f32]]]], &candle_core::Device::Cpu).unwrap();
    let (y, stats) = batch_norm_train(&x, &parameter(2.0), &parameter(0.5), EPS).unwrap();
    assert_eq!(stats.unbiased_var(), [0.0]);
    assert_eq!(y.flatten_all().unwrap().to_vec1::<f32>().unwrap(), [0.5]);
}
