//! How long trials are trained, and which of them go on.

use std::cmp::Reverse;
use std::ops::Range;

use serde::Serialize;

/// Trials that are trained for as many epochs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rung {
    /// The bracket that it belongs to, counted from 0.
    pub bracket: usize,
    /// Epochs of each training; none if they are not known, as of a program.
    pub epochs: Option<usize>,
    /// Of these, those that are taken over from the training of the rung before: at least so many.
    pub taken_over: usize,
    /// And at most so many: that depends on the values of a trial.
    pub taken_over_at_most: usize,
    /// Trials on it.
    pub trials: usize,
    /// Seeds that each of them is trained with.
    pub seeds: usize,
}

/// Trials that begin with as many epochs, and are compared with each other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bracket {
    /// The number of its first trial.
    pub(super) first: usize,
    /// The shortest first: at least one.
    pub(super) rungs: Vec<Rung>,
}

/// How trials stop early.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ladder {
    /// Epochs of the first rung.
    pub(super) first: usize,
    /// How many times as many the next one has.
    pub(super) factor: usize,
    /// Epochs of the last rung, at least as many as of the first.
    pub(super) last: usize,
}

impl Bracket {
    /// The only one of a search in which all trials are trained for as many epochs.
    pub(super) fn only(trials: usize, seeds: usize) -> Self {
        let rung = Rung { bracket: 0, epochs: None, taken_over: 0, taken_over_at_most: 0, trials, seeds };
        Self { first: 0, rungs: vec![rung] }
    }

    /// Its trials.
    pub(super) fn trials(&self) -> Range<usize> {
        self.first..self.first + self.rungs[0].trials
    }

    /// Its rung with so many epochs, if it has one.
    pub(super) fn rung_of(&self, epochs: Option<usize>) -> Option<usize> {
        self.rungs.iter().position(|rung| rung.epochs == epochs)
    }

    /// The same bracket with what trials of other values take over, too.
    pub(super) fn or(self, other: &Self) -> Self {
        let rungs = self.rungs.iter().zip(&other.rungs).map(|(rung, other)| rung.or(other)).collect();
        Self { rungs, ..self }
    }
}

impl Ladder {
    /// Epochs of all its rungs.
    pub(super) fn levels(&self) -> Vec<usize> {
        let next = |before: &usize| (*before < self.last).then(|| before.saturating_mul(self.factor).min(self.last));
        std::iter::successors(Some(self.first), next).collect()
    }

    /// Deals trials out to brackets, the first of which begins on the first rung, the next one on the second, and so on. With
    /// all L brackets and epochs that are powers of the factor η, the shares are those of the table of Li et al. (2018):
    /// bracket b has η^(L−1−b) · ⌊L / (L−b)⌋ trials. Trials that do not divide go to the
    /// largest remainders, of equal ones to the earlier bracket.
    pub(super) fn deal(&self, trials: usize, brackets: usize) -> Vec<usize> {
        let levels = self.levels().len();
        let share = |bracket: usize| {
            (self.factor as u128).pow((levels - 1 - bracket) as u32) * (levels / (levels - bracket)) as u128
        };
        let shares: Vec<u128> = (0..brackets).map(share).collect();
        let sum: u128 = shares.iter().sum();
        let parts: Vec<u128> = shares.iter().map(|share| share * trials as u128).collect();
        let mut dealt: Vec<usize> = parts.iter().map(|part| (part / sum) as usize).collect();
        let mut order: Vec<usize> = (0..brackets).collect();
        order.sort_by_key(|&bracket| Reverse(parts[bracket] % sum));
        let left = trials - dealt.iter().sum::<usize>();
        order.iter().take(left).for_each(|&bracket| dealt[bracket] += 1);
        dealt
    }

    /// Brackets with so many trials each. `free` gives the first of so many epochs from which a longer training can go on.
    pub(super) fn brackets(&self, trials: &[usize], seeds: usize, free: &dyn Fn(usize) -> usize) -> Vec<Bracket> {
        let levels = self.levels();
        let mut first = 0;
        let all = trials.iter().enumerate().map(|(bracket, &trials)| {
            let rungs = halved(trials, &levels[bracket..], self.factor);
            let rungs = rungs.iter().enumerate().map(|(rung, &(epochs, trials))| {
                let taken_over = rung.checked_sub(1).map_or(0, |before| free(rungs[before].0).min(free(epochs)));
                Rung { bracket, epochs: Some(epochs), taken_over, taken_over_at_most: taken_over, trials, seeds }
            });
            let found = Bracket { first, rungs: rungs.collect() };
            first += trials;
            found
        });
        all.collect()
    }
}

/// Epochs and trials of each rung: one in `factor` trials goes on to the next.
fn halved(mut trials: usize, levels: &[usize], factor: usize) -> Vec<(usize, usize)> {
    let mut rungs = vec![];
    for (index, &epochs) in levels.iter().enumerate() {
        if index > 0 {
            trials = (trials / factor).max(1);
        }
        // One alone is compared with none: it goes on to the end.
        if trials == 1 {
            rungs.extend(levels.last().map(|&last| (last, 1)));
            break;
        }
        rungs.push((epochs, trials));
    }
    rungs
}

impl Rung {
    /// The same rung with what trials of other values take over, too.
    fn or(self, other: &Self) -> Self {
        let taken_over = self.taken_over.min(other.taken_over);
        Self { taken_over, taken_over_at_most: self.taken_over_at_most.max(other.taken_over_at_most), ..self }
    }

