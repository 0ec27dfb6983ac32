use std::sync::{Arc, Mutex};

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

#[test]
fn a_hook_is_shown_a_gradient_before_those_of_the_layers_below() {
    let layers: Vec<[Parameter; 2]> = (0..3)
        .map(|layer| [[3, 3].as_slice(), &[3]].map(|shape| Parameter::new(random(shape, layer)).unwrap()))
        .collect();
    let shown = Arc::new(Mutex::new(vec![]));
    for (layer, [weight, _]) in layers.iter().enumerate() {
        let shown = Arc::clone(&shown);
        weight.hook_grad(move |values| shown.lock().unwrap().push((layer, values.to_vec())));
    }
    let backward = || {
        let through = |x, [weight, bias]: &[Parameter; 2]| linear(&x, weight, bias).unwrap();
        layers.iter().fold(random(&[4, 3], 9), through).sum_all().unwrap().backward().unwrap();
    };
    backward();
    let values = |weight: &Parameter| weight.grad().unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let expected = [2, 1, 0].map(|layer: usize| (layer, values(&layers[layer][0])));
    assert_eq!(*shown.lock().unwrap(), expected);
    layers.iter().for_each(|[weight, _]| weight.unhook_grad());
    backward();
    assert_eq!(shown.lock().unwrap().len(), 3);
}

#[test]
fn a_gradient_from_elsewhere_takes_the_place_of_the_present_one() {
    let weight = Parameter::new(random(&[2], 1)).unwrap();
    let grad = || weight.grad().unwrap().to_vec1::<f32>().unwrap();
    weight.set_grad(&[1.0, 2.0]);
    assert_eq!(grad(), [1.0, 2.0]);
    weight.set_grad(&[3.0, 4.0]);
    assert_eq!(grad(), [3.0, 4.0]);
}
