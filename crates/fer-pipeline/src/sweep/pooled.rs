//! The folds of a sweep taken together: every row is test once, and all rows are scored as one split.

use std::collections::BTreeMap;
use std::path::Path;

use fer_artifact::names::{SUBSETS, predictions_file};
use fer_artifact::{Metrics, Predictions, Split, SplitMetrics, Subsets, TABLE, read, read_regular};
use fer_eval::{add_subsets, add_votes, score};
use serde::Serialize;
use serde_json::Value;

use super::{Cell, CellStatus, Sweep};
use crate::{Error, StageName};

/// The scores of all rows, each predicted by the network that was trained without its fold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pooled {
    /// Value by parameter, without the fold.
    pub values: BTreeMap<String, Value>,
    /// The seed.
    pub seed: u64,
    /// The stage that predicted.
    pub stage: StageName,
    /// Folds whose predictions are counted: those of fresh cells.
    pub n: usize,
    /// Folds there are.
    pub folds: usize,
    /// The scores, as of one split.
    pub scores: SplitMetrics,
}

/// The predictions of some folds, one after the other, and which rows stand in the train of their fold too.
#[derive(Default)]
struct Pool {
    /// Folds.
    n: usize,
    predictions: Option<Predictions>,
    subsets: Subsets,
}

impl Sweep {
    /// The pooled scores of every combination and seed, in the order of the cells; none where the file does not say
    /// `fold: all`, and none of stages that do not score test.
    ///
    /// # Errors
    /// [`Error::Artifact`] or [`Error::Io`] for predictions that cannot be read.
    pub fn pooled(&self, cells: &[CellStatus]) -> Result<Vec<Pooled>, Error> {
        let Some(axis) = self.folds() else { return Ok(vec![]) };
        let mut pools: Vec<(BTreeMap<String, Value>, u64, StageName, Pool)> = vec![];
        for cell in cells {
            let links = &self.cells[cell.index].pipeline.stages;
            for link in links.iter().filter(|link| link.is_evaluation()) {
                let values = without(&cell.values, axis);
                let known = |(other, seed, stage, _): &&mut (BTreeMap<String, Value>, u64, StageName, Pool)| {
                    (other, *seed, *stage) == (&values, cell.seed, link.name())
                };
                if pools.iter_mut().find(known).is_none() {
                    pools.push((values.clone(), cell.seed, link.name(), Pool::default()));
                }
                let (.., pool) = pools.iter_mut().find(known).expect("it was just added");
                if cell.metrics.is_some() {
                    let subsets = link.maker_of(SUBSETS).map(|maker| cell.run_dir.join(maker.as_str()).join(SUBSETS));
                    pool.add(&cell.run_dir.join(link.name().as_str()), subsets.as_deref())?;
                }
            }
        }
        let scored = pools.into_iter().filter_map(|(values, seed, stage, pool)| {
            let is_fold = |cell: &&Cell| cell.seed == seed && without(&cell.values, axis) == values;
            let (n, folds) = (pool.n, self.cells.iter().filter(is_fold).count());
            Some(Pooled { values, seed, stage, n, folds, scores: pool.scores()? })
        });
        Ok(scored.collect())
    }
}

/// The values but for that of the folds.
pub(super) fn without(values: &BTreeMap<String, Value>, folds: &str) -> BTreeMap<String, Value> {
    values.iter().filter(|(name, _)| *name != folds).map(|(name, value)| (name.clone(), value.clone())).collect()
}

impl Pool {
    /// Adds a fold by the folder of its evaluation and what is known of its rows.
    fn add(&mut self, evaluation: &Path, subsets: Option<&Path>) -> Result<(), Error> {
        let path = evaluation.join(predictions_file(Split::Test));
        if !path.is_file() {
            return Ok(());
        }
        let fold: Predictions = read(&path)?;
        self.n += 1;
        if let Some(path) = subsets.filter(|path| path.is_file()) {
            self.add_subsets(&fold, path)?;
        }
        match &mut self.predictions {
            None => self.predictions = Some(Predictions { origins: None, ..fold }),
            Some(all) => {
                all.logits.extend(fold.logits);
                all.labels.extend(fold.labels);
                all.rows.extend(fold.rows);
                match (&mut all.targets, fold.targets) {
                    (Some(all), Some(fold)) => all.extend(fold),
                    // Of some rows alone they would be scores of another set.
                    _ => all.targets = None,
                }
            }
        }
        Ok(())
    }

