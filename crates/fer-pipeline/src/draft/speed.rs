//! How fast a training is on this machine, measured.

use std::time::Duration;

use fer_artifact::{Count, EpochRecord, FeatureSet, Seed, Size, Split};
use fer_train::{Error, Flow, MakeCheckpoint, Observer, ObserverError, Progress, TrainData, TrainParams, train};
use serde_json::Value;

use crate::progress::Clock;

/// Batches of an epoch of the measurement.
const BATCHES: usize = 4;
/// Its epochs; the first, in which memory is made ready, does not count.
const EPOCHS: usize = 3;

/// Images that a training with these parameters takes in a second, its evaluations on train included.
///
/// # Errors
/// As [`train`].
pub(super) fn images_per_second(
    params: &TrainParams,
    size: Size,
    classes: usize,
    clock: &dyn Clock,
) -> Result<f64, Error> {
    let set = noise(size, classes, BATCHES * params.batch_size.get());
    let params = TrainParams { epochs: Count::of(EPOCHS), select: fer_train::Select::Last, ..params.clone() };
    let mut watch = Stopwatch { clock, ends: vec![] };
    train(&params, &TrainData { train: &set, validation: None, teachers: &[] }, None, None, Seed::new(0), &mut watch)?;
    let (first, last) = (watch.ends[0], watch.ends[EPOCHS - 1]);
    let seconds = (last - first).as_secs_f64().max(1e-6);
    Ok(((EPOCHS - 1) * set.len()) as f64 / seconds)
}

/// Images without faces: speed does not depend on what is on them.
fn noise(size: Size, classes: usize, count: usize) -> FeatureSet {
    let pixel = |index: usize| (index as u32).wrapping_mul(2_654_435_761) as f32 / u32::MAX as f32 - 0.5;
    FeatureSet {
        origins: None,
        targets: None,
        classes: (0..classes).map(|class| class.to_string()).collect(),
        split: Split::Train,
        height: size.height(),
        width: size.width(),
        images: (0..count * size.area()).map(pixel).collect(),
        labels: (0..count).map(|index| (index % classes) as u8).collect(),
        rows: (0..count as u32).collect(),
        preprocessing: Value::Null,
    }
}

/// Notes when epochs end.
struct Stopwatch<'a> {
    clock: &'a dyn Clock,
    ends: Vec<Duration>,
}

impl Observer for Stopwatch<'_> {
    fn seconds(&mut self) -> f64 {
        self.clock.elapsed().as_secs_f64()
    }

    fn batch(&mut self, _: &Progress, _: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError> {
        Ok(Flow::Continue)
    }

    fn epoch(&mut self, _: &EpochRecord, _: &MakeCheckpoint<'_>) -> Result<Flow, ObserverError> {
        self.ends.push(self.clock.elapsed());
        Ok(Flow::Continue)
    }
}
