use fer_eval::{average, probabilities};

#[test]
fn the_mean_is_that_of_the_probabilities_not_of_the_logits() {
    // Probabilities of 1/2, 1/4, 1/4 and of 1/8, 3/4, 1/8.
    let found = probabilities(&average(&[&[2f32.ln(), 0.0, 0.0], &[0.0, 6f32.ln(), 0.0]], 3));
    for (found, expected) in found.iter().zip([5.0 / 16.0, 1.0 / 2.0, 3.0 / 16.0]) {
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }
}

#[test]
fn one_model_is_its_own_mean_and_the_order_of_models_does_not_matter() {
    let (one, other): ([f32; 3], [f32; 3]) = ([1.0, 0.0, 2.0], [0.5, 4.0, -1.0]);
    assert_eq!(average(&[&one], 3), one);
    assert_eq!(average(&[&one, &other], 3), average(&[&other, &one], 3));
}

#[test]
fn images_are_averaged_each_for_itself() {
    let (one, other): ([f32; 4], [f32; 4]) = ([1.0, 0.0, 2.0, 0.5], [0.5, 4.0, -1.0, 3.0]);
    let each = [average(&[&one[..2], &other[..2]], 2), average(&[&one[2..], &other[2..]], 2)];
    assert_eq!(average(&[&one, &other], 2), each.concat());
}

#[test]
fn probabilities_that_vanish_leave_finite_logits() {
    let sure = [f32::MAX, f32::MIN, f32::MIN];
    let found = average(&[&sure, &sure], 3);
    assert!(found.iter().all(|logit| logit.is_finite()), "{found:?}");
    assert_eq!(probabilities(&found), [1.0, 0.0, 0.0]);
}
