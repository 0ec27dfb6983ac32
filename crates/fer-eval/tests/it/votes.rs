//! Scores against single votes, with the arithmetic written out.

use std::collections::BTreeMap;

use fer_artifact::{Predictions, Split, Targets, Tta};
use fer_eval::{add_votes, metrics, vote_metrics};

/// Three images of three classes; the network says 1, 0 and, of two equal ones, 0.
fn predictions(targets: Option<Targets>) -> Predictions {
    Predictions {
        classes: ["calm", "glad", "sad"].map(String::from).to_vec(),
        split: Split::Test,
        logits: [[0.0, 2f32.ln(), 0.0], [5000.0, 0.0, 0.0], [1.0, 0.0, 1.0]].concat(),
        labels: vec![1, 0, 2],
        rows: vec![0, 1, 2],
        origins: None,
        targets,
    }
}

fn shares() -> Targets {
    Targets::new(3, [[0.25, 0.5, 0.25], [1.0, 0.0, 0.0], [0.1, 0.3, 0.6]].concat())
}

#[test]
fn agreement_and_cross_entropy_are_means_over_the_images() {
    let found = vote_metrics(&predictions(Some(shares()))).unwrap();
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-7, "{found} for {expected}");
    near(found.agreement, (0.5 + 1.0 + 0.1) / 3.0);
    near(found.ceiling, (0.5 + 1.0 + 0.6) / 3.0);
    // Probabilities 1/4, 1/2, 1/4, and the shares are the same: 1.5 ln 2 nats. The second image costs nothing.
    let first = 1.5 * 2f64.ln();
    let e = std::f64::consts::E;
    let third = (2.0 * e + 1.0).ln() - 0.7;
    near(found.cross_entropy, (first + third) / 3.0);
    let third = -(0.1 * 0.1f64.ln() + 0.3 * 0.3f64.ln() + 0.6 * 0.6f64.ln());
    near(found.entropy, (first + third) / 3.0);
}

#[test]
fn predictions_without_targets_have_no_such_scores() {
    for (targets, is_there) in [(None, false), (Some(shares()), true)] {
        let predictions = BTreeMap::from([(Split::Test, predictions(targets))]);
        let mut scores = metrics(&predictions, Tta::None);
        add_votes(&mut scores, &predictions);
        assert_eq!(scores.splits[&Split::Test].votes.is_some(), is_there);
        let shown = fer_eval::table(&scores);
        assert_eq!(shown.contains("agreement with single votes  53.3 %  (at most 70.0 %)"), is_there, "{shown}");
    }
}

#[test]
fn targets_of_train_are_no_votes() {
    let train = Predictions { split: Split::Train, ..predictions(Some(shares())) };
    assert_eq!(vote_metrics(&train), None);
}
