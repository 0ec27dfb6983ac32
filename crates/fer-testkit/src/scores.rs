use fer_artifact::SplitMetrics;
use serde::Deserialize;

/// Predictions with the scores that scikit-learn gives them (`tests/golden/scores/make.py`).
#[derive(Debug, Clone, Deserialize)]
pub struct ScoreCase {
    /// What is special about it.
    pub name: String,
    /// `[N][K]`.
    pub logits: Vec<Vec<f32>>,
    /// `[N]`, true classes.
    pub labels: Vec<u8>,
    /// Scores of all images.
    pub scores: SplitMetrics,
}

/// All of them.
///
/// # Panics
/// If the file that is part of this crate is not what it was.
pub fn score_cases() -> Vec<ScoreCase> {
    serde_json::from_str(include_str!("../../../tests/golden/scores/cases.json")).expect("the cases read")
}