    /// A row's twins are those in the train of the fold in which it is test.
    fn add_subsets(&mut self, fold: &Predictions, path: &Path) -> Result<(), Error> {
        let io = |source| Error::Io { path: path.to_owned(), action: "read the subsets", source };
        let text = read_regular(path, TABLE).map_err(io)?;
        let Subsets { twins, by } = serde_json::from_slice(&text).map_err(|error| io(error.into()))?;
        let rows: std::collections::BTreeSet<u32> = fold.rows.iter().copied().collect();
        if let Some(twins) = twins {
            self.subsets.twins.get_or_insert_default().extend(twins.into_iter().filter(|row| rows.contains(row)));
        }
        for (column, values) in by {
            let known = self.subsets.by.entry(column).or_default();
            for (value, of_value) in values {
                known.entry(value).or_default().extend(of_value.into_iter().filter(|row| rows.contains(row)));
            }
        }
        Ok(())
    }

    fn scores(self) -> Option<SplitMetrics> {
        let predictions = self.predictions?;
        let splits = BTreeMap::from([(Split::Test, score(&predictions))]);
        let mut metrics = Metrics { splits, ..Metrics::default() };
        let predictions = BTreeMap::from([(Split::Test, predictions)]);
        add_votes(&mut metrics, &predictions);
        add_subsets(&mut metrics, &predictions, &self.subsets);
        metrics.splits.remove(&Split::Test)
    }
}

#[cfg(test)]
mod tests {
    use fer_artifact::{Provenance, Seed, write};
    use fer_testkit::{ScoreCase, score_cases};

    use super::*;

    /// The rows of a fold as the evaluate stage leaves them.
    fn predictions(case: &ScoreCase, rows: &[usize]) -> Predictions {
        Predictions {
            classes: (0..case.logits[0].len()).map(|class| format!("c{class}")).collect(),
            split: Split::Test,
            logits: rows.iter().flat_map(|&row| case.logits[row].clone()).collect(),
            labels: rows.iter().map(|&row| case.labels[row]).collect(),
            rows: rows.iter().map(|&row| row as u32).collect(),
            origins: None,
            targets: None,
        }
    }

    #[test]
    fn folds_together_have_scikit_learns_scores_of_all_rows() {
        let cases = score_cases();
        for case in cases.iter().filter(|case| case.labels.len() >= 3) {
            let folder = tempfile::tempdir().unwrap();
            let mut pool = Pool::default();
            for fold in 0..3 {
                let rows: Vec<usize> = (0..case.labels.len()).filter(|row| row % 3 == fold).collect();
                let path = folder.path().join(fold.to_string());
                std::fs::create_dir(&path).unwrap();
                let file = path.join(predictions_file(Split::Test));
                write(&file, &predictions(case, &rows), &Provenance::new("test", Seed::new(1))).unwrap();
                // The first row of the fold is a twin; so would be row 1 in the other folds, where it is train.
                let twins = Subsets { twins: Some(vec![1, rows[0] as u32]), by: BTreeMap::new() };
                std::fs::write(path.join(SUBSETS), serde_json::to_string(&twins).unwrap()).unwrap();
                pool.add(&path, Some(&path.join(SUBSETS))).unwrap();
            }
            assert_eq!(pool.n, 3);
            let (found, expected) = (pool.scores().unwrap(), &case.scores);
            assert_eq!((found.n, &found.confusion), (expected.n, &expected.confusion), "{}", case.name);
            for (found, expected) in [
                (found.accuracy, expected.accuracy),
                (found.balanced_accuracy, expected.balanced_accuracy),
                (found.macro_f1, expected.macro_f1),
                (found.ece, expected.ece),
                (found.loss, expected.loss),
                (found.accuracy_ci95[0], expected.accuracy_ci95[0]),
                (found.accuracy_ci95[1], expected.accuracy_ci95[1]),
            ] {
                assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{}: {found}", case.name);
            }
            // Rows 0, 1 and 2: row 1 is counted in its own fold alone.
            assert_eq!(found.without_twins.unwrap().n, expected.n - 3, "{}", case.name);
        }
    }

    #[test]
    fn a_stage_that_does_not_score_test_has_no_pool() {
        let folder = tempfile::tempdir().unwrap();
        let mut pool = Pool::default();
        pool.add(folder.path(), None).unwrap();
        assert!(pool.n == 0 && pool.scores().is_none());
    }
}
