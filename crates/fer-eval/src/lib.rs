//! The evaluation stage: predictions, scores from integer counts, and the report.
//!
//! * [`evaluate()`] runs a [`fer_artifact::Model`] over the splits and scores them; [`predict()`] alone gives logits.
//!   A [`Predictor`] keeps its network, judges images with or without labels ([`Predictor::logits`]), may look at each image more than once ([`fer_artifact::Tta`]), and applies the temperature
//!   that the model carries; [`average()`] is the mean of several networks' answers.
//! * [`score()`] makes [`fer_artifact::SplitMetrics`] of predictions, whoever made them. Every score is a ratio of counts
//!   over the whole split; [`metrics()`] makes what `metrics.json` holds, [`table()`] shows it on a terminal.
//! * [`fit_temperature()`] finds the temperature that makes probabilities as sure as they are right.
//! * [`Predictor::heat_maps`] shows what a network looks at, [`overlay`] paints it over the image.
//! * [`report()`] tells all of it in one HTML file.
//!
//! ```
//! use fer_artifact::{Predictions, Split};
//!
//! let scores = fer_eval::score(&Predictions {
//!     classes: vec!["happy".into(), "sad".into()],
//!     split: Split::Test,
//!     logits: vec![2.0, 0.0, 1.0, 0.5, 0.0, 3.0],
//!     labels: vec![0, 1, 1],
//!     rows: vec![0, 1, 2],
//! });
//! assert_eq!(scores.confusion, [[1, 0], [1, 1]]);
//! assert_eq!(scores.accuracy, 2.0 / 3.0);
//! assert_eq!(scores.per_class[1].recall, 0.5);
//! ```

mod average;
mod error;
mod evaluate;
mod format;
mod heat;
mod paired;
mod params;
mod predict;
mod report;
mod scores;
mod table;
mod temperature;
mod tta;

pub use average::average;
pub use error::Error;
pub use evaluate::{Evaluation, evaluate};
pub use heat::{Example, overlay};
pub use paired::{Paired, paired};
pub use params::{EvaluateParams, Splits};
pub use predict::{Predictor, predict};
pub use report::{ReportInput, report};
pub use scores::{metrics, probabilities, score};
pub use table::{split_table, table};
pub use temperature::fit_temperature;
