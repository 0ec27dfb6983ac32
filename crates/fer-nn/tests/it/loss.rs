use fer_nn::{cross_entropy, one_hot, smooth_targets, soft_cross_entropy};

use crate::differences::{check_input, random};
use crate::golden::case;

const LABELS: [u8; 5] = [0, 6, 3, 3, 1];

#[test]
fn cross_entropy_equals_pytorchs_with_and_without_smoothing() {
    case("cross_entropy").run(1e-6, |x| cross_entropy(x, &LABELS, 0.0));
    case("cross_entropy_smooth").run(1e-6, |x| cross_entropy(x, &LABELS, 0.1));
}

#[test]
fn logits_in_the_hundreds_do_not_overflow() {
    case("cross_entropy_large").run(1e-6, |x| cross_entropy(x, &LABELS, 0.0));
}

#[test]
fn the_gradient_of_cross_entropy_agrees_with_finite_differences() {
    check_input(&random(&[5, 7], 1), 1e-2, 1e-3, |x| cross_entropy(x, &LABELS, 0.2));
}

#[test]
fn labels_that_do_not_fit_are_refused() {
    let message = |labels: &[u8]| cross_entropy(&random(&[2, 3], 1), labels, 0.0).unwrap_err().to_string();
    assert!(message(&[0, 3]).starts_with("cross entropy: expected labels below 3, found 3"));
    assert!(message(&[0]).starts_with("cross entropy: 2 rows of logits, but 1 labels"));
}

#[test]
fn soft_targets_equal_pytorchs_with_weighted_and_with_mixed_labels() {
    // PyTorch: Σ weight[label] · loss / Σ weight[label], with smoothing spread by the weights too.
    let weights = [0.5, 1.0, 2.0, 1.5, 1.0, 3.0, 0.25];
    let mut targets = smooth_targets(one_hot(&LABELS, 7), 7, 0.1);
    let total: f64 = LABELS.iter().map(|&label| weights[usize::from(label)]).sum();
    for row in targets.chunks_exact_mut(7) {
        row.iter_mut().zip(weights).for_each(|(target, weight)| *target *= weight * LABELS.len() as f64 / total);
    }
    case("cross_entropy_weighted").run(1e-6, |x| soft_cross_entropy(x, targets));
    let (one, other) = (one_hot(&LABELS, 7), one_hot(&[1, 3, 3, 6, 0], 7));
    let mixed = one.iter().zip(other).map(|(one, other)| 0.7 * one + 0.3 * other).collect();
    case("cross_entropy_mixed").run(1e-6, |x| soft_cross_entropy(x, mixed));
}
