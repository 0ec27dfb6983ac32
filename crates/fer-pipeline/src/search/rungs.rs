//! How long trials are trained, and which of them go on.

use serde::Serialize;

/// Trials that are trained for as many epochs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rung {
    /// Epochs of each training; none if they are not known, as of a program.
    pub epochs: Option<usize>,
    /// Of these, those that are taken over from the training of the rung before: at least so many.
    pub taken_over: usize,
    /// And at most so many: that depends on the values of a trial.
    pub taken_over_at_most: usize,
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
    let mut rungs = vec![Rung::first(Some(first), trials)];
    let (mut before, mut trials) = (first, trials);
    while before < epochs {
        trials = (trials / factor).max(1);
        // One alone is compared with none: it goes on to the end.
        let next = if trials == 1 { epochs } else { before.saturating_mul(factor).min(epochs) };
        let taken_over = free(before).min(free(next));
        rungs.push(Rung { epochs: Some(next), taken_over, taken_over_at_most: taken_over, trials });
        before = next;
    }
    rungs
}

impl Rung {
    /// That of all trials.
    pub(super) fn first(epochs: Option<usize>, trials: usize) -> Self {
        Self { epochs, taken_over: 0, taken_over_at_most: 0, trials }
    }

    /// The same rung with what trials of other values take over, too.
    pub(super) fn or(self, other: &Self) -> Self {
        let taken_over = self.taken_over.min(other.taken_over);
        Self { taken_over, taken_over_at_most: self.taken_over_at_most.max(other.taken_over_at_most), ..self }
    }

    /// Epochs that all its trials together train, at least and at most.
    pub fn cost(&self) -> [usize; 2] {
        let after = |taken: usize| self.trials * self.epochs.unwrap_or_default().saturating_sub(taken);
        [after(self.taken_over_at_most), after(self.taken_over)]
    }
}

/// Epochs, for people: `–` where they are not known.
pub fn told_epochs(epochs: Option<usize>) -> String {
    epochs.map_or("–".to_owned(), |epochs| epochs.to_string())
}

/// `20`, or `18 to 20`.
pub fn span([least, most]: [usize; 2]) -> String {
    if least == most { most.to_string() } else { format!("{least} to {most}") }
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
            rungs.iter().map(|rung| (rung.epochs.unwrap(), rung.taken_over, rung.trials)).collect();
        assert_eq!(shown, [(3, 0, 25), (9, 2, 8), (27, 6, 2), (30, 18, 1)]);
        let costs: Vec<[usize; 2]> = rungs.iter().map(Rung::cost).collect();
        assert_eq!(costs, [75, 56, 42, 12].map(|cost| [cost; 2]));
        let longer = halved(25, (3, 3), 30, &|epochs| epochs);
        assert_eq!(rungs[1].or(&longer[1]).cost(), [8 * (9 - 3), 56]);
        assert_eq!(longer[1].or(&rungs[1]), rungs[1].or(&longer[1]));
        assert_eq!(halved(5, (8, 2), 8, &free).len(), 1);
        let of_few: Vec<(Option<usize>, usize)> =
            halved(5, (1, 2), 64, &free).iter().map(|rung| (rung.epochs, rung.trials)).collect();
        assert_eq!(of_few, [(Some(1), 5), (Some(2), 2), (Some(64), 1)], "one trial alone needs no rungs");
    }

    #[test]
    fn the_higher_score_is_better_and_of_equals_the_earlier_trial() {
        let scores = [(4, Some(0.5)), (1, Some(0.7)), (2, None), (0, Some(0.5)), (3, Some(0.1))];
        assert_eq!(best(&scores, 3), [1, 0, 4]);
        assert_eq!(best(&scores, 9), [1, 0, 4, 3, 2]);
    }
}
