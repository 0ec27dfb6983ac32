use fer_nn::{Parameter, linear};

use crate::differences::{check_input, check_parameter, random};
use crate::golden::case;

#[test]
fn linear_equals_pytorchs_forward_and_backward() {
    for name in ["linear", "linear_one"] {
        let case = case(name);
        let (weight, bias) = (case.parameter("weight"), case.parameter("bias"));
        case.run(1e-6, |x| linear(x, &weight, &bias));
        case.check_grad("dweight", &weight, 1e-6);
        case.check_grad("dbias", &bias, 1e-6);
    }
}

#[test]
fn the_gradients_of_linear_agree_with_finite_differences() {
    let x = random(&[3, 4], 1);
    let weight = Parameter::new(random(&[2, 4], 2)).unwrap();
    let bias = Parameter::new(random(&[2], 3)).unwrap();
    check_input(&x, 0.1, 1e-4, |x| linear(x, &weight, &bias));
    check_parameter(&weight, 0.1, 1e-4, || linear(&x, &weight, &bias));
    check_parameter(&bias, 0.1, 1e-4, || linear(&x, &weight, &bias));
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let weight = Parameter::new(random(&[2, 4], 2)).unwrap();
    let bias = Parameter::new(random(&[2], 3)).unwrap();
    let message = linear(&random(&[3, 5], 1), &weight, &bias).unwrap_err().to_string();
    assert!(message.starts_with("linear: x [3, 5] does not fit weight [2, 4] and bias [2]"), "{message}");
}
