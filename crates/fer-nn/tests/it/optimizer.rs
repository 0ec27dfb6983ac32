use std::collections::BTreeMap;

use candle_core::{Result, Tensor};
use fer_nn::{AdamW, Decay, Optimizer, Parameter, Rule, Sgd};

use crate::golden::{case, distance};

/// Makes ⟨weight, gradient⟩ the loss, so that the weight's gradient is `gradient`.
fn backward(weight: &Parameter, gradient: &Tensor) {
    let loss = fer_nn::linear(&gradient.unsqueeze(0).unwrap(), weight, &bias()).unwrap();
    loss.sum_all().unwrap().backward().unwrap();
}

fn bias() -> Parameter {
    Parameter::new(Tensor::new(&[0f32], &candle_core::Device::Cpu).unwrap()).unwrap()
}

fn weight() -> Parameter {
    Parameter::new(case("optimizer").get("start").unsqueeze(0).unwrap()).unwrap()
}

fn optimizer(rule: Rule, weight: &Parameter) -> Result<Optimizer> {
    Optimizer::new(rule, BTreeMap::from([("weight".to_owned(), weight.clone())]))
}

fn check(name: &str, rule: Rule, learning_rate: f64, clip_norm: Option<f64>) {
    let (golden, weight) = (case("optimizer"), weight());
    let mut optimizer = optimizer(rule, &weight).unwrap().with_clip_norm(clip_norm);
    let expected = golden.get(&format!("{name}.after"));
    for step in 0..5 {
        backward(&weight, &golden.get("gradients").get(step).unwrap());
        optimizer.step(learning_rate).unwrap();
        let error = distance(&expected.get(step).unwrap(), &weight.value().flatten_all().unwrap());
        assert!(error < 1e-6, "{name}, step {step}: relative distance {error:e}");
    }
}

fn sgd(momentum: f64, nesterov: bool, weight_decay: f64) -> Rule {
    Rule::Sgd(Sgd { momentum, nesterov, weight_decay })
}

const ADAMW: Rule = Rule::AdamW(AdamW { beta1: 0.8, beta2: 0.95, eps: 1e-6, weight_decay: 0.1 });

#[test]
fn five_steps_of_sgd_equal_pytorchs() {
    check("sgd", sgd(0.0, false, 0.0), 0.1, None);
    check("sgd_decay", sgd(0.0, false, 0.05), 0.1, None);
    check("sgd_momentum", sgd(0.9, false, 0.05), 0.1, None);
    check("sgd_nesterov", sgd(0.9, true, 0.05), 0.1, None);
}

#[test]
fn five_steps_of_adamw_equal_pytorchs() {
    check("adamw", ADAMW, 0.01, None);
}

#[test]
fn clipped_steps_equal_pytorchs() {
    check("sgd_clipped", sgd(0.9, false, 0.0), 0.1, Some(1.9));
}

#[test]
fn a_restored_optimizer_goes_on_bit_for_bit() {
    let gradient = |step: usize| case("optimizer").get("gradients").get(step).unwrap();
    let value = |weight: &Parameter| weight.value().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    for rule in [sgd(0.9, true, 0.05), ADAMW] {
        let whole = weight();
        let mut first = optimizer(rule, &whole).unwrap();
        backward(&whole, &gradient(0));
        first.step(0.1).unwrap();
        let copy = Parameter::new(whole.value().copy().unwrap()).unwrap();
        let mut second = optimizer(rule, &copy).unwrap();
        second.restore(first.state().unwrap(), first.steps()).unwrap();
        for (weight, optimizer) in [(&whole, &mut first), (&copy, &mut second)] {
            backward(weight, &gradient(1));
            optimizer.step(0.1).unwrap();
        }
        assert_eq!(value(&whole), value(&copy));
    }
}

#[test]
fn a_state_that_does_not_fit_is_refused_by_name() {
    let weight = weight();
    let mut optimizer = optimizer(ADAMW, &weight).unwrap();
    let mut state = optimizer.state().unwrap();
    let average = state.remove("weight.exp_avg").unwrap();
    let message = optimizer.restore(state.clone(), 1).unwrap_err().to_string();
    assert!(message.starts_with("optimiser state: `weight.exp_avg` is missing"), "{message}");
    state.insert("weight.exp_avg".to_owned(), average.flatten_all().unwrap());
    let message = optimizer.restore(state.clone(), 1).unwrap_err().to_string();
    assert!(message.starts_with("optimiser state: `weight.exp_avg`: expected shape [1, 6], found [6]"), "{message}");
    state.insert("weight.exp_avg".to_owned(), average.clone());
    state.insert("other.exp_avg".to_owned(), average);
    let message = optimizer.restore(state, 1).unwrap_err().to_string();
    assert!(message.starts_with("optimiser state: `other.exp_avg` is not expected"), "{message}");
}

#[test]
fn a_parameter_without_a_gradient_is_left_alone() {
    let weight = weight();
    let before = weight.value().copy().unwrap();
    optimizer(sgd(0.0, false, 0.5), &weight).unwrap().step(0.1).unwrap();
    assert_eq!(distance(&before, weight.value()), 0.0);
}

#[test]
fn nesterov_without_momentum_is_refused() {
    let message = optimizer(sgd(0.0, true, 0.0), &weight()).unwrap_err().to_string();
    assert!(message.starts_with("nesterov needs a momentum above 0"), "{message}");
}

#[test]
fn vectors_do_not_decay_where_matrices_alone_do() {
    let parameter = |shape: &[usize]| {
        Parameter::new(Tensor::ones(shape, candle_core::DType::F32, &candle_core::Device::Cpu).unwrap()).unwrap()
    };
    let (matrix, vector) = (parameter(&[1, 2]), parameter(&[1]));
    let parameters = [("matrix".to_owned(), matrix.clone()), ("vector".to_owned(), vector.clone())].into();
    let mut optimizer = Optimizer::new(sgd(0.0, false, 0.5), parameters).unwrap().with_decay(Decay::Matrices);
    // The matrix's gradient is 0, the vector's 1.
    let zeros = Tensor::zeros((1, 2), candle_core::DType::F32, &candle_core::Device::Cpu).unwrap();
    fer_nn::linear(&zeros, &matrix, &vector).unwrap().sum_all().unwrap().backward().unwrap();
    optimizer.step(1.0).unwrap();
    assert_eq!(matrix.value().to_vec2::<f32>().unwrap(), [[0.5, 0.5]]);
    assert_eq!(vector.value().to_vec1::<f32>().unwrap(), [0.0]);
}