    /// Trainings on it: one of each trial and seed.
    pub fn trainings(&self) -> usize {
        self.trials * self.seeds
    }

    /// Epochs that all its trainings together take, at least and at most.
    pub fn cost(&self) -> [usize; 2] {
        let after = |taken: usize| self.trainings() * self.epochs.unwrap_or_default().saturating_sub(taken);
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

    /// Epochs and trials of each rung.
    fn shown(bracket: &Bracket) -> Vec<(usize, usize)> {
        bracket.rungs.iter().map(|rung| (rung.epochs.unwrap(), rung.trials)).collect()
    }

    fn one(trials: usize, [first, factor, last]: [usize; 3], free: &dyn Fn(usize) -> usize) -> Bracket {
        Ladder { first, factor, last }.brackets(&[trials], 1, free).remove(0)
    }

    #[test]
    fn each_rung_has_a_part_of_the_trials_and_more_epochs() {
        let free = |epochs: usize| epochs - epochs / 3;
        let bracket = one(25, [3, 3, 30], &free);
        assert_eq!(shown(&bracket), [(3, 25), (9, 8), (27, 2), (30, 1)]);
        let taken_over: Vec<usize> = bracket.rungs.iter().map(|rung| rung.taken_over).collect();
        assert_eq!(taken_over, [0, 2, 6, 18]);
        let costs: Vec<[usize; 2]> = bracket.rungs.iter().map(Rung::cost).collect();
        assert_eq!(costs, [75, 56, 42, 12].map(|cost| [cost; 2]));
        let longer = one(25, [3, 3, 30], &|epochs| epochs);
        assert_eq!(bracket.clone().or(&longer).rungs[1].cost(), [8 * (9 - 3), 56]);
        assert_eq!(longer.clone().or(&bracket), bracket.or(&longer));
        assert_eq!(one(5, [8, 2, 8], &free).rungs.len(), 1);
        assert_eq!(shown(&one(5, [1, 2, 64], &free)), [(1, 5), (2, 2), (64, 1)], "one trial alone needs no rungs");
        let seeds = Ladder { first: 3, factor: 3, last: 30 }.brackets(&[25], 4, &free).remove(0);
        assert_eq!(seeds.rungs[1].cost(), [4 * 56; 2]);
    }

    #[test]
    fn brackets_are_those_of_the_papers_table() {
        // Li et al. (2018), table 1: R = 81, η = 3.
        let ladder = Ladder { first: 1, factor: 3, last: 81 };
        let dealt = ladder.deal(81 + 27 + 9 + 6 + 5, 5);
        let brackets = ladder.brackets(&dealt, 1, &|epochs| epochs);
        let expected: [&[(usize, usize)]; 5] = [
            &[(1, 81), (3, 27), (9, 9), (27, 3), (81, 1)],
            &[(3, 27), (9, 9), (27, 3), (81, 1)],
            &[(9, 9), (27, 3), (81, 1)],
            &[(27, 6), (81, 2)],
            &[(81, 5)],
        ];
        assert_eq!(brackets.iter().map(shown).collect::<Vec<_>>(), expected);
        assert_eq!(
            brackets.iter().map(Bracket::trials).collect::<Vec<_>>(),
            [0..81, 81..108, 108..117, 117..123, 123..128]
        );
        // What the paper trains anew goes on here: 27 trials go from epoch 1 to epoch 3, and so on.
        let cost = |bracket: &Bracket| bracket.rungs.iter().map(|rung| rung.cost()[0]).sum::<usize>();
        let expected = [
            81 + 27 * 2 + 9 * 6 + 3 * 18 + 54,
            27 * 3 + 9 * 6 + 3 * 18 + 54,
            9 * 9 + 3 * 18 + 54,
            6 * 27 + 2 * 54,
            5 * 81,
        ];
        assert_eq!(brackets.iter().map(cost).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn whatever_their_number_all_trials_are_dealt_out() {
        // Shares of 9, 3 and 3 in 15.
        let ladder = Ladder { first: 2, factor: 3, last: 18 };
        assert_eq!(ladder.deal(30, 3), [18, 6, 6]);
        // 9.6, 3.2, 3.2; the one that is left goes to the largest remainder.
        assert_eq!(ladder.deal(16, 3), [10, 3, 3]);
        // 10.2, 3.4, 3.4: to the earlier one of the equal ones.
        assert_eq!(ladder.deal(17, 3), [10, 4, 3]);
        // Of the first two alone, 9 and 3 in 12.
        assert_eq!((ladder.deal(16, 2), ladder.deal(7, 1)), (vec![12, 4], vec![7]));
        let ladder = Ladder { first: 1, factor: 3, last: 81 };
        assert_eq!(ladder.deal(10, 5), [6, 2, 1, 1, 0], "6.3, 2.1, 0.7, 0.5, 0.4");
        let alone = ladder.brackets(&[4, 1], 1, &|epochs| epochs);
        assert_eq!(alone.iter().map(shown).collect::<Vec<_>>(), [vec![(1, 4), (81, 1)], vec![(81, 1)]]);
        let uneven = Ladder { first: 2, factor: 2, last: 7 };
        assert_eq!(uneven.levels(), [2, 4, 7]);
    }

    #[test]
    fn the_higher_score_is_better_and_of_equals_the_earlier_trial() {
        let scores = [(4, Some(0.5)), (1, Some(0.7)), (2, None), (0, Some(0.5)), (3, Some(0.1))];
        assert_eq!(best(&scores, 3), [1, 0, 4]);
        assert_eq!(best(&scores, 9), [1, 0, 4, 3, 2]);
    }
}
