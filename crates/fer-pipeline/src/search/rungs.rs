//! How long trials are trained, and which of them go on.

use serde::Serialize;

/// Trials that are trained for as many epochs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rung {
    /// Epochs of each training; none if they are not known, as of a program.
    pub epochs: Option<usize>,
    /// Of these, those that the training of the rung before has done already.
    pub done_before: usize,
    /// Trials on it.
    pub trials: usize,
}

/// The rungs of so many trials. `free` gives the first of so many epochs from which a longer training can go on.
pub(super) fn halved(
    trials: usize,
    (first, factor): (usize, usize),
    epochs: usize,
    free: &dyn Fn(usize) -> usize,
) -> Vec<Rung> {
    let mut rungs = vec![Rung { epochs: Some(first), done_before: 0, trials }];
    let (mut before, mut trials) = (first, trials);
    while before < epochs {
        let next = before.saturating_mul(factor).min(epochs);
        trials = (trials / factor).max(1);
        rungs.push(Rung { epochs: Some(next), done_before: free(before).min(free(next)), trials });
        before = next;
    }
    rungs
}

impl Rung {
    /// Epochs that all its trials together train.
    pub fn cost(&self) -> usize {
        self.trials * self.epochs.unwrap_or_default().saturating_sub(self.done_before)
    }
}

/// The best of these scores, by their place: the highest, of equals the first. No score is worse than any.
pub(super) fn best(scores: &[(usize, Option<f64>)], count: usize) -> Vec<usize> {
    let mut order: Vec<(usize, f64)> =
        scores.iter().map(|(trial, score)| (*trial, score.unwrap_or(f64::NEG_INFINITY))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    order.into_iter().take(count).map(|(trial, _)| trial).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rung_has_a_part_of_the_trials_and_more_epochs() {
        let free = |epochs: usize| epochs - epochs / 3;
        let rungs = halved(25, (3, 3), 30, &free);
        let shown: Vec<(usize, usize, usize)> =
            rungs.iter().map(|rung| (rung.epochs.unwrap(), rung.done_before, rung.trials)).collect();
        assert_eq!(shown, [(3, 0, 25), (9, 2, 8), (27, 6, 2), (30, 18, 1)]);
        let costs: Vec<usize> = rungs.iter().map(Rung::cost).collect();
        assert_eq!(costs, [75, 56, 42, 12]);
        assert_eq!(halved(5, (8, 2), 8, &free).len(), 1);
    }

    #[test]
    fn the_higher_score_is_better_and_of_equals_the_earlier_trial() {
        let scores = [(4, Some(0.5)), (1, Some(0.7)), (2, None), (0, Some(0.5)), (3, Some(0.1))];
        assert_eq!(best(&scores, 3), [1, 0, 4]);
        assert_eq!(best(&scores, 9), [1, 0, 4, 3, 2]);
    }
}
