use fer_nn::{Parameter, linear};

use crate::differences::random;

#[test]
fn gradients_add_up_until_they_are_cleared() {
    let weight = Parameter::new(random(&[2, 3], 1)).unwrap();
    let bias = Parameter::new(random(&[2], 2)).unwrap();
    let x = random(&[4, 3], 3);
    let backward = || linear(&x, &weight, &bias).unwrap().sum_all().unwrap().backward().unwrap();
    let grad = || weight.grad().unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert!(weight.grad().is_none());
    backward();
    let once = grad();
    backward();
    assert!(grad().iter().zip(&once).all(|(twice, once)| (twice - 2.0 * once).abs() < 1e-5 && *once != 0.0));
    weight.zero_grad();
    assert!(weight.grad().is_none());
    backward();
    assert_eq!(grad(), once);
}
